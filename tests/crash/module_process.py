# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module of ours in a process of its own, as ansible-playbook runs it with pipelining: its options come through a pipe, its result is printed.

The processes are forked from one that has imported everything, so that hundreds of them cost no more than what they do.
"""
from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from ansible.module_utils import basic

from tests.tools.places import name_the_collection

if str(name_the_collection()) not in sys.path:
    sys.path.insert(0, str(name_the_collection()))      # the process that all are forked from knows nothing of pytest
COLLECTION = "ansible_collections.baremetal.generator.plugins.modules"
MODULES = ("generator_resolve", "buffer_admit", "generator_remove")
MAINS = {name: importlib.import_module(f"{COLLECTION}.{name}").main for name in MODULES}
SECONDS = 60.0


def run_module(name: str, options: Mapping[str, Any], temporary: str, output: str) -> None:
    """The main function of the module, in this process, to its end."""
    os.environ["TMPDIR"] = tempfile.tempdir = temporary
    for variable in [one for one in os.environ if one.startswith(("K8S_AUTH_", "KUBECONFIG"))]:
        del os.environ[variable]
    told = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(told, 1)
    os.dup2(told, 2)
    arguments = {**options, "_ansible_remote_tmp": temporary, "_ansible_keep_remote_files": False, "_ansible_diff": True}
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()  # pylint: disable=protected-access  # as Ansible's own wrapper does
    basic._ANSIBLE_PROFILE = "legacy"  # pylint: disable=protected-access
    MAINS[name]()


class ModuleProcess:
    """One run of a module."""

    def __init__(self, name: str, options: Mapping[str, Any], temporary: Path, output: Path) -> None:
        self.name, self._output = name, output
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._process = context.Process(target=run_module, args=(name, dict(options), str(temporary), str(output)), name=name, daemon=True)

    def start(self) -> ModuleProcess:
        """Let it run."""
        self._process.start()
        return self

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """It has not ended yet."""
        return self._process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL; returns when the process is dead."""
        os.kill(self.pid, signal.SIGKILL)
        try:
            psutil.Process(self.pid).wait(SECONDS)
        except psutil.NoSuchProcess:
            pass

    def end(self) -> int:
        """Wait for its end; the exit code, negative when a signal ended it."""
        self._process.join(SECONDS)
        if self._process.exitcode is None:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {SECONDS:g} s: {self.printed}")
        return self._process.exitcode

    @property
    def printed(self) -> str:
        """All that it printed."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    def result(self) -> dict[str, Any]:
        """What it returned, when it did well."""
        assert self.end() == 0, self.printed
        return json.loads(self.printed.strip().splitlines()[-1])
