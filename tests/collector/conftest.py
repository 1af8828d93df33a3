# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`scene`: the lifecycle's world on a real API server whose garbage collector runs, and which may be held."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.api import KubernetesApi
from tests.cluster.crds import Crds
from tests.cluster.real import RealCluster
from tests.collector.scene import Scene
from tests.fixtures.cluster import crds, start_real_cluster
from tests.lifecycle.world import World


@pytest.fixture(scope="session")
def collected_cluster() -> Iterator[RealCluster]:
    """etcd, kube-apiserver and kube-controller-manager; without the means to build them a skip, in CI a failure."""
    with start_real_cluster(collector=True) as cluster:
        Crds(crds()).put(cluster.client)
        yield cluster


@pytest.fixture
def scene(collected_cluster: RealCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """No generator, no host; the collector is known to watch hosts."""
    api = KubernetesApi("real", collected_cluster.url, collected_cluster.token, collected_cluster.ca_cert, users=collected_cluster.tokens)
    world = World(api, api.kubeconfig(tmp_path / "kubeconfig"), monkeypatch)
    world.furnish()
    made = Scene(world, collected_cluster, monkeypatch)
    made.wait_for_the_collector()
    yield made
    made.leave()
