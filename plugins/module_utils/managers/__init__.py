# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All management systems at once: which is asked for which name, in parallel, each with its own deadline."""
from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import TracebackType

from ..deadline import Deadline, seconds_of
from ..errors import GeneratorError, ManagerUnreachable
from ..guard import Fault, fault_of, guarded, one_by_one
from ..models import Reason, Server
from ..names import VENDORS
from ..parallel import each
from .base import Accounts, Manager
from .config import ManagerConfig, read_managers
from .ome import OmeManager
from .oneview import OneViewManager
from .outcomes import Outcome, decide, failed, not_heard, of_one, refused_name
from .ucs import UcsManager

__all__ = ["ManagerConfig", "Managers", "Outcome", "Wanted", "open_managers", "read_managers"]

MANAGER_SECONDS = 20.0
GRACE_SECONDS = 2.0         # a manager stops by itself at its deadline; this much later nobody listens to it any more
LONGEST_WAIT = 3600.0       # of one call; then the clock is looked at again
CLASS_OF_TYPE: dict[str, Callable[[ManagerConfig, Accounts | None], Manager]] = {
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

    def __init__(self, managers: Mapping[str, tuple[ManagerConfig, Manager]], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._managers = managers
        self._seconds = seconds
        self._clock = clock
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
        """The same in parts: a name comes as soon as its outcome is final, so a slow or dead manager delays only the names that need it.

        Managers are asked in the order of `wanted`, once for names that differ only in case: no manager tells those apart.
        """
        asked: dict[str, list[str]] = {}
        refused: dict[str, Outcome] = {}
        spellings: dict[str, list[str]] = {}
        for one, whom in one_by_one(wanted, self._whom_to_ask, lambda _one, fault: fault.why):
            if isinstance(whom, Reason):
                refused[one.name] = whom
                continue
            alike = spellings.setdefault(one.name.casefold(), [])
            if one.name not in alike:
                alike.append(one.name)
            asked.setdefault(alike[0], whom)
        if refused:
            yield refused
        said: dict[str, dict[str, Outcome]] = {name: {} for name in asked}
        vendors = {key: system.vendor for key, (_config, system) in self._managers.items()}

        def decide_now(name: str) -> Outcome | None:
            return decide(name, said[name], asked[name], vendors)

        decided = guarded(decide_now, lambda _name, fault: fault.why)
        for manager, part in self._parts({manager: [name for name in asked if manager in asked[name]] for manager in self._managers}):
            final: dict[str, Outcome] = {}
            for name in part:
                if name not in said:
                    continue                    # decided already
                said[name][manager] = part[name]
                outcome = decided(name)
                if outcome is not None:
                    final.update((spelling, _called(spelling, outcome)) for spelling in spellings[name.casefold()])
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
            deadline = Deadline(self._seconds, self._clock)
            self._deadlines.append(deadline)
            patience[manager] = Deadline(self._seconds + GRACE_SECONDS)
            # Always a thread: a signal ends the main thread's waiting, never a login half way.
            threading.Thread(target=self._ask, args=(manager, names[manager], deadline, heard), daemon=True).start()
        while open_names:
            try:
                manager, part = heard.get(timeout=max(0.01, min(LONGEST_WAIT, *(patience[name].left() for name in open_names))))
            except queue.Empty:
                for manager in [name for name in open_names if patience[name].passed()]:
                    where = self._managers[manager][1].where
                    late = failed(ManagerUnreachable(f"{where} did not answer within {self._seconds:g} s; it is asked again later."))
                    yield manager, dict.fromkeys(open_names.pop(manager), late)
                continue
            if manager not in open_names:
                continue
            if part is None:
                forgotten = open_names.pop(manager)
                if forgotten:
                    what = f"{self._managers[manager][1].where} said nothing about this name; report it."
                    yield manager, dict.fromkeys(forgotten, Reason("InvalidAnswer", what))
                continue
            open_names[manager] -= set(part)
            yield manager, part

    def _ask(
        self, manager: str, names: list[str], deadline: Deadline, heard: queue.SimpleQueue[tuple[str, dict[str, Outcome] | None]]
    ) -> None:
        """Runs in a thread of its own; whatever is raised becomes the reason of all names that were not answered. None comes last, always."""
        left = dict.fromkeys(names)

        def ask(manager: str) -> None:
            for part in self._managers[manager][1].answers(names, deadline):
                known = {name: outcome for name, outcome in part.items() if isinstance(outcome, (Server, Reason))}
                for name in known:
                    left.pop(name, None)
                heard.put((manager, known))

        def failed_as_a_whole(manager: str, fault: Fault) -> None:
            heard.put((manager, {name: not_heard(of_one(name, self._managers[manager][1].where, fault)) for name in left}))

        try:
            guarded(ask, failed_as_a_whole)(manager)
        except GeneratorError as error:         # what ends a run elsewhere ends one manager's part here: nobody is above this thread
            failed_as_a_whole(manager, fault_of(error))
        finally:
            heard.put((manager, None))


def _called(name: str, outcome: Outcome) -> Outcome:
    """The same under the spelling that was wanted."""
    return replace(outcome, name=name) if isinstance(outcome, Server) and outcome.name != name else outcome


def open_managers(
    configs: Iterable[ManagerConfig], deadline_seconds: float = MANAGER_SECONDS, accounts: Accounts | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Managers:
    """The managers, not yet logged in: that happens when the first name is asked for. accounts: who decides whether a login may be tried.

    Raises InvalidArgument where an option cannot be used.
    """
    seconds = seconds_of({"manager_seconds": deadline_seconds}, "manager_seconds", positive=True)
    return Managers({config.name: (config, CLASS_OF_TYPE[config.type](config, accounts)) for config in configs}, seconds, clock)
