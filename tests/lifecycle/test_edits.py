# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of edits in docs/lifecycle.md, cell by cell: the table itself says what each test expects."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, NMSTATE
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import HOST_NAME, World
from tests.tools.places import ROOT

LABELS = {"labels": {"rack": "r2"}}
SHAPING = {
    "name": {"serverName": "node-5"},
    "vendor": {"server_vendor": "DELL"},
    "network": {"networkConfig": {"vlanId": 9}},
    "infraEnv": {"infraEnv": "site-b"},
    "namespace": {"namespace": "other"},
    "buffer": {"buffer": "second"},
}


def table() -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The fields that its head names, and what it says: phases -> (a field that shapes the host, labels alone)."""
    text = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8").split("## Edits")[1].split("\n## ")[0]
    head, _line, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    listed = re.search(r"\((.*)\)", head[1])
    assert listed is not None
    return listed.group(1).split(", "), {row[0]: (row[1], row[2]) for row in rows}


FIELDS, TABLE = table()
# Rows of the table -> how a generator gets there.
STATES = {
    "Processing, Failed": ["Processing", "Failed"],
    "Buffered": ["Buffered"],
    "Buffered, being granted": ["granted", "created"],
    "Completed": ["Completed"],
}
CELLS = [
    pytest.param(state, edit, row[column], id=f"{state} {field}")
    for phases, row in TABLE.items() for state in STATES[phases] for column, edits in enumerate((SHAPING, {"labels": LABELS})) for field, edit in edits.items()
]


def test_the_table_names_every_phase_and_every_field() -> None:
    """What it does not name, no test below would look at."""
    assert list(TABLE) == list(STATES) and FIELDS == list(SHAPING)
    assert {cell for row in TABLE.values() for cell in row} == set(CHECKS)


@pytest.mark.parametrize("state, edit, says", CELLS)
def test_cell(world: World, state: str, edit: dict[str, Any], says: str) -> None:
    """A generator in this state is edited, the stages run, and the cell's sentence has come true."""
    world.options["host_namespaces"] = ["other"]
    world.api.namespace("other")
    world.infra_env("site-b")
    world.infra_env(namespace="other")
    world.buffer("second")
    bring_to(world, state)
    CHECKS[says](world, edit)


def bring_to(world: World, state: str) -> None:
    """One generator, g1, which gets into this state."""
    if state == "Processing":
        world.managers.down = Reason("ManagerUnreachable", "oneview-east is down.")
    if state == "Failed":
        world.managers.reasons[HOST_NAME] = Reason("Ambiguous", "Two servers answer to node-1; rename one.")
    if state == "Buffered":
        world.buffer(cap=0)
    world.generator()
    world.resolve()
    if state in ("granted", "created"):
        world.admit_until_killed({"granted": "create", "created": "patch"}[state])
        assert [entry["state"] for entry in world.entries()] == [state]
    else:
        world.admit()
        assert world.phase() == state
    world.managers.down = None
    world.managers.reasons.clear()


# --- what each cell says ------------------------------------------------------------------------------------------------------------------


def resolved_anew(world: World, edit: dict[str, Any]) -> None:
    """At once, whatever nextAttemptAt says; what is made is what the edit asks for."""
    world.edit(**edit)
    world.resolve()
    assert world.phase() == names.BUFFERED and world.status()["resolvedGeneration"] == 2
    ends_as(world, edit)


def keeps_its_place(world: World, edit: dict[str, Any]) -> None:
    """Its ticket does not change; in the line of another buffer it stands by that time."""
    before = world.status()["bufferedAt"]
    line = edit.get("buffer", "default")
    world.later(2)                                                         # the clock of an API has whole seconds, and each buffer draws by itself
    world.generator("later", "node-8", buffer=line)
    world.resolve()
    world.edit(**edit)
    world.resolve()
    assert world.status()["bufferedAt"] == before and world.status()["resolvedGeneration"] == 2
    world.buffer(line, cap=1)
    world.admit()
    assert (world.phase(), world.phase("later")) == (names.COMPLETED, names.BUFFERED)
    world.delete("later")
    world.until_gone("later")
    ends_as(world, edit)


def grant_is_taken_back(world: World, edit: dict[str, Any]) -> None:
    """No host comes of the half-edited one, the place is kept."""
    before = world.status()["bufferedAt"]
    world.edit(**edit)
    world.admit()
    assert world.entries() == [] and world.hosts() == [] and world.phase() == names.BUFFERED
    assert world.status()["bufferedAt"] == before
    world.resolve()
    assert world.status()["bufferedAt"] == before
    ends_as(world, edit)


