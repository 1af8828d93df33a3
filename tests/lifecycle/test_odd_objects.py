# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One odd object stops one thing: what an older kind or a hand let into the cluster is told, costs a few requests, and nobody else notices."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST
from tests.lifecycle.older import store
from tests.lifecycle.world import HOST_NAME, NAMESPACE, World

GOOD = 4
FIRST, LAST = "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"
END_OF_TIME = "9999-12-31T23:59:59.999999Z"


def entry(**fields: Any) -> dict[str, Any]:
    """One that this version can read, but for what is said."""
    generator = {"namespace": NAMESPACE, "name": "nobody", "uid": "no-uid", "generation": 1}
    whole = {"key": f"{NAMESPACE}/elsewhere", "rid": "0123", "generator": generator, "bufferedAt": "2026-01-01T00:00:00.000000Z", "state": "granted",
             "mac": "02:ff:00:00:00:01", "bmc": "203.0.113.9", "actor": "another", "grantedAt": "2026-01-01T00:00:00.000000Z"}
    return {name: value for name, value in {**whole, **fields}.items() if value is not None}


def status(world: World, **fields: Any) -> None:
    store(world, GENERATOR, "odd", status=fields)


def ledger(world: World, *entries: Any, **fields: Any) -> None:
    store(world, BUFFER, "default", status={**fields, **({"reservations": list(entries)} if entries else {})})


def foreign_host(world: World, **marks: str) -> None:
    """A host of somebody else that carries some of our marks."""
    world.host("node-99", 99, annotations={names.GENERATOR_UID: "some-uid", **marks})


def buffered(world: World, **fields: Any) -> None:
    """It stands in the line with facts that are not right."""
    world.resolve()
    assert world.phase("odd") == names.BUFFERED
    status(world, **fields)


ROWS: dict[str, Callable[[World], None]] = {
    "vlanId of 4301 digits": lambda world: world.annotate("odd", vlanId="1" * 4301),
    "vlanId that is a digit elsewhere": lambda world: world.annotate("odd", vlanId="²"),
    "nextAttemptAt after the last day": lambda world: status(world, phase="Processing", nextAttemptAt=LAST),
    "nextAttemptAt before the first day": lambda world: status(world, phase="Processing", nextAttemptAt=FIRST),
    "nextAttemptAt in 8000 years": lambda world: status(world, phase="Failed", nextAttemptAt=END_OF_TIME),
    "bufferedAt before the first day": lambda world: buffered(world, bufferedAt=FIRST),
    "bufferedAt at the end of time": lambda world: buffered(world, bufferedAt=END_OF_TIME),
    "attempts that are a text": lambda world: status(world, phase="Processing", attempts="many", conditions=[{}]),
    "a status that is a text": lambda world: status(world, conditions="none", macAddresses={"first": 1}, phase=["Buffered"]),
    "Buffered without MAC": lambda world: buffered(world, macAddress=None, macAddresses=None),
    "Buffered with another name": lambda world: buffered(world, bmhName="no-such-host"),
    "Buffered with another namespace": lambda world: buffered(world, bmhNamespace="elsewhere"),
    "labels that are a list": lambda world: store(world, GENERATOR, "odd", spec={"labels": ["a"]}),
    "network that is a text": lambda world: store(world, GENERATOR, "odd", spec={"networkConfig": "first"}),
    "hints that are a number": lambda world: store(world, GENERATOR, "odd", spec={"host": {"rootDeviceHints": 3}}),
    "an empty entry": lambda world: ledger(world, {}),
    "entries that are none": lambda world: ledger(world, None, 3, "text", ["list"]),
    "an entry without generator": lambda world: ledger(world, entry(generator=None)),
    "an entry whose generator is a text": lambda world: ledger(world, entry(generator="g1")),
    "an entry from the future": lambda world: ledger(world, entry(grantedAt=END_OF_TIME)),
    "an entry with a text without end": lambda world: ledger(world, entry(actor="x" * 5000)),
    "an entry with a key that cannot be": lambda world: ledger(world, entry(key="A/b")),
    "a token without end": lambda world: world.annotate("odd", redeploy="t" * 10_000),
    "attempts at the end of numbers": lambda world: status(world, phase="Processing", attempts=(1 << 63) - 1),
    "an entry of nobody": lambda world: ledger(world, entry()),
    "an entry twice": lambda world: ledger(world, entry(), entry()),
    "lastTicket at the end of time": lambda world: ledger(world, lastTicket=END_OF_TIME),
    "numbers that are none": lambda world: ledger(world, occupied="many", sweptAt=True, reserved={}),
    "a host without generator-name": foreign_host,
    "a host of a generation that is no number": lambda world: foreign_host(world, **{names.GENERATOR_GENERATION: "²"}),
    "a host whose BMC is a text": lambda world: (foreign_host(world), store(world, HOST, "node-99", spec={"bmc": "text", "consumerRef": 3}))[0],
    "a host whose status is a list": lambda world: (foreign_host(world), store(world, HOST, "node-99", status={"provisioning": ["available"]}))[0],
}


def writes(world: World) -> int:
    """What changed anything, of all calls so far; Events aside."""
    return sum(one.method in ("POST", "PUT", "PATCH", "DELETE") and "/events" not in one.path for one in world.api.simulator.requests)


