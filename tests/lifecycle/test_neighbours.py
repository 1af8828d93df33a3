# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others wrote: the selector of an InfraEnv, hosts whose addresses are written in another way."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, NMSTATE
from tests.lifecycle.world import INFRA_ENV, NAMESPACE, World, bmc_of, mac_of


def select(world: World, selector: dict[str, Any]) -> None:
    """The InfraEnv selects its NMStateConfigs by this."""
    world.api.apply({
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": INFRA_ENV, "namespace": NAMESPACE},
        "spec": {"pullSecretRef": {"name": "pull-secret"}, "nmStateConfigLabelSelector": selector}})


@pytest.mark.parametrize(("selector", "labels"), [
    ({"matchLabels": {"site": "north"}}, {"site": "north"}),
    ({"matchExpressions": [{"key": "site", "operator": "In", "values": ["north", "south"]}]}, {"site": "north"}),
    ({"matchLabels": {"site": "south"}, "matchExpressions": [{"key": "site", "operator": "In", "values": ["north", "south"]},
                                                             {"key": "old", "operator": "DoesNotExist"}]}, {"site": "south"}),
])
def test_a_config_is_selected_by_its_infra_env(world: World, selector: dict[str, Any], labels: dict[str, str]) -> None:
    select(world, selector)
    world.generator(networkConfig={"vlanId": 7})
    world.resolve()
    assert world.phase() == names.BUFFERED and "cannot be" not in world.status()["message"] and "selects" not in world.status()["message"]
    (config,) = world.api.list(NMSTATE, NAMESPACE)
    assert labels.items() <= config["metadata"]["labels"].items() and "old" not in config["metadata"]["labels"]


@pytest.mark.parametrize("selector", [
    {"matchLabels": {names.INFRAENV_LABEL: "another"}},
    {"matchExpressions": [{"key": names.INFRAENV_LABEL, "operator": "DoesNotExist"}]},
    {"matchLabels": {"site": "north"}, "matchExpressions": [{"key": "site", "operator": "NotIn", "values": ["north"]}]},
])
def test_the_status_says_when_no_labels_can_be_selected(world: World, selector: dict[str, Any]) -> None:
    select(world, selector)
    world.generator(networkConfig={"vlanId": 7})
    world.resolve()
    assert world.phase() == names.BUFFERED and f"InfraEnv {INFRA_ENV}" in world.status()["message"] and "cannot be fulfilled" in world.status()["message"]


@pytest.mark.parametrize("spelling", [
    "ipmi:{0}", "ipmi:{0}:623", "{0}", "{0}:6230", "ipmi://{0}", "REDFISH://{0}/redfish/v1/Systems/1", "redfish:{0}/redfish/v1/Systems/1",
    "redfish+http://{0}:8000/", "redfish+https:{0}/redfish/v1", "idrac-virtualmedia://{0}:443/x", "ilo5-redfish://{0}", "redfish://[::ffff:{0}]/",
])
def test_no_bmc_gets_a_second_host_however_the_first_writes_it(world: World, spelling: str) -> None:
    world.api.apply({
        "apiVersion": "metal3.io/v1alpha1", "kind": HOST.kind, "metadata": {"name": "others", "namespace": NAMESPACE},
        "spec": {"online": True, "bootMACAddress": mac_of(77), "bmc": {"address": spelling.format(bmc_of(1)), "credentialsName": "x"}}})
    world.generator()
    world.onboard()
    assert world.condition("Ready")["reason"] == "Conflict" and "metal/others" in world.status()["message"] and world.hosts() == ["others"]
