# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the servers of one folder, and ends them and removes the folder when whoever asked for them is gone, however it ended.

python guard.py FOLDER: FOLDER/commands.json holds {name: argv}. It ends on SIGTERM, on the end of its standard input, when its parent
is another one than at the start, and when one of the servers ends (exit code 1). Runs alone, with the standard library only.
"""
from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

LOOK_SECONDS = 0.5
PR_SET_PDEATHSIG = 1


def main(folder: Path) -> int:
    """Start, watch, end."""
    parent = os.getppid()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda _number, _frame: None)     # the wake-up pipe tells which one came
    ended, orphaned = False, False
    servers: list[subprocess.Popen[bytes]] = []
    try:
        for name, argv in json.loads((folder / "commands.json").read_text()).items():
            servers.append(_start(folder, name, argv))
        asked = False
        while not (ended or orphaned or asked):
            readable = select.select([0, wake_read], [], [], LOOK_SECONDS)[0]
            signals = set(os.read(wake_read, 64)) if wake_read in readable else set()
            asked = bool(signals - {signal.SIGCHLD})
            orphaned = os.getppid() != parent or (0 in readable and not os.read(0, 64))
            ended = any(server.poll() is not None for server in servers)
    finally:
        for server in servers:
            server.kill()                                       # nothing in the folder is worth a graceful end
        for server in servers:
            server.wait()
    if orphaned:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if ended else 0


def _start(folder: Path, name: str, argv: list[str]) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True, preexec_fn=_end_with_guard)


def _end_with_guard() -> None:
    """Linux: should the guard itself be killed, its servers are too. Elsewhere that one case is left."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
