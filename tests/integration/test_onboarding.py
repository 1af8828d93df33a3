# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a generator to its host, by the playbooks that come with the collection, through both doors."""
from __future__ import annotations

import base64
import re
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import EVENT, GENERATOR, HOST, NMSTATE, SECRET
from tests.fixtures.site import BMC_USER, INFRA_ENV, NAMESPACE, PASSWORDS, Site


def test_a_generator_becomes_an_active_host(site: Site, door: str) -> None:
    """One run of onboard makes NMStateConfig, Secret and host; a second run changes nothing."""
    site.generator("first", {"serverName": "HPE-node-03", "networkConfig": {"vlanId": 24}, "labels": {"rack": "r1"}})
    run = site.run("onboard", door).succeeded()
    server = site.oneview.inventory["hpe-node-03"]
    status = site.status("first")
    assert (status["phase"], status["macAddress"], status["ipmiAddress"]) == ("Completed", server.boot_mac, server.bmc_address)
    host = site.hosts()["hpe-node-03"]
    labels = host["metadata"]["labels"]
    assert labels["infraenvs.agent-install.openshift.io"] == INFRA_ENV and labels["rack"] == "r1"
    assert "baremetalhost.metal3.io/paused" not in host["metadata"]["annotations"]
    assert host["spec"]["bootMACAddress"] == server.boot_mac and server.bmc_address in host["spec"]["bmc"]["address"]
    secret = site.api.get(SECRET, NAMESPACE, host["spec"]["bmc"]["credentialsName"])
    assert secret is not None
    assert {field: base64.b64decode(value).decode() for field, value in secret["data"].items()} == {"username": BMC_USER, "password": PASSWORDS["HP"]}
    config = site.api.get(NMSTATE, NAMESPACE, "nmstate-config-hpe-node-03")
    assert config is not None and config["spec"]["config"]["interfaces"][-1]["vlan"]["id"] == 24
    assert f"{NAMESPACE}/first: completed. Host {NAMESPACE}/hpe-node-03 is there." in run.told
    assert not site.run("onboard", door).succeeded().changed
    assert site.oneview.counters.open_sessions == 0


def test_servers_whose_names_no_host_can_have_become_hosts_with_their_generators_names(site: Site, door: str) -> None:
    """The name is looked up as it stands, and told as it stands: it is never a template, a pattern or a part of a filter."""
    wanted = {"bay3": "Encl1, bay 3", "quoted": "it's \"web\" {{ 7 * 7 }}", "under": "esxi_host_01"}
    servers = [
        site.oneview.inventory.rack_dhcp(wanted["bay3"]), site.ome.inventory.rack(wanted["quoted"]), site.ome.inventory.rack(wanted["under"])]
    for (name, server_name), network in zip(wanted.items(), ({"vlanId": 24}, {}, {})):
        site.generator(name, {"serverName": server_name, "networkConfig": network})
    run = site.run("onboard", door, "--diff").succeeded()
    assert {host["spec"]["bootMACAddress"]: name for name, host in site.hosts().items()} == {server.boot_mac: name for name, server in zip(wanted, servers)}
    assert {name: site.status(name)["phase"] for name in wanted} == dict.fromkeys(wanted, "Completed")
    assert site.api.get(NMSTATE, NAMESPACE, "nmstate-config-bay3") and site.api.get(SECRET, NAMESPACE, "dell-cred-quoted")
    assert "web\" 49" not in run.output and f"{NAMESPACE}/bay3: completed. Host {NAMESPACE}/bay3 is there." in run.told
    assert not site.run("onboard", door).succeeded().changed
    looked = site.run([{"baremetal.generator.generator_info": {}, "register": "found"}], door).succeeded().of("generator_info")
    assert {one["name"]: one["server"] for one in looked["generators"]} == wanted
    site.generator("again", {"serverName": "ENCL1, bay 3"})
    site.run("onboard", door).succeeded()
    assert "Generator metal/bay3 wants the same server" in site.status("again")["message"] and len(site.hosts()) == 3


def test_check_mode_tells_what_the_run_then_does(site: Site, door: str) -> None:
    """reconcile --check --diff writes nothing, and says of each generator what the real run says."""
    site.buffer(cap=2)
    for number in range(1, 5):
        site.generator(f"g{number}", {"serverName": f"hpe-node-0{number}", "networkConfig": {"vlanId": 7}})
    site.generator("unknown", {"serverName": "nobody-knows-me"})
    check = site.run("reconcile", door, "--check", "--diff").succeeded()
    assert site.hosts() == {} and site.status("g1") == {} and site.api.list(NMSTATE, NAMESPACE) == []
    real = site.run("reconcile", door, "--diff").succeeded()
    for module in ("generator_resolve", "buffer_admit"):
        told = [{(one["name"], one["action"], one["message"]) for one in run.of(module)["generators"]} for run in (check, real)]
        assert told[0] == told[1] and told[0]
        headers = [[one["after_header"] for one in run.of(module)["diff"]] for run in (check, real)]
        assert headers[0] == headers[1] and headers[0]
    assert check.of("buffer_admit")["buffers"][0]["used"] == 2 and len(site.hosts()) == 2
    for password in PASSWORDS.values():
        assert password not in check.output + real.output
        assert base64.b64encode(password.encode()).decode() not in check.output + real.output


