# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission as its users see it: one line, its cap, and what concerns one generator alone."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import admission, names
from ansible_collections.baremetal.generator.plugins.module_utils.availability import Usage
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.credentials import Credentials
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterUnavailable, Denied, Invalid, ObjectNotFound

from tests.unit.plugins.module_utils.admission.site import Site

CONSUMER = {"spec": {"consumerRef": {"name": "cluster"}}}


def test_ten_generators_at_once_become_ten_hosts() -> None:
    site = Site()
    for number in range(1, 11):
        site.apply(f"s{number}")
    site.resolve()
    site.admit()
    assert {one["metadata"]["name"] for one in site.list(HOST)} == {f"s{number}" for number in range(1, 11)}
    assert {site.status(f"s{number}")["phase"] for number in range(1, 11)} == {"Completed"}


def test_fifty_wait_behind_a_full_buffer_and_come_in_order() -> None:
    site = Site(cap=20)
    for number in range(1, 71):
        site.apply(f"s{number:02}")
    site.resolve()
    assert site.admit().buffers["default"] == Usage(cap=20, used=20, free=0, reserved=0, waiting=50, in_error=0, without_status=20, occupied=20)
    for number in (3, 4, 5):
        site.change(HOST, f"s{number:02}", CONSUMER)
    site.admit()
    assert sorted(one["metadata"]["name"] for one in site.list(HOST))[20:] == ["s21", "s22", "s23"]


def test_two_hundred_grants_cost_three_ledger_writes() -> None:
    site = Site(cap=250)
    for number in range(1, 201):
        site.apply(f"s{number:03}")
    site.resolve()
    site.requests.clear()
    site.admit()
    assert len([what for what in site.requests if what.startswith("PUT baremetalhostbuffers")]) == 3
    assert len(site.list(HOST)) == 200


def test_a_second_run_writes_nothing() -> None:
    site = Site(cap=1)
    site.apply("s1")
    site.apply("s2")
    for _run in range(2):
        site.resolve()
        site.admit()
    before = site.store.number
    site.resolve()
    site.admit()
    assert site.store.number == before


def test_whoever_dies_with_an_open_entry_is_followed_by_the_next_after_fifteen_seconds() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.dies_at("POST baremetalhosts")
    site.actor = "another"
    begun = site.store.clock
    site.admit()
    assert site.status("s1")["phase"] == "Completed" and site.store.clock - begun >= 15


def overtaken(site: Site, times: int) -> None:
    """Somebody else writes the ledger each time when this run is about to, so many times."""
    left = iter(range(times))

    def write_first(what: str) -> None:
        if what.startswith("PUT baremetalhostbuffers") and (number := next(left, None)) is not None:
            site.change(BUFFER, "default", {"metadata": {"annotations": {"written": str(number)}}}, namespace=None)

    site.fail = write_first


def ledger_writes(site: Site) -> int:
    return sum(what.startswith("PUT baremetalhostbuffers") for what in site.requests)


def test_whoever_is_overtaken_twice_looks_again_and_grants() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.requests.clear()
    overtaken(site, 2)
    site.admit()
    assert site.status("s1")["phase"] == "Completed"
    assert ledger_writes(site) == 2 + 3


def test_whoever_is_overtaken_three_times_in_a_row_leaves_the_line_to_the_others_for_this_run() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.requests.clear()
    overtaken(site, 1000)
    assert site.admit().buffers["default"].free == 20
    assert ledger_writes(site) == 3 + 1, "the last one has the numbers"
    assert site.status("s1")["phase"] == "Buffered"
    site.fail = lambda what: None
    site.admit()
    assert site.status("s1")["phase"] == "Completed", "the next run begins anew"


def test_hosts_that_others_activated_meanwhile_are_not_asked_to_go() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.dies_at("PATCH baremetalhosts")
    assert names.RID in site.list(HOST)[0]["metadata"]["annotations"], "its host is inert"
    site.actor = "another"
    site.requests.clear()
    site.admit()
    assert site.status("s1")["phase"] == "Completed"
    assert not [what for what in site.requests if what.startswith("DELETE")]


