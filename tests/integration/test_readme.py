# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README shows can be pasted: its examples run, with only the names of the site exchanged, and its table names every variable."""
from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils.managers import read_managers
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import ManagerConfig
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profile, Profiles
from tests.fixtures.site import INFRA_ENV, NAMESPACE, Site
from tests.tools.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^( *)<!-- example: (\S+) -->\n *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\bgenerator_[a-z_]+\b")
MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("generator_*.py")}
SERVERS = ("hpe-node-01", "hpe-node-02")


def examples() -> dict[str, Any]:
    """The README's examples by file name, read as YAML."""
    found = {}
    for indent, name, text in EXAMPLE.findall(README):
        found[name] = yaml.safe_load("\n".join(line[len(indent):] for line in text.splitlines()))
    return found


def test_no_example_is_left_out() -> None:
    """Every block of YAML in the README is one of the examples that are run here."""
    assert sorted(examples()) == ["generator.yml", "inventory.yml", "lookup.yml", "managers.yml", "profiles.yml"]
    assert README.count("```yaml") == len(examples())


def test_a_first_host_in_five_minutes(site: Site) -> None:
    """install, the generator, reconcile: with the README's variables, inventory and resource, a host appears."""
    shown = examples()
    variables, generator = shown["managers.yml"], shown["generator.yml"]
    manager = variables["generator_managers"][0]
    manager.update(url=site.oneview.url, username=site.oneview.username, password=site.oneview.password, ca_path=str(site.certificates.ca_pem_path))
    site.variables = variables
    inventory = site.playbooks.folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump(shown["inventory.yml"]), encoding="utf-8")
    site.playbooks.environment["K8S_AUTH_KUBECONFIG"] = site.admin_kubeconfig
    site.run("install", "action", "-i", str(inventory)).succeeded()
    generator["metadata"].update(name=SERVERS[0], namespace=NAMESPACE)
    generator["spec"].update(infraEnv=INFRA_ENV)
    site.api.apply(generator)
    run = site.run("reconcile", "action", "-i", str(inventory)).succeeded()
    assert f"{NAMESPACE}/{SERVERS[0]}: completed. Host {NAMESPACE}/{SERVERS[0]} is there." in run.told
    assert list(site.hosts()) == [SERVERS[0]]


def test_servers_are_looked_up_without_a_cluster(site: Site) -> None:
    """The README's playbook tells MAC and BMC address of two servers."""
    tasks = examples()["lookup.yml"][0]["tasks"]
    tasks[0]["baremetal.generator.server_info"]["names"] = list(SERVERS)
    values = site.playbooks.folder / "managers.yml"
    values.write_text(yaml.safe_dump(site.variables), encoding="utf-8")
    found = site.run(tasks, "action", "-e", f"@{values}").succeeded().of("server_info")["servers"]
    assert {name: found[name]["boot_mac"] for name in SERVERS} == {name: site.oneview.inventory[name].boot_mac for name in SERVERS}


def test_profiles_can_be_pasted() -> None:
    """And mean what is said of them."""
    profiles = Profiles.parse(examples()["profiles.yml"]["generator_profiles"])
    assert (profiles.for_name("rack-H100-3").mac_index, profiles.for_name("rack-1").nic_name) == ("2", "eno12399np0")


def test_the_managers_example_is_accepted_as_it_stands() -> None:
    """But for the file of its authority."""
    entries = examples()["managers.yml"]["generator_managers"]
    entries[0].pop("ca_path")
    assert [one.name for one in read_managers(entries)] == ["oneview-east"]


def used_variables() -> set[str]:
    """Every generator_* variable that a playbook or rulebook reads."""
    texts = [path.read_text(encoding="utf-8") for folder in ("playbooks", "rulebooks") for path in sorted((ROOT / folder).glob("*.yml"))]
    return {name for text in texts for name in VARIABLE.findall(text)} - MODULES


def test_every_variable_is_named() -> None:
    """No variable of a playbook or rulebook is missing in the README, and none is named that nobody reads."""
    assert set(VARIABLE.findall(README)) - MODULES == used_variables()


@pytest.mark.parametrize(("cls", "heading"), [(Profile, "A profile of `generator_profiles`"), (ManagerConfig, "A manager of `generator_managers`")])
def test_every_key_is_named(cls: type, heading: str) -> None:
    """Of profiles and managers."""
    table = README.split(heading, 1)[1].split("\n\n", 2)[1]
    assert set(cls.__dataclass_fields__) <= set(re.findall(r"`([a-z_]+)(?:: true)?`", table))