def normal(result: Any) -> Any:
    """Without what no two runs have in common: times, identities, and the order in which threads come to their end."""
    if isinstance(result, dict):
        return {name: normal(value) for name, value in result.items()}
    if isinstance(result, list):
        return sorted((normal(one) for one in result), key=str)
    if isinstance(result, str):
        return re.sub(r"\b([0-9a-f]{20}|check-[0-9]+)\b", "ID", re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", result))
    return result


def test_both_doors_return_the_same(site: Site) -> None:
    """Results, messages and what is printed at -vvvv with differences."""
    site.generator("first", {"serverName": "hpe-node-05"})
    site.generator("bad", {"serverName": "nobody"})
    runs = {door: site.run("reconcile", door, "--check", "--diff", "-vvvv").succeeded() for door in ("action", "module")}
    for module in ("generator_remove", "generator_resolve", "buffer_admit"):
        action, of_module = (dict(runs[door].of(module)) for door in ("action", "module"))
        assert normal(action) == normal(of_module)
    for run in runs.values():
        for password in (*PASSWORDS.values(), site.login.token):
            assert password not in run.output


def test_servers_of_every_manager_come_in_one_run(site: Site, door: str) -> None:
    """Both dialects, a bond with a VLAN, and a vendor that is found out by asking."""
    site.generator("hp", {"serverName": "hpe-node-10", "server_vendor": "hp", "network": {"nicName": "ens1", "macIndex": "last"}})
    site.generator("bond", {"serverName": "hpe-node-11", "networkConfig": {"nicNames": ["ens1", "ens2"], "macIndices": ["0", "1"], "vlanId": 100}})
    site.generator("dell-node-04", annotations={"vlanId": "300"})
    run = site.run("onboard", door).succeeded()
    assert {name: site.status(name)["phase"] for name in ("hp", "bond", "dell-node-04")} == dict.fromkeys(("hp", "bond", "dell-node-04"), "Completed"), run.told
    nics = site.oneview.inventory["hpe-node-10"].nics
    assert site.status("hp")["macAddress"] == nics[-1]
    assert site.status("bond")["macAddresses"] == list(site.oneview.inventory["hpe-node-11"].nics[:2])
    bond = site.api.get(NMSTATE, NAMESPACE, "nmstate-config-hpe-node-11")
    assert bond is not None and [one["type"] for one in bond["spec"]["config"]["interfaces"]] == ["ethernet", "ethernet", "bond", "vlan"]
    assert site.status("dell-node-04")["serverVendor"] == "DELL" and site.status("dell-node-04")["vlanId"] == 300
    assert site.oneview.counters.logins == site.ome.counters.logins == 1
    assert site.oneview.counters.open_sessions == site.ome.counters.open_sessions == 0


def test_the_cap_holds_and_the_line_moves_in_order(site: Site, door: str) -> None:
    """Three of five get in; a host that is taken lets the next one in, and reconcile tells who waits where."""
    site.buffer(cap=3)
    for number in range(1, 6):
        site.generator(f"g{number}", {"serverName": f"hpe-node-{number + 10}"})
    site.run("onboard", door).succeeded()
    phases = [site.status(f"g{number}")["phase"] for number in range(1, 6)]
    assert sorted(phases) == ["Buffered", "Buffered", "Completed", "Completed", "Completed"]
    waiting = sorted((name for name in (f"g{number}" for number in range(1, 6)) if site.status(name)["phase"] == "Buffered"),
                     key=lambda name: site.status(name)["bufferedAt"])
    told = site.run("reconcile", door).succeeded().told
    assert any(f"/{waiting[0]}: Buffered." in line and "1st of 2 in line; 3 of 3 slots held" in line for line in told), told
    taken = next(iter(site.hosts()))
    site.api.patch(HOST, NAMESPACE, taken, {"spec": {"consumerRef": {"name": "cluster-1", "namespace": NAMESPACE, "kind": "Metal3Machine"}}})
    site.run("buffer_check", door).succeeded()
    assert [site.status(name)["phase"] for name in waiting] == ["Completed", "Buffered"]


def test_a_deleted_generator_takes_everything_along(site: Site, door: str) -> None:
    """Host, Secret, NMStateConfig and the generator itself are gone; a second run changes nothing."""
    site.generator("first", {"serverName": "hpe-node-03", "networkConfig": {"vlanId": 24}})
    site.run("onboard").succeeded()
    site.api.delete(GENERATOR, NAMESPACE, "first")
    site.run("remove", door).succeeded()
    if site.api.get(GENERATOR, NAMESPACE, "first"):
        site.run("remove", door).succeeded()
    assert site.hosts() == {} and site.api.list(NMSTATE, NAMESPACE) == []
    assert [one for one in site.api.list(SECRET, NAMESPACE) if "cred" in one["metadata"]["name"]] == []
    assert site.api.get(GENERATOR, NAMESPACE, "first") is None
    assert not site.run("remove", door).succeeded().changed


def test_events_tell_the_story_once(site: Site) -> None:
    """One Event for each step; the same step again is counted and makes no new one."""
    site.generator("first", {"serverName": "hpe-node-03"})
    site.generator("lost", {"serverName": "nobody"})
    site.run("onboard").succeeded()
    site.api.patch(GENERATOR, NAMESPACE, "lost", {"metadata": {"annotations": {"retry": "now"}}})
    site.run("onboard").succeeded()
    events = site.api.list(EVENT, NAMESPACE)
    of_lost = [one for one in events if one["involvedObject"]["name"] == "lost"]
    assert [(one["reason"], one["type"], one["count"]) for one in of_lost] == [("NotFound", "Warning", 2)]
    assert sorted(one["reason"] for one in events if one["involvedObject"]["name"] == "first") == ["Completed", "Enqueued"]
    assert all(one["involvedObject"]["uid"] for one in events)
