# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random histories of admission: actors scheduled step by step, an unruly world, invariants after each step.

python -m tests.model.interleavings N=2000 SEED=1
"""
from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.baremetal.generator.plugins.module_utils import admission
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, Object
from ansible_collections.baremetal.generator.plugins.module_utils.credentials import Credentials
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks, due, phase
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import Facts, facts
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.nics import choose

from .actors import Actor, Chances, Priorities, Schedule, Stalls
from .cluster import ModelCluster, Store
from .invariants import Broken, Invariants
from .world import World, server

CREDENTIALS = Credentials.parse({"HP": {"username": "root", "password": "calvin"}})
SCHEDULES = ("uniform", "priorities", "stalls")
STEPS = 260
Script = Callable[["History"], None]


def policy(actor: ModelCluster, chance: random.Random) -> admission.Policy:
    """Of one run."""
    return admission.Policy(actor=actor.actor, sleep=actor.sleep, random=chance, tries=12, write_tries=2)


def resolve(cluster: ModelCluster, chance: random.Random) -> None:
    """What the stage does: redeploys first, then everything due, with a manager that always answers."""
    admission.redeploy(cluster, cluster.list(GENERATOR), policy(cluster, chance))
    enqueue_all(cluster, [one for one in cluster.list(GENERATOR) if "resolve" in due(one, cluster.now())], chance)


def enqueue_all(cluster: ModelCluster, wanting: list[Object], chance: random.Random) -> None:
    """These, with what the manager answers."""
    resolved = []
    for generator in wanting:
        request = asks(generator)
        assert isinstance(request, Request)
        resolved.append(admission.Resolved(generator, found(request)))
    if resolved:
        admission.enqueue(cluster, resolved, policy(cluster, chance), CREDENTIALS)


def found(request: Request) -> Facts | Reason:
    """As its manager answers."""
    one = server(request.server_name)
    choice = choose(one.nics, request.nics)
    return choice if isinstance(choice, Reason) else facts(request, one, choice)


def admit(cluster: ModelCluster, chance: random.Random, buffers: list[str] | None = None) -> None:
    """The stage."""
    admission.admit(cluster, buffers, CREDENTIALS, policy(cluster, chance))


def remove(cluster: ModelCluster, chance: random.Random) -> None:
    """The stage."""
    admission.remove(cluster, policy(cluster, chance))


def sweep(cluster: ModelCluster, chance: random.Random) -> None:
    """By hand."""
    admission.sweep(cluster, policy(cluster, chance))


@dataclass
class History:
    """One seed: the same steps each time."""

    seed: int
    steps: int = STEPS
    log: list[str] = field(default_factory=list)
    script: Script | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.kind = SCHEDULES[self.seed % len(SCHEDULES)]
        self.store = Store()
        self.chances = Chances(*(self.chance.choice([0.0, rate]) for rate in (0.004, 0.01, 0.01)))
        odd = random.Random(self.seed * 17)                # of its own, so that the other chances of a seed stay as they were
        self.chances.denied = odd.choice([0.0, 0.0, 0.0, 0.02]) if self.script is None else 0.0
        self.world = World(self.store, self.chance, self.chance.choice([1, 2, 2]) if self.script is None else 2, self.log)
        self.world.odd = odd if self.script is None and odd.random() < 0.25 else None
        self.invariants = Invariants(self.store, self.world)
        self.rush = self.chance.choice([0.1, 0.25, 0.5])
        works = [admit, admit, resolve, remove] + [self.chance.choice([admit, resolve, sweep])]
        self.actors = [self._actor(number, work) for number, work in enumerate(works)]
        self.schedule = self._schedule()

    def _actor(self, number: int, work: Callable[[ModelCluster, random.Random], None]) -> Actor:
        own = random.Random(self.seed * 31 + number)

        return self.new_actor(f"{work.__name__}{number}", work, own, self.chances)

    def new_actor(self, name: str, work: Callable[[ModelCluster, random.Random], None], own: random.Random, chances: Chances) -> Actor:
        """A process that runs one stage again and again."""
        actor = Actor(self.store, name, lambda actor: work(actor, own), own, chances, self.log)
        actor.reads = self.invariants.ledger_read
        return actor

    def _schedule(self) -> Schedule:
        match self.kind:
            case "priorities":
                return Priorities(self.chance, len(self.actors), self.steps)
            case "stalls":
                return Stalls(self.chance, len(self.actors))
            case _:
                return Schedule(self.chance)

    def run(self) -> None:
        """To its end, and to rest."""
        try:
            if self.script is not None:
                self.script(self)
            else:
                for _number in range(self.chance.randint(2, 5)):
                    self.world.apply()
                for _number in range(self.steps):
                    self.one_step()
            self.come_to_rest()
        finally:
            for actor in self.actors:
                actor.end()

    def quiet(self, name: str) -> Quiet:
        """Somebody whom nobody disturbs."""
        one = Quiet(self.store, name, self.log)
        one.reads = self.invariants.ledger_read
        self.invariants.judged[name] = one
        return one

    def one_step(self) -> None:
        """Of the world or of one actor."""
        self.store.clock += self.chance.choice([0.002, 0.01, 0.05])
        if self.chance.random() < self.rush:
            self.world.act()
            return
        ready = [number for number, actor in enumerate(self.actors) if actor.wakes_at <= self.store.clock]
        if not ready:
            self.store.clock = min(actor.wakes_at for actor in self.actors)
            return
        self.go(self.schedule.choose(ready))

    def go(self, number: int) -> None:
        """One actor until its next request."""
        self.step_of(self.actors[number])

    def step_of(self, actor: Actor) -> None:
        """The same of any actor."""
        self.invariants.judged[actor.actor] = actor
        actor.go_on()

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more, nothing moves: the actors end what they do, then one passes again and again."""
        self.log.append("at rest")
        self.chances.none()
        self.world.stuck = False
        for actor in self.actors:
            for _step in range(2000):
                if actor.idle:
                    break
                self.store.clock = max(self.store.clock, actor.wakes_at)
                self.step_of(actor)
        one, own = self.quiet("rest"), random.Random(self.seed)
        quiet = 0
        for _pass in range(16):
            before = self.store.number
            self.world.rest()
            for work in (resolve, admit, remove, sweep):
                work(one, own)
                self.world.rest()
            self.store.clock += 2500
            quiet = quiet + 1 if self.store.number == before else 0
            if quiet == 2:
                break
        self.invariants.at_rest()


