# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real cluster ends with whoever started it, however that one ends, and any number run side by side."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster.client import ApiRefused
from tests.cluster.real import RealCluster
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def alone(real_cluster: RealCluster) -> Iterator[tuple[subprocess.Popen[str], Path, list[psutil.Process]]]:
    """One that runs by itself: its process, its folder, and the processes below it. (real_cluster: skips where there are no programs.)"""
    with subprocess.Popen([sys.executable, "-m", "tests.cluster.real"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            ready = json.loads(process.stdout.readline() if process.stdout else "")
            yield process, Path(ready["kubeconfig"]).parent, psutil.Process(process.pid).children(recursive=True)
        finally:
            process.terminate()
            process.wait(20)


def names(processes: list[psutil.Process]) -> list[str]:
    """The servers among them."""
    return sorted(process.name() for process in processes if process.name() in ("etcd", "kube-apiserver"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_when_its_parent_is_told_to_end_or_killed(number: int, alone: tuple[subprocess.Popen[str], Path, list[psutil.Process]]):
    process, folder, below = alone
    assert names(below) == ["etcd", "kube-apiserver"]
    process.send_signal(number)
    process.wait(20)
    _gone, left = psutil.wait_procs(below, timeout=20)
    assert left == []
    until(lambda: not folder.exists(), 10, "the folder is gone")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_the_servers_end_even_when_their_guard_is_killed(alone: tuple[subprocess.Popen[str], Path, list[psutil.Process]]):
    _process, _folder, below = alone
    guard = next(process for process in below if process.name() not in ("etcd", "kube-apiserver"))
    servers = [process for process in below if process is not guard]
    os.kill(guard.pid, signal.SIGKILL)
    assert psutil.wait_procs(servers, timeout=20)[1] == []


def test_two_side_by_side_know_nothing_of_each_other(real_cluster: RealCluster):
    with RealCluster() as other:
        assert other.url != real_cluster.url
        other.client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": "default"}})
        assert [item["metadata"]["name"] for item in other.client.request("GET", CONFIGMAPS)["items"] if item["metadata"]["name"] == "mine"]
        with pytest.raises(ApiRefused):
            real_cluster.client.request("GET", f"{CONFIGMAPS}/mine")


def test_no_secret_stands_in_the_arguments_of_a_process(real_cluster: RealCluster):
    with RealCluster() as cluster:
        below = psutil.Process().children(recursive=True)
        said = " ".join(" ".join(process.cmdline()) for process in below)
        assert "kube-apiserver" in said
        assert not any(token in said for token in cluster.tokens.values())
        for secret in ("tokens.csv", "server.key", "accounts.key"):
            assert (cluster.folder / secret).stat().st_mode & 0o077 == 0
