# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that simulators manage: made from a seed, each with the true answers it was built from."""
from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

if TYPE_CHECKING:
    from tests.simulators.inventory_ome import OmeInventory
    from tests.simulators.inventory_oneview import OneViewInventory
    from tests.simulators.inventory_ucs import UcsInventory

HP, DELL, CISCO = "HP", "DELL", "CISCO"
VENDORS = {"hp": HP, "hpe": HP, "oneview": HP, "dell": DELL, "ome": DELL, "cisco": CISCO, "ucs": CISCO}
FOUND = "Server"


@dataclass
class SimServer:
    """What must be found out about a server. It stands here as it was decided when the server was built.

    outcome: "Server", or the reason why a name has none (Unassigned, NoBmcAddress, NoMac, Ambiguous).
    nics: MACs, lower case, in boot order, "" of a port without one. boot_mac: the one that boots without further wishes. kind: what is special about it.
    """

    name: str
    vendor: str
    serial: str = ""
    model: str = ""
    bmc_address: str | None = None
    boot_mac: str | None = None
    nics: tuple[str, ...] = ()
    outcome: str = FOUND
    kind: str = ""
    inband_address: str | None = None

    @property
    def assigned(self) -> bool:
        """There is hardware behind the name."""
        return self.outcome not in ("Unassigned", "Ambiguous")


class Numbers:
    """Names, numbers and addresses that never repeat, all from one seed.

    Addresses are those that documents and benchmarks may use: 198.18.0.0/15 (over 10,000 of each vendor), 2001:db8::/32.
    """

    REGION: ClassVar[dict[str, int]] = {HP: 0, DELL: 1, CISCO: 2, "in-band": 3}

    def __init__(self, vendor: str, seed: int) -> None:
        self.vendor = vendor
        self.seed = seed
        self.random = random.Random(f"{vendor}/{seed}")
        self._next_mac = (seed * 5 + self.REGION[vendor] * 3) % 16 << 20
        self._next_address = {region: seed * 4093 for region in self.REGION}
        self._next_id = 0

    def count(self) -> int:
        """1, 2, 3..."""
        self._next_id += 1
        return self._next_id

    def mac(self, oui: str = "94:40:C9") -> str:
        """A fresh MAC, upper case as vendors write it."""
        number = self._next_mac
        self._next_mac += 1
        return f"{oui}:{number >> 16 & 255:02X}:{number >> 8 & 255:02X}:{number & 255:02X}"

    def macs(self, count: int, oui: str = "94:40:C9") -> list[str]:
        """Several of them, one after the other."""
        return [self.mac(oui) for _rest in range(count)]

    def ipv4(self, region: str | None = None) -> str:
        """A fresh address of the vendor's range."""
        region = region or self.vendor
        number = self._next_address[region] % (128 * 250)
        self._next_address[region] += 1
        upper = self.REGION[region] * 128 + number // 250
        return f"198.{18 + upper // 256}.{upper % 256}.{number % 250 + 1}"

    def ipv6(self) -> str:
        """A fresh address, in the short form."""
        self._next_id += 1
        return f"2001:db8:{self.REGION[self.vendor] + 1}:{self.seed % 65536:x}::{self._next_id:x}"

    def serial(self, start: str, length: int) -> str:
        """A fresh serial number of this length."""
        digits, number = "0123456789BCDFGHJKLMNPQRSTVWXYZ", self.count() + self.seed * 50_000
        tail = ""
        while number or len(tail) < length - len(start):
            number, digit = divmod(number, len(digits))
            tail = digits[digit] + tail
        return start + tail[-(length - len(start)):]

    def uuid(self) -> str:
        """A fresh UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def shuffled(self, items: Iterable[Any]) -> list[Any]:
        """The same in some order."""
        items = list(items)
        self.random.shuffle(items)
        return items


class Inventory:
    """Servers of one management system. A subclass knows their records, and how to build each kind."""

    vendor: ClassVar[str] = ""
    prefix: ClassVar[str] = "node"

    def __init__(self, seed: int = 1) -> None:
        self.servers: list[SimServer] = []
        self.numbers = Numbers(self.vendor, seed)

    def __getitem__(self, name: str) -> SimServer:
        """The expected answer for a name, in any case."""
        for server in self.servers:
            if server.name.casefold() == name.casefold():
                return server
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Of all servers that can be found."""
        return [server.name for server in self.servers if server.outcome == FOUND]

    def answers(self) -> list[dict[str, Any]]:
        """All expected answers as plain data."""
        return [asdict(server) for server in self.servers]

    def remember(self, server: SimServer) -> SimServer:
        """Takes note of a server's true answers."""
        self.servers.append(server)
        return server

    def add_usual(self, names: Iterable[str]) -> None:
        """Servers such as real racks hold, in varied kinds; each of them can be found."""
        raise NotImplementedError

    def add_background(self) -> None:
        """What else such a system lists: spare hardware, templates, chassis."""
        raise NotImplementedError

    def add_odd(self, prefix: str) -> None:
        """One server of each odd kind, named <prefix>-<kind>."""
        raise NotImplementedError

    def remove_first(self) -> None:
        """The first object of every list goes away, while somebody pages perhaps."""
        raise NotImplementedError

    def add_first(self) -> None:
        """A new object comes to the head of every list, while somebody pages perhaps."""
        raise NotImplementedError


def lower(macs: Iterable[str]) -> tuple[str, ...]:
    """As answers are compared."""
    return tuple(mac.lower() for mac in macs)


@overload
def generate(
    vendor: Literal["oneview", "hp", "hpe", "HP"], count: int, seed: int = ..., prefix: str | None = ..., odd: bool = ..., **options: Any,
) -> OneViewInventory: ...


@overload
def generate(
    vendor: Literal["ome", "dell", "DELL"], count: int, seed: int = ..., prefix: str | None = ..., odd: bool = ..., **options: Any,
) -> OmeInventory: ...


@overload
def generate(
    vendor: Literal["ucs", "cisco", "CISCO"], count: int, seed: int = ..., prefix: str | None = ..., odd: bool = ..., **options: Any,
) -> UcsInventory: ...
@overload
def generate(vendor: str, count: int, seed: int = ..., prefix: str | None = ..., odd: bool = ..., **options: Any) -> Inventory: ...


def generate(vendor: str, count: int, seed: int = 1, prefix: str | None = None, odd: bool = False, **options: Any) -> Inventory:
    """`count` servers that can be found, <prefix>-01 and so on, among other things; with odd also one of each odd kind.

    options: those of the vendor's inventory.
    """
    from tests.simulators.inventory_ome import OmeInventory
    from tests.simulators.inventory_oneview import OneViewInventory
    from tests.simulators.inventory_ucs import UcsInventory

    kinds: dict[str, Callable[..., Inventory]] = {HP: OneViewInventory, DELL: OmeInventory, CISCO: UcsInventory}
    if vendor.casefold() not in VENDORS:
        raise ValueError(f"no vendor {vendor!r}; there are {', '.join(VENDORS)}")
    inventory = kinds[VENDORS[vendor.casefold()]](seed, **options)
    prefix = prefix or inventory.prefix
    width = max(2, len(str(count)))
    inventory.add_usual(f"{prefix}-{number:0{width}d}" for number in range(1, count + 1))
    if odd:
        inventory.add_odd(prefix)
    inventory.add_background()
    return inventory