class Quiet(ModelCluster):
    """One actor that nobody disturbs."""

    def __init__(self, store: Store, actor: str, log: list[str]) -> None:
        super().__init__(store, actor)
        self.log = log
        self.requests = 0

    def step(self, what: str) -> None:
        self.requests += 1
        if self.requests > 6000:
            raise Broken("at rest: there is no end to it")
        self.log.append(f"{self.actor} {what}")


def settings(arguments: list[str]) -> dict[str, int]:
    """N=... SEED=..."""
    return {name: int(value) for name, _equals, value in (one.partition("=") for one in arguments)}


def run_many(count: int, first: int) -> tuple[str, History | None]:
    """One line of figures, and the first history that broke something."""
    began, steps, kinds, completed = time.monotonic(), 0, Counter[str](), 0
    for seed in range(first, first + count):
        history = History(seed)
        try:
            history.run()
        except Broken as broken:
            history.log.append(f"BROKEN: {broken}")
            return f"interleavings: seed {seed} ({history.kind}) broke: {broken}", history
        steps += sum(not line.startswith("world") for line in history.log)
        kinds[history.kind] += 1
        completed += sum(phase(one) == "Completed" for one in history.store.of(GENERATOR))
    figures = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return (f"interleavings: {count} histories from seed {first} ({figures}), {steps} requests, {completed} hosts at rest, 0 broken, "
            f"{time.monotonic() - began:.0f} s"), None


def main(arguments: list[str]) -> int:
    """Prints the line; the steps too when something broke."""
    given = settings(arguments)
    line, history = run_many(given.get("N", 2000), given.get("SEED", 1))
    if history is not None:
        print("\n".join(history.log))
    print(line)
    return 1 if history is not None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
