# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`line`, `many`: how long it takes under the real ansible-rulebook."""
from __future__ import annotations

import statistics
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.bench.figures import Book
from tests.bench.world import NAMESPACE, SYSTEMS, World
from tests.demo.processes import Processes
from tests.fixtures.rulebook import Rulebook

INTERVAL = 30.0
ONE_NAME = {"HP": "HPE", "DELL": "Dell", "CISCO": "Cisco"}
ONE_OPERATOR = {"HP": "1.0 s", "DELL": "5.4 s", "CISCO": ""}


def line(book: Book, folder: Path, processes: Processes) -> None:
    """One, a hundred, a thousand; a cap; slots that come free; a restart."""
    with World(folder / "line", processes, servers=1000) as world:
        book.say("1,000 servers of each vendor at 200 ms a request; starting the rulebook")
        rulebook = world.rulebook(generator_interval_seconds=INTERVAL)
        rulebook.start()
        one_at_a_time(book, world)
        hundred = at_once(book, world, 100, "764 s", 8)
        count = 300 if book.quick else 1000
        thousand = at_once(book, world, count, "hours", 40)
        flat(book, 100, hundred, count, thousand)
        capped(book, world)
        by_the_check_alone(book, world)
        restarted(book, world, rulebook)
        sessions = sum(counters["open_sessions"] for counters in world.counters().values())
        book.number("vendor sessions left open after all that", "one a kill", sessions, 0)
        assert rulebook.stop() == 0, rulebook.output


def many(book: Book, folder: Path, processes: Processes) -> None:
    """Ten thousand."""
    with World(folder / "many", processes, servers=3800) as world:
        book.say("3,800 servers of each vendor at 200 ms a request; starting the rulebook")
        world.rulebook().start()
        thousand = at_once(book, world, 1000, "hours", 40)
        all_of_them = at_once(book, world, 10_000, "hours", 360)
        flat(book, 1000, thousand, 10_000, all_of_them)


def one_at_a_time(book: Book, world: World) -> None:
    """The rulebook is idle each time."""
    for vendor in SYSTEMS:
        took = []
        for server in world.some(vendor, 3 if book.quick else 5):
            world.at_rest()
            began = time.monotonic()
            name = world.generator(server, vendor)
            world.eye.wait(lambda wanted=name: wanted in world.eye.host_of, 60, "the host is there")
            took.append(world.eye.active[world.eye.host_of[name]] - began)
        book.seconds(f"one {ONE_NAME[vendor]} generator -> host exists, rulebook idle", ONE_OPERATOR[vendor], statistics.median(took), 2.5,
                     f"{min(took):.1f}-{max(took):.1f}")


def at_once(book: Book, world: World, count: int, operator: str, budget: float) -> float:
    """So many of three vendors, the cap out of the way; until all are Completed."""
    world.at_rest()
    began = time.monotonic()
    made = world.generators(count)
    took = world.eye.wait(world.eye.are(made, "Completed"), budget * 4 + 60, f"{count} are Completed") - began
    book.seconds(f"{count:,} generators of three vendors at once, all Completed", operator, took, budget)
    return took


def flat(book: Book, few: int, few_seconds: float, more: int, more_seconds: float) -> None:
    """What one costs among many."""
    ratio = (more_seconds / more) / (few_seconds / few)
    book.add(f"cost of one generator among {more:,} / among {few:,}", "", "<= 1.2x", f"{ratio:.2f}x, {1000 * more_seconds / more:.0f} ms each", ratio <= 1.2)


def capped(book: Book, world: World) -> None:
    """A cap of 20."""
    world.buffer("small", 20)
    world.at_rest()
    began = time.monotonic()
    made = world.generators(70, buffer="small")
    eye = world.eye
    took = eye.wait(lambda: eye.are(made, "Completed", 20)() and eye.are(made, "Buffered", 50)(), 120, "20 hosts, 50 Buffered") - began
    hosts = [eye.host_of[name] for name in made if name in eye.host_of]
    book.seconds("cap 20, 70 at once: 20 hosts, 50 Buffered", "528 s", took, 12, f"{len(hosts)} hosts")
    world.at_rest()
    began = time.monotonic()
    for host in hosts:
        world.take(host)
    took = eye.wait(eye.are(made, "Completed", 40), 120, "20 are released") - began
    book.seconds("20 slots freed -> all 20 released, by the event", "47-69 s", took, 5)


def by_the_check_alone(book: Book, world: World) -> None:
    """Hosts in error that leave the count when their time is over: nothing changes in the cluster, so no watch tells."""
    world.buffer("checked", 20, excludeErrorAfter="1h")
    eye = world.eye
    made = world.generators(40, buffer="checked")
    eye.wait(lambda: eye.are(made, "Completed", 20)() and eye.are(made, "Buffered", 20)(), 120, "20 hosts, 20 Buffered")
    world.at_rest()
    over_at = datetime.now(timezone.utc) + timedelta(seconds=5)
    hosts = [eye.host_of[name] for name in made if name in eye.host_of]
    for host in hosts:
        world.api.patch_status("baremetalhosts", NAMESPACE, host, broken())
    world.seen_in_error("checked", hosts, over_at - timedelta(hours=1))
    took = eye.wait(eye.are(made, "Completed", 40), 180, "20 are released") - (time.monotonic() + (over_at - datetime.now(timezone.utc)).total_seconds())
    book.seconds("20 slots freed -> all 20 released, by the check alone", "47-69 s", took, INTERVAL + 5, f"every {INTERVAL:.0f} s")


def broken() -> dict[str, Any]:
    """The status of a host whose registration fails."""
    return {
        "operationalStatus": "error", "errorType": "registration error", "errorMessage": "no answer from the BMC", "errorCount": 3, "poweredOn": False,
        "provisioning": {"state": "registering", "ID": ""}}


def restarted(book: Book, world: World, rulebook: Rulebook) -> None:
    """A generator that came while nobody was there."""
    world.at_rest()
    assert rulebook.stop() == 0, rulebook.output
    done = sum(phase == "Completed" for phase in world.eye.phases.values())
    (server,) = world.some("HP", 1)
    name = world.generator(server, "HP")
    began = time.monotonic()
    rulebook.start(wait=False)
    world.eye.wait(lambda: name in world.eye.host_of, 120, "the host is there")
    took = world.eye.active[world.eye.host_of[name]] - began
    book.seconds(f"first new generator after a restart with {done:,} Completed", "> 600 s", took, 10, "from the start of the process")
    world.at_rest()
