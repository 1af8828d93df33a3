# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host.bmcCredentials: a Secret that a user names stays the user's, whatever becomes of the host, which has a copy."""
from __future__ import annotations

import base64

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, SECRET
from tests.lifecycle.world import HOST_NAME, Object, World
from tests.waiting import until

USERS = "my-bmc"
COPY = f"hp-cred-{HOST_NAME}"


def users_secret(world: World, password: str = "first", name: str = USERS) -> None:
    """As its user makes it, or edits it."""
    world.api.apply({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "metal"},
        "stringData": {"username": " admin\n", "password": password}})


def password_of(world: World, name: str) -> str:
    """What stands in a Secret."""
    return base64.b64decode(world.get(SECRET, name)["data"]["password"]).decode()


def made(world: World) -> None:
    """A host with a user's credentials, beside a living Metal3 and garbage collector."""
    world.metal3()
    users_secret(world)
    world.generator(host={"bmcCredentials": USERS})
    world.settle()
    until(lambda: world.get(SECRET, COPY)["metadata"].get("ownerReferences"), 10, "Metal3 owns the copy")


def is_as_its_user_made_it(world: World) -> bool:
    """Nobody has marked or owned it."""
    marks = {"ownerReferences", "finalizers", "labels", "annotations"}
    return world.there(SECRET, USERS) and not marks & world.get(SECRET, USERS)["metadata"].keys()


def named_by_the_host(world: World, name: str = USERS) -> None:
    """As the version before made it: the host itself names the user's Secret, and Metal3 owns that."""
    world.metal3()
    users_secret(world, name=name)
    world.generator()
    world.settle()
    world.edit(host={"bmcCredentials": name})
    world.mark_host(annotations={names.BMC_CREDENTIALS: None})
    host = world.get(HOST, HOST_NAME)
    world.api.patch(HOST, "metal", HOST_NAME, {"spec": {"bmc": {"credentialsName": name}}})
    owner = {"apiVersion": host["apiVersion"], "kind": host["kind"], "name": HOST_NAME, "uid": host["metadata"]["uid"]}
    metal3s = {"ownerReferences": [owner], "finalizers": [names.SECRET_FINALIZER]}
    world.api.patch(SECRET, "metal", name, {"metadata": metal3s})
    world.api.delete(SECRET, "metal", COPY)
    world.api.patch(SECRET, "metal", COPY, {"metadata": {"finalizers": None}})


def collected(world: World) -> None:
    """The collector has done what it does after a host: a Secret with a dead owner, made now, is gone."""
    owner = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "name": "was", "uid": "never"}
    metadata = {"name": "canary", "namespace": "metal", "ownerReferences": [owner]}
    world.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    until(lambda: not world.there(SECRET, "canary"), 10, "the collector is at work")


def test_the_host_has_a_copy_of_it(world: World) -> None:
    """Trimmed, as Metal3 takes it; a second run changes nothing."""
    made(world)
    assert world.get(HOST, HOST_NAME)["spec"]["bmc"]["credentialsName"] == COPY and is_as_its_user_made_it(world)
    assert base64.b64decode(world.get(SECRET, COPY)["data"]["username"]) == b"admin"
    assert not world.admit(sweep=True)["changed"]


def test_it_outlives_redeploy_and_delete(world: World) -> None:
    """The copy goes with its host, each time; the user's own is as it was."""
    made(world)
    world.annotate(redeploy="true")
    world.settle()
    assert is_as_its_user_made_it(world) and password_of(world, COPY) == "first"
    world.delete()
    world.until_gone()
    collected(world)
    assert world.leftovers() == [] and is_as_its_user_made_it(world)


@pytest.mark.parametrize("how", ["sweep", "retry"])
def test_an_edit_of_it_reaches_the_copy(world: World, how: str) -> None:
    """By the sweep, and at once by annotation retry; once, and by no other."""
    made(world)
    users_secret(world, "second")
    if how == "retry":
        world.annotate(retry="now")
        said = world.resolve()
    else:
        said = world.admit(sweep=True)
    assert password_of(world, COPY) == "second" and f"Secret metal/{COPY} has the credentials of" in str(said)
    assert "second" not in str(said)
    version = world.get(SECRET, COPY)["metadata"]["resourceVersion"]
    world.admit(sweep=True)
    assert world.get(SECRET, COPY)["metadata"]["resourceVersion"] == version
    assert world.condition("Ready")["status"] == "True"


def test_when_it_goes_the_host_keeps_what_it_has(world: World) -> None:
    """And somebody is told."""
    made(world)
    world.api.delete(SECRET, "metal", USERS)
    assert f"keeps the credentials that it has. Secret metal/{USERS}" in str(world.admit(sweep=True))
    assert password_of(world, COPY) == "first"


@pytest.mark.parametrize(("data", "wrong"), [
    ({}, "username"), ({"username": "YQ=="}, "password"), ({"username": "ICAK", "password": "YQ=="}, "username"),
    ({"username": "YQ==", "password": "/w=="}, "password"),
])
def test_one_that_has_no_credentials(world: World, data: Object, wrong: str) -> None:
    """Missing, blank, no text: Failed with a sentence, before anything is made."""
    metadata = {"name": USERS, "namespace": "metal"}
    world.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    world.generator(host={"bmcCredentials": USERS})
    world.resolve()
    assert world.condition("Ready")["reason"] == "NoBmcCredentials" and world.status()["message"] == (
        f"Secret metal/{USERS}, which host.bmcCredentials names, has no {wrong}, or one that is empty or no text; correct it.")


def test_one_with_the_name_of_the_hosts_own(world: World) -> None:
    """It cannot be both."""
    users_secret(world, name=COPY)
    world.generator(host={"bmcCredentials": COPY})
    world.onboard()
    assert world.condition("Ready")["reason"] == "NoBmcCredentials" and COPY in world.status()["message"]
    assert "give yours another" in world.status()["message"] and not world.hosts()


def test_naming_another_one_asks_for_a_redeploy(world: World) -> None:
    """As every edit of the host does; and the new host has the other's credentials."""
    made(world)
    users_secret(world, "other", "their-bmc")
    world.edit(host={"bmcCredentials": "their-bmc"})
    world.reconcile()
    assert world.condition("Ready")["reason"] == "SpecChanged" and password_of(world, COPY) == "first"
    world.annotate(redeploy="true")
    world.settle()
    assert password_of(world, COPY) == "other"
    world.edit(host={"bmcCredentials": None})
    world.annotate(redeploy="true")
    world.settle()
    assert password_of(world, COPY) == "bmc-password"
    assert names.BMC_CREDENTIALS not in world.get(SECRET, COPY)["metadata"]["annotations"]


@pytest.mark.parametrize("how", ["redeploy", "delete"])
def test_one_that_the_host_of_an_earlier_version_names_is_spared(world: World, how: str) -> None:
    """Metal3 made the host its owner; it is not collected with it."""
    named_by_the_host(world)
    world.reconcile()
    assert world.condition("Ready")["status"] == "True", "nothing has changed for it"
    if how == "redeploy":
        world.annotate(redeploy="true")
        world.settle()
        assert password_of(world, COPY) == "first"
    else:
        world.delete()
        world.until_gone()
    collected(world)
    assert password_of(world, USERS) == "first"
