# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case: the world with one poisoned thing is run to rest by the real stages, and compared with the same world without."""
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import kube, managers, reading
from ansible_collections.baremetal.generator.plugins.module_utils.admission import Policy
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, Object
from ansible_collections.baremetal.generator.plugins.module_utils.guard import where
from ansible_collections.baremetal.generator.plugins.module_utils.managers.base import Manager
from ansible_collections.baremetal.generator.plugins.module_utils.stages import admit, common, remove, resolve
from tests.model.cluster import Store, copied
from tests.model.mutants import replaced

from .cluster import PoisonedCluster, Rule, Wedged
from .sources import Sources
from .world import ALL_KINDS, CAPS, GOOD, MATE, VICTIM, VICTIM_BUFFER, VICTIM_NAMESPACE, VICTIM_SERVER, World, servers

STAGES: dict[str, Callable[[dict[str, Any], bool, bool], dict[str, Any]]] = {"remove": remove.remove, "resolve": resolve.resolve, "admit": admit.admit}
# How far the victim is when the bad thing happens. leaving: granted, and being deleted; orphaned: its inert host is in no ledger.
LIVES = ("fresh", "waiting", "granted", "inert", "completed", "failed", "deleting", "redeploying", "leaving", "orphaned")
HALF_DONE = ("granted", "inert", "leaving", "orphaned")
ROUND_SECONDS = 30.0
MORE_ROUNDS = 2                     # so many runs more than without the poison
LONG = 4000.0                       # by then whatever is asked again slowly was asked again
SPARE = 60                          # requests that a small world may take beside the factor
MOST = 1.5
A_SETTLED_ENTRY = 8         # requests that one reservation of somebody who is gone may cost, once
SECRET_VALUE = "password-of-the-poisoned"
TYPES = {"oneview": "HP", "ome": "DELL", "ucsm": "CISCO"}


@dataclass
class Poison:
    """One bad thing. spoil: what it does to the store; rules: what is refused; odd: what lists have besides; answers: what managers say.

    names: words of which one has to be told, in a status, an outcome, a warning or an Event. bug: where it raises in our code, in words.
    """

    family: str
    what: str
    life: str = "fresh"
    spoil: Callable[[Store], None] | None = None
    rules: list[Rule] = field(default_factory=list)
    odd: dict[str, list[Any]] = field(default_factory=dict)
    answer: Callable[[Any], Any] | None = None
    during: Callable[[], Any] | None = None           # a context in which the stages and sources run
    names: tuple[str, ...] = (VICTIM, VICTIM_SERVER, VICTIM_BUFFER)
    must_tell: bool = False                           # even if the victim comes to its end all the same
    entries: int = 0                                  # in a ledger besides: each has to be looked at and settled
    of_buffer: bool = False                           # its whole buffer is concerned, by right
    race: str = ""                                    # before this request somebody else empties the ledger of the victim's buffer


# What is said of all that is well, or only counts.
ORDINARY = re.compile(
    r"Waits in the line of buffer \S+ for a free slot|Host \S+ is there\.$|Found in |Its server was found|slots held|the host that it was made for is gone")


class Harm(AssertionError):
    """What the bad thing did to others."""


@dataclass
class End:
    """How a world ended."""

    good: dict[str, Any]
    victim: dict[str, Any]
    requests: int
    rounds: dict[str, int]                            # of each good one: until it was as it is at the end
    told: set[str]


# --- the product, with a cluster and managers of the case ---------------------------------------------------------------------------------


class Bench:
    """Whose cluster and managers the product gets just now."""

    cluster: PoisonedCluster
    random: random.Random
    answer: Callable[[Any], Any] | None = None


class CaseManager(Manager):
    """Says what the case wants."""

    def __init__(self, config: Any, *_more: Any) -> None:
        super().__init__(config.name, config.where)
        self.vendor = config.vendor

    def login(self) -> None:
        """Always."""

    def answers(self, names: Any, deadline: Any, *_more: Any) -> Iterator[dict[str, Any]]:
        """All at once."""
        known, found = servers(), {}
        for name in names:
            server = known.get(name)
            if server is None or server.vendor != self.vendor:
                found[name] = managers.outcomes.not_found(name, self.where)
            else:
                found[name] = Bench.answer(server) if Bench.answer is not None and name == VICTIM_SERVER else server
        yield found

    def logout(self) -> None:
        """Always."""


