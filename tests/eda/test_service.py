# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd unit of the README, its commands run with what it says and nothing else in their environment; only folders are exchanged."""
from __future__ import annotations

import re
import shlex
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import yaml

from tests.fixtures.rulebook import BIN, INVENTORY, MARKER, Rulebook
from tests.fixtures.site import Site
from tests.tools.places import ROOT
from tests.waiting import until


class Unit(RawConfigParser):
    """A unit file: names as they are written; those that stand there more than once are lists."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False)
        self.read_string(text)
        lines = re.findall(r"^Environment=(.*)$", text, re.MULTILINE)
        self.environment = dict(word.split("=", 1) for line in lines for word in shlex.split(line))

    def command(self, name: str) -> list[str]:
        """The words of a command."""
        return shlex.split(self["Service"][name])


def test_the_unit_of_the_readme_serves_and_stops(site: Site, rulebook: Rulebook) -> None:
    """What an older run left in its TMPDIR is wiped; a generator becomes a host; SIGTERM ends it cleanly."""
    folder = rulebook.folder
    (text,) = re.findall(r"^```ini\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for place, here in (("/opt/generator/bin", BIN), ("/etc/baremetal-generator", folder), ("/run/baremetal-generator", rulebook.tmp)):
        assert place in text
        text = text.replace(place, str(here))
    (folder / "managers.yml").write_text(yaml.safe_dump(site.variables), encoding="utf-8")
    (folder / "inventory.yml").write_text(yaml.safe_dump(INVENTORY), encoding="utf-8")
    (folder / "kubeconfig").write_text(Path(site.kubeconfig).read_text(encoding="utf-8"), encoding="utf-8")
    (rulebook.tmp / "left-by-a-killed-run").touch()
    unit = Unit(text)
    outside = {name: value for name, value in rulebook.environment.items() if name in (MARKER, "ANSIBLE_COLLECTIONS_PATH", "JAVA_HOME")}
    environment = {**outside, **unit.environment, "HOME": str(folder)}
    subprocess.run(unit.command("ExecStartPre"), env=environment, check=True)
    assert rulebook.left_in_tmp() == []
    with rulebook.log.open("wb") as log:
        rulebook.process = subprocess.Popen(unit.command("ExecStart"), env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
    site.generator("first", {"serverName": "hpe-node-01"})
    until(lambda: rulebook.process.poll() is not None or (site.status("first").get("phase") == "Completed"), 60, "the generator is Completed")
    assert rulebook.stop() == 0, rulebook.output
    assert rulebook.alive() == [] and rulebook.left_in_tmp() == []
