# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NICs of a server count, and which one boots: a pure function of the NICs and the policy."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .models import Nic, Reason


BOND = "bond0"
INTERFACE_LENGTH = 15
INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class NicPolicy:
    """Pairs of what the operating system calls an interface and which NIC it is: "first", "last" or a position counted from 0.

    Both empty: the NIC that the manager boots from. Indices without names are allowed here, for those who only want the MACs.
    """

    names: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SelectedNic:
    """A chosen NIC; nic_name is the operating system's name for it, "" when nobody gave one. index: its position among the server's NICs."""

    nic_name: str
    nic: Nic
    index: int


@dataclass(frozen=True)
class Choice:
    """The chosen NICs, the first one boots, and why it was these."""

    selected: tuple[SelectedNic, ...]
    why: str

    @property
    def nics(self) -> tuple[Nic, ...]:
        """The NICs alone."""
        return tuple(one.nic for one in self.selected)

    @property
    def boot(self) -> Nic:
        """The NIC whose MAC the host is known by."""
        return self.selected[0].nic


def choose(nics: Sequence[Nic], policy: NicPolicy = NicPolicy()) -> Choice | Reason:
    """The NICs that the policy names, or why it names none."""
    if not nics:
        return Reason("NoMac", "The server has no network port with a MAC address.")
    if not policy.indices:
        return _by_boot_rule(nics, policy)
    if policy.names and len(policy.names) != len(policy.indices):
        return Reason("InvalidSpec", f"{len(policy.names)} NIC names and {len(policy.indices)} MAC indices are given; give as many of each.")
    positions: list[int] = []
    for index in policy.indices:
        position = _position(index, len(nics))
        if isinstance(position, Reason):
            return position
        if position in positions:
            return Reason("InvalidSpec", f"macIndex {index} names a port that is chosen already; name each port once.", slow=True)
        positions.append(position)
    for index, position in zip(policy.indices, positions):
        if not nics[position].mac:
            return _no_mac(nics[position], f"chosen by macIndex {index}")
    names = policy.names or ("",) * len(positions)
    selected = tuple(SelectedNic(name, nics[position], position) for name, position in zip(names, positions))
    return Choice(selected, "chosen by macIndex " + ", ".join(policy.indices))


def _by_boot_rule(nics: Sequence[Nic], policy: NicPolicy) -> Choice | Reason:
    if len(policy.names) > 1:
        return Reason("InvalidSpec", f"{len(policy.names)} NIC names and 0 MAC indices are given; give as many of each.")
    boots = [at for at, nic in enumerate(nics) if nic.boot]
    bootable = [at for at, nic in enumerate(nics) if nic.bootable]
    position = next(iter(boots or bootable), 0)
    why = "the manager boots the server from it" if boots else "the first network port" if bootable else "the first network port, as none is bootable"
    if not nics[position].mac:
        return _no_mac(nics[position], why)
    return Choice((SelectedNic(policy.names[0] if policy.names else "", nics[position], position),), why)


def _no_mac(nic: Nic, why: str) -> Reason:
    """What is chosen has no MAC: a neighbour's would make a host that never boots."""
    if nic.virtual:
        missing = f"The profile has no MAC yet for network port {nic.name!r} ({why}); let the manager finish the profile, or give its pool of MACs free ones"
    else:
        missing = f"The manager knows no MAC yet of network port {nic.name!r} ({why}); let it take the inventory of the server"
    return Reason("NoMac", f"{missing}. It is asked again by itself.")


def _position(index: str, count: int) -> int | Reason:
    word = str(index).strip().lower()
    if word in ("first", "last"):
        return 0 if word == "first" else count - 1
    if not (word.isascii() and word.isdigit()):
        return Reason("InvalidSpec", f"macIndex {word[:40]!r} is neither first, last nor a number from 0; correct it.")
    if len(word) > 9 or int(word) >= count:
        return Reason("InvalidSpec", f"macIndex {word[:40]} is too high: the server has {count} network ports, counted from 0; correct it.",
                      slow=True)        # its manager may not know all of them yet
    return int(word)


def vlan_interface(base: str, vlan_id: int) -> str:
    """<base>.<id>, or vlan<id> where that is longer than the kernel allows."""
    name = f"{base}.{vlan_id}"
    return name if len(name) <= INTERFACE_LENGTH else f"vlan{vlan_id}"


def name_fault(names: Sequence[str], vlan_id: int | None) -> str | None:
    """Why these interfaces cannot be configured beside what is made of them: one bad config breaks the image of a whole InfraEnv."""
    wrong = next((name for name in names if len(name) > INTERFACE_LENGTH or not INTERFACE.fullmatch(name)), None)
    if wrong is not None:
        return f"{wrong[:80]!r} is no Linux interface name, 1 to {INTERFACE_LENGTH} letters, digits, dots, dashes or underscores; correct it"
    if "lo" in names:
        return "'lo' is the loopback interface; name a network port"
    if len(names) > 1 and any(name.partition(".")[0] == BOND for name in names):
        return f"{BOND!r} is the bond that is made of these ports; name the ports themselves"
    if names and vlan_id:
        vlan = vlan_interface(BOND if len(names) > 1 else names[0], vlan_id)
        if vlan in names:
            return f"{vlan!r} is the interface that is made for VLAN {vlan_id}; name the network port itself"
    return None