@pytest.mark.parametrize("row", ROWS)
def test_one_odd_object_harms_nobody_else(world: World, row: str) -> None:
    """Everybody else has a host after one run, at the cost of one ordinary generator more, or two; at rest nothing is written any more."""
    world.generator("odd", "node-99" if "host" in row else "node-50")
    ROWS[row](world)
    for number in range(1, GOOD + 1):
        world.generator(f"g{number}", f"node-{number}")
    before = len(world.api.simulator.requests)
    world.reconcile()
    assert {f"g{number}": world.phase(f"g{number}") for number in range(1, GOOD + 1)} == {f"g{number}": names.COMPLETED for number in range(1, GOOD + 1)}
    assert len(world.api.simulator.requests) - before < 40 + 20 * (GOOD + 1)
    for _run in range(2):
        world.later(2400)
        world.reconcile()
    before, written = len(world.api.simulator.requests), writes(world)
    world.reconcile()
    assert len(world.api.simulator.requests) - before < 60, "a run without anything to do costs a few lists"
    assert writes(world) == written, "nothing is written twice"


ABOUT_OTHERS = ("host", "vlanId", "labels", "network", "hints", "entr", "Ticket", "numbers that are none", "token")


@pytest.mark.parametrize("row", [row for row in ROWS if not any(word in row for word in ABOUT_OTHERS)])
def test_an_odd_status_heals_by_itself(world: World, row: str) -> None:
    """Whatever stood there, the generator has its host after three runs, and its status can be read."""
    world.generator("odd", "node-50")
    ROWS[row](world)
    for _run in range(3):
        world.reconcile()
        world.later(2400)
    assert world.phase("odd") == names.COMPLETED


@pytest.mark.parametrize("row, field", [
    ("vlanId of 4301 digits", "vlanId"), ("vlanId that is a digit elsewhere", "vlanId"), ("labels that are a list", "spec.labels"),
    ("network that is a text", "spec.networkConfig"), ("hints that are a number", "spec.host.rootDeviceHints"),
])
def test_an_odd_spec_is_named(world: World, row: str, field: str) -> None:
    """Failed, with one sentence that names the field."""
    world.generator("odd", "node-50")
    ROWS[row](world)
    world.resolve()
    assert (world.phase("odd"), world.condition("Ready", "odd")["reason"]) == (names.FAILED, "InvalidSpec")
    assert world.status("odd")["message"].startswith(field) and len(world.status("odd")["message"]) < 300


def test_an_entry_that_cannot_be_read_holds_its_slot_and_is_kept(world: World) -> None:
    """It was written by another version: it counts, it is told, it stays as it is; without a key it goes, and an Event on the buffer says so."""
    world.buffer(cap=2)
    newer = {"key": f"{NAMESPACE}/elsewhere", "owner": "version 9", "until": 7}
    ledger(world, newer, {"owner": "nobody"})
    for number in range(1, 4):
        world.generator(f"g{number}", f"node-{number}")
    told = world.resolve()["objects"] + world.admit()["objects"]
    assert world.entries() == [newer] and len(world.hosts()) == 1
    assert [one["action"] for one in told] == ["dropped", "kept"]
    reasons = [one["reason"] for one in world.api.list(world.api.client.resource("v1", "Event"), "default") if one["involvedObject"]["kind"] == BUFFER.kind]
    assert reasons == ["Unreadable", "Unreadable"]
    world.admit()
    assert world.entries() == [newer] and len(world.hosts()) == 1
    ledger(world, reservations=[])
    world.admit()
    assert len(world.hosts()) == 2


def test_the_inert_host_of_an_entry_that_cannot_be_read_stays(world: World) -> None:
    """A newer version may be making it right now: whoever cannot read its entry leaves its host alone, and takes it once the entry is gone."""
    world.generator()
    world.resolve()
    world.admit_until_killed("patch")
    store(world, BUFFER, "default", status={"reservations": [{"key": f"{NAMESPACE}/{HOST_NAME}", "owner": "version 9"}]})
    before = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.admit()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == before
    store(world, BUFFER, "default", status={"reservations": []})
    world.admit()
    assert world.hosts() == []
    world.later(60)
    world.admit()
    assert world.phase() == names.COMPLETED and world.get(HOST, HOST_NAME)["metadata"]["uid"] != before


def test_who_wants_the_host_of_an_unreadable_entry_is_told(world: World) -> None:
    """The slot is held for that very host: nobody else is granted it, and its status says what to do."""
    ledger(world, {"key": f"{NAMESPACE}/{HOST_NAME}", "owner": "version 9"})
    world.generator()
    world.onboard()
    assert world.phase() == names.BUFFERED and world.condition("Admitted")["reason"] == "Conflict"
    assert "cannot read" in world.status()["message"] and world.hosts() == []


def test_a_buffer_whose_cap_cannot_be_read_lets_nobody_in(world: World) -> None:
    """Rather too few than too many; other buffers go on, and the result says what is wrong where."""
    world.buffer("other")
    world.generator()
    world.generator("g2", "node-2", buffer="other")
    world.resolve()
    store(world, BUFFER, "default", spec={"maxAvailable": "twenty"})
    told = world.admit()
    assert (world.phase(), world.phase("g2")) == (names.BUFFERED, names.COMPLETED)
    assert [one["message"] for one in told["objects"] if "spec.maxAvailable must be a whole number, not a text" in one["message"]]


def test_retry_is_taken_off_whatever_the_phase(world: World) -> None:
    """Each phase, at once, and for good: an annotation that stays would be announced for ever."""
    world.buffer(cap=1)
    for number in (1, 2, 3):
        world.generator(f"g{number}", f"node-{number}", **({"infraEnv": "nowhere"} if number == 3 else {}))
        world.onboard()
    assert [world.phase(f"g{number}") for number in (1, 2, 3)] == [names.COMPLETED, names.BUFFERED, names.FAILED]
    for number in (1, 2, 3):
        world.annotate(f"g{number}", retry="now")
    world.resolve()
    for number in (1, 2, 3):
        assert "retry" not in (world.get(GENERATOR, f"g{number}")["metadata"].get("annotations") or {})
    written = writes(world)
    world.resolve()
    assert writes(world) == written