@contextmanager
def product() -> Iterator[None]:
    """The stages open the cluster and the managers of the case."""
    classes = managers.CLASS_OF_TYPE
    before = dict(classes)
    classes.update(dict.fromkeys(classes, CaseManager))

    def quick(original: Any) -> Any:
        def sleep(seconds: float) -> None:
            Bench.cluster.sleep(seconds)            # of the world that is run now

        def policy_of(options: Any) -> Policy:
            return replace(original(options), sleep=sleep, random=Bench.random)
        return policy_of

    try:
        with replaced([
            (kube, "KubeCluster", lambda _original: lambda *_options, **_more: Bench.cluster),
            (kube, "read_configuration", lambda _original: lambda *_params: None),
            (common, "policy_of", quick),
        ]):
            yield
    finally:
        classes.clear()
        classes.update(before)


def options() -> dict[str, Any]:
    """Of every stage."""
    given = [{"name": kind, "type": kind, "url": "https://127.0.0.1:1", "username": "automation", "password": "not-used"} for kind in TYPES]
    logins = [{"name": vendor, "login": {"username": "root", "password": "calvin"}} for vendor in TYPES.values()]
    return {
        "managers": given, "manager_seconds": 5.0, "profiles": None, "host_namespaces": [], "bmc_credentials": logins, "buffers": None,
        "takeover_seconds": 0.001, "deadline_seconds": 60.0, "sweep": False, "assume": [], "keep_resources": False, "login_now": False}


# --- worlds -------------------------------------------------------------------------------------------------------------------------------


def copy_of(store: Store) -> Store:
    """Another one, which looks the same."""
    other = Store()
    other.objects = {place: copied(item) for place, item in store.objects.items()}
    other.clock, other.number = store.clock, store.number
    return other


def stage_runs(store: Store, cluster: PoisonedCluster, *some: str) -> list[dict[str, Any]]:
    """These stages, each once; Metal3 acts in between."""
    Bench.cluster = cluster
    results = []
    for stage in some:
        results.append(STAGES[stage](options(), False, False))
        World(store).rest()
    return results


class Stop(BaseException):
    """A stage is killed here."""


class Stopping(PoisonedCluster):
    """Dies before the victim's host is made, or before it is activated."""

    def __init__(self, store: Store, at: str) -> None:
        super().__init__(store, [], {}, 5000)
        self.at = at

    def step(self, what: str) -> None:
        super().step(what)
        if what == f"{self.at} baremetalhosts {VICTIM_SERVER}":
            raise Stop


@cache
def prelude(life: str) -> Store:
    """The world at the moment when the bad thing happens, by how far the victim is."""
    store = Store()
    world = World(store)
    Bench.random, Bench.answer = random.Random(1), None
    world.furnish()
    world.good("old-1", "old-2", "old-3")
    if life != "fresh":
        world.victim()
    _live_to(store, life)
    store.clock += ROUND_SECONDS
    world.redeploy("old-1", GOOD["old-1"][0])
    world.delete("old-2", GOOD["old-2"][0])
    world.good(*(name for name in GOOD if name.startswith("new")))
    if life == "fresh":
        store.clock += 2
        world.victim()
    if life in ("deleting", "leaving"):
        world.delete(VICTIM, VICTIM_NAMESPACE)
    if life == "redeploying":
        world.redeploy(VICTIM, VICTIM_NAMESPACE)
    if life == "orphaned":
        empty_ledger(store)
    return store


def empty_ledger(store: Store) -> None:
    """Somebody restores the victim's buffer from a backup."""
    buffer = ALL_KINDS["baremetalhostbuffers"]
    item = store.get(buffer, None, VICTIM_BUFFER)
    if item is not None and (item.get("status") or {}).get("reservations"):
        World(store).change(buffer, item, {"status": {"reservations": []}})


