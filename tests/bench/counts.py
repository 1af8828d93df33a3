# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`counts`: requests to vendors and writes to the cluster, exact."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.managers import Wanted, open_managers, read_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Server

from tests.bench.figures import Book
from tests.bench.world import World
from tests.demo.processes import Processes

REQUESTS = (("HP", "OneView", "oneview", "400", 8), ("DELL", "OME", "ome", "1,000+", 106), ("CISCO", "UCS, each system", "", "400", 6))
LEDGER = "/baremetalhostbuffers/"


def counts(book: Book, folder: Path, processes: Processes) -> None:
    """The stages in this process."""
    with World(folder / "counts", processes, servers=1000, latency=0.0) as world:
        world.admit()                                     # what a run does now and then, such as the sweep, is no part of a grant
        for vendor, name, system, operator, budget in REQUESTS:
            requests_for_names(book, world, vendor, name, system, operator, budget)
        writes(book, world, "one vendor", [(server, "HP") for server in world.some("HP", 200)], 1, {})
        writes(book, world, "three vendors, with a VLAN", world.mixed(400), 3, {"networkConfig": {"vlanId": 24}})


def requests_for_names(book: Book, world: World, vendor: str, name: str, system: str, operator: str, budget: int) -> None:
    """A hundred names at once, from login to logout."""
    before = world.counters()
    wanted = world.names[vendor][-100:]
    with open_managers(read_managers(world.variables["generator_managers"]), 60) as managers:
        found = managers.find(Wanted(one, vendor) for one in wanted)
    assert all(isinstance(found[one], Server) for one in wanted), "every server is found"
    after = world.counters()
    spent = {one: after[one]["requests"] - before[one]["requests"] for one in after if after[one]["requests"] > before[one]["requests"]}
    logins = max(after[one]["logins"] - before[one]["logins"] for one in spent)
    left = sum(after[one]["open_sessions"] for one in spent)
    most = max(spent[one] for one in spent if not system or one == system)
    book.add(f"requests for 100 names: {name}", operator, f"<= {budget}, 1 login, 0 left", f"{most}, {logins} login, {left} left",
             most <= budget and logins == 1 and left == 0)


def writes(book: Book, world: World, who: str, servers: list[tuple[str, str]], answers: int, spec: dict[str, Any]) -> None:
    """From nothing to Completed, through both stages, once each. answers: resolve writes what a manager answered without waiting for the others."""
    count = len(servers)
    world.api.requests.clear()
    made = [world.generator(server, vendor, **spec) for server, vendor in servers]
    world.resolve()
    resolving = ledger_writes(world)
    world.admit()
    assert all(world.eye.phases[name] == "Completed" for name in made)
    each = sum(LEDGER not in one.path for one in world.writes()) / count
    events = sum(one.method != "GET" and one.path.endswith("/events") for one in world.api.requests) / count
    book.add(f"cluster writes per generator: {who}", "6-8", "<= 7 plus Events", f"{each:g} plus {events:g} Events", each <= 7)
    book.number(f"ledger writes of one resolve: {count} of {who}", "", resolving, answers)
    book.number(f"ledger writes of granting {count}", "", ledger_writes(world) - resolving, 3 * -(-count // 200))


def ledger_writes(world: World) -> int:
    """So far. (Our finalizer, put once on the buffer itself, is no write of its ledger.)"""
    return sum(LEDGER in one.path and one.path.endswith("/status") for one in world.writes())
