# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that ends when its parent does: workers of ansible-playbook outlive it otherwise, since they leave its process group."""
from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

PR_SET_PDEATHSIG = 1


@contextmanager
def ends_with_parent(parent: int) -> Iterator[None]:
    """While inside, the kernel sends SIGTERM when this parent dies, where the system has such a call (Linux). Nothing in the parent itself."""
    if os.getpid() == parent or not _ask_for(signal.SIGTERM):
        yield
        return
    if os.getppid() != parent:      # it died before we could ask
        os.kill(os.getpid(), signal.SIGTERM)
    try:
        yield
    finally:
        _ask_for(0)


def _ask_for(number: int) -> bool:
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return False
    return prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0) == 0
