# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' client of the cluster: pages, preconditions, what is tried again and what is not, the clock."""
from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.baremetal.generator.plugins.module_utils import kube
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST
from ansible_collections.baremetal.generator.plugins.module_utils.errors import (
    AlreadyExists, ClusterError, ClusterUnavailable, InvalidArgument, ObjectNotFound, WriteConflict,
)
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import read_configuration
from tests.cluster.api import KubernetesApi
from tests.simulators.certificates import authority


@pytest.fixture
def pauses() -> list[float]:
    """How long the client wanted to wait; it never does."""
    return []


@pytest.fixture
def cluster(memory_api: KubernetesApi, tmp_path: Path, pauses: list[float]) -> Iterator[kube.KubeCluster]:
    """The client under test."""
    memory_api.namespace("metal")
    yield kube.KubeCluster(read_configuration({"kubeconfig": memory_api.kubeconfig(tmp_path / "kubeconfig")}), sleep=pauses.append)


def generator(name: str, **spec: Any) -> dict[str, Any]:
    """A small one."""
    return {"metadata": {"namespace": "metal", "name": name}, "spec": {"infraEnv": "a", **spec}}


def test_a_list_has_every_page(cluster: kube.KubeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a page; items say what they are."""
    monkeypatch.setattr(kube, "PAGE", 3)
    cluster.each(lambda number: cluster.create(GENERATOR, generator(f"g{number}")), range(10))
    found = cluster.list(GENERATOR)
    assert sorted(one["metadata"]["name"] for one in found) == sorted(f"g{number}" for number in range(10))
    assert {(one["apiVersion"], one["kind"]) for one in found} == {("infra.example.com/v1alpha1", "BareMetalHostGenerator")}
    assert cluster.list(GENERATOR, "elsewhere") == []


def test_a_list_that_the_server_forgot_is_begun_again(cluster: kube.KubeCluster, memory_api: KubernetesApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """410 half-way."""
    monkeypatch.setattr(kube, "PAGE", 2)
    for number in range(5):
        cluster.create(GENERATOR, generator(f"g{number}"))
    memory_api.simulator.faults.add("expire", method="GET", skip=1)
    assert len(cluster.list(GENERATOR)) == 5


def test_writes_hold_to_what_they_were_decided_on(cluster: kube.KubeCluster) -> None:
    """uid and resourceVersion in PUT, PATCH and DELETE."""
    made = cluster.create(BUFFER, {"metadata": {"name": "b"}, "spec": {"maxAvailable": 1}})
    with pytest.raises(AlreadyExists):
        cluster.create(BUFFER, {"metadata": {"name": "b"}})
    cluster.replace_status(BUFFER, {**made, "status": {"lastTicket": "2026-01-01T00:00:00Z"}})
    stale = {"uid": made["metadata"]["uid"], "resourceVersion": made["metadata"]["resourceVersion"]}
    for write in (
        lambda: cluster.replace_status(BUFFER, {**made, "status": {"lastTicket": "2026-01-02T00:00:00Z"}}),
        lambda: cluster.patch(BUFFER, None, "b", {"metadata": stale, "spec": {"maxAvailable": 2}}),
        lambda: cluster.patch_status(BUFFER, None, "b", {"metadata": stale, "status": {"occupied": 2}}),
        lambda: cluster.delete(BUFFER, None, "b", made["metadata"]["uid"], made["metadata"]["resourceVersion"]),
        lambda: cluster.delete(BUFFER, None, "b", "another-uid"),
    ):
        with pytest.raises(WriteConflict):
            write()
    cluster.delete(BUFFER, None, "b", made["metadata"]["uid"])
    assert cluster.get(BUFFER, None, "b") is None
    with pytest.raises(ObjectNotFound):
        cluster.delete(BUFFER, None, "b", made["metadata"]["uid"])


def test_a_dry_run_checks_and_keeps_nothing(cluster: kube.KubeCluster) -> None:
    """As check mode needs it."""
    cluster.create(GENERATOR, generator("g"), dry_run=True)
    assert cluster.get(GENERATOR, "metal", "g") is None
    with pytest.raises(ClusterError, match="vlanId must be a VLAN from 1 to 4094"):
        cluster.create(GENERATOR, generator("g", networkConfig={"vlanId": 0}), dry_run=True)


def test_reads_are_tried_again_and_writes_that_may_have_happened_are_not(
    cluster: kube.KubeCluster, memory_api: KubernetesApi, pauses: list[float]
) -> None:
    """5xx and a broken connection; 429 was surely not carried out."""
    faults = memory_api.simulator.faults
    faults.add("status", method="GET", times=2, code=503, reason="ServiceUnavailable")
    assert cluster.list(HOST) == [] and len(pauses) == 2
    faults.add("status", method="POST", code=429, reason="TooManyRequests", retry_after=3)
    cluster.create(GENERATOR, generator("g1"))
    assert pauses[-1] >= 3
    before = len(pauses)
    faults.add("status", method="POST", code=500)
    with pytest.raises(ClusterUnavailable):
        cluster.create(GENERATOR, generator("g2"))
    faults.add("lost", method="POST")
    with pytest.raises(ClusterUnavailable) as lost:
        cluster.create(GENERATOR, generator("g3"))
    assert lost.value.maybe_applied and len(pauses) == before
    assert cluster.get(GENERATOR, "metal", "g2") is None and cluster.get(GENERATOR, "metal", "g3") is not None


def test_the_clock_is_the_servers(cluster: kube.KubeCluster) -> None:
    """Asked for when nothing was answered yet, and never going back."""
    first = cluster.now()
    assert abs(datetime.now(timezone.utc) - first) < timedelta(seconds=5)
    cluster.list(HOST)
    assert cluster.now() >= first


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "%2e", "a\nb"])
def test_a_name_that_cannot_be_is_not_asked_for(cluster: kube.KubeCluster, memory_api: KubernetesApi, name: str) -> None:
    """It would be another path."""
    before = len(memory_api.simulator.requests)
    assert cluster.get(BUFFER, None, name) is None if name else True
    assert len(memory_api.simulator.requests) == before


@pytest.mark.parametrize(("content", "sentence"), [
    ("{]", "is not valid YAML"), ("[]", "is not a kubeconfig"), ("apiVersion: v1\nkind: Config\n", "cannot be used"),
])
def test_a_kubeconfig_that_is_none(tmp_path: Path, content: str, sentence: str) -> None:
    """Said without quoting the file."""
    path = tmp_path / "kubeconfig"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidArgument, match=sentence):
        read_configuration({"kubeconfig": str(path)})


def test_options_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in kubernetes.core; a token that was given is sent."""
    monkeypatch.setenv("K8S_AUTH_HOST", "https://from-environment:6443")
    monkeypatch.setenv("K8S_AUTH_API_KEY", "token-of-environment")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "no")
    found = read_configuration({})
    assert (found.host, found.verify_ssl) == ("https://from-environment:6443", False)
    found = read_configuration({"host": "https://given:6443/", "api_key": "given", "validate_certs": True})
    assert (found.host, found.verify_ssl) == ("https://given:6443", True)
    assert kube.authorization(found) == {"Authorization": "Bearer given"}


