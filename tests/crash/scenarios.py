# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is under way when somebody kills: resolve, admit, remove, redeploy, each with a cap that is smaller than the line."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from tests.fixtures.site import NAMESPACE

from .world import ADMIT, REMOVE, RESOLVE, World


@dataclass(frozen=True)
class Scenario:
    """`begin` makes the state in which `module` is killed. Then a user may do something, and `rounds` ordinary runs, with Metal3 between them, come to the end.

    users_part: for what it finds half done it may matter when it comes, so that there is more than one good end.
    """

    name: str
    begin: Callable[[World], None]
    module: str
    rounds: int = 1
    users_part: Callable[[World], None] | None = None

    def __str__(self) -> str:
        return self.name


def one_has_a_host(world: World, cap: int = 3) -> None:
    """first is Completed, waiting stands in line."""
    world.cap(1)
    world.generator("first", "node-01")
    world.run(RESOLVE, ADMIT)
    world.settle()
    world.generator("waiting", "node-02")
    world.run(RESOLVE)
    world.cap(cap)


def four_are_new(world: World) -> None:
    """Two slots are free: one for who waits, one for the first of the new ones. One asks for a server that does not exist."""
    one_has_a_host(world)
    world.generator("new-a", "node-03")
    world.generator("new-b", "node-04", networkConfig={"vlanId": 24})
    world.generator("new-c", "node-05")
    world.generator("nobody", "no-such-server")


def four_are_in_line(world: World) -> None:
    """Two slots are free."""
    one_has_a_host(world, cap=1)
    world.generator("new-a", "node-03", networkConfig={"vlanId": 24})
    world.generator("new-b", "node-04")
    world.generator("new-c", "node-05")
    world.run(RESOLVE)
    world.cap(3)


def one_is_edited_one_deleted(world: World) -> None:
    """Those who have just been granted a slot, or were about to be."""
    world.simulator.patch(GENERATOR.kind, NAMESPACE, "waiting", {"spec": {"serverName": "node-06"}})
    world.simulator.delete(GENERATOR.kind, NAMESPACE, "new-a")


def two_are_deleted(world: World) -> None:
    """One with a host and one out of the line; who waits gets the slot."""
    one_has_a_host(world, cap=1)
    world.generator("leaving", "node-03", networkConfig={"vlanId": 24})
    world.generator("last", "node-04")
    world.run(RESOLVE)
    for name in ("first", "leaving"):
        world.simulator.delete(GENERATOR.kind, NAMESPACE, name)


def the_host_has_gone(world: World) -> None:
    """Metal3 let it go: what is left is the rest."""
    world.cap(1)
    world.generator("first", "node-01", networkConfig={"vlanId": 24})
    world.run(RESOLVE, ADMIT)
    world.settle()
    world.generator("waiting", "node-02")
    world.run(RESOLVE)
    world.simulator.delete(GENERATOR.kind, NAMESPACE, "first")
    world.run(REMOVE)
    world.settle()


def one_is_redeployed(world: World) -> None:
    """The cap is full, and somebody waits: the slot stays with who had it."""
    world.cap(2)
    world.generator("first", "node-01")
    world.generator("second", "node-02")
    world.run(RESOLVE, ADMIT)
    world.settle()
    world.generator("waiting", "node-03")
    world.run(RESOLVE)
    world.simulator.patch(GENERATOR.kind, NAMESPACE, "first", {"metadata": {"annotations": {names.REDEPLOY: "true"}}})


def the_redeploy_is_in_line(world: World) -> None:
    """Its old host is still there."""
    one_is_redeployed(world)
    world.run(RESOLVE)


def the_old_host_has_gone(world: World) -> None:
    """Its entry holds the slot."""
    the_redeploy_is_in_line(world)
    world.run(ADMIT)
    world.settle()


SCENARIOS = (
    Scenario("resolve", four_are_new, RESOLVE),
    Scenario("admit", four_are_in_line, ADMIT),
    Scenario("admit-then-edit", four_are_in_line, ADMIT, rounds=2, users_part=one_is_edited_one_deleted),
    Scenario("remove", two_are_deleted, REMOVE, rounds=2),
    Scenario("remove-the-rest", the_host_has_gone, REMOVE),
    Scenario("redeploy", one_is_redeployed, RESOLVE, rounds=2),
    Scenario("redeploy-the-old-host", the_redeploy_is_in_line, ADMIT, rounds=2),
    Scenario("redeploy-the-new-host", the_old_host_has_gone, ADMIT),
)
