# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cisco UCS Manager on loopback: one domain of an inventory."""
from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from tests.simulators.inventory import generate
from tests.simulators.inventory_ucs import Domain, UcsInventory
from tests.simulators.serving import argument_parser, serve_until_signal, simulator_options
from tests.simulators.ucs_tree import Tree
from tests.simulators.ucs_xml import UcsSimulator


class UcsManagerSimulator(UcsSimulator):
    """The manager of one domain. When it starts, UCS Central learns where it answers."""

    name = "ucs-manager"
    paths = re.compile(r"/nuova/?")
    version = "4.2(3b)"

    def __init__(self, inventory: UcsInventory | None = None, *arguments: Any, domain: int = 0, **options: Any) -> None:
        super().__init__(inventory if inventory is not None else generate("ucs", 30), *arguments, **options)
        self.domain: Domain = self.inventory.domains[domain]

    @property
    def tree(self) -> Tree:
        return self.domain.tree

    def start(self) -> None:
        super().start()
        self.inventory.moved(self.domain, self.url.partition("://")[2])

    def servers(self) -> list[dict[str, Any]]:
        """Only those whose profile this domain has."""
        here = {mo["name"] for mo in self.tree.by_kind["lsServer"]}
        return [asdict(server) for server in self.inventory.servers if server.name in here]


def main() -> None:
    """python -m tests.simulators.ucs_manager"""
    parser = argument_parser("A simulated Cisco UCS Manager.", UcsInventory.prefix)
    parser.add_argument("--domains", type=int, default=1, help="over how many domains the servers are spread (1)")
    parser.add_argument("--domain", type=int, default=0, help="which of them this one is, from 0 (0)")
    options = parser.parse_args()
    inventory = generate("ucs", options.servers, options.seed, options.prefix, options.odd, domains=options.domains)
    simulator = UcsManagerSimulator(inventory, domain=options.domain, **simulator_options(options))
    serve_until_signal([simulator], lambda: {"url": simulator.url, "domain": simulator.domain.name})


if __name__ == "__main__":
    main()
