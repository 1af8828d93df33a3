# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GENERATOR_VARS by hand: a path from home, and the same line in every playbook."""
from __future__ import annotations

import pytest
import yaml

from tests.fixtures.site import Site
from tests.tools.places import ROOT

PLAYBOOKS = ("buffer_check", "install", "onboard", "reconcile", "remove")


@pytest.mark.parametrize("named", ["~/managers.yml", "./managers.yml", "managers.yml"])
def test_the_file_of_variables_may_be_named_from_home_and_from_where_one_stands(site: Site, named: str) -> None:
    """As a shell would have expanded it."""
    (site.playbooks.folder / "managers.yml").write_text(yaml.safe_dump(site.variables), encoding="utf-8")
    site.generator("first", {"serverName": "hpe-node-08"})
    site.playbooks.run("baremetal.generator.onboard", environment={"GENERATOR_VARS": named, "HOME": str(site.playbooks.folder)}).succeeded()
    assert site.status("first")["phase"] == "Completed"


def test_a_file_in_home_that_is_not_there_is_named_with_its_whole_path(site: Site) -> None:
    """So that one sees where it was looked for."""
    run = site.playbooks.run("baremetal.generator.buffer_check", environment={"GENERATOR_VARS": "~/gone.yml", "HOME": str(site.playbooks.folder)})
    assert run.rc != 0 and run.tasks == []
    assert f"GENERATOR_VARS names {site.playbooks.folder}/gone.yml, which is no file: correct it, or make that file." in run.output


def test_every_playbook_finds_its_variables_in_the_same_way() -> None:
    """One line, five times."""
    plays = [yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))[0] for name in PLAYBOOKS]
    assert sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml")) == sorted(PLAYBOOKS)
    assert len({(play["vars"]["variables_file"], play["vars"]["no_variables_file"], *play["vars_files"]) for play in plays}) == 1