@pytest.mark.parametrize(("error", "reason"), [
    (Denied("being terminated", 403, "Forbidden", ("NamespaceTerminating",)), "NamespaceTerminating"),
    (Denied("a quota is full", 403, "Forbidden", ("QuotaExceeded",)), "QuotaExceeded"),
    (Denied("a webhook does not want it", 403, "Forbidden"), "Denied"),
    (ObjectNotFound('namespaces "site" not found', 404, "NotFound", ("NamespaceMissing",)), "NamespaceMissing"),
    (Invalid("spec.bmc.address: Invalid value", 422, "Invalid"), "Denied"),
], ids=["namespace terminating", "quota", "webhook", "namespace missing", "422"])
def test_a_write_that_is_refused_for_good_concerns_its_generator_alone(error: Exception, reason: str) -> None:
    site = Site()
    site.apply("s1")
    site.apply("s2")
    site.resolve()

    def refuse(what: str) -> None:
        if what.startswith("POST secrets") and what.endswith("s1"):
            raise error

    site.fail = refuse
    site.admit()
    assert (site.status("s1")["phase"], site.reason("s1")) == ("Failed", reason)
    assert site.status("s2")["phase"] == "Completed"
    assert site.list(BUFFER)[0]["status"]["reservations"] == []


def test_an_entry_that_the_ledger_does_not_take_is_that_generators_failure() -> None:
    site = Site()
    for name in ("s1", "s2", "s3"):
        site.apply(name)
    site.resolve()
    put, refused = site.replace_status, []

    def choosy(kind: Any, body: Any) -> Any:
        entries = (body.get("status") or {}).get("reservations") or []
        if kind is BUFFER and any(entry["generator"]["name"] == "s2" for entry in entries):
            refused.append(len(entries))
            raise Invalid("status.reservations: Invalid value", 422, "Invalid")
        return put(kind, body)

    site.replace_status = choosy
    site.admit()
    assert refused == [3, 2], "all of them at once, then each alone"
    assert {name: site.status(name)["phase"] for name in ("s1", "s2", "s3")} == {"s1": "Completed", "s2": "Failed", "s3": "Completed"}
    assert site.reason("s2") == "Denied" and site.list(BUFFER)[0]["status"]["reservations"] == []


def test_a_failing_cluster_keeps_the_entry_for_ten_minutes_and_then_the_place() -> None:
    site = Site(cap=1)
    site.apply("s1")
    site.resolve()
    place = site.status("s1")["bufferedAt"]

    def fails(what: str) -> None:
        if what.startswith("POST baremetalhosts"):
            raise ClusterUnavailable("webhook down", 500)

    site.fail = fails
    site.admit()
    assert len(site.list(BUFFER)[0]["status"]["reservations"]) == 1
    site.store.clock += 601
    site.admit()
    status = site.status("s1")
    assert site.list(BUFFER)[0]["status"]["reservations"] == []
    assert (status["phase"], status["bufferedAt"], status["attempts"]) == ("Buffered", place, 1) and status["nextAttemptAt"]
    site.fail = lambda what: None
    site.admit()
    assert not site.list(HOST), "it is passed over until nextAttemptAt"
    site.store.clock += 60
    site.admit()
    assert site.status("s1")["phase"] == "Completed"


def test_a_failing_list_is_never_no_hosts() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()

    def fails(what: str) -> None:
        if what == "LIST baremetalhosts":
            raise ClusterUnavailable("503", 503)

    site.fail = fails
    with pytest.raises(ClusterUnavailable):
        site.admit()
    assert not site.store.of(HOST) and not (site.store.of(BUFFER)[0].get("status") or {}).get("reservations")


def test_without_credentials_no_slot_is_taken() -> None:
    site = Site(cap=1)
    site.apply("s1")
    site.apply("s2")
    site.resolve()
    site.requests.clear()
    site.admit(Credentials())
    assert site.reason("s1") == site.reason("s2") == "NoBmcCredentials"
    assert not any(what.startswith(("POST", "PATCH baremetalhostbuffers")) for what in site.requests)


