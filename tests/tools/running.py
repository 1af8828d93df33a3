# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one step in an environment of its own, keeps its output, and finds what it left running."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.cluster.binaries import in_ci
from tests.tools.home import private_home
from tests.tools.places import CACHE, RESULTS, ROOT
from tests.tools.report import Outcome, read_lane
from tests.tools.steps import Step
from tests.tools.tree import COPY, TREE

MARKER = "BAREMETAL_GENERATOR_STEP"


class Runner:
    """`live`: the output is shown as it comes. missing: for the steps that cannot run on this machine, what they lack."""

    def __init__(self, arguments: list[str], missing: Mapping[str, str]) -> None:
        self._arguments, self._missing, self._mark = arguments, missing, uuid.uuid4().hex
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, step: Step, live: bool) -> Outcome:
        """To its end."""
        reason = step.left_out() or self._missing.get(step.name)
        if reason:
            return not_run(step, reason)
        if live:
            print(f"\n== {step.name}: {step.what}", flush=True)
        temporary, junit = CACHE / "tmp" / step.name, RESULTS / f"{step.name}.xml"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        junit.unlink(missing_ok=True)
        begin, mark = time.monotonic(), f"{self._mark}-{step.name}"
        code, why = self._process(step, self._command(step, junit), self._environment(step, temporary, mark), live)
        outcome = Outcome(step.name, code, time.monotonic() - begin, why=why)
        if step.is_lane:
            read_lane(outcome, junit, self.log(step.name))
        elif outcome.ok:
            outcome.passed = 1
        self._end_what_is_left(outcome, mark)
        shutil.rmtree(temporary, ignore_errors=True)
        return outcome

    def _command(self, step: Step, junit: Path) -> list[str]:
        if not step.is_lane:
            program, *rest = step.command
            return [str(step.environment / "bin" / program), *rest, *self._arguments]
        parallel = ["-n", str(max(step.workers, os.cpu_count() or 1))] if step.workers else []
        python = str(step.environment / "bin" / "python")
        return [python, "-m", "pytest", step.tests, f"--junitxml={junit}", "-o", "junit_logging=no", *parallel, *self._arguments]

    @staticmethod
    def _environment(step: Step, temporary: Path, mark: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "K8S_AUTH_")) and name != "KUBECONFIG"}
        kept |= {
            MARKER: mark, "TMPDIR": str(temporary), "ANSIBLE_HOME": str(CACHE / "ansible"), "VIRTUAL_ENV": str(step.environment),
            "PATH": os.pathsep.join([str(step.environment / "bin"), os.environ.get("PATH", os.defpath)]),
        }
        if step.cluster:
            kept["CLUSTER"] = step.cluster
        if not step.is_lane:
            kept |= {"HOME": str(private_home()), "ANSIBLE_COLLECTIONS_PATH": str(TREE), "NO_COLOR": "1"}
        return kept

    def _process(self, step: Step, command: list[str], environment: dict[str, str], live: bool) -> tuple[int, str]:
        folder = COPY if step.in_copy else ROOT
        with self.log(step.name).open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self._running.add(process)
            limit = threading.Timer(step.seconds, process.kill)
            limit.start()
            assert process.stdout is not None
            begin = time.monotonic()
            try:
                while chunk := os.read(process.stdout.fileno(), 65536):
                    log.write(chunk)
                    log.flush()
                    if live:
                        sys.stdout.buffer.write(chunk)
                        sys.stdout.flush()
                code = process.wait()
            finally:
                limit.cancel()
                self._running.discard(process)
                process.stdout.close()
        late = time.monotonic() - begin >= step.seconds
        return code, f"not done within {step.seconds} s" if late else ""

    def stop(self) -> None:
        """Ask what runs to end."""
        for process in list(self._running):
            process.terminate()

    @staticmethod
    def _end_what_is_left(outcome: Outcome, mark: str) -> None:
        """A step that leaves a process running has failed; a moment is given to those that are just ending."""
        left = [process for process in psutil.process_iter() if carries(process, mark)]
        _gone, left = psutil.wait_procs(left, timeout=3)
        if left:
            outcome.code = outcome.code or 1
            outcome.why = f"{len(left)} processes were left running, such as: {told(left[0])}"
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    @staticmethod
    def log(name: str) -> Path:
        """Where the output of a step is kept."""
        return RESULTS / f"{name}.log"

    def tail(self, name: str, lines: int = 80) -> str:
        """Its last lines."""
        return "".join(deque(self.log(name).open(encoding="utf-8", errors="replace"), maxlen=lines))


def not_run(step: Step, reason: str) -> Outcome:
    """Left out, which is a skip; where a real cluster must run, a failure."""
    if step.cluster and in_ci():
        return Outcome(step.name, 1, 0.0, why=reason, ran=False)
    outcome = Outcome(step.name, 0, 0.0, ran=False)
    outcome.skips[reason] += 1
    return outcome


def carries(process: psutil.Process, mark: str) -> bool:
    """Whether it was begun by the step of this mark."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARKER) == mark
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def told(process: psutil.Process) -> str:
    """What it is, for a person."""
    try:
        return " ".join(process.cmdline())[:200]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return f"process {process.pid}"
