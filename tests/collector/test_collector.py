# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The BMC Secret of a host that is made anew survives the real garbage collector, whenever that one comes by (N times each way)."""
from __future__ import annotations

import os

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.admission import removing, secrets, settling
from tests.cluster.client import Resource
from tests.cluster.real import RealCluster
from tests.collector.scene import HOST_UNSEEN, MOMENTS, Scene, SecretLost
from tests.waiting import until

CONFIGMAP = Resource("ConfigMap", "configmaps", "", "v1")
TIMES = int(os.environ.get("N") or 50)


def test_the_collector_takes_objects_with_their_owners(collected_cluster: RealCluster) -> None:
    """It runs at all."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": "default"}}
    client = collected_cluster.client
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": client.apply(owner)["metadata"]["uid"]}
    client.apply({**owner, "metadata": {"name": "owned", "namespace": "default", "ownerReferences": [reference]}})
    client.delete(CONFIGMAP, "default", "owner")
    until(lambda: client.get(CONFIGMAP, "default", "owned") is None, 30, "the owned object is gone")


@pytest.mark.timeout(1200)
def test_no_secret_is_ever_lost(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Redeploys in a row, then deletes with the generator applied again in a row."""
    begin(scene)
    for again in (scene.redeploy, scene.delete_and_apply):
        for number in range(TIMES):
            again(MOMENTS[number % len(MOMENTS)])
    assert scene.kept == 2 * TIMES
    with capsys.disabled():
        print(f"\ncollector: {TIMES} redeploys, {TIMES} deletes and applies, {scene.kept} of {2 * TIMES} Secrets kept, "
              f"{scene.collected} collected by kube-controller-manager")


@pytest.mark.parametrize("way", ["redeploy", "delete_and_apply"])
def test_one_that_is_kept_unsafely_is_lost(scene: Scene, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, had the stages left the Secret of the old host where it is: so the collector does take what it can."""
    begin(scene)
    monkeypatch.setattr(secrets, "has_dead_owner", lambda *_given: False)
    monkeypatch.setattr(settling, "secret_stands", lambda *_given: True)
    monkeypatch.setattr(removing, "drop_own_secret", lambda *_given: None)
    with pytest.raises(SecretLost, match="is gone"):
        getattr(scene, way)(HOST_UNSEEN)


def begin(scene: Scene) -> None:
    """A generator whose host stands."""
    scene.start_metal3()
    scene.world.generator()
    scene.world.settle()
