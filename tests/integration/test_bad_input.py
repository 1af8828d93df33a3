# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong ends in one sentence: what, where, what to do. Nothing half-made stays, and other generators go on."""
from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import CRD, GENERATOR, HOST, INFRAENV, NAMESPACE, NMSTATE, SECRET
from tests.cluster.client import ApiRefused
from tests.fixtures.site import NAMESPACE as METAL
from tests.fixtures.site import Site
from tests.simulators.serving import LoginPageSimulator, closed_port

GOOD = "hpe-node-30"


def made(site: Site) -> list[str]:
    """Everything that generators make, by kind and name."""
    return sorted(f"{kind.kind} {one['metadata']['name']}" for kind in (HOST, SECRET, NMSTATE) for one in site.api.list(kind)
                  if kind is not SECRET or "-cred-" in one["metadata"]["name"])


def test_each_wrong_generator_fails_for_itself(site: Site, door: str) -> None:
    """One run over all of them: each has its sentence in its status, and the good one its host."""
    site.infra_env(namespace="elsewhere")
    wrong: dict[str, tuple[dict[str, Any], dict[str, str], str, str]] = {
        "vendor": ({"serverName": "hpe-node-01"}, {"server_vendor": "ibm"}, "InvalidSpec",
                   "server_vendor must be HP, DELL or CISCO, not 'ibm'; correct it, or leave it out to ask every manager."),
        "vlan-0": ({"serverName": "hpe-node-02"}, {"vlanId": "0"}, "InvalidSpec", "vlanId must be a VLAN from 1 to 4094, not '0'; correct it."),
        "vlan-4095": ({"serverName": "hpe-node-02"}, {"vlan_id": "4095"}, "InvalidSpec", "vlanId must be a VLAN from 1 to 4094, not '4095'; correct it."),
        "vlan-abc": ({"serverName": "hpe-node-02"}, {"vlanId": "abc"}, "InvalidSpec", "vlanId must be a VLAN from 1 to 4094, not 'abc'; correct it."),
        "no-infra-env": ({"serverName": "hpe-node-03", "infraEnv": "site-z"}, {}, "NoInfraEnv",
                         "InfraEnv metal/site-z does not exist; create it, or name another one."),
        "no-buffer": ({"serverName": "hpe-node-04", "buffer": "nope"}, {}, "BufferMissing", "Buffer nope does not exist; create it, or name another one."),
        "not-allowed": ({"serverName": "hpe-node-05", "namespace": "elsewhere"}, {}, "InvalidSpec",
                        "namespace elsewhere is not the generator's own (metal) and generator_host_namespaces does not list it; "
                        "list it there, or leave the field out."),
        "unknown": ({"serverName": "hpe-node-99", "server_vendor": "HP"}, {}, "NotFound",
                    f"oneview ({site.oneview.url}) knows no server named 'hpe-node-99'; correct the name, or create the server there."),
        "nic-17": ({"serverName": "hpe-node-06", "networkConfig": {"nicName": "ens1", "macIndex": "17"}}, {}, "InvalidSpec",
                   "macIndex 17 is too high: the server has 2 network ports, counted from 0; correct it."),
        "dell": ({"serverName": "dell-node-01"}, {}, "NoBmcCredentials", "generator_bmc_credentials has no username and password for DELL; add them there."),
    }
    for name, (spec, annotations, _reason, _sentence) in wrong.items():
        site.generator(name, spec, annotations=annotations)
    site.generator("good", {"serverName": GOOD})
    credentials = {"HP": site.variables["generator_bmc_credentials"]["HP"]}
    site.run("onboard", door, generator_bmc_credentials=credentials).succeeded()
    said = {name: (site.status(name)["phase"], site.status(name)["message"]) for name in wrong}
    for name, (_spec, _annotations, reason, sentence) in wrong.items():
        phase, message = said[name]
        assert phase == "Failed" and sentence in message, (name, said[name])
        ready = next(one for one in site.status(name)["conditions"] if one["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("False", reason), name
    assert site.status("good")["phase"] == "Completed"
    assert made(site) == [f"BareMetalHost {GOOD}", f"Secret hp-cred-{GOOD}"]


@pytest.mark.parametrize(("spec", "sentence"), [
    ({"networkConfig": {"vlanId": 0}}, "vlanId must be a VLAN from 1 to 4094"),
    ({"network": {"vlanId": 4095}}, "vlanId must be a VLAN from 1 to 4094"),
    ({"networkConfig": {"vlanId": "abc"}}, "integer"),
    ({"networkConfig": {"nicNames": ["a", "b"], "macIndices": ["0"]}}, "nicNames and macIndices must be equally long"),
    ({"serverName": " node"}, "serverName must be 1 to 255 printable characters that neither begin nor end with a blank"),
    ({"serverName": "a\nb"}, "serverName must be 1 to 255 printable characters that neither begin nor end with a blank"),
    ({"serverName": "x" * 300}, "serverName must be 1 to 255 printable characters that neither begin nor end with a blank"),
    ({"server_vendor": "ibm"}, "server_vendor must be HP, DELL or CISCO"),
])
def test_what_cannot_be_is_refused_at_apply(site: Site, spec: dict[str, Any], sentence: str) -> None:
    """The API server says so before anybody acts."""
    with pytest.raises(ApiRefused) as refused:
        site.generator("wrong", spec)
    assert sentence in refused.value.message


def test_two_generators_that_want_one_server(site: Site, door: str) -> None:
    """The older one gets it; the other one says who has it, and gets it when that one goes."""
    site.generator("older", {"serverName": "hpe-node-03"})
    site.generator("younger", {"serverName": "HPE-NODE-03"}, namespace="other")
    site.infra_env(namespace="other")
    site.run("onboard", door).succeeded()
    statuses = {"older": site.status("older"), "younger": site.status("younger", "other")}
    by_phase = {status["phase"]: status for status in statuses.values()}
    assert set(by_phase) == {"Completed", "Failed"}, statuses
    host, = site.hosts().values()
    winner = "metal/older" if by_phase["Completed"] == statuses["older"] else "other/younger"
    mac, address = host["spec"]["bootMACAddress"], urlsplit(host["spec"]["bmc"]["address"]).hostname
    assert f"Generator {winner} wants the same server ({mac}, {address}); remove one of the two." in by_phase["Failed"]["message"]
    assert len(site.hosts()) == 1


def test_a_namespace_that_is_going(site: Site, door: str) -> None:
    """Its generator fails for itself; the other one goes on."""
    site.infra_env(namespace="leaving")
    site.generator("late", {"serverName": "hpe-node-08", "namespace": "leaving"})
    site.generator("good", {"serverName": GOOD})
    site.api.patch(INFRAENV, "leaving", "site-a", {"metadata": {"finalizers": ["example.com/holds-the-namespace"]}})
    site.api.delete(NAMESPACE, None, "leaving")
    site.run("onboard", door, generator_host_namespaces=["*"]).succeeded()
    assert site.status("good")["phase"] == "Completed"
    status = site.status("late")
    assert status["phase"] == "Failed", status
    assert "Namespace leaving is being deleted, nothing can be made in it: wait until it is gone, or use another one." in status["message"]
    assert made(site) == [f"BareMetalHost {GOOD}", f"Secret hp-cred-{GOOD}"]


def test_a_quota_that_is_full(site: Site, door: str) -> None:
    """Said in its status with the API's own numbers; its Secret does not stay."""
    site.generator("first", {"serverName": "hpe-node-08"})
    count = "count/baremetalhosts.metal3.io"
    text = f'baremetalhosts.metal3.io "hpe-node-08" is forbidden: exceeded quota: few, requested: {count}=1, used: {count}=3, limited: {count}=3'
    if site.api.simulator is None:
        full = {count: "3"}          # its status is what the controller that counts would have written
        site.api.apply({
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": METAL},
            "spec": {"hard": full}, "status": {"hard": full, "used": full}})
    else:
        site.api.simulator.faults.add("status", method="POST", path="/baremetalhosts$", times=None, code=403, reason="Forbidden", message=text)
    site.run("onboard", door).succeeded()
    status = site.status("first")
    assert status["phase"] == "Failed", status
    assert f"A quota of namespace metal is full: {text}. Raise it, or remove something." in status["message"]
    assert made(site) == []


def test_the_cluster_is_not_there(site: Site, door: str) -> None:
    """The address, and what to look at."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{closed.getsockname()[1]}"
    sentence = site.run("buffer_check", door, generator_kubeconfig="", generator_host=url, generator_api_key="abc").failed()
    assert f"The Kubernetes API at {url} cannot be reached: nobody answers at this address. Check the address and that the cluster is up." in sentence


def test_the_token_has_expired(site: Site, door: str) -> None:
    """401 is told as what it is."""
    stale = site.api.kubeconfig(site.playbooks.folder / "stale", "a-token-of-yesterday")
    sentence = site.run("buffer_check", door, generator_kubeconfig=stale).failed()
    assert f"The Kubernetes API at {site.api.url} does not accept the credentials (401): the token has expired or is wrong. Log in again." in sentence
    assert "a-token-of-yesterday" not in sentence


def test_the_kinds_are_not_installed(site: Site, door: str) -> None:
    """Ours, and Metal3's."""
    crds = {one["metadata"]["name"]: one for one in site.api.list(CRD)}
    for name, sentence in (
        ("baremetalhosts.metal3.io", "has no BareMetalHost (baremetalhosts.metal3.io, v1alpha1): install the Bare Metal Operator (Metal3) first."),
        ("baremetalhostbuffers.infra.example.com",
         "has no BareMetalHostBuffer (baremetalhostbuffers.infra.example.com, v1alpha1): run ansible-playbook baremetal.generator.install first."),
    ):
        site.api.delete(CRD, None, name)
        assert sentence in site.run("buffer_check", door).failed()
        site.api.apply({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": crds[name]["spec"]})


def test_a_right_is_missing(site: Site, door: str) -> None:
    """Which verb, which kind, where; and nothing was done."""
    site.generator("first", {"serverName": "hpe-node-08"})
    poor = site.api.user([{"apiGroups": ["infra.example.com"], "resources": ["*"], "verbs": ["*"]}])
    kubeconfig = site.api.kubeconfig(site.playbooks.folder / "poor", poor.token)
    sentence = site.run("buffer_check", door, generator_kubeconfig=kubeconfig).failed()
    assert "A right is missing: list baremetalhosts.metal3.io in all namespaces. Grant it to the user of this run" in sentence
    assert f'User "{poor.name}" cannot list resource "baremetalhosts" in API group "metal3.io" at the cluster scope' in sentence
    assert made(site) == []


@pytest.mark.parametrize(("variables", "sentence"), [
    ({"generator_managers": []}, "No managers are given; list at least one, with name, type, url, username and password."),
    ({"generator_profiles": [{"pattern": "h100", "nic": "eno1"}]},
     "generator_profiles, entry 1: unknown key 'nic'; known are automated_cleaning_mode, bmc_credentials,"),
    ({"generator_kubeconfig": "/nowhere/kubeconfig"}, "There is no kubeconfig at /nowhere/kubeconfig: give kubeconfig, or host and api_key, or set"),
])
def test_variables_that_cannot_be_used(site: Site, door: str, variables: dict[str, Any], sentence: str) -> None:
    """Said before anything is done."""
    assert sentence in site.run("onboard", door, **variables).failed()


@pytest.mark.parametrize("playbook", ["onboard", "buffer_check", "remove", "reconcile", "install"])
def test_the_file_of_variables_is_not_there(site: Site, playbook: str) -> None:
    """Ansible itself would go on without a word, and every generator would lack credentials."""
    run = site.playbooks.run(f"baremetal.generator.{playbook}", environment={"GENERATOR_VARS": "/nowhere/managers.yml"})
    assert run.rc != 0 and run.tasks == []
    assert "GENERATOR_VARS names /nowhere/managers.yml, which is no file: correct it, or make that file." in run.output


def test_the_file_of_variables_may_be_named_from_where_one_stands(site: Site) -> None:
    """Not from where the playbook lies."""
    (site.playbooks.folder / "managers.yml").write_text(yaml.safe_dump(site.variables), encoding="utf-8")
    site.generator("first", {"serverName": "hpe-node-08"})
    site.playbooks.run("baremetal.generator.onboard", environment={"GENERATOR_VARS": "managers.yml"}).succeeded()
    assert site.status("first")["phase"] == "Completed"


def test_two_managers_of_one_name(site: Site, door: str) -> None:
    """Which name."""
    twice = [site.variables["generator_managers"][0], site.variables["generator_managers"][0]]
    assert "Two managers are named 'oneview'; give each a name of its own." in site.run("onboard", door, generator_managers=twice).failed()


def test_a_wrong_password_and_an_untrusted_certificate(site: Site, door: str) -> None:
    """The password is nowhere; servers of the other manager come in all the same."""
    managers = [dict(one) for one in site.variables["generator_managers"]]
    managers[0]["password"] = "not-the-password-8Gf"
    site.generator("hp", {"serverName": "hpe-node-03", "server_vendor": "HP"})
    site.generator("dell", {"serverName": "dell-node-03", "server_vendor": "DELL"})
    run = site.run("onboard", door, generator_managers=managers).succeeded()
    assert site.status("dell")["phase"] == "Completed" and site.status("hp")["phase"] == "Failed"
    said = site.status("hp")["message"]
    assert f"oneview ({site.oneview.url}) refused the login of user 'automation': " in said
    assert "; correct username, password or login_domain of this manager." in said
    assert "not-the-password-8Gf" not in run.output and "not-the-password-8Gf" not in str(site.api.list(GENERATOR))
    managers[0] = {key: value for key, value in site.variables["generator_managers"][0].items() if key != "ca_path"}
    site.api.patch(GENERATOR, METAL, "hp", {"metadata": {"annotations": {"retry": "now"}}})
    site.run("onboard", door, generator_managers=managers).succeeded()
    sentence = " shows a certificate that is not trusted (unable to get local issuer certificate); set ca_path to the file of the CA that signed it."
    assert f"oneview ({site.oneview.url}){sentence}" in site.status("hp")["message"]


def test_managers_that_are_not_there_or_answer_with_a_web_page(site: Site, door: str) -> None:
    """The first is asked again, the second is a wrong address; servers of a third one come in all the same."""
    oneview, ome = (dict(one) for one in site.variables["generator_managers"])
    site.generator("good", {"serverName": GOOD, "server_vendor": "HP"})
    site.generator("dell", {"serverName": "dell-node-03", "server_vendor": "DELL"})
    site.generator("cisco", {"serverName": "cisco-node-03", "server_vendor": "CISCO"})
    with LoginPageSimulator(certificate=site.certificates.issue()) as page, closed_port() as nobody:
        ome["url"] = f"https://{nobody.rpartition('/')[2]}"
        ucs = {**oneview, "name": "ucs", "type": "ucs", "url": page.url}
        site.run("onboard", door, generator_managers=[oneview, ome, ucs]).succeeded()
        dell, cisco = site.status("dell"), site.status("cisco")
        assert dell["phase"] == "Processing" and dell["nextAttemptAt"]
        assert f"ome ({ome['url']}) cannot be reached: Connection refused; check its url, and that it runs." in dell["message"]
        assert cisco["phase"] == "Failed"
        sentence = f"ucs ({page.url}) answered with an HTML page instead of XML (HTTP 200); check that url and type name the right system."
        assert sentence in cisco["message"]
    assert site.status("good")["phase"] == "Completed"
    assert made(site) == [f"BareMetalHost {GOOD}", f"Secret hp-cred-{GOOD}"]


def test_a_name_in_upper_case_is_found_and_its_host_is_named_in_lower_case(site: Site, door: str) -> None:
    """DNS-1123 has no upper case, management systems have."""
    site.generator("first", {"serverName": "HPE-Node-07"})
    site.run("onboard", door).succeeded()
    assert site.status("first")["message"] == "Host metal/hpe-node-07 is there."
    assert made(site) == ["BareMetalHost hpe-node-07", "Secret hp-cred-hpe-node-07"]
