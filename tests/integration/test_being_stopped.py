# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stage that is stopped logs out of its management systems, whichever way it was stopped, and nothing of it lives on."""
from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest
from tests.fixtures.ansible import DOORS
from tests.fixtures.site import Site
from tests.waiting import is_dead, until


@pytest.fixture
def slow_site(site: Site) -> Site:
    """OneView answers slowly once somebody is logged in."""
    site.generator("first", {"serverName": "hpe-node-03"})
    site.variables["generator_managers"] = site.variables["generator_managers"][:1]
    site.oneview.faults.add("slow", path="/rest/server-", seconds=15.0)
    return site


@pytest.fixture
def started(slow_site: Site) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Runs that a test starts; none is left."""
    runs: dict[str, subprocess.Popen[str]] = {}
    yield runs
    for run in runs.values():
        with suppress(psutil.NoSuchProcess):                # it is just ending
            for one in psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []:
                one.kill()
        run.kill()
        run.communicate()


def start(site: Site, door: str, runs: dict[str, subprocess.Popen[str]]) -> tuple[subprocess.Popen[str], psutil.Process, list[psutil.Process]]:
    """ansible-playbook in the middle of asking OneView, the process of the stage, and all descendants."""
    command, environment, _record = site.playbooks.prepare("baremetal.generator.onboard", site.variables, door)
    run = runs[door] = subprocess.Popen(command, env=environment, cwd=site.playbooks.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        start_new_session=True)
    until(lambda: site.oneview.counters.open_sessions == 1 and site.oneview.counters.in_flight > 0, 30, "a session is open and a request under way")
    stage = until(lambda: stage_of(run, door), 10, "the process of the stage is there")
    return run, stage, psutil.Process(run.pid).children(recursive=True)


def stage_of(run: subprocess.Popen[str], door: str) -> psutil.Process | None:
    """The process that does the work: a worker of ansible-playbook, or the module that it started."""
    with suppress(psutil.NoSuchProcess):                    # the worker of the task before is just ending
        alive = [one for one in psutil.Process(run.pid).children(recursive=True) if one.status() != psutil.STATUS_ZOMBIE and not one.children()]
        if door == "module":
            return next((one for one in reversed(alive) if "python" in one.name()), None)
        return next((one for one in alive if one.ppid() == run.pid), None)
    return None


def gone(family: list[psutil.Process]) -> bool:
    """Nothing of it lives on."""
    return all(map(is_dead, family))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_stage(slow_site: Site, started: dict[str, subprocess.Popen[str]], door: str, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end it with a log-out."""
    _run, stage, family = start(slow_site, door, started)
    os.kill(stage.pid, number)
    until(lambda: slow_site.oneview.counters.open_sessions == 0, 10, "the session is closed")
    until(lambda: gone(family), 10, "no descendant lives on")
    assert slow_site.status("first").get("phase") in (None, "Processing")


def test_the_parent_dies(slow_site: Site, started: dict[str, subprocess.Popen[str]]) -> None:
    """The action door notices that ansible-playbook was killed, and ends with a log-out."""
    run, _stage, family = start(slow_site, "action", started)
    os.kill(run.pid, signal.SIGKILL)
    until(lambda: slow_site.oneview.counters.open_sessions == 0, 10, "the session is closed")
    until(lambda: gone(family), 10, "no descendant lives on")


@pytest.mark.parametrize("door", DOORS)
def test_ansible_playbook_is_terminated(slow_site: Site, started: dict[str, subprocess.Popen[str]], door: str) -> None:
    """SIGTERM to its process group, as a service manager sends it."""
    run, stage, family = start(slow_site, door, started)
    os.killpg(run.pid, signal.SIGTERM)
    if door == "module":        # it is in a session of its own: whoever stops a service sends the signal to every process of it
        with suppress(psutil.NoSuchProcess):
            stage.terminate()
    until(lambda: slow_site.oneview.counters.open_sessions == 0, 10, "the session is closed")
    until(lambda: gone(family), 10, "no descendant lives on")
