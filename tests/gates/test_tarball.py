# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user gets: the product, all of it and nothing else."""
from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.collection import build, galaxy
from tests.tools.places import ROOT

# Every file in the tarball matches one of these. What Ansible does not know (a stray note, a cache, a test) has no place in it.
ALLOWED = re.compile("|".join((
    r"MANIFEST\.json|FILES\.json|README\.md|CONTRIBUTING\.md|COPYING|CHANGELOG\.rst|requirements\.txt",
    r"meta/(runtime|execution-environment)\.yml",
    r"changelogs/(config|changelog)\.yaml|changelogs/fragments/[\w-]+\.yml",
    r"docs/[\w-]+\.md",
    r"plugins/(modules|action|filter|lookup|plugin_utils|doc_fragments|inventory|module_utils(/\w+)?)/\w+\.py",
    r"extensions/eda/plugins/event_source/(\w+\.py|schemas/\w+\.json)",
    r"playbooks/\w+\.yml|playbooks/vars/\w+\.yml|rulebooks/\w+\.yml",
    r"roles/\w+/(defaults|meta|tasks|vars|handlers)/\w+\.yml|roles/\w+/README\.md",
    r"roles/\w+/files/\w+\.yaml|roles/\w+/templates/[\w.]+\.j2",
)))
PRODUCT = ("plugins", "roles", "playbooks", "rulebooks", "extensions/eda", "meta")


@pytest.fixture(scope="module")
def built() -> tuple[Path, Path]:
    return build()


@pytest.fixture(scope="module")
def members(built: tuple[Path, Path]) -> Iterator[list[tarfile.TarInfo]]:
    with tarfile.open(built[0]) as tarball:
        yield tarball.getmembers()


def test_nothing_stray_is_packed(members: list[tarfile.TarInfo]) -> None:
    names = [member.name for member in members if not member.isdir()]
    assert [name for name in names if not ALLOWED.fullmatch(name)] == []


def test_the_whole_product_is_packed(members: list[tarfile.TarInfo]) -> None:
    listed = subprocess.run(["git", "ls-files", "--", *PRODUCT], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    assert {name for name in listed if (ROOT / name).exists()} - {member.name for member in members} == set()


def test_only_plain_files_and_folders_are_packed(members: list[tarfile.TarInfo]) -> None:
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []


def test_what_users_are_told_to_use_is_there(members: list[tarfile.TarInfo]) -> None:
    assert {"README.md", "COPYING", "requirements.txt", "meta/execution-environment.yml", "rulebooks/generators.yml"} <= {member.name for member in members}


def test_it_depends_on_no_other_collection(built: tuple[Path, Path]) -> None:
    manifest = json.loads((built[1] / "ansible_collections/baremetal/generator/MANIFEST.json").read_text(encoding="utf-8"))
    info = manifest["collection_info"]
    assert (info["namespace"], info["name"], info["license"], info["dependencies"]) == ("baremetal", "generator", ["GPL-3.0-or-later"], {})


def test_what_was_installed_is_what_was_packed(built: tuple[Path, Path]) -> None:
    assert "Successfully verified" in galaxy("verify", "--offline", "-p", built[1], "baremetal.generator")


def test_the_environment_builder_finds_what_users_need() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = {re.split(r"[<>=~! ]", line)[0] for line in lines if line and not line.startswith("#")}
    assert needed == {"aiohttp", "kubernetes", "urllib3"}
    assert "python: requirements.txt" in (ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8")
