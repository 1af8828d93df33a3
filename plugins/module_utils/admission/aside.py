# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fault means for the generator or the object that it is about: its status says why, and this run is done with it."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .. import names
from ..cluster import GENERATOR, Cluster, Kind, Object
from ..errors import ObjectNotFound, WriteConflict
from ..generators import is_deleting, phase
from ..guard import Fault, guarded
from ..models import Reason
from ..readable import can_be_named
from ..status import changed, tried, unresolved, waits
from .words import Outcome, Policy, Run, ask_of, write_status


class OddCluster(Cluster, Protocol):
    """A cluster that knows of which objects something could not be read."""

    @property
    def odd(self) -> Mapping[tuple[Kind, str, str], tuple[Object, tuple[str, ...]]]:
        """The object as it is taken, and what could not be read, each in words."""


def put_aside(run: Run, generator: Object, fault: Fault) -> None:
    """Failed, or waiting where that passes by itself; Completed stays Completed and is not ready. Told in any case, also where it cannot be written."""
    run.set_aside.add(ask_of(generator))
    write = guarded(
        lambda one: write_status(run, one, lambda fresh: _with(run, generator, fresh, fault.why), tries=2), lambda _one, _second: None)
    written = None if getattr(fault.error, "of_the_status", False) else write(generator)
    action = "waiting" if fault.why.passes else "failed"
    run.report(generator, action, fault.why.message, fault.why.reason, changed=written is not None and written is not generator)


def _with(run: Run, generator: Object, fresh: Object, why: Reason) -> dict | None:
    """None where it was edited or deleted meanwhile."""
    if is_deleting(fresh) or fresh["metadata"].get("generation") != generator["metadata"].get("generation"):
        return None
    now = run.cluster.now()
    if phase(fresh) == names.COMPLETED:
        return changed(fresh, {"message": why.message}, {"Ready": (False, why.reason, why.message)}, now)
    if phase(fresh) == names.BUFFERED and why.passes:
        return waits(fresh, why, now, tried(fresh, now, run.policy.random))
    return unresolved(fresh, why, now, run.policy.random)


def look_up_anew(run: Run, generator: Object) -> None:
    """Its facts are not, or no longer, what its spec and the variables give: resolve finds them anew; it keeps its place."""
    why = Reason("FactsOutdated", "What is known of its server does not fit what it asks for; its server is looked up again.")

    def make(fresh: Object) -> dict | None:
        if is_deleting(fresh) or phase(fresh) != names.BUFFERED or fresh["metadata"].get("generation") != generator["metadata"].get("generation"):
            return None
        fields = {"message": why.message, "resolvedGeneration": None, "nextAttemptAt": None}
        return changed(fresh, fields, {"Admitted": (False, why.reason, why.message), "Ready": (False, why.reason, why.message)}, run.cluster.now())

    written = write_status(run, generator, make)
    if written is not None and written is not generator:
        run.report(written, "waiting", why.message, why.reason)


def tell_of(run: Run, kind: Kind, item: Object, fault: Fault) -> None:
    """A host, a buffer, a Secret: an outcome, and an Event."""
    run.report_object(kind, item, "failed", f"{kind.kind} {can_be_named(item)}: {fault.why.message}", fault.why.reason)


def mend_statuses(cluster: OddCluster, policy: Policy) -> list[Outcome]:
    """What could not be read in the status of a listed generator is taken out of it, once, and told; whatever that was is found anew where it is needed."""
    run = Run(cluster, policy)

    def mend(one: tuple[Object, tuple[str, ...]]) -> None:
        generator, faults = one
        said = "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")
        message = f"Its status could not be read, what was odd is taken out: {said}."
        try:
            run.cluster.replace_status(GENERATOR, {**generator, "status": generator.get("status") or {}})
        except (WriteConflict, ObjectNotFound):
            return                                                         # somebody wrote it meanwhile
        run.report(generator, "mended", message, "Unreadable")

    odd = [one for (kind, _namespace, _name), one in cluster.odd.items() if kind is GENERATOR and any(fault.startswith("status") for fault in one[1])]
    cluster.each(guarded(mend, lambda one, fault: run.report(one[0], "waiting", fault.why.message, fault.why.reason, changed=False)), odd)
    return run.outcomes
