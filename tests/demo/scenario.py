# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The thirty-three generators of the demo: ten of each vendor, in both dialects of the resource, and three bad ones."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Object = dict[str, Any]

INFRAENV = "site-demo"
SHORT = {"HP": "hpe", "DELL": "dell", "CISCO": "cisco"}
PER_VENDOR = 10
CAP = 20
BOND = "hpe-02"             # a bond with a VLAN
ASKED = "dell-03"           # no vendor is named: every manager is asked
UNKNOWN = "nobody-knows"    # no manager knows the name
TWINS = "twins"             # two servers answer to the name
REFUSED = "vlan-5000"       # no such VLAN: refused at once
VLAN, BOND_VLAN = 24, 240


def infra_env(namespace: str) -> Object:
    """The InfraEnv that all generators name, with the selector by which it finds its NMStateConfigs."""
    return {
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": INFRAENV, "namespace": namespace},
        "spec": {"pullSecretRef": {"name": "pull-secret"}, "nmStateConfigLabelSelector": {"matchLabels": {"infraenvs.agent-install.openshift.io": INFRAENV}}},
    }


def generator(namespace: str, name: str, spec: Mapping[str, Any], annotations: Mapping[str, str] | None = None) -> Object:
    """One BareMetalHostGenerator, of the buffer `default`."""
    return {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator",
        "metadata": {"name": name, "namespace": namespace, "annotations": dict(annotations or {})},
        "spec": {"infraEnv": INFRAENV, **spec},
    }


def good(namespace: str, servers: Mapping[str, Sequence[str]]) -> list[Object]:
    """Thirty that become hosts, the vendors by turns. servers: ten names of servers by vendor."""
    return [
        _ask(namespace, f"{SHORT[vendor]}-{turn + 1:02}", vendor, names[turn])
        for turn in range(PER_VENDOR) for vendor, names in servers.items()
    ]


def _ask(namespace: str, name: str, vendor: str, server: str) -> Object:
    if name == BOND:
        network = {"vlanId": BOND_VLAN, "nicNames": ["ens1f0", "ens1f1"], "macIndices": ["0", "1"]}
        return generator(namespace, name, {"serverName": server, "server_vendor": vendor, "networkConfig": network})
    if name == ASKED:
        return generator(namespace, name, {"serverName": server})
    if name.endswith("-04"):                                    # as the operator's resources were written
        return generator(namespace, name, {"serverName": server, "network": {"vlanId": VLAN}}, {"server_vendor": vendor})
    if name.endswith("-05"):
        return generator(namespace, name, {"serverName": server}, {"server_vendor": vendor.lower(), "vlanId": str(VLAN)})
    return generator(namespace, name, {"serverName": server, "server_vendor": vendor})


def failing(namespace: str, twin: str) -> list[Object]:
    """Two that end Failed and say why."""
    return [generator(namespace, UNKNOWN, {"serverName": "no-such-server"}), generator(namespace, TWINS, {"serverName": twin})]


def refused(namespace: str, server: str) -> Object:
    """One that the API server does not take."""
    return generator(namespace, REFUSED, {"serverName": server, "server_vendor": "HP", "networkConfig": {"vlanId": 5000}})
