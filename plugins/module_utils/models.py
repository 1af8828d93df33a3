# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts tell each other: servers as their managers know them, and reasons why there is none."""
from __future__ import annotations

from dataclasses import dataclass, field

# Reasons that pass by themselves when the other side is well again: retried with growing pauses, phase stays Processing.
PASSING_REASONS = frozenset({"ManagerUnreachable", "ClusterUnavailable", "Forbidden"})
# Reasons that somebody may mend without touching the generator: Failed, and asked again slowly.
SLOW_REASONS = frozenset({
    "NotFound", "Ambiguous", "Unassigned", "NoBmcAddress", "NoMac", "InvalidAnswer", "LoginRefused",
    "NoInfraEnv", "BufferMissing", "NoBmcCredentials", "Conflict", "Denied", "Bug"})


@dataclass(frozen=True)
class Nic:
    """One network port of a server, in the order in which its manager would boot from it.

    mac: lower case, colons; "" while it has none of its own, so that its neighbours keep their positions.
    name: the vendor's own name of the port ("Mezz 3:1-a", "NIC.Integrated.1-1-1", "eth0").
    link: True up, False down, None unknown. virtual: the MAC comes from a profile, not from the hardware.
    boot: the manager itself says that this one boots. bootable: nothing speaks against it, so that the others come after it.
    """

    mac: str
    name: str
    location: str = ""
    link: bool | None = None
    virtual: bool = False
    boot: bool = False
    bootable: bool = True


@dataclass(frozen=True)
class Server:
    """A server that answers to a wanted name.

    nics: in boot order, never empty, one with a MAC at least. bmc_address: IP address or DNS name, no brackets, no port.
    """

    name: str
    vendor: str
    manager: str
    bmc_address: str
    nics: tuple[Nic, ...]
    serial: str = ""
    model: str = ""


@dataclass(frozen=True)
class Reason:
    """Why there is none. reason: a CamelCase word, as docs/lifecycle.md lists them; message: one sentence: what, where, what to do.

    of_variables: it may come right when somebody changes the profiles or the list of namespaces, without touching the generator.
    slow: it may come right otherwise.
    """

    reason: str
    message: str
    of_variables: bool = field(default=False, compare=False)
    slow: bool = field(default=False, compare=False)

    @property
    def passes(self) -> bool:
        """It heals when the other side does: never Failed for it."""
        return self.reason in PASSING_REASONS

    @property
    def is_asked_again_slowly(self) -> bool:
        """Somebody may mend it without touching the generator."""
        return self.reason in SLOW_REASONS or self.of_variables or self.slow
