# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules by hand, for what random histories hardly ever reach: who stands before which request while others act."""
from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET, Object

from . import interleavings
from .actors import Actor, Chances
from .cluster import merged
from .world import NAMESPACE

if TYPE_CHECKING:
    from .interleavings import History


class Stage:
    """One history, led by hand. All caps are 1 to begin with."""

    def __init__(self, history: History, cap: int = 1) -> None:
        self.history, self.world, self.store = history, history.world, history.store
        for name in self.world.buffers:
            self.change(BUFFER, name, {"spec": {"maxAvailable": cap}}, namespace=None)
        self.one, self.chance = history.quiet("quiet"), random.Random(7)

    def change(self, kind: object, name: str, patch: dict, namespace: str | None = NAMESPACE) -> None:
        """By somebody else."""
        self.store.update("world", kind, namespace, name, lambda before: merged(before, patch))

    def apply(self, name: str, buffer: str = "default", server: str | None = None) -> None:
        """kubectl apply."""
        spec = {"infraEnv": "env", "buffer": buffer, **({"serverName": server} if server else {})}
        item = self.store.create("user", GENERATOR, {"metadata": {"namespace": NAMESPACE, "name": name}, "spec": spec})
        self.world.wishes[item["metadata"]["uid"]] = 1

    def generator(self, name: str) -> Object:
        """As it is."""
        return self.store.objects[(GENERATOR.plural, NAMESPACE, name)]

    def host(self, name: str) -> Object:
        """As it is."""
        return self.store.objects[(HOST.plural, NAMESPACE, name)]

    def redeploy(self, name: str, value: str = "true") -> None:
        """kubectl annotate redeploy."""
        self.world.chance = random.Random(0 if value == "true" else 1)
        self.world.redeploy(self.generator(name))
        if value == "true":
            self.change(GENERATOR, name, {"metadata": {"annotations": {names.REDEPLOY: "true"}}})

    def resolve(self) -> None:
        """All of it, undisturbed."""
        interleavings.resolve(self.one, self.chance)

    def resolve_only(self, name: str) -> None:
        """This one, whatever else is due."""
        interleavings.enqueue_all(self.one, [self.generator(name)], self.chance)

    def admit(self) -> None:
        """All of it, undisturbed."""
        interleavings.admit(self.one, self.chance)

    def made(self, *names_of_hosts: str, buffer: str = "default") -> None:
        """Generators with their hosts, and Metal3 has seen them."""
        for name in names_of_hosts:
            self.apply(name, buffer)
        self.resolve()
        self.admit()
        self.metal3()

    def metal3(self) -> None:
        """Metal3 does all that it has to do; the collector stands still."""
        for _step in range(12):
            for host in list(self.store.of(HOST)):
                if self.store.objects.get((HOST.plural, NAMESPACE, host["metadata"]["name"])) is host:
                    self.world.metal3(host)

    def actor(self, name: str, work: object, **options: object) -> Actor:
        """One that stands still whenever it is told to."""
        def run(actor: object, chance: random.Random) -> None:
            work(actor, chance, **options)

        actor = self.history.new_actor(name, run, random.Random(3), Chances())
        self.history.actors.append(actor)
        return actor

    def until(self, actor: Actor, request: str, or_its_end: bool = False) -> None:
        """It stands before this request."""
        for _step in range(500):
            self.store.clock = max(self.store.clock, actor.wakes_at)
            self.history.step_of(actor)
            if actor.pending.startswith(request) if request else actor.idle:
                return
            if or_its_end and actor.idle:
                return
        raise AssertionError(f"{actor.actor} never came to {request}: the schedule does not fit the code any more")

    def complete(self, actor: Actor) -> None:
        """To the end of its run."""
        self.until(actor, "")

    def kill(self, actor: Actor) -> None:
        """It dies where it stands, and is not started again."""
        actor.end()
        self.history.actors.remove(actor)


def exact_comparison(history: History) -> None:
    """Whoever takes an entry back has read it as granted; its host comes alive before it is removed."""
    stage = Stage(history, cap=3)
    stage.made("s1")
    stage.redeploy("s1")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "DELETE baremetalhosts s1")
    stage.complete(maker)
    stage.metal3()
    stage.world.collector()
    stage.world.collector()
    stage.until(maker, "POST baremetalhosts s1")
    stage.change(GENERATOR, "s1", {"spec": {"serverName": "s2"}})
    stage.resolve()
    stage.store.clock += 30
    taker = stage.actor("taker", interleavings.admit)
    stage.until(taker, "GET baremetalhosts s1")
    stage.until(maker, "PATCH baremetalhosts s1")
    stage.until(maker, "GET secrets")
    stage.kill(maker)
    stage.complete(taker)


