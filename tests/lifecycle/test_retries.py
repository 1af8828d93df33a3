# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes is tried again for as long as it takes; what somebody must mend is Failed and says what to do; edit and retry try at once."""
from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.admission import Policy, Resolved, enqueue
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, INFRAENV, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterUnavailable, Denied
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.managers import open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.stages import resolve as resolving
from ansible_collections.baremetal.generator.plugins.module_utils.times import parse_time
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.inventory import generate
from tests.simulators.oneview import OneViewSimulator
from tests.tools.places import ROOT

OF_MANAGERS = ("NotFound", "Ambiguous", "Unassigned", "NoBmcAddress", "NoMac", "InvalidAnswer", "ManagerUnreachable")
OF_VARIABLES = ("NoBmcCredentials", "InvalidSpec")      # as cause() makes them: others than those that it failed with are tried at once
OF_A_FAULT = ("Denied", "Forbidden", "ClusterUnavailable", "Bug")       # who denies what, and when, is told in tests of its own


def reasons() -> dict[str, str]:
    """What docs/lifecycle.md says about each reason: when it is asked again."""
    text = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8").split("## Reasons")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")]
    return {reason: row[2] for row in rows for reason in re.findall(r"`(\w+)`", row[0])}


REASONS = reasons()
# Those that a generator meets before it has a slot; the others have tests of their own.
LATER = (
    "HostInUse", "HostPaused", "QuotaExceeded", "NamespaceMissing", "NamespaceTerminating", "NotAsked", "FactsOutdated", "SpecChanged", "HostGone", "Buffered",
    "Waiting", "Removing", "Unreadable", "LoginRefused")
AT_ONCE = [reason for reason in REASONS if reason not in LATER]


def pause_of(world: World, name: str = "g1") -> float:
    """Seconds until the next try."""
    moment = parse_time(world.status(name)["nextAttemptAt"])
    assert moment is not None
    return (moment - world.now()).total_seconds()


def test_a_manager_that_is_down_is_asked_for_as_long_as_it_takes(world: World) -> None:
    """Pauses grow to ten minutes and differ from generator to generator; the phase stays Processing, and says why."""
    world.managers.down = Reason("ManagerUnreachable", "oneview-east did not answer.")
    for number in range(1, 6):
        world.generator(f"g{number}", f"node-{number}")
    pauses: list[float] = []
    for attempt in range(1, 14):
        world.resolve()
        status = world.status()
        assert (status["phase"], status["attempts"], status["message"]) == (names.PROCESSING, attempt, "oneview-east did not answer.")
        assert world.condition("Resolved")["reason"] == "ManagerUnreachable"
        pauses.append(pause_of(world))
        if attempt == 5:
            assert len({round(pause_of(world, f"g{number}"), 2) for number in range(1, 6)}) == 5
        asked = len(world.managers.asked)
        world.resolve()
        assert len(world.managers.asked) == asked, "not before its time"
        world.later(800)
    assert 5 < pauses[0] < 15 and pauses[4] > 2 * pauses[1] and 400 < pauses[-1] < 800
    world.managers.down = None
    world.onboard()
    assert world.phase() == names.COMPLETED and world.status()["attempts"] == 0 and "nextAttemptAt" not in world.status()


