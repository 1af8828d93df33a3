# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What threads of a worker of ansible-playbook write: it must not wait for ever."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible.utils.display import Display


@contextmanager
def threads_may_write() -> Iterator[None]:
    """While inside, any thread of a worker may write to stdout and stderr.

    ansible-core 2.16 to 2.18 forks a worker while the main thread holds the display's lock, which stdout and stderr are wrapped with: in the worker
    every other thread that writes a warning or a traceback would wait for a release that never comes. 2.19 makes a new lock after the fork.
    """
    lock = Display()._lock  # pylint: disable=protected-access  # the worker has inherited it held
    held = 0
    try:
        while True:
            lock.release()
            held += 1
    except RuntimeError:
        pass                    # this thread holds it no more
    try:
        yield
    finally:
        for _time in range(held):
            lock.acquire()
