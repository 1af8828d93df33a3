# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator's status says after each step: pure."""
from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from . import addresses, names
from .cluster import Object
from .models import Reason
from .times import after, stamp

# Errors of one namespace that its owner may mend: Failed, and asked again slowly, like those of models.SLOW_REASONS.
NAMESPACE_REASONS = frozenset({"NamespaceTerminating", "NamespaceMissing", "QuotaExceeded"})
LONGEST_MESSAGE = 1000      # characters
MOST_ATTEMPTS = 1_000_000
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 600.0
SLOW_PAUSE, LONGEST_SLOW_PAUSE = 60.0, 1800.0


def changed(
    generator: Object, fields: Mapping[str, Any], conditions: Mapping[str, tuple[bool, str, str]], now: datetime, generation: int | None = None,
) -> dict[str, Any]:
    """Its status with these fields (None takes one away) and conditions (type: holds, reason, message); all others are kept.

    generation: of which the conditions speak, when that is not the present one.
    """
    status = {field: value for field, value in {**(generator.get("status") or {}), **fields}.items() if value is not None}
    if "message" in fields and "message" in status:
        status["message"] = trimmed(status["message"])
    present = generator["metadata"].get("generation", 0)
    status["conditions"] = _conditions(status.get("conditions") or [], conditions, present if generation is None else generation, now)
    return status


def _conditions(old: list[dict[str, Any]], new: Mapping[str, tuple[bool, str, str]], generation: int, now: datetime) -> list[dict[str, Any]]:
    by_type = {one["type"]: one for one in old if one.get("type")}
    for kind, (holds, reason, message) in new.items():
        word, before = "True" if holds else "False", by_type.get(kind, {})
        since = before.get("lastTransitionTime") if before.get("status") == word else None
        by_type[kind] = {
            "type": kind, "status": word, "reason": reason, "message": trimmed(message),
            "lastTransitionTime": since or stamp(now), "observedGeneration": generation,
        }
    return list(by_type.values())


def trimmed(message: str) -> str:
    """As long as a person reads, and the kind takes."""
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE - 3].rstrip() + "..."


def pause(attempts: int, first: float, longest: float, chance: random.Random) -> float:
    """Seconds until the next try: doubled each time up to the longest, and jittered so that many do not come at once."""
    return min(longest, first * 2 ** min(attempts, 20)) * chance.uniform(0.7, 1.3)


def tried(generator: Object, now: datetime, chance: random.Random, slow: bool = False) -> dict[str, Any]:
    """attempts and nextAttemptAt after one more try in vain."""
    attempts = min(int((generator.get("status") or {}).get("attempts") or 0), MOST_ATTEMPTS)
    first, longest = (SLOW_PAUSE, LONGEST_SLOW_PAUSE) if slow else (FIRST_PAUSE, LONGEST_PAUSE)
    return {"attempts": attempts + 1, "nextAttemptAt": stamp(after(now, pause(attempts, first, longest, chance)))}


def unresolved(generator: Object, why: Reason, now: datetime, chance: random.Random, variables: str = "") -> dict[str, Any]:
    """No server yet. What passes is tried again, in the phase it has (a place in line is kept); the rest is Failed. variables: as in failed()."""
    if why.passes:
        where = names.BUFFERED if (generator.get("status") or {}).get("phase") == names.BUFFERED else names.PROCESSING
        fields = {"phase": where, "message": why.message, **tried(generator, now, chance)}
        return changed(generator, fields, {"Resolved": (False, why.reason, why.message), "Ready": (False, why.reason, why.message)}, now)
    return failed(generator, why, now, chance, step="Resolved", variables=variables)


def failed(
    generator: Object, why: Reason, now: datetime, chance: random.Random, step: str = "Admitted", fields: Mapping[str, Any] | None = None,
    variables: str = "",
) -> dict[str, Any]:
    """Somebody has to do what the message says; what can come right by itself is asked again slowly.

    variables: Policy.variables; remembered where others might do better.
    """
    slow = why.is_asked_again_slowly or why.reason in NAMESPACE_REASONS
    again = tried(generator, now, chance, slow=True) if slow else {"attempts": 0, "nextAttemptAt": None}
    tried_with = variables if why.of_variables and variables else None
    fields = {**(fields or {}), "phase": names.FAILED, "message": why.message, "bufferedAt": None, "variablesHash": tried_with, **again}
    # Resolved is named too: its observedGeneration says which generation was tried.
    resolved = (step != "Resolved", why.reason if step == "Resolved" else "Found", why.message if step == "Resolved" else "Its server was found.")
    return changed(generator, fields, {"Resolved": resolved, step: (False, why.reason, why.message), "Ready": (False, why.reason, why.message)}, now)


def buffered(generator: Object, found: Mapping[str, Any], ticket: str, now: datetime, warning: str = "") -> dict[str, Any]:
    """Its server is known, it stands in the line."""
    buffer = (generator.get("spec") or {}).get("buffer") or names.DEFAULT_BUFFER
    message = f"Waits in the line of buffer {buffer} for a free slot.{bmc_note(found)}{warning}"
    fields = {
        **found, "phase": names.BUFFERED, "message": message, "bufferedAt": ticket, "attempts": 0, "nextAttemptAt": None, "variablesHash": None,
        "resolvedGeneration": generator["metadata"].get("generation"),
    }
    where = f"Found in {found.get('manager') or 'its manager'}."
    waiting = (False, "Buffered", message)
    return changed(generator, fields, {"Resolved": (True, "Found", where), "Admitted": waiting, "ResourcesReady": waiting, "Ready": waiting}, now)


def bmc_note(found: Mapping[str, Any]) -> str:
    """A word on a BMC that is known by its DNS name: whether it is reached depends on the cluster's name servers."""
    name = addresses.host_name(found.get("ipmiAddress"))
    return f" Its BMC is known by a DNS name only: {name}." if name else ""


def waits(generator: Object, why: Reason, now: datetime, again: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Still in line, passed over for this reason."""
    fields = {"message": why.message, **(again or {})}
    return changed(generator, fields, {"Admitted": (False, why.reason, why.message), "Ready": (False, why.reason, why.message)}, now)


def completed(generator: Object, fields: Mapping[str, Any], message: str, now: datetime) -> dict[str, Any]:
    """Its host is there. bufferedAt, redeploying and replaces are cleared, a redeploy's token goes into `redeployed`.

    It is ready as far as it was when the host was made: what was edited since is still to be looked at.
    """
    before = generator.get("status") or {}
    cleared = {"bufferedAt": None, "redeploying": None, "replaces": None, "attempts": 0, "nextAttemptAt": None, "variablesHash": None}
    if before.get("redeploying"):
        cleared["redeployed"] = before["redeploying"]
    message += bmc_note({**before, **fields})
    yes = (True, "Completed", message)
    return changed(
        generator, {**fields, **cleared, "phase": names.COMPLETED, "message": message},
        {"Resolved": (True, "Found", "Its server was found."), "Admitted": yes, "ResourcesReady": yes, "Ready": yes}, now, fields.get("observedGeneration"))
