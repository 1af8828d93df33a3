# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights by namespace: where one is missing, the generators of that namespace wait and say which; those of others go on."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, NMSTATE, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Forbidden
from tests.fixtures.site import rights
from tests.lifecycle.world import World

POOR = "poor"
READS = ("get", "list", "watch")
Object = dict[str, Any]


def without(missing: Mapping[str, tuple[str, ...]], rules: list[Object]) -> list[Object]:
    """The rules with these verbs off; missing: resource -> verbs."""
    split = [{**rule, "resources": [resource]} for rule in rules for resource in rule["resources"]]
    kept = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb not in missing.get(rule["resources"][0], ())]} for rule in split]
    return [rule for rule in kept if rule["verbs"]]


class Rights:
    """A user who reads everywhere, does everything in namespace metal, and what a test leaves him in namespace poor."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        world.api.namespace(POOR)
        world.infra_env(namespace=POOR)
        everything = rights()
        # The ledgers are of the whole cluster, and the sweep lists what was made anywhere.
        reads = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb in READS]} for rule in everything]
        of_buffers = [{"apiGroups": [names.GROUP], "resources": ["baremetalhostbuffers", "baremetalhostbuffers/status"], "verbs": ["patch", "update"]}]
        secrets = {"secrets": ("get",), "events": READS}
        self.user = world.api.user([*without(secrets, [rule for rule in reads if rule["verbs"]]), *of_buffers])
        world.api.allow(self.user.name, everything, "metal")

    def but(self, **missing: tuple[str, ...]) -> None:
        """In namespace poor, everything but that; the stages are this user's from now on."""
        self._world.api.allow(self.user.name, without({name.replace("_", "/"): verbs for name, verbs in missing.items()}, rights()), POOR)
        self._world.kubeconfig = self._world.api.kubeconfig(self._folder / "poor-kubeconfig", self.user.token)


@pytest.fixture
def rights_of(world: World, tmp_path: Path) -> Iterator[Rights]:
    """For two generators in each namespace, the poor ones first in line, and a cap that all of them need."""
    made = Rights(world, tmp_path)
    world.buffer(cap=4)
    for number, namespace in enumerate((POOR, "metal", POOR, "metal"), start=1):
        world.api.apply({
            "apiVersion": names.API_VERSION, "kind": GENERATOR.kind, "metadata": {"name": f"g{number}", "namespace": namespace},
            "spec": {"infraEnv": "site-a", "serverName": f"node-{number}", "networkConfig": {"vlanId": 7}}})
    yield made


def status_of(world: World, number: int) -> Object:
    """Of g1 and g3, which are poor, or g2 and g4."""
    found = world.api.get(GENERATOR, POOR if number % 2 else "metal", f"g{number}")
    assert found is not None
    return found.get("status") or {}


def ready_reason(status: Object) -> str:
    """Of a generator."""
    return next((str(one["reason"]) for one in status.get("conditions") or [] if one["type"] == "Ready"), "")


def made_in(world: World, namespace: str) -> list[str]:
    """What generators left there."""
    return [f"{kind.kind} {one['metadata']['name']}" for kind in (HOST, SECRET, NMSTATE) for one in world.api.list(kind, namespace)]


