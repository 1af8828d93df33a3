# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role install: idempotent, true in check mode, and careful with what belongs to others."""
from __future__ import annotations

import yaml
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, CRD, GENERATOR
from tests.cluster.api import KubernetesApi
from tests.fixtures.ansible import Playbooks
from tests.fixtures.site import rights
from tests.tools.places import ROOT

OURS = [f"{kind.plural}.{kind.group}" for kind in (GENERATOR, BUFFER)]


def test_install_check_run_again_and_take_out(kubernetes_api: KubernetesApi, playbooks: Playbooks) -> None:
    """Check mode tells what the run does; a second run changes nothing; a cap that somebody set stays; absent refuses while a generator exists."""
    api = kubernetes_api
    playbooks.environment["K8S_AUTH_KUBECONFIG"] = api.kubeconfig(playbooks.folder / "kubeconfig")
    variables = {"generator_install_rbac": True}
    for name in OURS:
        api.delete(CRD, None, name)
    check = playbooks.run("baremetal.generator.install", variables, arguments=["--check", "--diff"]).succeeded()
    assert api.get(CRD, None, OURS[0]) is None and check.changed
    first = playbooks.run("baremetal.generator.install", variables, arguments=["--diff"]).succeeded()
    headers = [[one["after_header"] for one in run.of("crds")["diff"]] for run in (check, first)]
    assert headers[0] == headers[1] and len(headers[0]) == 7, headers
    buffer = api.get(BUFFER, None, "default")
    assert buffer is not None and buffer["spec"]["maxAvailable"] == 20
    assert not playbooks.run("baremetal.generator.install", variables, arguments=["--check", "--diff"]).succeeded().changed
    api.patch(BUFFER, None, "default", {"spec": {"maxAvailable": 3}})
    assert not playbooks.run("baremetal.generator.install", variables, environment={"MAX_AVAILABLE_SERVERS": "50"}).succeeded().changed
    buffer = api.get(BUFFER, None, "default")
    assert buffer is not None and buffer["spec"]["maxAvailable"] == 3

    api.apply({"apiVersion": GENERATOR.api_version, "kind": GENERATOR.kind, "metadata": {"name": "one", "namespace": "metal"}, "spec": {"infraEnv": "a"}})
    gone = {**variables, "generator_install_state": "absent"}
    for arguments in (["--check"], []):
        sentence = playbooks.run("baremetal.generator.install", gone, arguments=arguments).failed()
        assert "1 BareMetalHostGenerator still exist (metal/one): delete them first, and let role remove finish." in sentence
    api.delete(GENERATOR, "metal", "one")
    assert playbooks.run("baremetal.generator.install", gone).succeeded().changed
    assert [api.get(CRD, None, name) for name in OURS] == [None, None]
    assert not playbooks.run("baremetal.generator.install", gone).succeeded().changed


def test_the_cap_of_older_set_ups_is_the_default(kubernetes_api: KubernetesApi, playbooks: Playbooks) -> None:
    """MAX_AVAILABLE_SERVERS, when there is no buffer yet."""
    playbooks.environment |= {"K8S_AUTH_KUBECONFIG": kubernetes_api.kubeconfig(playbooks.folder / "kubeconfig"), "MAX_AVAILABLE_SERVERS": "7"}
    playbooks.run("baremetal.generator.install").succeeded()
    buffer = kubernetes_api.get(BUFFER, None, "default")
    assert buffer is not None and buffer["spec"]["maxAvailable"] == 7


def test_the_offered_rights_name_no_wildcard() -> None:
    """Least privilege: every group, resource and verb is named."""
    for rule in rights():
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
    kinds = [one["kind"] for one in yaml.safe_load((ROOT / "roles/install/files/rbac.yaml").read_text(encoding="utf-8"))["items"]]
    assert kinds == ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