@pytest.mark.parametrize("fault", ["throttled", "server_error", "unavailable", "reset", "hang", "stopped"])
def test_whatever_way_a_manager_is_away(world: World, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled, 5xx, connection broken, no answer, nobody there: Processing; when it is back, Completed."""
    monkeypatch.setattr(resolving, "open_managers", open_managers)
    inventory = generate("oneview", 3, seed=7)
    simulator = OneViewSimulator(inventory, username="automation", password="ov-login")
    with simulator:
        if fault != "stopped":
            simulator.faults.add(fault)
        url = simulator.url if fault != "stopped" else "http://127.0.0.1:9"
        manager = {"name": "east", "type": "oneview", "url": url, "username": "automation", "password": "ov-login", "validate_certs": False}
        world.options.update(managers=[manager], manager_seconds=1)
        world.generator(server=inventory.servers[0].name)
        world.onboard()
        assert (world.phase(), world.condition("Resolved")["reason"]) == (names.PROCESSING, "ManagerUnreachable"), world.status()
        assert "east" in world.status()["message"]
        simulator.faults.clear()
        world.options.update(managers=[{**manager, "url": simulator.url}], manager_seconds=20)
        world.later(60)
        world.onboard()
        assert world.phase() == names.COMPLETED, world.status()


# --- every reason of the table ------------------------------------------------------------------------------------------------------------


def cause(world: World, reason: str) -> None:
    """A generator that meets this reason."""
    if reason in OF_MANAGERS + OF_A_FAULT:
        world.managers.reasons[HOST_NAME] = Reason(reason, f"{reason} was said about node-1.")
    match reason:
        case "NoInfraEnv":
            world.api.delete(INFRAENV, "metal", "site-a")
        case "BufferMissing":
            world.api.delete(BUFFER, "", "default")
        case "NoBmcCredentials":
            world.credentials.pop("HP")
        case "Conflict":
            world.host(number=50)
    world.generator(**({"namespace": "elsewhere"} if reason == "InvalidSpec" else {}))
    world.onboard()


def mend(world: World, reason: str) -> None:
    """And what comes after, when somebody has mended it beside the generator."""
    world.managers.reasons.clear()
    match reason:
        case "NoInfraEnv":
            world.infra_env()
        case "BufferMissing":
            world.buffer()
        case "NoBmcCredentials":
            world.credentials["HP"] = ("bmc-user", "bmc-password")
        case "Conflict":
            world.api.delete(HOST, "metal", HOST_NAME)
        case "InvalidSpec":
            world.options["host_namespaces"] = ["elsewhere"]
            world.api.namespace("elsewhere")
            world.infra_env(namespace="elsewhere")


@pytest.mark.parametrize("reason", AT_ONCE)
def test_a_reason_is_asked_again_as_the_documentation_says(world: World, reason: str) -> None:
    """By itself, slowly, or only when somebody edits or says retry."""
    cause(world, reason)
    status, again = world.status(), REASONS[reason]
    assert world.condition("Ready")["reason"] == reason and world.hosts() == ([HOST_NAME] if reason == "Conflict" else [])
    assert status["phase"] == (names.PROCESSING if again == "by itself" else names.FAILED)
    assert len(status["message"]) > 20 and "bufferedAt" not in status and not world.leftovers()
    world.onboard()
    assert world.status() == status, "not before its time"
    mend(world, reason)
    if reason not in OF_VARIABLES:
        world.onboard()
        assert world.phase() != names.COMPLETED, "not before its time"
    world.later(4000)
    world.onboard()
    assert (world.phase() == names.COMPLETED) == (again != "on edit")


@pytest.mark.parametrize("way", ["retry", "edit"])
@pytest.mark.parametrize("reason", AT_ONCE)
def test_edit_and_retry_try_at_once(world: World, reason: str, way: str) -> None:
    """Whatever the reason; the annotation is taken off."""
    cause(world, reason)
    mend(world, reason)
    if way == "retry":
        world.annotate(retry="now")
    else:
        world.edit(labels={"rack": "r1"})
    world.onboard()
    assert world.phase() == names.COMPLETED, world.status()
    assert "retry" not in (world.get(GENERATOR, "g1")["metadata"].get("annotations") or {}) and world.status()["attempts"] == 0


def test_slow_tries_get_slower_and_half_an_hour_is_the_most(world: World) -> None:
    """For ever."""
    world.managers.reasons[HOST_NAME] = Reason("NotFound", "Nobody knows node-1.")
    world.generator()
    pauses = []
    for _attempt in range(9):
        world.resolve()
        pauses.append(pause_of(world))
        world.later(2400)
    assert 40 < pauses[0] < 80 and pauses[3] > pauses[0] * 3 and all(1200 < pause < 2400 for pause in pauses[-2:])


def test_retry_of_what_waits_in_line_or_is_done_changes_nothing_but_the_annotation(world: World) -> None:
    """It is taken off, the place is kept, the host stays."""
    world.buffer(cap=1)
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}")
        world.onboard()
    ticket, uid = world.status("g2")["bufferedAt"], world.get(HOST, "node-1")["metadata"]["uid"]
    for name in ("g1", "g2"):
        world.annotate(name, retry="now")
    world.reconcile()
    assert not world.resolve()["changed"], "the annotation is answered"
    assert world.status("g2")["bufferedAt"] == ticket and world.get(HOST, "node-1")["metadata"]["uid"] == uid
    assert world.phase("g1") == names.COMPLETED


# --- the cluster fails ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [HOST, SECRET], ids=["host", "secret"])
def test_a_webhook_that_is_down_never_fails_a_generator(world: World, kind: Any) -> None:
    """500 on create: the entry stays; after ten minutes it goes back to the line with its place and is tried again, for as long as it takes."""
    world.generator()
    world.resolve()
    ticket = world.status()["bufferedAt"]
    down = ClusterUnavailable("failed calling webhook: connection refused", 500, "InternalError")
    for _time in range(4):
        with world.failing("create", kind, down):
            world.admit()
        assert world.phase() == names.BUFFERED and world.status()["bufferedAt"] == ticket and world.hosts() == []
        world.later(400)
    assert world.status()["attempts"] >= 1 and world.condition("Admitted")["reason"] == "ClusterUnavailable"
    world.later(4000)
    world.admit()
    assert world.phase() == names.COMPLETED and world.entries() == []


def test_one_that_cannot_be_made_holds_nobody_up(world: World) -> None:
    """Its slot comes back after ten minutes, the next in line gets it."""
    world.buffer(cap=1)
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}")
        world.resolve()
    with world.failing("create", HOST, ClusterUnavailable("webhook down", 500), name="node-1"):
        world.admit()
        world.later(700)
        world.admit()
        assert (world.phase("g1"), world.phase("g2")) == (names.BUFFERED, names.COMPLETED)


@pytest.mark.parametrize("error, reason", [
    (Denied("admission webhook denied the request: bad address", 403, "Forbidden"), "Denied"),
    (Denied("exceeded quota: hosts, requested: 1, used: 3, limited: 3", 403, "Forbidden", ("QuotaExceeded",)), "QuotaExceeded"),
    (Denied("namespace metal is being terminated", 403, "Forbidden", ("NamespaceTerminating",)), "NamespaceTerminating"),
])
def test_what_a_cluster_refuses_for_good_fails_that_generator_alone(world: World, error: Exception, reason: str) -> None:
    """The others of its batch are made; no entry, no inert host, no Secret of it is left."""
    for number in (1, 2, 3):
        world.generator(f"g{number}", f"node-{number}")
    world.resolve()
    with world.failing("create", HOST, error, name="node-2"):
        world.admit()
    assert {name: world.phase(name) for name in ("g1", "g2", "g3")} == {"g1": "Completed", "g2": "Failed", "g3": "Completed"}
    assert world.condition("Ready", "g2")["reason"] == reason and str(error)[:20] in world.status("g2")["message"]
    assert world.entries() == [] and "Secret hp-cred-node-2" not in world.leftovers()
    world.annotate("g2", retry="now")
    world.onboard()
    assert world.phase("g2") == names.COMPLETED


def test_a_secret_of_the_users_own_that_is_missing(world: World) -> None:
    """Failed, asked again slowly; when it is there, the host has its credentials in a Secret of ours, and nobody touches the user's."""
    world.generator(host={"bmcCredentials": "my-bmc"})
    world.onboard()
    assert (world.phase(), world.condition("Ready")["reason"]) == (names.FAILED, "NoBmcCredentials")
    assert "my-bmc" in world.status()["message"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "my-bmc", "namespace": "metal"}}
    world.api.apply({**secret, "stringData": {"username": "u", "password": "p"}})
    world.later(4000)
    world.onboard()
    assert world.get(HOST, HOST_NAME)["spec"]["bmc"]["credentialsName"] == f"hp-cred-{HOST_NAME}"
    assert world.get(SECRET, f"hp-cred-{HOST_NAME}")["data"] == world.get(SECRET, "my-bmc")["data"]
    assert not {"annotations", "labels", "ownerReferences"} & world.get(SECRET, "my-bmc")["metadata"].keys()


