# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service profile and hardware a name means: pure."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .elements import OddAnswer, text
from .ucs_server import Inventory, Source
from .ucs_xml import Mo


INSTANCE = "instance"
TYPES = frozenset({INSTANCE, "initial-template", "updating-template"})      # templates are no servers
DECIDING = ("pnDn", "operBootPolicyName", "domainDn")


@dataclass(frozen=True)
class Hit:
    """A wanted name's profile and hardware. profile_dn is "" where only the domain knows it; profile is None then as well. odd: what cannot be read of it."""

    name: str
    hardware_dn: str
    profile_dn: str
    profile: Mo | None
    odd: str = ""

    def checked(self) -> Hit:
        """Itself, unless something that decides about it cannot be read."""
        if self.odd:
            raise OddAnswer(self.odd)
        return self

    @property
    def boot_policy_dn(self) -> str:
        """The boot policy that holds for the profile."""
        return self.profile["operBootPolicyName"] if self.profile else ""

    @property
    def domain_dn(self) -> str:
        """compute/sys-1008: the domain that has the hardware; "" on a UCS Manager."""
        if self.profile and self.profile["domainDn"]:
            return self.profile["domainDn"]
        return "/".join(self.hardware_dn.split("/")[:2]) if self.hardware_dn.startswith("compute/") else ""

    @property
    def dn_in_domain(self) -> str:
        """What the domain itself calls the hardware."""
        return "/".join(["sys", *self.hardware_dn.split("/")[2:]])

    def seen_in(self, inventory: Inventory) -> Source:
        """What is known about it there."""
        return Source(inventory, self.profile_dn, self.hardware_dn, self.boot_policy_dn)


def by_name(profiles: Iterable[Mo], machines: Iterable[Mo]) -> dict[str, list[Hit]]:
    """Hits by name and by DN, both without regard to case, machines by their own as well.

    A machine stands for its profile where the system does not have the profile itself.
    """
    index: dict[str, list[Hit]] = defaultdict(list)
    hardware = set()
    listed = [profile for profile in profiles if profile["type"] == INSTANCE or profile["type"] not in TYPES]
    shown = {attribute for profile in listed for attribute in DECIDING if attribute in profile.attributes}
    for profile in listed:
        hit = Hit("", profile["pnDn"], profile.dn, profile, _odd(profile, shown))
        hardware.add(profile["pnDn"])
        # One whose name and DN differ may be either: whoever asks for one of them is told that it cannot be read.
        for name in dict.fromkeys(text.casefold() for text in (profile["name"], profile.dn.rpartition("/ls-")[2], profile.dn)):
            index[name].append(hit)
    for machine in machines:
        if machine["assignedToDn"] and machine.dn not in hardware:
            hit = Hit("", machine.dn, machine["assignedToDn"], None)
            for name in (machine["assignedToDn"].rpartition("/ls-")[2], machine["assignedToDn"], machine.dn):
                index[name.casefold()].append(hit)
    return index


def unreadable(machines: Iterable[Mo]) -> str:
    """What of a machine does not say which profile it is assigned to, though it should; "" when all do."""
    odd = (machine for machine in machines if "assignedToDn" not in machine.attributes or machine["assignedToDn"] and "/ls-" not in machine["assignedToDn"])
    machine = next(odd, None)
    return f"assignedToDn of {text(machine.dn, 'dn')} is no DN of a service profile" if machine else ""


def _odd(profile: Mo, shown: Iterable[str]) -> str:
    """What of a profile cannot be read though it decides; shown: attributes that this system gives to profiles."""
    where = text(profile.dn, "dn") or "a service profile without a DN"
    if profile["type"] not in TYPES:
        return f"type of {where} is neither instance nor a template"
    if not profile["name"] or profile.dn.rpartition("/ls-")[2] != profile["name"]:
        return f"name of {where} is {'missing' if not profile['name'] else 'another one'}"
    missing = next((attribute for attribute in DECIDING if attribute in shown and attribute not in profile.attributes), "")
    if missing or "pnDn" not in profile.attributes:
        return f"{missing or 'pnDn'} of {where} is missing"
    return ""