def nothing_is_touched(world: World, edit: dict[str, Any]) -> None:
    """Ready=False, SpecChanged, said once; a redeploy makes it anew."""
    host = world.get(HOST, HOST_NAME)
    world.edit(**edit)
    world.resolve()
    world.admit()
    ready = world.condition("Ready")
    assert (world.phase(), ready["status"], ready["reason"]) == (names.COMPLETED, "False", "SpecChanged")
    assert next(iter(edit)) in world.status()["message"] and "redeploy" in world.status()["message"]
    assert world.get(HOST, HOST_NAME) == host
    assert not world.resolve()["changed"] and not world.admit()["changed"]
    world.annotate(redeploy="true")
    world.settle()
    ends_as(world, edit)


@pytest.mark.parametrize("first", ["resolve", "admit"])
@pytest.mark.parametrize("edit", [{}, {"server_vendor": "DELL"}])
def test_an_edit_that_comes_after_the_host_but_before_completed_is_told(world: World, edit: dict[str, Any], first: str) -> None:
    """Whichever stage comes first, the status tells of the server that the host has, and that another one is asked for now."""
    world.generator()
    world.resolve()
    world.admit_until_killed("replace_status")
    assert world.hosts() == [HOST_NAME] and world.phase() == names.BUFFERED
    before = world.status()
    world.edit(serverName="node-5", **edit)
    for stage in (world.resolve, world.admit) if first == "resolve" else (world.admit, world.resolve):
        stage()
    world.reconcile()
    status, ready = world.status(), world.condition("Ready")
    assert (world.phase(), ready["status"], ready["reason"]) == (names.COMPLETED, "False", "SpecChanged")
    assert status["message"].startswith("serverName") and "bmcCredentials" not in status["message"]
    told = ("bmhName", "macAddress", "ipmiAddress", "bmcAddress", "serverVendor", "serverModel", "serverSerial")
    assert {field: status[field] for field in told} == {field: before[field] for field in told}
    world.generator("other", "node-5")
    world.settle("other")
    assert world.hosts() == [HOST_NAME, "node-5"]


def taken_along(world: World, edit: dict[str, Any]) -> None:
    """Whatever its phase, the host that is made carries them."""
    ends_as(world, edit, edited=False)


def patched_onto_the_host(world: World, edit: dict[str, Any]) -> None:
    """The same host, its spec as it was."""
    before = world.get(HOST, HOST_NAME)
    world.edit(**edit)
    world.resolve()
    after = world.get(HOST, HOST_NAME)
    assert (after["metadata"]["uid"], after["spec"], after["metadata"]["labels"]["rack"]) == (before["metadata"]["uid"], before["spec"], "r2")
    assert world.condition("Ready")["status"] == "True" and world.status()["observedGeneration"] == 2
    assert not world.resolve()["changed"]


CHECKS: dict[str, Callable[[World, dict[str, Any]], None]] = {
    "resolved anew": resolved_anew,
    "resolved anew, keeps its place; another buffer: same time, other line": keeps_its_place,
    "the grant is taken back, then as Buffered": grant_is_taken_back,
    "nothing is touched: `Ready=False`, reason `SpecChanged`; redeploy makes it anew": nothing_is_touched,
    "taken along": taken_along,
    "patched onto the host": patched_onto_the_host,
}


def ends_as(world: World, edit: dict[str, Any], edited: bool = True) -> None:
    """One host, as the edited generator asks for, and nothing of what it asked for before."""
    if not edited:
        world.edit(**edit)
    world.buffer(cap=20)
    world.settle()
    world.admit(sweep=True)
    name, namespace = edit.get("serverName", HOST_NAME), edit.get("namespace", "metal")
    hosts = world.api.list(HOST)
    assert [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in hosts] == [(namespace, name)]
    labels, address = hosts[0]["metadata"]["labels"], hosts[0]["spec"]["bmc"]["address"]
    assert labels[names.INFRAENV_LABEL] == edit.get("infraEnv", "site-a") and labels[names.BUFFER_LABEL] == edit.get("buffer", "default")
    assert labels.get("rack") == edit.get("labels", {}).get("rack")
    assert address.startswith("idrac-virtualmedia" if "server_vendor" in edit else "redfish-virtualmedia")
    vendor = "dell" if "server_vendor" in edit else "hp"
    config = [f"NMStateConfig nmstate-config-{name}"] if "networkConfig" in edit else []
    assert world.leftovers() == sorted([f"BareMetalHost {name}", *config, f"Secret {vendor}-cred-{name}"])
    assert len(world.api.list(NMSTATE)) == len(config)