def inert_counts(history: History) -> None:
    """A ledger is lost while a host is inert; one who stood before is granted the slot, then the inert one comes alive."""
    stage = Stage(history)
    stage.apply("s1")
    stage.resolve()
    stage.apply("s0")
    stage.resolve()
    stage.change(GENERATOR, "s1", {"status": {"nextAttemptAt": "2026-01-01T00:05:00.000000Z"}})
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "PATCH baremetalhosts s0")
    stage.change(BUFFER, "default", {"status": None}, namespace=None)
    stage.store.clock += 700
    other = stage.actor("other", interleavings.admit)
    stage.until(other, "POST baremetalhosts s1", or_its_end=True)
    stage.complete(maker)
    stage.complete(other)


def label(history: History) -> None:
    """Another buffer's collect sees a host that is not yet marked in its own ledger."""
    stage = Stage(history)
    stage.apply("s0", "other")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit, buffers=["other"])
    stage.until(maker, "POST baremetalhosts s0")
    stage.until(maker, "GET baremetalhostbuffers other")
    interleavings.admit(stage.one, stage.chance, ["default"])
    stage.complete(maker)


def moved(history: History) -> None:
    """A generator with an entry goes to another buffer, and wants another server."""
    stage = Stage(history)
    stage.apply("s0")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "POST baremetalhosts s0")
    stage.change(GENERATOR, "s0", {"spec": {"buffer": "other", "serverName": "s1"}})
    stage.resolve()
    stage.admit()
    stage.complete(maker)


def twins(history: History) -> None:
    """One machine, two generators that enter the line at once: neither is seen by the other."""
    stage = Stage(history, cap=3)
    stage.apply("s3")
    late = stage.actor("late", interleavings.resolve)
    stage.until(late, "PUT baremetalhostgenerators/status s3")
    stage.apply("twin", server="s3-twin")
    stage.resolve_only("twin")
    stage.complete(late)
    stage.admit()


def rivals(history: History) -> None:
    """One machine, two generators, two buffers: the younger one's lists are older than the other's host."""
    stage = Stage(history)
    stage.apply("s3")
    stage.store.clock += 5
    stage.apply("twin", "other", "s3-twin")
    stage.resolve_only("twin")
    younger = stage.actor("younger", interleavings.admit, buffers=["other"])
    stage.until(younger, "PATCH baremetalhostbuffers other")
    stage.resolve()
    interleavings.admit(stage.one, stage.chance, ["default"])
    stage.complete(younger)


def annotation_off(history: History) -> None:
    """The request is written down, its annotation is still there."""
    stage = Stage(history)
    stage.made("s0")
    late = stage.actor("late", interleavings.resolve)
    stage.until(late, "LIST baremetalhostgenerators")
    stage.until(late, "LIST baremetalhostgenerators")
    stage.redeploy("s0")
    first = stage.actor("first", interleavings.resolve)
    stage.until(first, "PATCH baremetalhostgenerators s0")
    stage.complete(late)
    for _pass in range(4):
        stage.admit()
        stage.metal3()
        stage.world.collector()
    stage.kill(first)


def newer_redeploy(history: History) -> None:
    """Completed is written, its entry still stands, and a redeploy is asked for."""
    stage = Stage(history)
    stage.apply("s0")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "PUT baremetalhostgenerators/status s0")
    stage.until(maker, "GET baremetalhostbuffers default")
    stage.kill(maker)
    stage.metal3()
    stage.redeploy("s0")
    stage.resolve()
    stage.store.clock += 30


def renamed_redeploy(history: History) -> None:
    """The old host goes, its entry has another key, somebody else waits."""
    stage = Stage(history)
    stage.made("s0")
    stage.apply("s2")
    stage.change(GENERATOR, "s0", {"spec": {"serverName": "s1"}})
    stage.resolve()
    stage.redeploy("s0")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "DELETE baremetalhosts s0")
    stage.complete(maker)
    stage.metal3()
    stage.admit()


