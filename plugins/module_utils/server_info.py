# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the four modules that only ask managers do: read options, ask, choose NICs, answer."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from .guard import one_by_one
from .managers import ManagerConfig, Wanted, open_managers
from .managers.outcomes import NOT_ASKED
from .models import Reason, Server
from .nics import NicPolicy, choose


def ask(configs: Iterable[ManagerConfig], wanted: Iterable[Wanted], params: Mapping[str, Any]) -> dict[str, Any]:
    """Servers and reasons as the modules return them; warnings besides. Every session is closed when this returns or raises."""
    index = params.get("mac_index")
    policy = NicPolicy(names=(params.get("nic_name") or "",), indices=(index,) if index else ())
    with open_managers(configs, params["manager_seconds"]) as managers:
        found = managers.find(wanted)
    servers: dict[str, dict[str, Any]] = {}
    reasons: dict[str, dict[str, Any]] = {}
    for name, shown in one_by_one(found, lambda name: _shown(found[name], policy), lambda _name, fault: fault.why):
        if isinstance(shown, Reason):
            reasons[name] = {"reason": shown.reason, "message": shown.message}
        else:
            servers[name] = shown
    return {"servers": servers, "reasons": reasons, "warnings": managers.warnings}


def _shown(server: Server | Reason, policy: NicPolicy) -> dict[str, Any] | Reason:
    if isinstance(server, Reason):
        if server.reason == NOT_ASKED:      # nobody comes back to it by himself
            return Reason("ManagerUnreachable", f"{server.message} Ask for it again, for fewer names at once, or with more manager_seconds.")
        return server
    choice = choose(server.nics, policy)
    if isinstance(choice, Reason):
        return choice
    boots = choice.selected[0]
    return {
        **asdict(server),
        "nics": [asdict(nic) for nic in server.nics],
        "boot_mac": boots.nic.mac,
        "nic_name": boots.nic_name,
        "mac_index": boots.index,
        "why": choice.why,
    }