def _live_to(store: Store, life: str) -> None:
    cluster = PoisonedCluster(store, [], {}, 5000)
    if life == "failed":
        Bench.answer = lambda server: managers.outcomes.not_found(server.name, "oneview")
    stage_runs(store, cluster, "resolve")
    Bench.answer = None
    if life == "waiting":
        # The others have their hosts; the victim's buffer has no room yet.
        world = World(store)
        own = store.get(ALL_KINDS["baremetalhostbuffers"], None, VICTIM_BUFFER)
        assert own is not None
        world.change(ALL_KINDS["baremetalhostbuffers"], own, {"spec": {"maxAvailable": 0}})
        stage_runs(store, cluster, "admit")
        world.change(ALL_KINDS["baremetalhostbuffers"], own, {"spec": {"maxAvailable": CAPS[VICTIM_BUFFER]}})
    elif life in HALF_DONE:
        try:
            stage_runs(store, Stopping(store, "POST" if life in ("granted", "leaving") else "PATCH"), "admit")
        except Stop:
            pass
        for _other in range(2):
            _others_live(store, cluster)
    for _round in range(2 if life not in (*HALF_DONE, "waiting") else 0):
        store.clock += ROUND_SECONDS
        stage_runs(store, cluster, "admit")
    World(store).rest()


def _others_live(store: Store, cluster: PoisonedCluster) -> None:
    """Everything but the victim's own objects goes on."""
    kept = {place: item for place, item in store.objects.items() if VICTIM in place or VICTIM_SERVER in place[2] or place[2] == VICTIM_BUFFER}
    for place in kept:
        del store.objects[place]
    stage_runs(store, cluster, "admit")
    store.objects.update(kept)


# --- a run --------------------------------------------------------------------------------------------------------------------------------


def to_rest(poison: Poison, rounds: int | None, limit: int) -> End:
    """Rounds of all stages: as many as it takes without poison (None), else so many."""
    store = copy_of(prelude(poison.life))
    if poison.spoil is not None:
        poison.spoil(store)
    world, cluster = World(store), PoisonedCluster(store, poison.rules, poison.odd, limit)
    if poison.race:
        cluster.race = (poison.race, lambda: empty_ledger(store))
    Bench.random, Bench.answer = random.Random(2), poison.answer
    told: set[str] = set()
    states: list[Any] = []
    with poison.during() if poison.during is not None else _nothing():
        sources = Sources(store, poison.odd)
        try:
            sources.see()
            while len(states) < (rounds or 12):
                store.clock += ROUND_SECONDS
                tell(told, stage_runs(store, cluster, *STAGES))
                sources.see()
                if sources.troubles:
                    raise Harm(f"/healthz is red though all is announced and done: {sources.troubles}")
                states.append(_judged_state(world, poison))
                if rounds is None and len(states) > 2 and states[-1] == states[-2] == states[-3]:
                    break
            requests = cluster.requests
            good = states[-1]
            # Much later, whatever is asked again slowly has been asked again; the good ones do not move any more.
            for _late in range(2):
                store.clock += LONG
                tell(told, stage_runs(store, cluster, *STAGES))
                due = sources.see()
            look_around()
            if _judged_state(world, poison) != good:
                raise Harm(f"good ones move though all was at rest: {difference(good, _judged_state(world, poison))}")
            ours = {f"{namespace}/{name}" for name, (namespace, *_rest) in GOOD.items() if name in good}
            if rounds is not None and any(ours & due[stage] for stage in ("resolve", "remove")):
                raise Harm(f"the sources still announce good ones: {due}")
        finally:
            sources.close()
    _tell_objects(told, store)
    return End(good, world.victim_state(), requests, _rounds(states), told)


def look_around() -> None:
    """As the modules do that only look."""
    cluster = kube.open_cluster({})
    for name in ("read_generators", "read_hosts", "read_buffers"):
        getattr(reading, name, lambda _cluster: None)(cluster)


def _rounds(states: list[dict[str, Any]]) -> dict[str, int]:
    return {name: next(number for number, state in enumerate(states, 1) if state[name] == end) for name, end in states[-1].items()}