def test_a_secret_that_the_user_names_is_copied_and_stays_the_users() -> None:
    site = Site()
    own = {"metadata": {"namespace": "site", "name": "mine"}, "data": {"username": "eA==", "password": "eQ=="}}
    site.store.create("user", SECRET, own)
    site.apply("s1", host={"bmcCredentials": "mine"})
    site.apply("s2", host={"bmcCredentials": "nobodys"})
    site.resolve()
    site.admit(Credentials())
    assert site.list(HOST)[0]["spec"]["bmc"]["credentialsName"] == "hp-cred-s1"
    assert site.store.get(SECRET, "site", "hp-cred-s1")["data"] == own["data"]
    assert site.reason("s2") == "NoBmcCredentials"
    site.store.delete("user", GENERATOR, "site", "s1")
    site.remove()
    site.remove()
    assert [one["metadata"]["name"] for one in site.list(SECRET)] == ["mine"] and "annotations" not in site.list(SECRET)[0]["metadata"]


def test_a_deleting_buffer_settles_its_entries_grants_nothing_and_goes() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.dies_at("PATCH baremetalhosts")
    site.apply("s2")
    site.resolve()
    site.store.delete("user", BUFFER, None, "default")
    site.admit()
    assert site.status("s1")["phase"] == "Completed" and site.status("s2")["phase"] == "Buffered"
    assert not site.list(BUFFER)


def test_two_generators_that_want_one_server_are_told() -> None:
    site = Site()
    site.apply("s1")
    site.apply("again", serverName="s1")
    site.resolve()
    assert site.status("s1")["phase"] == "Buffered"
    assert site.reason("again") == "Conflict" and "site/s1 wants the same server" in site.status("again")["message"]


def test_an_edit_to_another_buffer_keeps_the_time() -> None:
    site = Site(cap=0)
    site.store.create("user", BUFFER, {"metadata": {"name": "other"}, "spec": {"maxAvailable": 1}})
    site.apply("s1")
    site.resolve()
    place = site.status("s1")["bufferedAt"]
    site.apply("s2", buffer="other")
    site.resolve()
    site.change(GENERATOR, "s1", {"spec": {"buffer": "other"}})
    site.resolve()
    assert site.status("s1")["bufferedAt"] == place
    site.admit()
    assert [one["metadata"]["name"] for one in site.list(HOST)] == ["s1"]


def test_a_vlan_makes_an_nmstate_config_while_it_waits_and_its_edit_takes_it_away() -> None:
    site = Site(cap=0)
    site.apply("s1", networkConfig={"vlanId": 24})
    site.resolve()
    config = site.list(NMSTATE)[0]
    assert config["metadata"]["labels"]["env"] == "env" and config["spec"]["config"]["interfaces"][-1]["name"] == "nic1.24"
    site.change(GENERATOR, "s1", {"spec": {"networkConfig": None}})
    site.resolve()
    assert not site.list(NMSTATE)


def test_adoption_touches_neither_the_pool_nor_the_host() -> None:
    site = Site(cap=0)
    spec = {"bootMACAddress": "02:00:00:00:00:01", "bmc": {"address": "ipmi://192.0.2.1:623", "credentialsName": "hp-cred-s1"}, "online": True}
    site.store.create("operator", HOST, {"metadata": {"namespace": "site", "name": "s1", "labels": {names.INFRAENV_LABEL: "env"}}, "spec": spec})
    site.apply("s1")
    site.resolve()
    host = site.list(HOST)[0]
    assert site.status("s1")["phase"] == "Completed" and host["spec"] == spec
    assert host["metadata"]["annotations"][names.ADOPTED] == "true" and names.BUFFER_LABEL not in host["metadata"]["labels"]
    site.store.delete("user", GENERATOR, "site", "s1")
    site.remove()
    kept = site.list(HOST)[0]["metadata"]
    assert not site.list(GENERATOR) and not kept["annotations"] and kept["labels"] == {names.INFRAENV_LABEL: "env"}


