# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco UCS Central on loopback; alone it brings its UCS Managers with it."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from tests.simulators.inventory import generate
from tests.simulators.inventory_ucs import UcsInventory
from tests.simulators.serving import Certificate, argument_parser, serve_until_signal, simulator_options
from tests.simulators.ucs_manager import UcsManagerSimulator
from tests.simulators.ucs_tree import Mo, Tree
from tests.simulators.ucs_xml import Refused, UcsQuirks, UcsSimulator, is_true, not_understood


@dataclass
class UcsCentralQuirks(UcsQuirks):
    """What nobody confirmed of Central."""

    classes_work: bool = True                           # assumed: nobody has seen configResolveClasses answered
    page_cap: int | None = None                         # assumed: no limit of its own on inLimit


class UcsCentralSimulator(UcsSimulator):
    """UCS Central."""

    name = "ucs-central"
    quirks_type = UcsCentralQuirks
    quirks: UcsCentralQuirks
    paths = re.compile(r"/xmlIM/?[\w-]*")
    version = "2.0(1t)"
    privilege = "admin"
    channel = "fullssl"

    def __init__(self, inventory: UcsInventory | None = None, *arguments: Any, **options: Any) -> None:
        super().__init__(inventory if inventory is not None else generate("ucs", 30), *arguments, **options)

    @property
    def tree(self) -> Tree:
        return self.inventory.central

    def methods(self) -> dict[str, Callable[[Element], str]]:
        return super().methods() | {"configResolveClass": self._page}

    def _chosen(self, request: Element) -> list[Mo]:
        test = self._test(request)
        return [mo for mo in self._of_class(request.get("classId")) if test(mo)]

    def _page(self, request: Element) -> str:
        """A part of a class: inOffset, inLimit, inReturnCountOnly."""
        found = self._chosen(request)
        try:
            offset, limit = int(request.get("inOffset", "0")), int(request.get("inLimit", "0"))
        except ValueError as error:
            raise not_understood("attribute 'inLimit': The value is not a number.") from error
        limit = 0 if is_true(request.get("inReturnCountOnly")) else min(limit or len(found), self.quirks.page_cap or len(found))
        return self._configs(found[offset:offset + limit], request)

    def more_attributes(self, request: Element) -> str:
        """The count of all, when a part was asked for."""
        paged = any(request.get(name) for name in ("inOffset", "inLimit", "inReturnCountOnly"))
        return f' outTotalCount="{len(self._chosen(request))}"' if paged and request.tag == "configResolveClass" else ""

    def _classes(self, request: Element) -> str:
        if not self.quirks.classes_work:
            raise Refused("ERR-xml-parse-error", "594", "XML PARSING ERROR: Element 'configResolveClasses': This element is not expected.", whole=True)
        return super()._classes(request)


class UcsSystem:
    """A Central and the managers of all its domains, started and stopped together."""

    def __init__(self, inventory: UcsInventory | None = None, certificate: Certificate | None = None, latency: float = 0.0, username: str = "admin",
                 password: str = "secret", domain_username: str | None = None, domain_password: str | None = None, port: int = 0) -> None:
        self.inventory: UcsInventory = inventory if inventory is not None else generate("ucs", 30)
        self.central = UcsCentralSimulator(self.inventory, port, certificate, latency, username, password)
        self.managers = [
            UcsManagerSimulator(self.inventory, 0, certificate, latency, domain_username or username, domain_password or password, domain=number)
            for number in range(len(self.inventory.domains))
        ]
        self.all = [*self.managers, self.central]

    @property
    def url(self) -> str:
        """Of Central."""
        return self.central.url

    @property
    def open_sessions(self) -> int:
        """On all of them."""
        return sum(one.counters.open_sessions for one in self.all)

    def __enter__(self) -> UcsSystem:
        for one in self.all:
            one.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for one in self.all:
            one.stop()


def main() -> None:
    """python -m tests.simulators.ucs_central"""
    parser = argument_parser("A simulated Cisco UCS Central with its UCS Managers.", UcsInventory.prefix)
    parser.add_argument("--domains", type=int, default=2, help="how many UCS domains it has (2)")
    parser.add_argument("--domain-username", help="who may log in to the domains (as on Central)")
    parser.add_argument("--domain-password-file", type=Path, help="file with the password on the domains (as on Central)")
    options = parser.parse_args()
    inventory = generate("ucs", options.servers, options.seed, options.prefix, options.odd, domains=options.domains)
    common = simulator_options(options)
    password_file = options.domain_password_file
    system = UcsSystem(inventory, domain_username=options.domain_username,
                       domain_password=password_file.read_text(encoding="utf-8").rstrip("\n") if password_file else None, **common)
    serve_until_signal(system.all, lambda: {"url": system.url, "domains": {one.domain.name: one.url for one in system.managers}})


if __name__ == "__main__":
    main()
