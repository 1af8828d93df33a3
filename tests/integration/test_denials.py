# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real webhooks and ValidatingAdmissionPolicies, through ansible-playbook: one run, each denied for itself, everybody else served."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET
from tests.cluster.client import ApiRefused
from tests.cluster.metal3_rules import metal3
from tests.cluster.policies import Policies
from tests.fixtures.site import NAMESPACE, Site
from tests.simulators.kubernetes import CREATE, DELETE, UPDATE, Rule

METAL3 = 'admission webhook "baremetalhost.metal3.io" denied the request'
OTHERS = 'admission webhook "policy.example.com" denied the request'
BY_ID = "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"


def told_of(site: Site, name: str) -> tuple[str, str, str]:
    """Phase, reason and message of a generator."""
    status = site.status(name)
    ready = next((one for one in status.get("conditions") or [] if one["type"] == "Ready"), {})
    return status.get("phase", ""), ready.get("reason", ""), status.get("message", "")


def ledger(site: Site) -> list[Any]:
    """The open entries."""
    buffer = site.api.get(BUFFER, None, "default")
    assert buffer is not None
    return (buffer.get("status") or {}).get("reservations") or []


def test_each_denial_stops_one(site: Site, policies: Policies, door: str) -> None:
    """Of Secret, NMStateConfig, host, its activation, a finalizer and a status; by webhooks and by policies."""
    policies.webhook(metal3())
    policies.webhook(
        Rule(SECRET, name="hp-cred-hpe-node-01", text="[owners] a Secret\n[names] has an owner"),
        Rule(NMSTATE, name="nmstate-config-hpe-node-02", text="\n\nblocked: \n\nvlans:\n  no-24: 'not here'\n", code=0, reason=""),
        Rule(HOST, name="hpe-node-03", text='User "eve" cannot create resource "pods" either'), Rule(HOST, (UPDATE,), name="hpe-node-04", text="no change"),
        Rule(GENERATOR, (UPDATE,), name="finalizer", text="hands off"), Rule(GENERATOR, (UPDATE,), "status", name="status", text="hands off its status"),
        name="policy.example.com")
    policies.policy("no-such-hosts", Rule(HOST, name="hpe-node-07", text="not this one", reason="Invalid"))
    policies.policy("no-old-hosts", Rule(HOST, name="hpe-node-08", text="nor this one", reason="Forbidden"))
    denied = {
        "secret": ("hpe-node-01", f"{OTHERS}: [owners] a Secret [names] has an owner"),
        "config": ("hpe-node-02", f"{OTHERS}: blocked: vlans: no-24: 'not here'"),
        "host": ("hpe-node-03", f'{OTHERS}: User "eve" cannot create resource "pods" either'), "active": ("hpe-node-04", f"{OTHERS}: no change"),
        "finalizer": ("hpe-node-05", f"{OTHERS}: hands off"),
        "invalid": ("hpe-node-07", "ValidatingAdmissionPolicy 'no-such-hosts' with binding 'no-such-hosts-binding' denied request: not this one"),
        "forbidden": ("hpe-node-08", "ValidatingAdmissionPolicy 'no-old-hosts' with binding 'no-old-hosts-binding' denied request: nor this one"),
    }
    for name, (server, _said) in denied.items():
        site.generator(name, {"serverName": server, **({"networkConfig": {"vlanId": 24}} if name == "config" else {})})
    site.generator("status", {"serverName": "hpe-node-06"})
    with pytest.raises(ApiRefused, match="deviceName"):         # known without asking Metal3: the API itself does not take it
        site.generator("by-id", {"serverName": "hpe-node-10", "host": {"rootDeviceHints": {"deviceName": BY_ID}}})
    for number in (11, 12, 13):
        site.generator(f"good-{number}", {"serverName": f"hpe-node-{number}"})
    run = site.run("reconcile", door).succeeded()
    for name, (_server, said) in denied.items():
        phase, reason, message = told_of(site, name)
        assert (phase, reason) == ("Failed", "Denied") and said in message, (name, phase, reason, message)
        assert message.isprintable() and site.status(name)["nextAttemptAt"], name
        assert any(f"{NAMESPACE}/{name}: " in line and said in line for line in run.told), (name, run.told)
    assert any(f"{NAMESPACE}/status: failed." in line and "hands off its status" in line for line in run.told), run.told
    assert {name: told_of(site, name)[0] for name in ("good-11", "good-12", "good-13")} == dict.fromkeys(("good-11", "good-12", "good-13"), "Completed")
    assert sorted(site.hosts()) == ["hpe-node-11", "hpe-node-12", "hpe-node-13"] and ledger(site) == []
    secrets = [one["metadata"]["name"] for one in site.api.list(SECRET, NAMESPACE) if "-cred-" in one["metadata"]["name"]]
    assert sorted(secrets) == [f"hp-cred-hpe-node-{number}" for number in (11, 12, 13)]


