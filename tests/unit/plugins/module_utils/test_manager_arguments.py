# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs of modules and what managers accept say the same."""
from __future__ import annotations

from dataclasses import fields

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import MANAGER_ARGS, MANAGER_TYPES, OME_ARGS, ONEVIEW_ARGS, UCS_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import COMMON, NETWORKS, OPTIONS_OF_TYPE, VENDOR_OF_TYPE, ManagerConfig
from ansible_collections.baremetal.generator.plugins.module_utils.names import VENDORS

OPTIONS = MANAGER_ARGS["managers"]["options"]


def test_every_option_of_a_manager_can_be_given_and_no_other() -> None:
    assert set(OPTIONS) == {one.name for one in fields(ManagerConfig)}
    assert (tuple(MANAGER_TYPES), tuple(OPTIONS["bmc_network"]["choices"])) == (tuple(VENDOR_OF_TYPE), NETWORKS)
    assert set(VENDOR_OF_TYPE.values()) == set(VENDORS)


def test_a_vendors_own_module_has_the_options_of_its_type() -> None:
    for kind, args in (("oneview", ONEVIEW_ARGS), ("ome", OME_ARGS), ("ucs", UCS_ARGS)):
        shared = {"names", "nic_name", "mac_index", "manager_seconds"}
        assert set(args) - shared == (COMMON | OPTIONS_OF_TYPE[kind]) - {"name", "type"}


def test_every_password_is_kept_out_of_logs() -> None:
    for options in (OPTIONS, ONEVIEW_ARGS, OME_ARGS, UCS_ARGS):
        assert all(spec.get("no_log") for name, spec in options.items() if "password" in name)
