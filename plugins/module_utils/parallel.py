# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for many items, a few at a time, in threads that never keep the process from ending."""
from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

from .deadline import Deadline

Item = TypeVar("Item")
Result = TypeVar("Result")

LINGER_SECONDS = 0.5        # what is under way at the deadline ends by itself, and is still heard


def as_done(work: Callable[[Item], Result], items: Iterable[Item], limit: int, until: Deadline | None = None) -> Iterator[tuple[int, Result]]:
    """Position and work(item) of all, at most `limit` at once, in the order in which they end. The first error stops what has not begun, and is raised.

    They begin in the order of items. With `until`, what has not ended shortly after it is left to itself, and does not come.
    """
    todo = list(items)
    if until is None and (len(todo) < 2 or limit < 2):
        yield from ((index, work(item)) for index, item in enumerate(todo))
        return
    # Daemon threads: an executor would make a stopped process wait for a slow answer that nobody wants any more.
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(todo)):
        waiting.put(index)
    done: queue.SimpleQueue[tuple[int, Result | None, BaseException | None]] = queue.SimpleQueue()
    stopped = threading.Event()

    def worker() -> None:
        while not stopped.is_set():
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((index, work(todo[index]), None))
            except BaseException as error:  # pylint: disable=broad-exception-caught  # carried to the caller, raised there
                stopped.set()
                done.put((index, None, error))

    for _number in range(min(limit, len(todo))):
        threading.Thread(target=worker, daemon=True).start()
    try:
        for _item in todo:
            try:
                index, result, error = done.get(timeout=None if until is None else until.left() + LINGER_SECONDS)
            except queue.Empty:
                return
            if error is not None:
                raise error
            yield index, cast(Result, result)
    finally:
        stopped.set()


def each(work: Callable[[Item], Result], items: Iterable[Item], limit: int) -> list[Result]:
    """The same, in the order of items."""
    return [result for _index, result in sorted(as_done(work, items, limit), key=lambda pair: pair[0])]
