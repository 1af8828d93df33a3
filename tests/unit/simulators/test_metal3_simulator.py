# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for Metal3 and the garbage collector, against the in-memory API."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.metal3 import HOST_FINALIZER, PAUSED, SECRET_FINALIZER, Metal3
from tests.waiting import until

Object = dict[str, Any]
CRDS = [Path(__file__).resolve().parents[3] / "tests/simulators/crds"]
LATE = 0.4


def host(name: str, **annotations: str) -> Object:
    return {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost",
            "metadata": {"name": name, "namespace": "default", "annotations": {"inspect.metal3.io": "disabled", **annotations}},
            "spec": {"online": True, "bmc": {"address": "redfish://192.0.2.1", "credentialsName": f"{name}-bmc"}, "bootMACAddress": "aa:bb:cc:dd:ee:01"}}


def secret(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-bmc", "namespace": "default"}, "stringData": {"username": "a", "password": "b"}}


@pytest.fixture(name="api")
def api_fixture() -> Iterator[KubernetesSimulator]:
    with KubernetesSimulator(crds=CRDS) as simulator:
        yield simulator


@pytest.fixture(name="metal3")
def metal3_fixture(api: KubernetesSimulator, tmp_path: Path) -> Iterator[Metal3]:
    with Metal3(api.kubeconfig(tmp_path / "kubeconfig"), step_seconds=0.02, collector_seconds=LATE) as metal3:
        yield metal3


def state(api: KubernetesSimulator, name: str) -> str:
    found = api.get("BareMetalHost", "default", name) or {}
    return found.get("status", {}).get("provisioning", {}).get("state", "")


def states(api: KubernetesSimulator, name: str) -> list[str]:
    seen = [version.get("status", {}).get("provisioning", {}).get("state", "") for version in api.versions("BareMetalHost", "default", name)]
    return list(dict.fromkeys(filter(None, seen)))


def becomes_available(api: KubernetesSimulator, name: str) -> None:
    until(lambda: state(api, name) == "available", 10, f"{name} is available")


@pytest.mark.usefixtures("metal3")
def test_a_host_goes_through_its_states_and_owns_its_secret(api: KubernetesSimulator) -> None:
    api.create(secret("a"))
    made = api.create(host("a"))
    becomes_available(api, "a")
    assert states(api, "a") == ["registering", "preparing", "available"]
    assert api.get("BareMetalHost", "default", "a")["metadata"]["finalizers"] == [HOST_FINALIZER]
    held = api.get("Secret", "default", "a-bmc")["metadata"]
    assert held["finalizers"] == [SECRET_FINALIZER]
    assert [(owner["uid"], owner.get("controller")) for owner in held["ownerReferences"]] == [(made["metadata"]["uid"], None)]


@pytest.mark.usefixtures("metal3")
def test_inspection_is_a_state_unless_it_is_disabled(api: KubernetesSimulator) -> None:
    api.create(secret("a"))
    api.create(host("a", **{"inspect.metal3.io": "agent"}))
    becomes_available(api, "a")
    assert states(api, "a") == ["registering", "inspecting", "preparing", "available"]


@pytest.mark.usefixtures("metal3")
def test_a_paused_host_is_left_alone(api: KubernetesSimulator) -> None:
    api.create(host("paused", **{PAUSED: "infra.example.com/admission"}))
    api.create(secret("a"))
    api.create(host("a"))
    becomes_available(api, "a")
    left = api.get("BareMetalHost", "default", "paused")
    assert "status" not in left and "finalizers" not in left["metadata"]
    api.create(secret("paused"))
    api.patch("BareMetalHost", "default", "paused", {"metadata": {"annotations": {PAUSED: None}}})
    becomes_available(api, "paused")


@pytest.mark.usefixtures("metal3")
def test_a_missing_secret_is_an_error_until_it_comes(api: KubernetesSimulator) -> None:
    api.create(host("a"))
    until(lambda: (api.get("BareMetalHost", "default", "a").get("status") or {}).get("errorMessage"), 10, "the error")
    assert api.get("BareMetalHost", "default", "a")["status"]["operationalStatus"] == "error"
    api.create(secret("a"))
    becomes_available(api, "a")
    assert api.get("BareMetalHost", "default", "a")["status"]["operationalStatus"] == "OK"


@pytest.mark.usefixtures("metal3")
def test_a_deleted_host_powers_off_then_its_secret_is_collected_later(api: KubernetesSimulator) -> None:
    api.create(secret("a"))
    api.create(host("a"))
    becomes_available(api, "a")
    api.delete("BareMetalHost", "default", "a")
    until(lambda: api.get("BareMetalHost", "default", "a") is None, 10, "the host is gone")
    assert states(api, "a")[-2:] == ["powering off before delete", "deleting"]
    assert "finalizers" not in api.get("Secret", "default", "a-bmc")["metadata"]
    until(lambda: api.get("Secret", "default", "a-bmc") is None, 10, "the Secret is collected")


@pytest.mark.usefixtures("metal3")
def test_the_collector_is_late_and_hits_the_secret_of_a_host_made_anew(api: KubernetesSimulator) -> None:
    api.create(secret("a"))
    api.create(host("a", **{PAUSED: "me"}))
    gone = api.get("BareMetalHost", "default", "a")["metadata"]["uid"]
    owner = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "name": "a", "uid": gone}
    api.patch("Secret", "default", "a-bmc", {"metadata": {"ownerReferences": [owner]}})
    api.delete("BareMetalHost", "default", "a")
    api.create(host("a", **{PAUSED: "me"}))
    until(lambda: api.get("Secret", "default", "a-bmc") is None, 10, "the Secret of the new host is taken by its uid")