def _judged_state(world: World, poison: Poison) -> dict[str, Any]:
    """Of whom the poison may do nothing to."""
    return {name: state for name, state in world.good_state().items() if not (poison.of_buffer and name == MATE)}


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def tell(told: set[str], results: list[dict[str, Any]]) -> None:
    """What the stages said."""
    for result in results:
        told.update(str(line) for line in [*result.get("summary", []), *result.get("warnings", [])])


def _tell_objects(told: set[str], store: Store) -> None:
    """What statuses and Events say."""
    for event in store.objects.values():
        if "involvedObject" in event:
            told.add(f"{event['involvedObject'].get('name')}: {event.get('reason')} {event.get('message')}")
    for kind in ALL_KINDS.values():
        for item in store.of(kind):
            status = item.get("status")
            if isinstance(status, dict) and kind.group == GENERATOR.group:
                conditions = status.get("conditions")
                lines = [one for one in conditions if isinstance(one, dict)] if isinstance(conditions, list) else []
                name = item["metadata"]["name"]
                told.update(f"{name}: {one.get('type')} {one.get('status')} {one.get('reason')} {one.get('message')}" for one in lines)


@cache
def healthy(life: str) -> End:
    """The same world without poison."""
    return to_rest(Poison("healthy", "nothing", life), None, 8000)


@cache
def healthy_longer(life: str) -> End:
    """For as many rounds as a poisoned one may take."""
    return to_rest(Poison("healthy", "nothing", life), max(healthy(life).rounds.values()) + MORE_ROUNDS, 8000)


def judged(poison: Poison, slack: int = MORE_ROUNDS) -> str:
    """"named" or "harmless": what became of the poisoned one. Raises Harm for what became of others. slack: runs that each may take longer."""
    base, longer = healthy(poison.life), healthy_longer(poison.life)
    try:
        end = to_rest(poison, max(base.rounds.values()) + MORE_ROUNDS, round(longer.requests * 4) + 400)
    except Harm:
        raise
    except Wedged as wedged:
        raise Harm(f"no end: {wedged}") from wedged
    except Exception as error:
        raise Harm(f"a stage or a source died: {type(error).__name__}: {str(error)[:200]} (at {where(error)})") from error
    expected = {name: state for name, state in base.good.items() if name in end.good}
    if end.good != expected:
        raise Harm(f"good ones end otherwise: {difference(expected, end.good)}")
    late = {name: rounds for name, rounds in end.rounds.items() if rounds > base.rounds[name] + slack}
    if late:
        raise Harm(f"good ones took {late} runs instead of {base.rounds}")
    if end.requests > MOST * longer.requests + SPARE + A_SETTLED_ENTRY * poison.entries:
        raise Harm(f"{end.requests} requests instead of {longer.requests}")
    if any(SECRET_VALUE in line for line in end.told):
        raise Harm("what a fault of ours said is told, values and all")
    wrongly = [line for line in end.told - longer.told if "This is a bug" in line and not any(name in line for name in (*poison.names, "Events could"))]
    wrongly += [line for line in end.told - longer.told if "This is a bug" in line and not poison.of_buffer and not any(
        name in line for name in (VICTIM, VICTIM_SERVER, "Events could"))]
    if wrongly:
        raise Harm(f"others are told of it: {wrongly[:3]}")
    news = {line for line in end.told - longer.told if any(name in line for name in poison.names) and not ORDINARY.search(line)}
    if news and (poison.must_tell or end.victim != base.victim):
        return "named"
    if not poison.must_tell and (end.victim == base.victim or not end.victim["there"] or end.victim["ready"][0] == "True"):
        return "named" if news else "harmless"
    raise Harm(f"nobody is told about the poisoned one: {end.victim['phase']} {end.victim['ready']}, not {base.victim['phase']} {base.victim['ready']}")


def difference(before: Any, after: Any, path: str = "") -> str:
    """The first few places where they differ."""
    found: list[str] = []
    _differ(before, after, path, found)
    return "; ".join(found[:4])


def _differ(before: Any, after: Any, path: str, found: list[str]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}, key=str):
            _differ(before.get(name), after.get(name), f"{path}.{name}", found)
    elif before != after:
        found.append(f"{path}: {str(before)[:120]} -> {str(after)[:160]}")


Objects = dict[str, Object]
