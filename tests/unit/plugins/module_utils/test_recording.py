# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`changed` and `--diff` are the same for a real run and for check mode, and check mode writes nothing."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET, Cluster
from ansible_collections.baremetal.generator.plugins.module_utils.errors import AlreadyExists, ClusterError, ObjectNotFound, WriteConflict
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.overlay import merged
from ansible_collections.baremetal.generator.plugins.module_utils.recording import RecordingCluster
from tests.cluster.api import KubernetesApi

GENERATOR_BODY = {"metadata": {"namespace": "metal", "name": "g"}, "spec": {"infraEnv": "a"}}
HOST_BODY = {"metadata": {"namespace": "metal", "name": "h", "labels": {"a": "b"}}, "spec": {"online": True}}
SECRET_BODY = {"metadata": {"namespace": "metal", "name": "s"}, "data": {"password": "c2VjcmV0LTE="}}


@pytest.fixture
def recording(memory_api: KubernetesApi, tmp_path: Path) -> Callable[..., RecordingCluster]:
    """A new one on the same cluster."""
    for body in (GENERATOR_BODY, HOST_BODY):
        kind = GENERATOR if body is GENERATOR_BODY else HOST
        memory_api.apply({"apiVersion": kind.api_version, "kind": kind.kind, **body})
    memory_api.apply({"apiVersion": BUFFER.api_version, "kind": BUFFER.kind, "metadata": {"name": "b"}})
    kubeconfig = memory_api.kubeconfig(tmp_path / "kubeconfig")
    return lambda check_mode, assumed=(): RecordingCluster(open_cluster({"kubeconfig": kubeconfig}), check_mode, assumed)


def story(cluster: Cluster) -> None:
    """Writes of every sort, as the stages make them."""
    (buffer,) = cluster.list(BUFFER)
    buffer.setdefault("status", {})["lastTicket"] = "2026-01-01T00:00:00Z"      # ledgers are changed in place
    cluster.replace_status(BUFFER, buffer)
    generator = cluster.get(GENERATOR, "metal", "g")
    assert generator is not None
    generator = cluster.patch(GENERATOR, "metal", "g", {"metadata": {"finalizers": ["x/y"], "resourceVersion": generator["metadata"]["resourceVersion"]}})
    cluster.replace_status(GENERATOR, {**generator, "status": {"phase": "Buffered"}})
    assert [one["metadata"]["name"] for one in cluster.list(GENERATOR, field_selector="status.phase=Buffered")] == ["g"]
    cluster.create(SECRET, SECRET_BODY)
    (host,) = cluster.list(HOST, label_selector="a=b")
    cluster.delete(HOST, "metal", "h", host["metadata"]["uid"], host["metadata"]["resourceVersion"])
    assert cluster.get(HOST, "metal", "h") is None and cluster.list(HOST) == []
    made = cluster.create(HOST, {**HOST_BODY, "spec": {"online": False}})
    cluster.patch(HOST, "metal", "h", {"metadata": {"labels": {"a": None, "c": "d"}, "uid": made["metadata"]["uid"]}})
    cluster.create(SECRET, {**SECRET_BODY, "metadata": {"namespace": "metal", "name": "passing"}})
    passing = cluster.get(SECRET, "metal", "passing")
    assert passing is not None
    cluster.delete(SECRET, "metal", "passing", passing["metadata"]["uid"])


def test_check_mode_tells_what_the_real_run_does(recording: Callable[..., RecordingCluster], memory_api: KubernetesApi) -> None:
    """Equal differences, nothing written, no Secret shown; what came and went is no change."""
    before = {kind.kind: memory_api.list(kind) for kind in (GENERATOR, BUFFER, HOST, SECRET)}
    check, real = recording(True), recording(False)
    story(check)
    assert {kind.kind: memory_api.list(kind) for kind in (GENERATOR, BUFFER, HOST, SECRET)} == before
    story(real)
    assert check.changed and real.changed
    assert check.diff() == real.diff()
    assert [one["after_header"] for one in real.diff()] == [
        "BareMetalHost metal/h", "BareMetalHostBuffer b", "BareMetalHostGenerator metal/g", "Secret metal/s"]
    assert "c2VjcmV0LTE=" not in str(real.diff()) and "(hidden, changed)" not in real.diff()[-1]["before"]


def test_the_next_stage_assumes_what_was_written(recording: Callable[..., RecordingCluster]) -> None:
    """Plain data, without Secrets; deletions too."""
    first = recording(True)
    story(first)
    handed = first.assumed()
    assert SECRET.kind not in {body["kind"] for body in handed}
    second = recording(True, handed)
    generator = second.get(GENERATOR, "metal", "g")
    assert generator is not None and generator["status"]["phase"] == "Buffered"
    assert second.list(HOST)[0]["metadata"]["labels"] == {"c": "d"}
    assert not second.changed


def test_check_mode_refuses_as_the_server_does(recording: Callable[..., RecordingCluster]) -> None:
    """Stale writes, names that are taken, namespaces that are not there, fields that cannot be."""
    cluster = recording(True)
    buffer = cluster.get(BUFFER, None, "b")
    assert buffer is not None
    cluster.replace_status(BUFFER, {**buffer, "status": {"lastTicket": "2026-01-01T00:00:00Z"}})
    with pytest.raises(WriteConflict):
        cluster.replace_status(BUFFER, {**buffer, "status": {"lastTicket": "2026-01-02T00:00:00Z"}})
    with pytest.raises(AlreadyExists):
        cluster.create(HOST, HOST_BODY)
    with pytest.raises(ObjectNotFound):
        cluster.create(SECRET, {"metadata": {"namespace": "nowhere", "name": "s"}})
    with pytest.raises(ClusterError):
        cluster.create(GENERATOR, {"metadata": {"namespace": "metal", "name": "g2"}, "spec": {}})
    assert cluster.get(GENERATOR, "metal", "g2") is None


def test_finalizers_hold_in_check_mode(recording: Callable[..., RecordingCluster]) -> None:
    """Marked first, gone with the last finalizer."""
    cluster = recording(True)
    held = cluster.patch(HOST, "metal", "h", {"metadata": {"finalizers": ["x/y"]}})
    cluster.delete(HOST, "metal", "h", held["metadata"]["uid"])
    there = cluster.get(HOST, "metal", "h")
    assert there is not None and there["metadata"]["deletionTimestamp"]
    cluster.patch(HOST, "metal", "h", {"metadata": {"finalizers": None}})
    assert cluster.get(HOST, "metal", "h") is None


@pytest.mark.parametrize(("target", "patch", "result"), [
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}), ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
    ({"a": [1]}, {"a": [2]}, {"a": [2]}), ({"a": 1}, {"a": None}, {}), ({}, {"a": {"b": None}}, {"a": {}}), ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
])
def test_merge_patch(target: Any, patch: Any, result: Any) -> None:
    """RFC 7396."""
    assert merged(target, patch) == result
