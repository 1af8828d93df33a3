# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation of the four modules that ask managers work as they stand; only addresses are replaced."""
from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.modules import ome_server_info, oneview_server_info, server_info, ucs_server_info
from tests.fixtures.ansible import Playbooks
from tests.simulators.certificates import authority
from tests.simulators.inventory_ome import OmeInventory
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.inventory_ucs import UcsInventory
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_central import UcsSystem

MODULES = {"server_info": server_info, "oneview_server_info": oneview_server_info, "ome_server_info": ome_server_info, "ucs_server_info": ucs_server_info}


def in_place(value: Any, replaced: dict[str, str]) -> Any:
    """The same, with addresses that exist here."""
    if isinstance(value, dict):
        return {key: in_place(inner, replaced) for key, inner in value.items()}
    if isinstance(value, list):
        return [in_place(inner, replaced) for inner in value]
    return replaced.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_work(module: str, playbooks: Playbooks, tmp_path: Path) -> None:
    certificates = authority(tmp_path / "ca")
    hpe, dell, cisco = OneViewInventory(), OmeInventory(), UcsInventory()
    hpe.blade("rf-node-01")
    hpe.rack_dhcp("rf-node-02")
    dell.rack("ome-node-01")
    dell.gpu("ome-node-07")
    cisco.pooled("ucs-node-12")
    cisco.in_two_orgs("node-02")
    account = {"certificate": certificates.issue(), "username": "automation", "password": "q9-vendor-pa55"}
    with ExitStack() as stack:
        oneview = stack.enter_context(OneViewSimulator(hpe, **account))
        ome = stack.enter_context(OmeSimulator(dell, **account))
        ucs = stack.enter_context(UcsSystem(cisco, **account))
        replaced = {
            "https://oneview.example.com": oneview.url, "https://ome.example.com": ome.url, "https://ucs-central.example.com": ucs.url,
            "/etc/pki/company-ca.pem": str(certificates.ca_pem_path),
        }
        tasks = in_place(yaml.safe_load(MODULES[module].EXAMPLES), replaced)
        passwords = {f"{one}_password": account["password"] for one in ("oneview", "ome", "ucs", "ucs_domain")}
        variables = tmp_path / "passwords.yml"
        variables.write_text(yaml.safe_dump(passwords), encoding="utf-8")
        run = playbooks.run(tasks, arguments=["-e", f"@{variables}"]).succeeded()
        asked = run.of(module)
        assert asked["servers"] and asked["reasons"] == {}
        assert sum(one.counters.open_sessions for one in (oneview, ome, *ucs.all)) == 0
