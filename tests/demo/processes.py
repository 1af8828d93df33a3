# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of one demo: started with a marker in their environment, and by that marker found and ended, children of children too."""
from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

MARKER = "BAREMETAL_GENERATOR_DEMO"


class DemoFailed(Exception):
    """One sentence about what went wrong. log: the name of the log that tells more, if any."""

    def __init__(self, message: str, log: str | None = None) -> None:
        super().__init__(message)
        self.log = log


class Processes:
    """Starts, runs and ends processes; each writes to its own log file."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self.mark = uuid.uuid4().hex
        self.logs = logs
        self._environment = {**environment, MARKER: self.mark}
        self._started: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, argv: Iterable[str], environment: Mapping[str, str] | None = None, ready_seconds: float = 0) -> dict[str, str]:
        """Start a server. With ready_seconds: wait for the one JSON line by which it says where it listens, and return it."""
        with (self.logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if ready_seconds else log, stderr=log,
                env={**self._environment, **(environment or {})}, start_new_session=True,
            )
        self._started.append((name, process))
        return self._first_line(name, process, ready_seconds) if ready_seconds else {}

    def _first_line(self, name: str, process: subprocess.Popen[bytes], seconds: float) -> dict[str, str]:
        deadline, text = time.monotonic() + seconds, b""
        while not text.endswith(b"\n"):
            if time.monotonic() > deadline or not process.stdout:
                raise DemoFailed(f"{name} did not say within {seconds:.0f} s that it listens", log=name)
            if select.select([process.stdout], [], [], 0.2)[0]:
                chunk = os.read(process.stdout.fileno(), 4096)
                if not chunk:
                    raise DemoFailed(f"{name} ended at once", log=name)
                text += chunk
        return json.loads(text.splitlines()[0])

    def run(self, name: str, argv: Iterable[str], environment: Mapping[str, str] | None = None, seconds: float = 180) -> str:
        """Run a command to its end and return what it printed; raises DemoFailed when it fails."""
        with (self.logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                list(argv), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**self._environment, **(environment or {})}, start_new_session=True,
            )
        self._started.append((name, process))
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{name} was not done after {seconds:.0f} s", log=name) from None
        self._started.pop()
        if code:
            raise DemoFailed(f"{name} ended with exit code {code}", log=name)
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def ended(self) -> str | None:
        """The name of a server that ended though nobody asked it to."""
        return next((name for name, process in self._started if process.poll() is not None), None)

    def wait(self, name: str, seconds: float) -> int:
        """The exit code of one that ends by itself."""
        process = next(process for known, process in self._started if known == name)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{name} was not done after {seconds:.0f} s", log=name) from None
        self._started = [(known, other) for known, other in self._started if other is not process]
        return code

    def stop(self, name: str, seconds: float = 20) -> int:
        """Ask one server to end (SIGTERM) and give its exit code; one that does not listen is killed."""
        process = next(process for known, process in self._started if known == name)
        self._started = [(known, other) for known, other in self._started if other is not process]
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def alive(self) -> list[psutil.Process]:
        """Every process that carries the marker of this run, whoever its parent is now."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARKER) == self.mark
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            return False

    def stop_all(self) -> None:
        """End everything, newest first; what does not listen is killed."""
        for _name, process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _name, process in reversed(self._started):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        self._started.clear()
        left = self.alive()
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(left, timeout=5)

    def tail(self, name: str, lines: int = 25) -> str:
        """The last lines of a log."""
        path = self.logs / f"{name}.log"
        return "".join(deque(path.open(errors="replace"), maxlen=lines)) if path.exists() else ""