def taken_before_redeploy(history: History) -> None:
    """Somebody takes the old host after the slot was granted."""
    stage = Stage(history)
    stage.made("s0")
    stage.redeploy("s0")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "PUT baremetalhostbuffers/status default")
    stage.world.take(stage.host("s0"))
    stage.complete(maker)


def lost_ledger(history: History) -> None:
    """A host lives, its generator does not know yet, and the ledger is lost."""
    stage = Stage(history, cap=3)
    stage.apply("s0")
    stage.resolve()
    maker = stage.actor("maker", interleavings.admit)
    stage.until(maker, "PUT baremetalhostgenerators/status s0")
    stage.kill(maker)
    stage.change(BUFFER, "default", {"status": None}, namespace=None)


def dead_owner(history: History) -> None:
    """The collector has seen that the old host is gone, and comes back later for its Secret."""
    stage = Stage(history)
    stage.made("s0")
    stage.redeploy("s0")
    stage.resolve()
    stage.admit()
    stage.metal3()
    stage.world.collector()
    assert stage.world.doomed
    stage.admit()
    stage.admit()


def sweep_order(history: History) -> None:
    """A Secret is made after the sweep's other lists."""
    stage = Stage(history)
    sweeper = stage.actor("sweeper", interleavings.sweep)
    stage.apply("s0")
    stage.resolve()
    stage.store.create("sweeper", SECRET, {"metadata": {
        "namespace": NAMESPACE, "name": "hp-cred-s9", "labels": {names.GENERATOR_UID: "gone"}, "annotations": {names.GENERATOR_UID: "gone"}}})
    stage.change(GENERATOR, "s0", {"status": {"phase": "Failed"}})
    for _list in range(3):
        stage.until(sweeper, "LIST")
    stage.until(sweeper, "LIST")
    stage.change(GENERATOR, "s0", {"status": {"phase": "Buffered"}})
    stage.admit()
    stage.complete(sweeper)


def stale_delete(history: History) -> None:
    """A sweep has seen a Secret that nobody needed; a redeploy needs it before the sweep deletes it."""
    stage = Stage(history)
    stage.apply("s0")
    stage.resolve()
    stage.admit()
    stage.store.delete("user", HOST, NAMESPACE, "s0")          # before Metal3 saw it: its Secret has no owner
    stage.change(GENERATOR, "s0", {"status": {"phase": "Completed"}})
    sweeper = stage.actor("sweeper", interleavings.sweep)
    stage.until(sweeper, "DELETE secrets hp-cred-s0")
    stage.redeploy("s0")
    stage.resolve()
    stage.admit()
    stage.complete(sweeper)


def stuck_secret(history: History) -> None:
    """A host was let go by force: Metal3 never took its finalizer off the Secret."""
    stage = Stage(history)
    stage.made("s0")
    stage.redeploy("s0")
    stage.store.delete("user", HOST, NAMESPACE, "s0")
    stage.change(HOST, "s0", {"metadata": {"finalizers": None}})
    stage.world.collector()
    stage.world.collector()
    stage.world.collector()


def failed_late(history: History) -> None:
    """An entry is taken back for good; before that is written down, the generator is granted another one."""
    stage = Stage(history)
    stage.apply("s0")
    stage.resolve()
    stage.store.create("user", SECRET, {"metadata": {"namespace": NAMESPACE, "name": "hp-cred-s0"}})
    first = stage.actor("first", interleavings.admit)
    stage.until(first, "GET secrets hp-cred-s0")
    stage.until(first, "PUT baremetalhostbuffers/status default")
    stage.until(first, "GET baremetalhostgenerators s0")
    stage.store.delete("user", SECRET, NAMESPACE, "hp-cred-s0")
    stage.admit()
    stage.complete(first)


def drawn_at_once(history: History) -> None:
    """One has listed the line and is about to draw; another one enters it first."""
    stage = Stage(history)
    stage.apply("s1")
    late = stage.actor("late", interleavings.resolve)
    stage.until(late, "GET baremetalhostbuffers default")
    stage.apply("s0")
    stage.resolve_only("s0")
    stage.complete(late)


SCHEDULES = (
    exact_comparison, inert_counts, label, moved, twins, rivals, annotation_off, newer_redeploy, renamed_redeploy, taken_before_redeploy, lost_ledger,
    dead_owner, sweep_order, stale_delete, stuck_secret, failed_late, drawn_at_once,
)
