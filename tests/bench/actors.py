# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`actors`: eight processes admit a thousand waiting generators at once, while hosts are taken; the race of tests/actors."""
from __future__ import annotations

import random
from pathlib import Path

from tests.bench.figures import Book
from tests.demo.processes import Processes


def actors(book: Book, folder: Path, processes: Processes) -> None:
    """Hosts are taken all the while, so that all thousand get through a cap of 200."""
    from tests.actors.race import ACTORS, Race
    from tests.actors.retries import ledger_writes, lost_in_a_row

    with Race(folder / "actors", processes, 300 if book.quick else 1000, random.randrange(1_000_000)) as race:
        race.run(400)
        replay = race.judged()
        who = f"{ACTORS} actors, {race.count:,} waiting"
        book.add(f"{who}: most slots held at any version", "overshoots", f"<= {race.cap}, the cap", f"{replay.most} in {replay.versions:,} versions",
                 replay.most <= race.cap)
        twice = sum(number != 1 for number in replay.servers.values()) + race.count - len(replay.servers)
        book.number(f"{who}: servers that did not become one host", "", twice, 0)
        lost = lost_in_a_row(ledger_writes(race.world.api.requests, race.world.api.history))
        book.number(f"{who}: CAS retries of one actor and batch", "", max(lost, default=0), 3, f"{sum(lost)} in all")
        book.add(f"{who}: all Completed", "stalls", "", f"{race.seconds:.0f} s")
