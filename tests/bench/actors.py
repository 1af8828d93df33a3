# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`actors`: eight processes admit a thousand waiting generators at once, while hosts are taken. Alone: one such process."""
from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bench.figures import Book
from tests.demo.processes import Processes
from tests.tools.places import ROOT, name_the_collection

ACTORS = 8
CAP = 200
TABLES = ("baremetalhosts", "baremetalhostbuffers")


def actors(book: Book, folder: Path, processes: Processes) -> None:
    """Hosts are taken all the while, so that all thousand get through a cap of 200."""
    from tests.bench.world import World
    from tests.simulators.kubernetes.rbac import MASTERS, User

    count = 300 if book.quick else 1000
    with World(folder / "actors", processes, servers=count // 3 + 10, latency=0.0, history=True) as world:
        world.buffer("default", 0)
        made = world.generators(count)
        world.resolve()
        assert world.eye.are(made, "Buffered")()
        world.buffer("default", CAP)
        world.api.requests.clear()
        for number in range(ACTORS):
            token = world.api.add_user(User(f"actor-{number}", (MASTERS,)))
            kubeconfig = world.api.kubeconfig(world.folder / f"actor-{number}", token)
            options = world.folder / f"actor-{number}.json"
            options.touch(mode=0o600)
            options.write_text(json.dumps({"kubeconfig": kubeconfig, "bmc_credentials": world.variables["generator_bmc_credentials"]}))
            processes.start(f"actor-{number}", [sys.executable, "-m", "tests.bench.actors", str(options)],
                            environment={"PYTHONPATH": f"{ROOT}:{name_the_collection()}"})
        began = time.monotonic()
        done = threading.Event()
        taker = threading.Thread(target=_take, args=(world, done), name="taker")
        taker.start()
        try:
            took = world.eye.wait(world.eye.are(made, "Completed"), 400, "all are Completed") - began
        finally:
            done.set()
            taker.join()
            for number in range(ACTORS):
                processes.stop(f"actor-{number}")
        _judge(book, world, made, took)


def _take(world: Any, done: threading.Event) -> None:
    """Whoever is active is taken a little later."""
    taken: set[str] = set()
    while not done.wait(0.3):
        for host in list(world.eye.active):
            if host not in taken:
                taken.add(host)
                world.take(host)


def _judge(book: Book, world: Any, made: list[str], took: float) -> None:
    macs = Counter(host["spec"]["bootMACAddress"] for host in world.api.list("baremetalhosts"))
    book.add(f"{ACTORS} actors, {len(made):,} waiting, cap {CAP}: most hosts and entries at any version", "overshoots", f"<= {CAP}",
             f"{_most(world)}, all done in {took:.0f} s", _most(world) <= CAP)
    once = len(macs) == len(made) and max(macs.values()) == 1
    book.add(f"{ACTORS} actors: each host once", "", "once", "once" if once else f"{sum(macs.values())} hosts of {len(macs)} servers", once)
    retries: dict[str, int] = {}
    total: Counter[str] = Counter()
    run: Counter[str] = Counter()
    for one in world.api.requests:
        if one.method == "PUT" and "/baremetalhostbuffers/" in one.path:
            run[one.user] = run[one.user] + 1 if one.status == 409 else 0
            total[one.user] += one.status == 409
            retries[one.user] = max(retries.get(one.user, 0), run[one.user])
    book.number(f"{ACTORS} actors: CAS retries of one actor for one ledger write, at most", "", max(retries.values(), default=0), 3,
                f"{sum(total.values())} in all")


def _most(world: Any) -> int:
    """Active hosts that nobody has taken, and entries, by key, at every version of the API's history."""
    hosts: set[str] = set()
    entries: set[str] = set()
    most = 0
    for change in world.api.history:
        if "baremetalhosts" in change.table:
            free = change.after is not None and not change.after.object["spec"].get("consumerRef")
            (hosts.add if free else hosts.discard)(change.key)
        elif "baremetalhostbuffers" in change.table and change.after is not None:
            entries = {entry["key"] for entry in (change.after.object.get("status") or {}).get("reservations") or []}
        most = max(most, len(hosts | entries))
    return most


def main() -> None:
    """Admits until it is told to stop."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS
    from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
    from ansible_collections.baremetal.generator.plugins.module_utils.stages.admit import admit

    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    given["bmc_credentials"] = [{"name": name, "login": login} for name, login in given["bmc_credentials"].items()]
    while True:
        result = attempt(admit, ArgumentSpecValidator(ADMIT_ARGS).validate(given).validated_parameters, False, False)
        if result.get("failed"):
            print(result["msg"], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