CASES: dict[str, tuple[dict[str, tuple[str, ...]], str]] = {
    "read Secrets": ({"secrets": ("get", "list")}, f"get secrets in namespace {POOR}"),
    "make Secrets": ({"secrets": ("create",)}, f"create secrets in namespace {POOR}"),
    "make hosts": ({"baremetalhosts": ("create",)}, f"create baremetalhosts.metal3.io in namespace {POOR}"),
    "activate hosts": ({"baremetalhosts": ("patch",)}, f"patch baremetalhosts.metal3.io in namespace {POOR}"),
    "make NMStateConfigs": ({"nmstateconfigs": ("create",)}, f"create nmstateconfigs.agent-install.openshift.io in namespace {POOR}"),
    "patch generators": ({"baremetalhostgenerators": ("patch",)}, f"patch baremetalhostgenerators.infra.example.com in namespace {POOR}"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_right_that_is_missing_in_one_namespace(world: World, rights_of: Rights, case: str) -> None:
    """Its generators wait and name verb, resource and namespace; nothing half-made stays; when it is granted, they go on by themselves."""
    missing, named = CASES[case]
    rights_of.but(**missing)
    world.onboard()
    assert [status_of(world, number)["phase"] for number in (2, 4)] == [names.COMPLETED] * 2
    for number in (1, 3):
        status = status_of(world, number)
        assert status["phase"] in (names.PROCESSING, names.BUFFERED) and ready_reason(status) == "Forbidden", status
        assert f"A right is missing: {named}" in status["message"] and f'User "{rights_of.user.name}" cannot ' in status["message"], status
        assert status["nextAttemptAt"]
    assert [one for one in made_in(world, POOR) if one.startswith("BareMetalHost")] == [] and world.entries() == []
    rights_of.but()
    world.later(4000)
    world.onboard()
    world.onboard()
    assert [status_of(world, number)["phase"] for number in (1, 3)] == [names.COMPLETED] * 2, [status_of(world, number) for number in (1, 3)]


def test_a_status_that_may_not_be_written_in_one_namespace(world: World, rights_of: Rights) -> None:
    """They cannot say so themselves; the run does."""
    rights_of.but(baremetalhostgenerators_status=("update", "patch"))
    told = {(one["namespace"], one["name"]): one for one in world.resolve()["generators"]}
    world.admit()
    assert [status_of(world, number)["phase"] for number in (2, 4)] == [names.COMPLETED] * 2
    for number in (1, 3):
        one = told[POOR, f"g{number}"]
        assert (one["action"], one["reason"]) == ("waiting", "Forbidden")
        assert f"A right is missing: update baremetalhostgenerators/status.infra.example.com in namespace {POOR}" in one["message"]
    assert [one for one in made_in(world, POOR) if one.startswith("BareMetalHost")] == [] and world.entries() == []


def test_a_host_that_may_not_be_deleted_in_one_namespace(world: World, rights_of: Rights) -> None:
    """Its generator waits and says so, the others go."""
    world.onboard()
    rights_of.but(baremetalhosts=("delete",))
    for number in range(1, 5):
        world.api.delete(GENERATOR, POOR if number % 2 else "metal", f"g{number}")
    world.remove()
    world.remove()
    assert world.api.list(GENERATOR, "metal") == [] and made_in(world, "metal") == []
    for number in (1, 3):
        assert ready_reason(status_of(world, number)) == "Forbidden"
        assert f"A right is missing: delete baremetalhosts.metal3.io in namespace {POOR}" in status_of(world, number)["message"]
    rights_of.but()
    world.later(4000)
    world.remove()
    world.remove()
    assert world.api.list(GENERATOR) == [] and made_in(world, POOR) == []


@pytest.mark.parametrize("stage", ["resolve", "admit", "remove"])
def test_a_kind_that_may_not_be_listed_at_all_ends_the_run(world: World, tmp_path: Path, stage: str) -> None:
    """Verb, resource, and who lacks it."""
    poor = world.api.user(without({"baremetalhosts": ("list",)}, rights()))
    world.generator()
    if stage != "resolve":
        world.resolve()
    if stage == "remove":
        world.delete()
    world.kubeconfig = world.api.kubeconfig(tmp_path / "no-lists", poor.token)
    with pytest.raises(Forbidden, match=(
            "A right is missing: list baremetalhosts.metal3.io in all namespaces. Grant it to the user of this run .*"
            f'User "{poor.name}" cannot list resource "baremetalhosts" in API group "metal3.io" at the cluster scope')):
        getattr(world, stage)()
