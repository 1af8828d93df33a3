# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state diagram of docs/lifecycle.md is what the code does: no transition more, none less.

Seen are the transitions of one generator for each combination of a phase, of what its user does, of what its manager answers, of the room in its buffer
and of hosts that are there already; and those of random histories in which stages race, crash and are repeated.
"""
from __future__ import annotations

import itertools
import re
import threading
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Denied
from ansible_collections.baremetal.generator.plugins.module_utils.kube import KubeCluster
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import Object, World
from tests.model.interleavings import History
from tests.tools.places import ROOT

Transition = tuple[str, str]
HISTORIES = 60
PHASES = ("", names.PROCESSING, names.BUFFERED, names.COMPLETED, names.FAILED)
ACTS = ("nothing", "edit", "redeploy", "retry")
ANSWERS = ("server", "ManagerUnreachable", "NotFound")
PLACES = ("room", "full", "missing", "refused")
HOSTS = ("none", "same", "another")


def diagram() -> set[Transition]:
    """What the picture shows, without its beginning: a generator without a phase is in Processing, before anybody has looked."""
    text = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ +(\S+) --> (\w+)", text.split("```mermaid")[1].split("```")[0], re.MULTILINE)
    assert ("[*]", names.PROCESSING) in lines
    return {(first, last) for first, last in lines if first != "[*]"}


def transition(before: Object | None, after: Object) -> Transition | None:
    """From phase to phase; None when it stays, or is as new."""
    first, last = ((one or {}).get("status", {}).get("phase") or names.PROCESSING for one in (before, after))
    return (first, last) if first != last else None


def test_the_diagram_is_what_the_code_does(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly the same set."""
    seen = transitions_of_all_situations(world, monkeypatch) | transitions_of_random_histories()
    assert seen == diagram()


def test_there_are_no_other_phases() -> None:
    """Those of the picture are those of names.py."""
    assert {phase for one in diagram() for phase in one} == {names.PROCESSING, names.BUFFERED, names.COMPLETED, names.FAILED}


def transitions_of_random_histories() -> set[Transition]:
    """The world writes what users write; only stages count."""
    seen: set[Transition] = set()

    def watch(actor: str, kind: Kind, before: Object | None, after: Object | None) -> None:
        if kind == GENERATOR and after is not None and not actor.startswith("world"):
            seen.add(transition(before, after) or (names.PROCESSING, names.PROCESSING))

    for seed in range(HISTORIES):
        history = History(seed)
        history.store.watchers.append(watch)
        history.run()
    return {one for one in seen if one[0] != one[1]}


def transitions_of_all_situations(world: World, monkeypatch: pytest.MonkeyPatch) -> set[Transition]:
    """One generator for each, all at once in one cluster."""
    seen, lock, real = set[Transition](), threading.Lock(), KubeCluster.replace_status

    def watching(cluster: KubeCluster, kind: Kind, body: Object) -> Object:
        if kind != GENERATOR:
            return real(cluster, kind, body)
        before = cluster.get(kind, body["metadata"]["namespace"], body["metadata"]["name"])
        after = real(cluster, kind, body)
        with lock:
            found = transition(before, after)
            if found:
                seen.add(found)
        return after

    monkeypatch.setattr(KubeCluster, "replace_status", watching)
    situations = dict(enumerate(itertools.product(PHASES, ACTS, ANSWERS, PLACES, HOSTS), start=1))
    for place in PLACES:
        world.buffer(place, cap=10_000)
    for number, situation in situations.items():
        if situation[0] == names.COMPLETED:
            apply(world, number, situation)
    world.onboard()
    world.buffer("default", cap=0)
    for place in PLACES:
        world.buffer(place, cap=0)
    down, unknown = Reason("ManagerUnreachable", "It did not answer."), Reason("NotFound", "Nobody knows it.")
    for number, situation in situations.items():
        if situation[0] not in ("", names.COMPLETED):
            apply(world, number, situation)
            reason = {names.PROCESSING: down, names.FAILED: unknown}.get(situation[0])
            if reason:
                world.managers.reasons[f"node-{number}"] = reason
    world.onboard()
    for number, situation in situations.items():
        assert not situation[0] or situation[0] == world.phase(f"g{number}"), situation
    for number, situation in situations.items():
        happen(world, number, situation)
    world.buffer("room", cap=10_000)
    world.buffer("refused", cap=10_000)
    world.api.delete(BUFFER, None, "missing")
    real_create = KubeCluster.create

    def refusing(cluster: KubeCluster, kind: Kind, body: Object, *rest: Any, **more: Any) -> Object:
        if kind == HOST and situations[int(body["metadata"]["name"].split("-")[1])][3] == "refused":
            raise Denied('admission webhook "baremetalhost.metal3.io" denied the request: not this one', 403, "Forbidden")
        return real_create(cluster, kind, body, *rest, **more)

    monkeypatch.setattr(KubeCluster, "create", refusing)
    for _round in range(2):
        world.later(5000)
        world.onboard()
    return seen


def apply(world: World, number: int, situation: tuple[str, ...]) -> None:
    """The generator of a situation."""
    world.generator(f"g{number}", f"node-{number}", buffer=situation[3])


def happen(world: World, number: int, situation: tuple[str, ...]) -> None:
    """What comes over it."""
    phase, act, answer, _place, host = situation
    name, server = f"g{number}", f"node-{number}"
    if not phase:
        apply(world, number, situation)
    match act:
        case "edit":
            world.edit(name, networkConfig={"vlanId": 7})
        case "redeploy":
            world.annotate(name, redeploy="true")
        case "retry":
            world.annotate(name, retry="now")
    world.managers.reasons.pop(server, None)
    if answer != "server":
        world.managers.reasons[server] = Reason(answer, f"{answer} was said.")
    if host == "none" and phase == names.COMPLETED:
        world.api.delete(HOST, "metal", server)
    if host != "none" and phase != names.COMPLETED:
        world.host(server, number=number if host == "same" else number + 5000)