@pytest.mark.usefixtures("metal3")
def test_a_secret_made_anew_is_safe_from_the_collector(api: KubernetesSimulator) -> None:
    api.create(secret("a"))
    api.create(host("a"))
    becomes_available(api, "a")
    owners = api.get("Secret", "default", "a-bmc")["metadata"]["ownerReferences"]
    api.delete("BareMetalHost", "default", "a")
    until(lambda: api.get("BareMetalHost", "default", "a") is None, 10, "the host is gone")
    api.delete("Secret", "default", "a-bmc")
    uid = api.create(secret("a"))["metadata"]["uid"]
    api.create(host("a"))
    becomes_available(api, "a")
    probe = secret("probe")
    probe["metadata"]["ownerReferences"] = owners
    api.create(probe)
    until(lambda: api.get("Secret", "default", "probe-bmc") is None, 10, "the collector came by, and took what the old host owns")
    assert api.get("Secret", "default", "a-bmc")["metadata"]["uid"] == uid


def test_hosts_are_taken_and_given_back(api: KubernetesSimulator, metal3: Metal3) -> None:
    api.create(secret("a"))
    api.create(host("a"))
    becomes_available(api, "a")
    metal3.take("a")
    taken = api.get("BareMetalHost", "default", "a")
    assert (taken["spec"]["consumerRef"]["kind"], state(api, "a")) == ("Metal3Machine", "provisioning")
    metal3.give_back("a")
    becomes_available(api, "a")
    assert "consumerRef" not in api.get("BareMetalHost", "default", "a")["spec"]


@pytest.mark.usefixtures("metal3")
def test_a_namespace_is_emptied_and_goes(api: KubernetesSimulator) -> None:
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "going"}})
    for body in (secret("a"), host("a")):
        body["metadata"]["namespace"] = "going"
        api.create(body)
    api.delete("Namespace", "", "going")
    until(lambda: api.get("Namespace", "", "going") is None, 20, "the namespace is gone")
    assert not api.list("BareMetalHost", "going") and not api.list("Secret", "going")


def test_it_goes_on_after_the_api_was_away(api: KubernetesSimulator, metal3: Metal3) -> None:
    assert metal3.url == api.url
    until(lambda: api.open_watches >= 2, 10, "the watches are open")
    api.drop_watches()
    api.create(secret("a"))
    api.create(host("a"))
    becomes_available(api, "a")
