# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every word that a stage says is documented: actions where the stage documents what it returns, reasons in docs/lifecycle.md with what to do."""
from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST
from ansible_collections.baremetal.generator.plugins.module_utils.models import PASSING_REASONS, SLOW_REASONS, Reason
from ansible_collections.baremetal.generator.plugins.module_utils.status import NAMESPACE_REASONS
from tests.fixtures.documented import documented, values
from tests.lifecycle.world import HOST_NAME, NAMESPACE, World
from tests.tools.places import ROOT

CODE = ROOT / "plugins" / "module_utils"
STAGES = ("generator_resolve", "buffer_admit", "generator_remove")
BETWEEN_US = {"HostIsThere"}      # what one part of a stage tells another, and no status, result or Event
Object = dict[str, Any]


def actions(stage: str, of: str = "generators") -> set[str]:
    """Those that the stage documents."""
    return values(documented(stage)[of]["contains"]["action"])


def reasons() -> set[str]:
    """Those of the tables of docs/lifecycle.md."""
    text = (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    section = text.partition("\n## Reasons\n")[2].partition("\n## ")[0]
    return {word for line in section.splitlines() if line.startswith("| `") for word in re.findall(r"`([A-Z]\w+)`", line.split("|")[1])}


# --- as the code says them ----------------------------------------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in module_utils, with the last part of what is called."""
    for path in sorted(CODE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")), node


def literals(node: ast.AST | None) -> set[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else set()


def said(function: str, position: int) -> set[str]:
    """Texts that stand at this position of the calls of a function."""
    return {text for name, call in calls() if name == function and len(call.args) > position for text in literals(call.args[position])}


def test_every_action_of_the_code_is_documented_and_no_other() -> None:
    """By one of the stages, each of which reports through Run.report()."""
    of_generators = said("report", 1)
    assert {"enqueued", "completed", "failed", "waiting", "removed"} <= of_generators
    assert of_generators == set().union(*(actions(stage) for stage in STAGES))


def test_the_objects_of_all_stages_are_documented_alike() -> None:
    """What is said of hosts and buffers does not depend on the stage."""
    first, *others = (documented(stage)["objects"] for stage in STAGES)
    assert all(one == first for one in others)
    assert said("report_object", 2) | said("Outcome", 2) <= actions("buffer_admit", "objects")


def test_every_reason_of_the_code_stands_in_the_documentation() -> None:
    """With what to do."""
    found = said("Reason", 0) | said("report", 3) | said("report_object", 4) | PASSING_REASONS | SLOW_REASONS | NAMESPACE_REASONS
    assert "NotFound" in found and "SpecChanged" in found
    assert found - reasons() - BETWEEN_US == set()
    assert BETWEEN_US <= found and not BETWEEN_US & reasons()


# --- as the stages return them ------------------------------------------------------------------------------------------------------------


def sample(stage: str) -> tuple[Object, list[str]]:
    """The entry of a generator as the stage documents it, and its summary."""
    known = documented(stage)
    return {key: entry["sample"] for key, entry in known["generators"]["contains"].items()}, known["summary"]["sample"]


def test_the_samples_are_what_the_stages_return(world: World) -> None:
    """Word for word."""
    world.generator("rf-node-01", "rf-node-01")
    resolved = world.resolve()
    assert (resolved["generators"], resolved["summary"]) == ([sample("generator_resolve")[0]], sample("generator_resolve")[1])
    admitted = world.admit()
    entry, summary = sample("buffer_admit")
    assert admitted["generators"] == [entry] and admitted["summary"][:1] == summary
    world.delete("rf-node-01")
    world.metal3()
    removed = [world.remove()]
    while not removed[-1]["generators"] or removed[-1]["generators"][0]["action"] != "removed":
        assert len(removed) < 200, removed[-1]
        world.later(700)
        removed.append(world.remove())
    entry, summary = sample("generator_remove")
    assert (removed[-1]["generators"], removed[-1]["summary"]) == ([entry], summary)


def down(world: World) -> None:
    """A manager that is away."""
    world.managers.down = Reason("ManagerUnreachable", "oneview-east did not answer.")


def unknown(world: World) -> None:
    """A server that nobody knows."""
    world.managers.reasons["node-2"] = Reason("NotFound", "Nobody knows node-2.")


def in_use(world: World) -> None:
    """A host that somebody uses is to be made anew, and its generator goes."""
    world.take()
    world.annotate("g1", redeploy="true")


def relabelled(world: World) -> None:
    """Labels change after the host was made."""
    world.edit("g1", labels={"rack": "7"})


def changed(world: World) -> None:
    """A field that shapes the host changes after it was made."""
    world.edit("g1", server_vendor="DELL")


def gone(world: World) -> None:
    """A host goes without anybody's asking."""
    world.api.delete(HOST, NAMESPACE, HOST_NAME)


def adopted(world: World) -> None:
    """A host was there already."""
    world.host("node-2", 2)


def leaving(world: World) -> None:
    """A host that somebody uses is to go."""
    world.take()
    world.delete("g1")


@pytest.mark.parametrize(("story", "words"), [
    (down, {("waiting", "ManagerUnreachable")}), (unknown, {("failed", "NotFound")}), (in_use, {("redeployed", ""), ("waiting", "HostInUse")}),
    (relabelled, {("updated", "")}), (changed, {("waiting", "SpecChanged")}), (gone, {("waiting", "HostGone")}), (adopted, {("completed", "")}),
    (leaving, {("removing", "HostInUse")}),
])
def test_what_stages_return_is_documented(world: World, story: Callable[[World], None], words: set[tuple[str, str]]) -> None:
    """Action and reason, whatever happens; each stage says no action that only another one documents."""
    world.generator("g1", "node-1")
    world.onboard()
    story(world)
    world.generator("g2", "node-2")
    seen: set[tuple[str, str]] = set()
    for stage, run in (("generator_remove", world.remove), ("generator_resolve", world.resolve), ("buffer_admit", world.admit)):
        for one in run()["generators"]:
            assert one["action"] in actions(stage), (stage, one)
            assert one["reason"] in reasons() | {""}, (stage, one)
            assert one["message"].endswith(".") and isinstance(one["changed"], bool)
            seen.add((one["action"], one["reason"]))
    assert words <= seen, seen
    assert world.phase("g2") in (names.BUFFERED, names.COMPLETED, names.PROCESSING, names.FAILED)
