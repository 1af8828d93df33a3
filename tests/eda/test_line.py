# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped rulebook under the real ansible-rulebook: generators become hosts, storms stay few runs, nothing is lost when everything is killed."""
from __future__ import annotations

import runpy
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST

from tests.cluster.client import ApiRefused
from tests.fixtures.rulebook import Rulebook, variables_file
from tests.fixtures.site import INFRA_ENV, NAMESPACE, OURS, Site
from tests.simulators.metal3 import Metal3
from tests.tools.places import name_the_collection
from tests.waiting import until

ARRIVES = 40.0
SOURCES = "ansible_collections/baremetal/generator/extensions/eda/plugins/event_source"


@pytest.fixture(name="line")
def line_fixture(site: Site, rulebook: Rulebook) -> Rulebook:
    """The rulebook with the site's cluster, managers and credentials."""
    rulebook.environment["K8S_AUTH_KUBECONFIG"] = site.kubeconfig
    rulebook.environment["GENERATOR_VARS"] = variables_file(rulebook.folder, site.variables)
    return rulebook


@pytest.fixture(name="metal3")
def metal3_fixture(site: Site) -> Iterator[Metal3]:
    with Metal3(site.admin_kubeconfig, 0.1, 0.2) as metal3:
        yield metal3


def phases(site: Site) -> dict[str, str]:
    return {one["metadata"]["name"]: (one.get("status") or {}).get("phase", "") for one in site.api.list(GENERATOR)}


def all_are(site: Site, *wanted: str) -> Callable[[], bool]:
    return lambda: set(phases(site).values()) <= set(wanted)


def ask(site: Site, name: str, server: str, **spec: Any) -> None:
    """Create one without a look at what is there: quicker than apply."""
    site.api.create(GENERATOR, {
        "apiVersion": OURS, "kind": "BareMetalHostGenerator", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"infraEnv": INFRA_ENV, "serverName": server, **spec}})


def hosts(site: Site) -> dict[str, Any]:
    return {host["metadata"]["name"]: host for host in site.api.list(HOST)}


def state(host: dict[str, Any]) -> str:
    return ((host.get("status") or {}).get("provisioning") or {}).get("state", "")


def buffers(site: Site) -> list[dict[str, Any]]:
    return [{"status": {}, **buffer} for buffer in site.api.list(BUFFER)]


def resting(site: Site) -> bool:
    return not any(buffer["status"].get("reservations") for buffer in buffers(site))


def sessions(site: Site) -> int:
    return site.oneview.counters.open_sessions + site.ome.counters.open_sessions


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def stopped_cleanly(site: Site, line: Rulebook) -> None:
    assert line.stop() == 0, line.output
    assert line.alive() == []
    assert line.left_in_tmp() == []
    assert not line.heartbeat.exists(), "the finally of the sources has run"
    assert sessions(site) == 0


def test_generators_become_hosts_and_go_again_and_the_rulebook_stops_cleanly(site, line, metal3):
    line.start()
    for number in range(1, 4):
        site.generator(f"hpe-node-{number:02d}", {"server_vendor": "HP"})
        site.generator(f"dell-node-{number:02d}")
    until(all_are(site, "Completed"), ARRIVES, "six generators are Completed")
    assert len(hosts(site)) == 6
    site.api.delete(GENERATOR, NAMESPACE, "hpe-node-02")
    until(lambda: "hpe-node-02" not in phases(site), ARRIVES, "the deleted generator is gone")
    assert "hpe-node-02" not in hosts(site)
    stopped_cleanly(site, line)
    assert "ERROR" not in line.output.replace("Cannot find any rulesExecutor", "").replace("ERROR org.drools", "")


