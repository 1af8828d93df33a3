# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for many items, a few at a time, in threads that never keep the process from ending."""
from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Iterable[Item], limit: int) -> list[Result]:
    """work(item) for all, at most `limit` at once; results in the order of items. The first error stops what has not begun, and is raised."""
    todo = list(items)
    if len(todo) < 2 or limit < 2:
        return [work(item) for item in todo]
    # Daemon threads: an executor would make a stopped process wait for a slow answer that nobody wants any more.
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(todo)):
        waiting.put(index)
    done: dict[int, Result] = {}
    errors: list[BaseException] = []

    def worker() -> None:
        while not errors:
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done[index] = work(todo[index])
            except BaseException as error:  # pylint: disable=broad-exception-caught  # carried to the caller, raised there
                errors.append(error)

    threads = [threading.Thread(target=worker, daemon=True) for _number in range(min(limit, len(todo)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [done[index] for index in range(len(todo))]
