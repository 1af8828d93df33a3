# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decision environments as people build them: what pip takes for us beside each ansible-rulebook agrees, and the event sources run with it."""
from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.api import KubernetesApi
from tests.cluster.binaries import in_ci
from tests.tools.places import CACHE, ROOT, name_the_collection
from tests.tools.prepare import SetUpFailed, make_environment, run

RULEBOOKS = ("1.1.7", "1.2.*", "1.3.*")
NO_NETWORK = ("NewConnectionError", "NameResolutionError", "Network is unreachable", "Connection refused", "ConnectTimeoutError")
VERSIONS = "import importlib.metadata as m, sys, json; print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"


def environment(rulebook: str) -> Path:
    """The interpreter of an environment with this ansible-rulebook and what the collection needs; made once for each requirements.txt."""
    requirements = ROOT / "requirements.txt"
    folder = CACHE / f"rulebook-{rulebook.removesuffix('.*')}"
    make_environment(folder)
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes() + rulebook.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"ansible-rulebook=={rulebook}", "-r", requirements],
            f"pip cannot install requirements.txt beside ansible-rulebook {rulebook}")
        stamp.write_text(wanted, encoding="utf-8")
    return python


@pytest.fixture(scope="module", params=RULEBOOKS)
def python(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The interpreter of each. Without a network a skip, in CI a failure."""
    try:
        yield environment(request.param)
    except SetUpFailed as failure:
        if not in_ci() and any(sign in str(failure) for sign in NO_NETWORK):
            pytest.skip("no Python package index within reach")
        pytest.fail(str(failure), pytrace=False)


def test_the_packages_agree(python: Path) -> None:
    """pip check; and no client library that drops the token."""
    checked = subprocess.run([python, "-m", "pip", "check", "--disable-pip-version-check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    told = subprocess.run([python, "-c", VERSIONS, "ansible-rulebook", "aiohttp", "kubernetes"], capture_output=True, text=True, check=True).stdout
    versions = json.loads(told)
    assert versions["kubernetes"] not in ("36.0.0", "36.0.1"), versions
    if versions["ansible-rulebook"] == "1.1.7":
        assert tuple(map(int, versions["aiohttp"].split(".")[:2])) < (3, 11), versions


def test_the_sources_list_with_their_token(python: Path, memory_api: KubernetesApi, tmp_path: Path) -> None:
    """Over TLS, and announce what there is to do."""
    memory_api.namespace("metal")
    memory_api.client.apply({
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "metadata": {"namespace": "metal", "name": "g1"},
        "spec": {"infraEnv": "a"}})
    plugins = name_the_collection() / "ansible_collections" / "baremetal" / "generator" / "extensions" / "eda" / "plugins" / "event_source"
    arguments = {"kubeconfig": memory_api.kubeconfig(tmp_path / "kubeconfig"), "heartbeat_file": str(tmp_path / "heartbeat.json")}
    done = subprocess.run(
        [python, Path(__file__).with_name("run_sources.py"), plugins], input=json.dumps(arguments), env={"PATH": "/usr/bin:/bin"},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)["generators"] == {"to_resolve": 1}, done.stdout