def test_two_hundred_generators_within_three_seconds_start_few_playbooks_and_none_is_lost(site, line):
    names = [f"storm-{number:03d}" for number in range(200)]
    site.oneview.inventory.add_usual(names)
    site.buffer(cap=150)
    line.start()
    until(lambda: all(one["status"] for one in buffers(site)), ARRIVES, "the first check of the buffer is over")
    before, began = len(line.starts), time.time()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: ask(site, name, name, server_vendor="HP"), names))
    assert time.time() - began < 3.5
    until(lambda: Counter(phases(site).values()) == {"Completed": 150, "Buffered": 50}, 90, "150 are Completed and 50 wait")
    until(lambda: resting(site), 30, "no reservation is open")
    assert len(hosts(site)) == 150
    stopped_cleanly(site, line)
    assert 1 <= len(line.starts) - before <= 5, line.output


def test_a_slot_that_comes_free_during_a_slow_onboarding_is_filled_within_five_seconds(site, line, metal3):
    site.buffer(cap=2)
    line.variables["generator_interval_seconds"] = 600      # only the watch can tell
    line.start()
    for number in range(1, 4):
        site.generator(f"hpe-node-{number:02d}", {"server_vendor": "HP"})
    until(lambda: Counter(phases(site).values()) == {"Completed": 2, "Buffered": 1}, ARRIVES, "two are Completed and one waits")
    until(lambda: resting(site) and all(state(host) == "available" for host in hosts(site).values()), ARRIVES, "both hosts are available")
    site.ome.latency = 2.5
    runs = len(line.starts)
    site.generator("dell-node-01", {"server_vendor": "DELL"})
    until(lambda: len(line.starts) > runs, ARRIVES, "the slow onboarding has begun")
    slow_since = time.monotonic()
    metal3.take(next(iter(hosts(site))), NAMESPACE)
    until(lambda: Counter(phases(site).values())["Completed"] == 3, 5, "the slot is filled")
    assert phases(site)["dell-node-01"] in ("", "Processing"), "the onboarding is still under way"
    until(lambda: phases(site)["dell-node-01"] == "Buffered", ARRIVES, "the slow onboarding ends")
    assert time.monotonic() - slow_since > 8


def test_nothing_is_lost_when_everything_is_killed_in_the_middle(site, line):
    names = [f"killed-{number:02d}" for number in range(40)]
    site.oneview.inventory.add_usual(names[:20])
    site.ome.inventory.add_usual(names[20:])
    site.buffer(cap=30)
    site.oneview.latency = site.ome.latency = 0.2
    line.start()
    for name in names:
        ask(site, name, name)
    until(lambda: any(phases(site).values()), ARRIVES, "the first generator has a phase", pause=0.01)
    line.kill()
    assert Counter(phases(site).values())["Completed"] < 30, "it was killed before its work was done"
    line.start()
    until(lambda: Counter(phases(site).values()) == {"Completed": 30, "Buffered": 10}, 90, "30 are Completed and 10 wait")
    until(lambda: resting(site), 30, "no reservation is open")
    made = hosts(site)
    assert len(made) == 30 and len({host["spec"]["bootMACAddress"] for host in made.values()}) == 30
    assert line.stop() == 0
    assert line.alive() == []


def test_a_stop_in_the_middle_of_an_onboarding_logs_out_and_leaves_nothing(site, line):
    line.start()
    site.ome.latency = 1.5
    site.generator("dell-node-01", {"server_vendor": "DELL"})
    until(lambda: sessions(site), ARRIVES, "the stage has logged in", pause=0.01)
    assert line.stop() == 0, line.output
    until(lambda: not line.alive(), 10, "no descendant is left")
    assert sessions(site) == 0
    assert line.left_in_tmp() == []
    assert phases(site)["dell-node-01"] in ("", "Processing")


PLANTED = "{{ lookup('ansible.builtin.pipe', 'touch FILE') }}"


