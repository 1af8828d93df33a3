# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many are gone through: what is raised about one of them is that one's outcome, and the others go on. Nothing else catches everything."""
from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .errors import ClusterError, ClusterUnavailable, Denied, Forbidden, GeneratorError, ManagerError, ObjectNotFound
from .models import Reason

Item = TypeVar("Item")
Result = TypeVar("Result")

BUG = "Bug"
STEPS = 6           # through our own files, from the innermost
OUR_FOLDERS = ("module_utils", "plugin_utils", "event_source")


@dataclass(frozen=True)
class Fault:
    """What was raised about one item: why, in words for a person, and the error itself."""

    why: Reason
    error: Exception

    @property
    def is_bug(self) -> bool:
        """Nobody foresaw it."""
        return self.why.reason == BUG


def guarded(work: Callable[[Item], Result], failed: Callable[[Item, Fault], Result]) -> Callable[[Item], Result]:
    """work(item), or failed(item, fault) when anything is raised about this item; only what concerns everything is raised on.

    failed() is not guarded: it only remembers, or writes what write_status() or report() may write.
    """
    def attempt(item: Item) -> Result:
        try:
            return work(item)
        except Exception as error:  # pylint: disable=broad-exception-caught  # this is the one place
            if getattr(error, "ends_the_run", False):
                raise
            return failed(item, fault_of(error))
    return attempt


def one_by_one(items: Iterable[Item], work: Callable[[Item], Result], failed: Callable[[Item, Fault], Result]) -> Iterator[tuple[Item, Result]]:
    """Each item with what became of it, in their order."""
    attempt = guarded(work, failed)
    for item in items:
        yield item, attempt(item)


def fault_of(error: Exception) -> Fault:
    """In words: whose doing it is, and what to do."""
    if isinstance(error, ClusterError):
        return Fault(_cluster_reason(error), error)
    if isinstance(error, ManagerError):
        return Fault(Reason(error.reason, str(error)), error)
    if isinstance(error, GeneratorError):
        return Fault(Reason("InvalidSpec", str(error)), error)
    return Fault(Reason(BUG, f"This is a bug in baremetal.generator, please report it: {type(error).__name__} at {where(error)}."), error)


def _cluster_reason(error: ClusterError) -> Reason:
    text = str(error)
    if isinstance(error, Forbidden):
        return Reason("Forbidden", text)
    if isinstance(error, Denied):
        known = next((cause for cause in ("NamespaceTerminating", "QuotaExceeded") if cause in error.causes), "Denied")
        return Reason(known, text)
    if isinstance(error, ObjectNotFound) and "NamespaceMissing" in error.causes:
        return Reason("NamespaceMissing", text)
    if isinstance(error, ClusterUnavailable):
        return Reason("ClusterUnavailable", text)
    return Reason("ClusterUnavailable", f"An object changed meanwhile: {text}")


def where(error: BaseException) -> str:
    """The last steps through our own files, without any value."""
    steps = traceback.extract_tb(error.__traceback__)
    ours = [step for step in steps if any(folder in Path(step.filename).parts for folder in OUR_FOLDERS)] or steps
    return " > ".join(f"{Path(step.filename).name}:{step.lineno}" for step in ours[-STEPS:])
