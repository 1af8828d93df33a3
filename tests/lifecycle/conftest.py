# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`world`: one Kubernetes API, the stages, and managers that know what a test tells them."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.api import KubernetesApi
from tests.lifecycle.world import World


@pytest.fixture
def world(kubernetes_api: KubernetesApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A namespace, an InfraEnv and a default buffer; nobody in line."""
    made = World(kubernetes_api, kubernetes_api.kubeconfig(tmp_path / "kubeconfig"), monkeypatch)
    made.furnish()
    yield made
    made.close()