def test_a_host_of_others_at_our_name_is_a_conflict() -> None:
    site = Site()
    spec = {"bootMACAddress": "02:00:00:00:00:99", "bmc": {"address": "ipmi://192.0.2.1:623", "credentialsName": "x"}}
    site.store.create("somebody", HOST, {"metadata": {"namespace": "site", "name": "s1", "labels": {names.INFRAENV_LABEL: "env"}}, "spec": spec})
    site.apply("s1")
    site.resolve()
    assert site.reason("s1") == "Conflict" and "another MAC" in site.status("s1")["message"]


def test_labels_alone_are_patched_and_anything_else_is_said() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.admit()
    site.change(GENERATOR, "s1", {"spec": {"labels": {"rack": "7"}}})
    site.resolve()
    assert site.list(HOST)[0]["metadata"]["labels"]["rack"] == "7" and site.status("s1")["observedGeneration"] == 2
    site.change(GENERATOR, "s1", {"spec": {"serverName": "s2"}})
    site.resolve()
    assert (site.status("s1")["phase"], site.reason("s1")) == ("Completed", "SpecChanged")


def test_a_host_deleted_by_hand_is_told_and_comes_back_by_redeploy_alone() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.admit()
    site.store.delete("user", HOST, "site", "s1")
    site.resolve()
    site.admit()
    assert site.reason("s1") == "HostGone" and not site.list(HOST)
    site.change(GENERATOR, "s1", {"metadata": {"annotations": {"redeploy": "true"}}})
    site.resolve()
    site.admit()
    assert site.reason("s1") == "Completed" and len(site.list(HOST)) == 1


def test_a_token_redeploys_once_and_stays() -> None:
    site = Site()
    site.apply("s1", annotations={"redeploy": "first"})
    uids = []
    for token in ("first", "first", "second", "second"):
        site.change(GENERATOR, "s1", {"metadata": {"annotations": {"redeploy": token}}})
        for _run in range(3):
            site.resolve()
            site.admit()
        uids.append(site.list(HOST)[0]["metadata"]["uid"])
    assert uids[0] == uids[1] != uids[2] == uids[3]
    assert site.status("s1")["redeployed"] == "second"


def test_a_host_in_use_is_protected_until_somebody_says_so() -> None:
    site = Site()
    site.apply("s1")
    site.resolve()
    site.admit()
    site.change(HOST, "s1", CONSUMER)
    site.store.delete("user", GENERATOR, "site", "s1")
    site.remove()
    assert site.reason("s1") == "HostInUse" and len(site.list(HOST)) == 1
    site.change(GENERATOR, "s1", {"metadata": {"annotations": {names.DELETE_IN_USE: "true"}}})
    site.remove()
    site.remove()
    assert not site.list(HOST) and not site.list(GENERATOR) and not site.list(SECRET)


def test_keep_resources_leaves_the_host_without_our_marks() -> None:
    site = Site(keep_resources=True)
    site.apply("s1")
    site.resolve()
    site.admit()
    site.store.delete("user", GENERATOR, "site", "s1")
    site.remove()
    metadata = site.list(HOST)[0]["metadata"]
    assert not site.list(GENERATOR) and len(site.list(SECRET)) == 1
    assert not [mark for mark in [*metadata["annotations"], *metadata["labels"]] if mark.startswith("infra.example.com/")]


def test_an_unknown_name_is_asked_again_slowly_and_at_once_on_retry() -> None:
    site = Site()
    site.apply("nobody")
    site.resolve()
    assert site.status("nobody")["phase"] == "Failed" and site.status("nobody")["nextAttemptAt"]
    before = len(site.outcomes)
    site.resolve()
    assert len(site.outcomes) == before
    site.change(GENERATOR, "nobody", {"metadata": {"annotations": {"retry": "now"}}})
    site.resolve()
    assert len(site.outcomes) == before + 1 and not site.store.of(GENERATOR)[0]["metadata"]["annotations"]


def test_the_sweep_takes_what_nobody_needs() -> None:
    site = Site(cap=0)
    site.apply("s1", networkConfig={"vlanId": 24})
    site.resolve()
    site.store.update("user", GENERATOR, "site", "s1", lambda before: {**before, "metadata": {**before["metadata"], "finalizers": []}})
    site.store.delete("user", GENERATOR, "site", "s1")
    assert len(admission.sweep(site, site.policy)) == 1 and not site.list(NMSTATE)
