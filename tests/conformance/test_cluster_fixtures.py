# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures behave the same in memory and real: what tests build on."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, CRD, GENERATOR, HOST, NAMESPACE, SECRET, Kind

from tests.cluster.api import KubernetesApi
from tests.cluster.client import ApiRefused
from tests.cluster.real import RealCluster
from tests.cluster.reset import reset
from tests.fixtures.cluster import real_crds

CONFIGMAP = Kind("ConfigMap", "configmaps", "", "v1")
HOST_WITH_FINALIZER = {
    "apiVersion": HOST.api_version, "kind": HOST.kind,
    "metadata": {"name": "hpe-1", "namespace": "metal", "finalizers": ["baremetalhost.metal3.io"]},
    "spec": {"online": True},
}


def test_status_is_written_apart_and_the_namespace_is_made(each_api: KubernetesApi):
    status = {
        "errorMessage": "", "errorCount": 0, "hardwareProfile": "", "operationalStatus": "OK", "poweredOn": False,
        "provisioning": {"ID": "", "state": "available", "image": {"url": ""}},
    }
    each_api.apply({**HOST_WITH_FINALIZER, "status": status})
    assert each_api.get(NAMESPACE, None, "metal")
    stored = each_api.get(HOST, "metal", "hpe-1")
    assert stored and stored["spec"]["online"] is True and stored["status"]["operationalStatus"] == "OK"


def test_a_buffer_gets_its_defaults(each_api: KubernetesApi):
    stored = each_api.apply({"apiVersion": BUFFER.api_version, "kind": BUFFER.kind, "metadata": {"name": "default"}, "spec": {}, "status": {"waiting": 3}})
    assert (stored["spec"]["maxAvailable"], stored["status"]["waiting"]) == (20, 3)


def test_a_user_may_do_what_the_rules_say_and_no_more(each_api: KubernetesApi):
    each_api.namespace("metal")
    login = each_api.user([{"apiGroups": [GENERATOR.group], "resources": [GENERATOR.plural], "verbs": ["list"]}], namespace="metal")
    client = each_api.as_user(login.token)
    assert client.list(GENERATOR, "metal") == []
    with pytest.raises(ApiRefused) as refused:
        client.list(SECRET, "metal")
    assert refused.value.code == 403
    assert refused.value.message == (
        f'secrets is forbidden: User "{login.name}" cannot list resource "secrets" in API group "" in the namespace "metal"')


def test_kubectl_takes_the_kubeconfig(each_api: KubernetesApi, tmp_path: Path):
    kubeconfig = each_api.kubeconfig(tmp_path / "kubeconfig")
    told = subprocess.run(["kubectl", "--kubeconfig", kubeconfig, "get", "bmhbuf"], capture_output=True, text=True, check=True, timeout=60)
    assert "No resources found" in told.stderr
    assert oct((tmp_path / "kubeconfig").stat().st_mode & 0o777) == "0o600"


def test_a_reset_leaves_nothing_whatever_a_test_did(real_api: KubernetesApi):
    real_api.apply(HOST_WITH_FINALIZER)
    real_api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bmc", "namespace": "metal"}, "stringData": {"password": "x"}})
    real_api.user([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])
    real_api.delete(HOST, "metal", "hpe-1")                     # waits for its finalizer
    real_api.delete(CRD, None, "baremetalhostbuffers.infra.example.com")
    reset(real_api.client, real_crds())
    assert real_api.list(HOST) == [] and real_api.list(SECRET) == [] and real_api.list(BUFFER) == []
    assert {item["metadata"]["name"] for item in real_api.list(NAMESPACE)} <= {"default", "kube-system", "kube-public", "kube-node-lease"}
    with pytest.raises(ApiRefused):
        real_api.as_user(real_api.users["user-1"]).list(SECRET)


def test_history_can_be_forgotten_at_will(real_api: KubernetesApi, real_cluster: RealCluster):
    for number in range(3):
        real_api.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"map-{number}", "namespace": "metal"}})
    page = real_api.client.request("GET", "/api/v1/namespaces/metal/configmaps", limit="1")
    real_cluster.compact()
    with pytest.raises(ApiRefused) as refused:
        real_api.client.request("GET", "/api/v1/namespaces/metal/configmaps", limit="1", **{"continue": page["metadata"]["continue"]})
    assert (refused.value.code, refused.value.reason) == (410, "Expired")
