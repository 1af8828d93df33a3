# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only look, and what reconcile tells at its end: whatever is wrong, each time; one odd object is one odd entry."""
from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST
from tests.fixtures.odd import store_odd
from tests.fixtures.site import NAMESPACE, Site

GONE = f"{NAMESPACE}/gone: Completed, but not ready (HostGone). Host {NAMESPACE}/hpe-node-01 is gone; redeploy makes it anew."
EDITED = f"{NAMESPACE}/edited: Completed, but not ready (SpecChanged). infraEnv changed after the host was made; redeploy makes it anew."


def look(site: Site, module: str, **options: Any) -> dict[str, dict[str, Any]]:
    """What an info module tells, by name."""
    found = site.run([{f"baremetal.generator.{module}": options}]).succeeded().of(module)
    key, = {"generators", "buffers", "hosts"} & set(found)
    return {one["name"]: one for one in found[key]}


def test_what_is_wrong_with_completed_ones_is_told_each_time(site: Site) -> None:
    """HostGone and SpecChanged change no phase, and are told by every run until somebody mends them."""
    site.infra_env("site-b")
    for number, name in enumerate(("gone", "edited", "fine"), start=1):
        site.generator(name, {"serverName": f"hpe-node-0{number}", "server_vendor": "HP"})
    assert not [line for line in site.run("reconcile").succeeded().told if "not ready" in line]
    site.api.delete(HOST, NAMESPACE, "hpe-node-01")
    site.api.patch(GENERATOR, NAMESPACE, "edited", {"spec": {"infraEnv": "site-b"}})
    for _run in range(3):
        run = site.run("reconcile").succeeded()
        assert run.tasks[-1].task == "Tell who is not ready, and why" and run.tasks[-1].result["msg"] == [EDITED, GONE]
    found = look(site, "generator_info")
    assert {name: (one["phase"], one["ready"], one["reason"]) for name, one in found.items()} == {
        "gone": ("Completed", False, "HostGone"), "edited": ("Completed", False, "SpecChanged"), "fine": ("Completed", True, "")}
    assert found["gone"]["summary"] == GONE and found["fine"]["summary"] == f"{NAMESPACE}/fine: Completed. Host {NAMESPACE}/hpe-node-03 is there."

    site.api.patch(GENERATOR, NAMESPACE, "edited", {"spec": {"infraEnv": "site-a"}})
    site.api.patch(GENERATOR, NAMESPACE, "gone", {"metadata": {"annotations": {"redeploy": "true"}}})
    site.run("reconcile").succeeded()
    run = site.run("reconcile").succeeded()
    assert run.tasks[-1].outcome == "skipped" and not [line for line in run.told if "not ready" in line]


def test_an_odd_generator_is_one_entry_that_says_what_is_wrong(site: Site) -> None:
    """The others are told as ever."""
    site.buffer(cap=0)
    site.generator("good", {"serverName": "hpe-node-01", "server_vendor": "HP"})
    site.run("onboard").succeeded()
    status = {"phase": "Completed", "attempts": "three", "nextAttemptAt": 5, "conditions": [
        "none", {"type": "Ready", "status": "False", "reason": "HostGone", "message": "Host metal/odd is gone; redeploy makes it anew."}]}
    store_odd(site.api, GENERATOR, {"name": "odd", "namespace": NAMESPACE}, {"infraEnv": 7, "networkConfig": {"vlanId": ["24"]}}, status)
    store_odd(site.api, GENERATOR, {"name": "worse", "namespace": NAMESPACE}, ["no", "spec"], "no status")
    found = look(site, "generator_info")
    assert list(found) == ["good", "odd", "worse"]
    assert found["good"]["faults"] == [] and (found["good"]["phase"], found["good"]["place"]) == ("Buffered", 1)
    odd = found["odd"]
    assert (odd["phase"], odd["ready"], odd["reason"], odd["attempts"], odd["next_attempt_at"], odd["infra_env"]) == ("Completed", False, "HostGone", 0, "", "")
    assert set(odd["faults"]) == {
        "status.attempts must be a whole number, not a text", "status.nextAttemptAt must be a text, not a number",
        "status.conditions[0] must be an object, not a text", "spec.infraEnv must be a text, not a number",
        "spec.networkConfig.vlanId must be a text or a whole number, not a list"}
    assert "What cannot be read of it: " in odd["summary"] and odd["summary"].endswith("; and 2 more.")
    assert found["worse"]["faults"] == ["spec must be an object, not a list", "status must be an object, not a text"]


def test_an_odd_buffer_and_an_odd_host_are_one_entry_each(site: Site) -> None:
    """Nobody is let in by a cap that cannot be read; a host's own numbers stay with the host."""
    site.host("good", bootMACAddress="9a:a0:22:90:00:01", bmc={"address": "ipmi://192.0.2.21", "credentialsName": "x"})
    store_odd(site.api, BUFFER, {"name": "odd"}, {"maxAvailable": "twenty"}, {"reservations": ["none", {"key": "metal/kept"}], "lastTicket": 7})
    store_odd(site.api, HOST, {"name": "odd", "namespace": NAMESPACE}, {"online": "yes", "bootMACAddress": 5, "consumerRef": "somebody"}, ["fine"])
    buffers = look(site, "buffer_info")
    assert list(buffers) == ["default", "odd"] and buffers["default"]["faults"] == []
    assert buffers["default"]["summary"] == "default: 1 of 20 slots held, 1 of them by hosts without any status; nobody waits in line."
    assert (buffers["odd"]["cap"], buffers["odd"]["free"], buffers["odd"]["used"], buffers["odd"]["reserved"]) == (0, 0, 1, 1)
    assert set(buffers["odd"]["faults"]) == {
        "spec.maxAvailable must be a whole number, not a text", "status.lastTicket must be a text, not a number",
        "status.reservations[0] must be an object, not a text", "status.reservations has an entry for host metal/kept of which the rest cannot be read"}
    hosts = look(site, "baremetal_host_info")
    assert list(hosts) == ["good", "odd"] and hosts["good"]["boot_mac"] == "9a:a0:22:90:00:01" and hosts["good"]["faults"] == []
    assert hosts["odd"]["faults"] == ["spec.bootMACAddress must be a text, not a number", "status must be an object, not a list"]
    assert (hosts["odd"]["in_use"], hosts["odd"]["consumer"], hosts["odd"]["boot_mac"]) == (True, "", "")
