# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often writes of the ledger lost a compare-and-swap, from the API's own record of requests."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from tests.model.invariants import entries
from tests.simulators.kubernetes.faults import Recorded
from tests.simulators.kubernetes.store import Change

GRANT = "grant"             # of a batch: adds entries
SETTLE = "settle"           # marks or removes entries
NUMBERS = "numbers"         # what a run saw last; never tried again


@dataclass(frozen=True)
class LedgerWrite:
    """One PUT. actor: the run that grants, as its entries name it; in other writes the process alone."""

    process: str
    actor: str
    kind: str
    lost: bool


def ledger_writes(requests: Iterable[Recorded], history: Iterable[Change]) -> list[LedgerWrite]:
    """All of them, each beside the version that it was made from."""
    versions = {
        change.after.object["metadata"]["resourceVersion"]: {entry["rid"]: entry for entry in entries(change.after.object)}
        for change in history if "baremetalhostbuffers" in change.table and change.after is not None}
    found = []
    for one in requests:
        if one.method == "PUT" and "/baremetalhostbuffers/" in one.path:
            before, after = versions[one.body["metadata"]["resourceVersion"]], {entry["rid"]: entry for entry in entries(one.body)}
            new = [entry for rid, entry in after.items() if rid not in before]
            kind = GRANT if new else NUMBERS if after == before else SETTLE
            found.append(LedgerWrite(one.user, new[0]["actor"] if new else one.user, kind, one.status == 409))
    return found


def lost_in_a_row(writes: Iterable[LedgerWrite]) -> list[int]:
    """For each write that one actor lost: how often, before it went through or was left to others."""
    by_actor: dict[tuple[str, str], list[bool]] = {}
    for one in writes:
        if one.kind != NUMBERS:
            by_actor.setdefault((one.kind, one.actor), []).append(one.lost)
    return [len(list(run)) for lots in by_actor.values() for lost, run in groupby(lots) if lost]