def test_what_is_there_and_may_not_be_changed(site: Site, policies: Policies) -> None:
    """A host made under an older Metal3, and one that may not be deleted: each told, and the others go."""
    site.generator("keeps", {"serverName": "hpe-node-01"})
    site.generator("goes", {"serverName": "hpe-node-02"})
    server = site.oneview.inventory["hpe-node-03"]
    site.api.apply({
        "apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost",
        "metadata": {"name": "hpe-node-03", "namespace": NAMESPACE, "labels": {"infraenvs.agent-install.openshift.io": "site-a"}},
        "spec": {"online": True, "bootMACAddress": server.boot_mac, "rootDeviceHints": {"deviceName": BY_ID}, "bmc": {
            "address": f"redfish-virtualmedia://{server.bmc_address}/redfish/v1/Systems/1", "credentialsName": "hp-cred-hpe-node-03"}}})
    site.run("onboard").succeeded()
    assert sorted(site.hosts()) == ["hpe-node-01", "hpe-node-02", "hpe-node-03"]
    policies.webhook(metal3(), Rule(HOST, (DELETE,), name="hpe-node-01", text="this one stays"))
    site.generator("adopts", {"serverName": "hpe-node-03"})
    for name in ("keeps", "goes"):
        site.api.delete(GENERATOR, NAMESPACE, name)
    for _run in range(2):
        run = site.run("reconcile").succeeded()
    assert site.api.get(GENERATOR, NAMESPACE, "goes") is None and sorted(site.hosts()) == ["hpe-node-01", "hpe-node-03"]
    _phase, reason, message = told_of(site, "keeps")
    assert reason == "Denied" and f"{METAL3}: this one stays" in message
    phase, reason, message = told_of(site, "adopts")
    assert (phase, reason) == ("Failed", "Denied") and f'{METAL3}: device name of root device hint must be path in /dev/ or /dev/disk/by-path/' in message
    assert f"{NAMESPACE}/hpe-node-03" in message and "on the host" in message
    assert all(any(f"{NAMESPACE}/{name}" in line and METAL3 in line for line in run.told) for name in ("keeps", "adopts")), run.told


def test_reconcile_says_that_a_webhook_is_down(site: Site, policies: Policies) -> None:
    """In the status and on the screen, rather than that everybody waits in line."""
    for number in (1, 2):
        site.generator(f"g{number}", {"serverName": f"hpe-node-0{number}"})
    webhook = policies.webhook(Rule(HOST, (CREATE, UPDATE), name="nobody"))
    with policies.down(webhook):
        run = site.run("reconcile").succeeded()
    for name in ("g1", "g2"):
        phase, reason, message = told_of(site, name)
        assert (phase, reason) == ("Buffered", "ClusterUnavailable"), site.status(name)
        assert 'failed calling webhook "baremetalhost.metal3.io"' in message
        assert any(f"{NAMESPACE}/{name}: Buffered." in line and "failed calling webhook" in line for line in run.told), run.told
    assert site.hosts() == {}
