# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--check --diff of every stage is what the real run then does: on 50 random clusters, but for identities and times."""
from __future__ import annotations

import difflib
import json
import random
import re
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import HOST_NAME, World

CLUSTERS = 50
EDITS: tuple[dict[str, Any], ...] = (
    {"labels": {"rack": "r9"}}, {"networkConfig": {"vlanId": 99}}, {"buffer": "gpu"}, {"serverName": "node-40"}, {"server_vendor": "DELL"},
    {"infraEnv": "nowhere"})
SPECS: tuple[dict[str, Any], ...] = (
    {}, {}, {"networkConfig": {"vlanId": 7}}, {"buffer": "gpu"}, {"buffer": "missing"}, {"infraEnv": "nowhere"}, {"labels": {"rack": "r1"}})


def normal(text: str) -> str:
    """Without identities, times, and what is drawn by chance."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|check-\d+", "UID", text)
    text = re.sub(r"\b[0-9a-f]{20}\b", "RID", text)
    return re.sub(r'"actor": "[^"]*"', '"actor": "ACTOR"', text)


def told(result: dict[str, Any]) -> str:
    """Differences, outcomes and sentences of a stage; the order in which threads end is nobody's promise."""
    parts = [f"changed: {result['changed']}"]
    for one in result["diff"]:
        parts += [f"--- {one['before_header']}", one["before"], f"+++ {one['after_header']}", one["after"]]
    parts += sorted(json.dumps(one, sort_keys=True) for one in result["generators"])
    return normal("\n".join([*parts, *sorted(result["summary"]), json.dumps(result.get("buffers"), sort_keys=True)]))


def difference(check: str, real: str) -> str:
    """Line by line, empty when there is none."""
    return "\n".join(difflib.unified_diff(check.splitlines(), real.splitlines(), "check", "real", lineterm="", n=6))


def populate(world: World, chance: random.Random) -> None:
    """A cluster in the middle of its life."""
    world.buffer(cap=chance.randint(0, 4), **chance.choice([{}, {}, {"counting": "legacy"}, {"agentAware": True}]))
    world.buffer("gpu", cap=chance.randint(0, 2))
    for number in range(1, chance.randint(3, 9)):
        spec = chance.choice(SPECS)
        server = chance.choice([number, number, number, chance.randint(1, 9)])
        if chance.random() < 0.15:
            world.host(f"node-{number}" if chance.random() < 0.7 else f"other-{number}", number=number)
        if chance.random() < 0.2:
            world.managers.reasons[f"node-{number}"] = Reason(chance.choice(["NotFound", "ManagerUnreachable", "Ambiguous"]), f"Trouble with node-{number}.")
        world.generator(f"g{number}", f"node-{server}", **spec)
    for _step in range(chance.randint(0, 2)):
        world.resolve()
        if chance.random() < 0.2:
            try:
                world.admit_until_killed(chance.choice(["create", "patch", "replace_status"]))
            except AssertionError:
                pass                                                       # nobody had come so far
        else:
            world.admit()
    world.managers.reasons.clear()
    world.later(chance.choice([0, 60, 5000]))
    for generator in world.api.list(GENERATOR):
        _something_happens(world, chance, generator["metadata"]["name"])
    for host in world.api.list(HOST):
        name = host["metadata"]["name"]
        match chance.randint(0, 6):
            case 0:
                world.take(name)
            case 1:
                world.host_status(name, chance.choice(["available", "provisioned", "preparing"]))
            case 2:
                world.mark_host(name, finalizers=[names.HOST_FINALIZER])
            case 3:
                world.api.delete(HOST, "metal", name)
    world.buffer(cap=chance.randint(0, 5))


def _something_happens(world: World, chance: random.Random, name: str) -> None:
    match chance.randint(0, 7):
        case 0:
            world.edit(name, **chance.choice(EDITS))
        case 1:
            world.annotate(name, redeploy=chance.choice(["true", "v2"]))
        case 2:
            world.annotate(name, retry="now")
        case 3:
            world.delete(name)


def everything(world: World) -> list[Any]:
    """All that a check may not change."""
    return [world.api.list(kind) for kind in (GENERATOR, BUFFER, HOST, SECRET, NMSTATE)]


@pytest.mark.parametrize("seed", range(CLUSTERS))
def test_a_check_tells_what_the_run_then_does(world: World, seed: int) -> None:
    """Stage after stage: first the check, which changes nothing, then the run."""
    populate(world, random.Random(seed))
    for stage in (world.remove, world.resolve, world.admit):
        before = everything(world)
        check = told(stage(check=True))
        assert everything(world) == before, f"the check of {stage.__name__} wrote something"
        found = difference(check, told(stage()))
        assert not found, f"seed {seed}, {stage.__name__}:\n{found}"


def test_a_chain_of_checks_tells_the_whole_story(world: World) -> None:
    """What resolve assumes is handed to admit: a new cluster is foretold to its end."""
    world.buffer(cap=2)
    for number in range(1, 5):
        world.generator(f"g{number}", f"node-{number}", networkConfig={"vlanId": 7})
    resolved = world.resolve(check=True)
    admitted = world.admit(check=True, assume=resolved["assumed"])
    assert world.hosts() == [] and world.status() == {}
    assert difference(told(resolved), told(world.resolve())) == ""
    assert difference(told(admitted), told(world.admit())) == ""


def test_no_secret_is_shown(world: World) -> None:
    """Neither before nor after, in clear nor in base64."""
    world.generator()
    world.resolve()
    for result in (world.admit(check=True), world.admit()):
        text = json.dumps(result)
        assert f"Secret metal/hp-cred-{HOST_NAME}" in text and "(hidden)" in text
        assert "bmc-password" not in text and "Ym1jLXBhc3N3b3Jk" not in text
