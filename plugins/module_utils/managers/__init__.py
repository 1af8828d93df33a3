# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All management systems at once: which is asked for which name, in parallel, each with its own deadline."""
from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType

from ..deadline import Deadline
from ..errors import ManagerError, ManagerUnreachable
from ..models import Reason, Server
from ..names import VENDORS
from ..parallel import each
from .base import Manager
from .config import ManagerConfig, read_managers
from .ome import OmeManager
from .oneview import OneViewManager
from .outcomes import Outcome, decide, failed, refused_name
from .ucs import UcsManager

__all__ = ["ManagerConfig", "Managers", "Outcome", "Wanted", "open_managers", "read_managers"]

MANAGER_SECONDS = 20.0
GRACE_SECONDS = 2.0         # a manager stops by itself at its deadline; this much later nobody listens to it any more
CLASS_OF_TYPE: dict[str, Callable[[ManagerConfig], Manager]] = {
    "oneview": OneViewManager,
    "ome": OmeManager,
    "ucs": UcsManager,
    "ucsm": UcsManager,
}


@dataclass(frozen=True)
class Wanted:
    """A name to look for, and whose server it is; without a vendor every manager is asked."""

    name: str
    vendor: str | None = None


class Managers:
    """Use it in a `with` statement: every session is logged out on every way out of it, SystemExit included."""

    def __init__(self, managers: Mapping[str, tuple[ManagerConfig, Manager]], seconds: float) -> None:
        self._managers = managers
        self._seconds = seconds
        self._deadlines: list[Deadline] = []
        self._closed = False

    def __enter__(self) -> Managers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stops what still runs, and logs out everywhere."""
        if self._closed:
            return
        self._closed = True
        for deadline in self._deadlines:
            deadline.cancel()
        each(lambda pair: pair[1].logout(), self._managers.values(), limit=max(1, len(self._managers)))

    @property
    def warnings(self) -> list[str]:
        """What a user should know although it failed nothing, such as a session that could not be closed."""
        return [warning for _config, manager in self._managers.values() for warning in manager.warnings]

    def find(self, wanted: Iterable[Wanted]) -> dict[str, Outcome]:
        """Every name: the one server that answers to it, or why there is none."""
        found: dict[str, Outcome] = {}
        for part in self.answers(wanted):
            found.update(part)
        return found

    def answers(self, wanted: Iterable[Wanted]) -> Iterator[dict[str, Outcome]]:
        """The same in parts: a name comes as soon as its outcome is final, so a slow or dead manager delays only the names that need it."""
        asked: dict[str, list[str]] = {}
        refused: dict[str, Outcome] = {}
        for one in wanted:
            outcome = self._whom_to_ask(one)
            if isinstance(outcome, Reason):
                refused[one.name] = outcome
            else:
                asked[one.name] = outcome
        if refused:
            yield refused
        said: dict[str, dict[str, Outcome]] = {name: {} for name in asked}
        for manager, part in self._parts({manager: [name for name in asked if manager in asked[name]] for manager in self._managers}):
            final: dict[str, Outcome] = {}
            for name, outcome in part.items():
                if name not in said:
                    continue                    # decided already
                said[name][manager] = outcome
                decided = decide(name, said[name], asked[name])
                if decided is not None:
                    final[name] = decided
                    del said[name]
            if final:
                yield final

    def _whom_to_ask(self, one: Wanted) -> list[str] | Reason:
        refused = refused_name(one.name)
        if refused is not None:
            return refused
        if not one.vendor:
            return list(self._managers)
        vendor = one.vendor.upper()
        if vendor not in VENDORS:
            return Reason("InvalidSpec", f"Vendor {one.vendor[:40]!r} of {one.name!r} is unknown; use one of {', '.join(VENDORS)}.")
        names = [name for name, (config, _manager) in self._managers.items() if config.vendor == vendor]
        return names or Reason("NotFound", f"No manager of vendor {vendor} is given, so nobody can be asked for {one.name!r}; add one to the managers.")

    def _parts(self, names: Mapping[str, list[str]]) -> Iterator[tuple[str, dict[str, Outcome]]]:
        """What each manager says, as it comes; every name of every manager once."""
        heard: queue.SimpleQueue[tuple[str, dict[str, Outcome] | None]] = queue.SimpleQueue()
        open_names = {manager: set(wanted) for manager, wanted in names.items() if wanted}
        patience: dict[str, Deadline] = {}
        for manager in open_names:
            deadline = Deadline(self._seconds)
            self._deadlines.append(deadline)
            patience[manager] = Deadline(self._seconds + GRACE_SECONDS)
            # Always a thread: a signal ends the main thread's waiting, never a login half way.
            threading.Thread(target=self._ask, args=(manager, names[manager], deadline, heard), daemon=True).start()
        while open_names:
            try:
                manager, part = heard.get(timeout=max(0.01, min(patience[name].left() for name in open_names)))
            except queue.Empty:
                for manager in [name for name in open_names if patience[name].passed()]:
                    where = self._managers[manager][1].where
                    late = failed(ManagerUnreachable(f"{where} did not answer within {self._seconds:g} s; it is asked again later."))
                    yield manager, dict.fromkeys(open_names.pop(manager), late)
                continue
            if manager not in open_names:
                continue
            if part is None:
                del open_names[manager]
                continue
            open_names[manager] -= set(part)
            yield manager, part

    def _ask(
        self, manager: str, names: list[str], deadline: Deadline, heard: queue.SimpleQueue[tuple[str, dict[str, Outcome] | None]]
    ) -> None:
        """Runs in a thread of its own; whatever fails becomes the reason of all names that were not answered."""
        left = dict.fromkeys(names)
        try:
            for part in self._managers[manager][1].answers(names, deadline):
                for name in part:
                    left.pop(name, None)
                heard.put((manager, part))
            if left:
                where = self._managers[manager][1].where
                heard.put((manager, dict.fromkeys(left, Reason("InvalidAnswer", f"{where} said nothing about this name; report it."))))
        except ManagerError as error:
            heard.put((manager, dict.fromkeys(left, failed(error))))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # An answer of a shape that no reader foresaw: its manager's names fail with it, the others go on.
            what = f"{self._managers[manager][1].where} answered in an unforeseen way ({type(error).__name__}); report it with the version of that system."
            heard.put((manager, dict.fromkeys(left, Reason("InvalidAnswer", what))))
        heard.put((manager, None))


def open_managers(configs: Iterable[ManagerConfig], deadline_seconds: float = MANAGER_SECONDS) -> Managers:
    """The managers, not yet logged in: that happens when the first name is asked for."""
    return Managers({config.name: (config, CLASS_OF_TYPE[config.type](config)) for config in configs}, deadline_seconds)