def test_a_template_in_any_field_of_a_generator_stays_text(site, line, tmp_path):
    proof = tmp_path / "executed"
    text = PLANTED.replace("FILE", str(proof))
    spec: dict[str, Any] = {"infraEnv": INFRA_ENV}
    network = {"nicName": "ens1", "macIndex": "first"}
    planted = {
        "vendor-annotation": ({}, {"server_vendor": text}), "vlan-annotation": ({}, {"vlanId": text}), "vlan-id-annotation": ({}, {"vlan_id": text}),
        "redeploy": ({}, {"redeploy": text}), "retry": ({}, {"retry": text}), "delete": ({}, {"infra.example.com/delete-in-use": text}),
        "other-annotation": ({}, {"note": text}), "server-name": ({"serverName": text}, {}), "infra-env": ({"infraEnv": text}, {}),
        "namespace": ({"namespace": text}, {}), "vendor": ({"server_vendor": text}, {}), "buffer": ({"buffer": text}, {}),
        "label": ({"labels": {"a": text}}, {}), "label-key": ({"labels": {text: "a"}}, {}), "nic": ({"networkConfig": {**network, "nicName": text}}, {}),
        "index": ({"networkConfig": {**network, "macIndex": text}}, {}), "nics": ({"networkConfig": {"nicNames": [text], "macIndices": ["0"]}}, {}),
        "old-nic": ({"network": {**network, "nicName": text}}, {}), "role": ({"host": {"role": text}}, {}), "mode": ({"host": {"bootMode": text}}, {}),
        "cleaning": ({"host": {"automatedCleaningMode": text}}, {}), "credentials": ({"host": {"bmcCredentials": text}}, {}),
        "cluster": ({"host": {"clusterReference": {"name": text, "namespace": text}}}, {}), "hints": ({"host": {"rootDeviceHints": {"deviceName": text}}}, {}),
    }
    line.start()
    taken = []
    for number, (name, (fields, annotations)) in enumerate(planted.items(), 1):
        try:
            site.generator(name, {"serverName": f"hpe-node-{number:02d}", **spec, **fields}, annotations=annotations)
        except ApiRefused as refused:
            assert refused.code in (400, 422), name
        else:
            taken.append(name)
    assert {"vendor-annotation", "vlan-annotation", "redeploy", "retry", "other-annotation"} <= set(taken)
    until(lambda: all(phase in ("Completed", "Failed", "Buffered") for phase in phases(site).values()), 90, "every generator has come to something")
    assert "touch" in site.status("vendor-annotation")["message"], "the sentence shows the text as it was written"
    stopped_cleanly(site, line)
    assert not proof.exists()


@pytest.mark.parametrize(("change", "sentence"), [
    ({"generator_interval_seconds": "often"}, "buffer_check: 'interval_seconds' must be a number of seconds, 1 or more, not 'often'"),
    ({"generator_health_port": 99999}, "generators: 'port' must be a port from 1 to 65535, not '99999'"),
    ({"K8S_AUTH_API_KEY": "expired"}, "does not accept the credentials (401): the token has expired or is wrong"),
    ({"K8S_AUTH_KUBECONFIG": "/no/such/kubeconfig"}, "There is no kubeconfig at /no/such/kubeconfig: give kubeconfig, or host and api_key"),
])
def test_what_cannot_heal_ends_the_rulebook_loudly(site, line, change, sentence):
    for name, value in change.items():
        (line.environment if name.isupper() or "AUTH" in name else line.variables)[name] = value
    line.start(wait=False)
    assert line.ended() == 1
    assert sentence in line.output, line.output
    assert line.alive() == [] and line.starts == []


@pytest.mark.parametrize(("source", "playbook"), [("generators", "onboard"), ("buffer_check", "buffer_check")])
def test_the_example_of_a_source_works_as_it_stands(site, line, source, playbook):
    documented = yaml.safe_load(runpy.run_path(str(name_the_collection() / SOURCES / f"{source}.py"))["EXAMPLES"])
    arguments = documented[0]["sources"][0][f"baremetal.generator.{source}"]
    if "port" in arguments:
        arguments.update(host="127.0.0.1", port=free_port())
    rulebook = line.folder / "example.yml"
    rulebook.write_text(yaml.safe_dump(documented, sort_keys=False), encoding="utf-8")
    site.generator("first", {"serverName": "hpe-node-01"})
    line.start(rulebook, wait=False)
    until(lambda: line.starts, ARRIVES, "the playbook is started")
    assert line.starts[0].arguments.endswith(f" baremetal.generator.{playbook}")
    assert line.stop() == 0, line.output
