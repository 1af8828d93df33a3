# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs of the real cluster come from, and the one line that says that there are none."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cluster import binaries
from tests.cluster.binaries import COLLECTOR, NOT_RUN, SERVERS, ClusterMissing, find, find_or_build


def program(path: Path, script: str = "exit 0") -> Path:
    """Something that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No Go, no assets, an empty cache, but the tools of the system."""
    return {"PATH": str(tmp_path / "bin"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}


def fake_go(tmp_path: Path, version: str, build: str) -> None:
    """A go command; OUT is where it is told to put the program."""
    program(tmp_path / "bin" / "go", f'''
PATH=/usr/bin:/bin
if [ "$1" = env ]; then echo {version}; exit 0; fi
while [ $# -gt 1 ]; do [ "$1" = -o ] && OUT="$2"; shift; done
{build}
''')


def test_the_assets_folder_comes_first(tmp_path: Path, environment: dict[str, str]):
    for name in SERVERS:
        program(tmp_path / "assets" / name)
        program(binaries.cache_folder(environment) / name)
    found = find(SERVERS, {**environment, "KUBEBUILDER_ASSETS": str(tmp_path / "assets")})
    assert found == {name: tmp_path / "assets" / name for name in SERVERS}


def test_the_collector_may_come_from_the_cache_beside_the_assets(tmp_path: Path, environment: dict[str, str]):
    for name in SERVERS:
        program(tmp_path / "assets" / name)
    built = program(binaries.cache_folder(environment) / COLLECTOR)
    found = find((*SERVERS, COLLECTOR), {**environment, "KUBEBUILDER_ASSETS": str(tmp_path / "assets")})
    assert found and found[COLLECTOR] == built


def test_an_assets_folder_without_the_programs_is_named(tmp_path: Path, environment: dict[str, str]):
    with pytest.raises(ClusterMissing, match=r"^real cluster: not run, KUBEBUILDER_ASSETS=/nowhere has no program etcd$"):
        find(SERVERS, {**environment, "KUBEBUILDER_ASSETS": "/nowhere"})


def test_a_full_cache_needs_no_go(environment: dict[str, str]):
    for name in SERVERS:
        program(binaries.cache_folder(environment) / name)
    assert set(find_or_build(SERVERS, binaries.say_nothing, environment)) == set(SERVERS)


def test_without_go_there_is_one_plain_line(environment: dict[str, str]):
    with pytest.raises(ClusterMissing) as missing:
        find_or_build(SERVERS, binaries.say_nothing, environment)
    assert str(missing.value) == NOT_RUN == "real cluster: not run, needs Go 1.26 or KUBEBUILDER_ASSETS"


def test_an_older_go_is_no_go(tmp_path: Path, environment: dict[str, str]):
    fake_go(tmp_path, "go1.25.4", "exit 1")
    with pytest.raises(ClusterMissing, match=f"^{NOT_RUN}$"):
        find_or_build(SERVERS, binaries.say_nothing, environment)


def test_what_is_missing_is_built_once_and_said(tmp_path: Path, environment: dict[str, str]):
    log = tmp_path / "built"
    fake_go(tmp_path, "go1.26.8", f'echo example.com/package >&2; echo "$OUT" >> {log}; echo "#!/bin/sh" > "$OUT"; chmod +x "$OUT"')
    said: list[str] = []
    first = find_or_build(SERVERS, said.append, environment)
    assert find_or_build(SERVERS, said.append, environment) == first
    assert all(os.access(path, os.X_OK) for path in first.values())
    assert len(log.read_text().splitlines()) == len(SERVERS)
    assert said[0] == "real cluster: building etcd (once, a minute on two cores)"
    assert said[-1].startswith("real cluster: built kube-apiserver in ")


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, environment: dict[str, str]):
    fake_go(tmp_path, "go1.26.8", 'echo half > "$OUT"; echo "dial tcp: no route to host" >&2; exit 1')
    with pytest.raises(ClusterMissing, match=r"^real cluster: not run, go build of etcd failed: dial tcp: no route to host$"):
        find_or_build(SERVERS, binaries.say_nothing, environment)
    assert [path.name for path in binaries.cache_folder(environment).iterdir()] == ["lock"]