def test_a_key_of_the_kubeconfig_is_in_no_file_when_the_cluster_is_asked(
        memory_api: KubernetesApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is killed at whatever moment leaves none."""
    issued, kubeconfig, temporary = authority(tmp_path / "ca").issue(["someone"]), tmp_path / "kubeconfig", tmp_path / "tmp"
    content = yaml.safe_load(Path(memory_api.kubeconfig(kubeconfig)).read_text(encoding="utf-8"))
    content["users"][0]["user"].update({
        "client-certificate-data": base64.b64encode(issued.certificate.read_bytes()).decode(),
        "client-key-data": base64.b64encode(issued.key.read_bytes()).decode()})
    kubeconfig.write_text(yaml.safe_dump(content), encoding="utf-8")
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", None)
    connection = read_configuration({"kubeconfig": str(kubeconfig)})
    assert connection.login.key == issued.key.read_bytes()
    cluster = kube.KubeCluster(connection)
    assert not list(temporary.iterdir())
    assert cluster.list(HOST) == []


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Before anybody is asked."""
    bad = tmp_path / "ca.pem"
    bad.write_text("nonsense", encoding="utf-8")
    with pytest.raises(InvalidArgument, match="The certificates for the Kubernetes API at https://127.0.0.1:1 cannot be used"):
        kube.open_cluster({"host": "https://127.0.0.1:1", "api_key": "x", "ca_cert": str(bad)})