@pytest.mark.parametrize("reason, words", [("NoBmcCredentials", "HP"), ("InvalidSpec", "generator_host_namespaces does not list it")])
def test_variables_that_are_mended_are_used_at_once(world: World, reason: str, words: str) -> None:
    """The next run with other variables does not wait for nextAttemptAt, and nothing of the generator is touched."""
    cause(world, reason)
    assert words in world.status()["message"] and world.status()["nextAttemptAt"]
    mend(world, reason)
    world.onboard()
    assert world.phase() == names.COMPLETED and "variablesHash" not in world.status()


def test_a_profile_that_is_mended_helps_all_that_failed_for_it(world: World) -> None:
    """Its macIndex was too high for these servers; a field of the generator's own that is wrong waits for an edit."""
    world.options["profiles"] = [{"pattern": "node", "nic_name": "eno1", "mac_index": "7"}]
    for number in (1, 2, 3):
        world.generator(f"g{number}", f"node-{number}")
    world.generator("own", "node-4", networkConfig={"nicName": "eno1", "macIndex": "7"})
    world.onboard()
    assert {world.condition("Ready", name)["reason"] for name in ("g1", "g2", "g3", "own")} == {"InvalidSpec"}
    assert world.status("own")["nextAttemptAt"], "its manager may not know all ports yet"
    assert "variablesHash" not in world.status("own") and len({world.status(f"g{number}")["variablesHash"] for number in (1, 2, 3)}) == 1
    asked = len(world.managers.asked)
    world.onboard()
    assert len(world.managers.asked) == asked, "the variables are the same"
    world.options["profiles"] = [{"pattern": "node", "nic_name": "eno1", "mac_index": "0"}]
    world.onboard()
    assert [world.phase(name) for name in ("g1", "g2", "g3", "own")] == [names.COMPLETED] * 3 + [names.FAILED]


def test_runs_that_say_the_same_at_once_count_one_try(world: World) -> None:
    """Eight of them would write one status eight times, and get into each other's way."""
    world.managers.reasons[HOST_NAME] = Reason("NotFound", "Nobody knows node-1.")
    world.generator()
    before = world.get(GENERATOR, "g1")
    world.resolve()
    late = enqueue(open_cluster({"kubeconfig": world.kubeconfig}), [Resolved(before, world.managers.reasons[HOST_NAME])], Policy(actor="late"))
    assert not late and world.status()["attempts"] == 1
