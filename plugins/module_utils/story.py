# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where generators stand, in words for people: worked out when somebody asks, never written into the cluster. Pure."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from . import names
from .availability import Usage, entries_aside, usage
from .cluster import Object
from .generators import buffer_of, condition, is_deleting, line, phase, status_of
from .models import Reason
from .readable import GENERATOR_SPEC, faults_of

MOST_TOLD = 3           # faults in a summary
# Of a generator, before it is looked at.
NOTHING_KNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("server", "vendor", "infra_env", "buffer", "phase", "reason", "message", "host_namespace", "host", "mac", "bmc", "next_attempt_at"), ""),
    **dict.fromkeys(("attempts", "place", "waiting"), 0), "ready": False, "deleting": False,
}


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


def slots(numbers: Usage) -> str:
    """20 of 20 slots held, 3 of them by hosts in error."""
    text = f"{numbers.used} of {numbers.cap} slots held"
    parts = [f"{count} of them {what}" for count, what in (
        (numbers.in_error, "by hosts in error"),
        (numbers.without_status, "by hosts without any status"),
        (numbers.reserved, "by open reservations"),
    ) if count]
    return ", ".join([text, *parts])


def buffer_facts(
    buffer: Object, hosts: Iterable[Object], generators: Iterable[Object], agents: Iterable[Object], now: datetime, faults: Iterable[str] = (),
) -> dict[str, Any]:
    """A buffer, its numbers as they are now and who waits in its line. faults: what of it cannot be read, each in words."""
    waiting = list(generators)
    found = [*faults, *(f"status.reservations has an entry for host {one['key']} of which the rest cannot be read" for one in entries_aside(buffer))]
    numbers = usage(buffer, hosts, waiting, agents, now)
    name = buffer["metadata"]["name"]
    held = f"{slots(numbers)}; {numbers.waiting or 'nobody'} {'waits' if numbers.waiting < 2 else 'wait'} in line."
    return {
        "name": name,
        **asdict(numbers),
        "line": [f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in line(waiting, name)],
        "faults": found,
        "summary": f"{name}: {held}{unread(found)}",
    }


def odd_buffer(buffer: Object, why: Reason) -> dict[str, Any]:
    """One about which nothing can be said but why. Nobody is let in by it."""
    name = buffer["metadata"]["name"]
    return {"name": name, **asdict(Usage(*[0] * len(fields(Usage)))), "line": [], "faults": [why.message], "summary": f"{name}: {why.message}"}


def unread(faults: list[str]) -> str:
    """What cannot be read, at the end of a summary."""
    more = f"; and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
    return f" What cannot be read of it: {'; '.join(faults[:MOST_TOLD])}{more}." if faults else ""


def generator_facts(generator: Object, buffers: Mapping[str, Mapping[str, Any]], faults: Iterable[str] = ()) -> dict[str, Any]:
    """A generator: what it asked for, what became of it and where it stands.

    buffers: by name, as buffer_facts() says; faults: what of it cannot be read, but for its spec.
    """
    metadata, spec, status = generator["metadata"], generator.get("spec") or {}, status_of(generator)
    said, deleting = condition(generator, "Ready"), is_deleting(generator)
    ready = phase(generator) == names.COMPLETED and said.get("status") == "True" and not deleting
    facts: dict[str, Any] = {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "server": _text(spec.get("serverName")) or metadata["name"],
        "vendor": status.get("serverVendor") or "",
        "infra_env": _text(spec.get("infraEnv")),
        "buffer": buffer_of(generator),
        "phase": phase(generator),
        "ready": ready,
        "reason": "" if ready else said.get("reason") or "",
        "deleting": deleting,
        "message": status.get("message") or "",
        "host_namespace": status.get("bmhNamespace") or "",
        "host": status.get("bmhName") or "",
        "mac": status.get("macAddress") or "",
        "bmc": status.get("ipmiAddress") or "",
        "attempts": status.get("attempts") or 0,
        "next_attempt_at": status.get("nextAttemptAt") or "",
        "conditions": status.get("conditions") or [],
        "faults": [*faults, *faults_of(GENERATOR_SPEC, spec, "spec")],
    }
    if facts["phase"] == names.COMPLETED and not ready:
        facts["message"] = said.get("message") or facts["message"]
    facts["place"], facts["waiting"], standing = _standing(facts, buffers.get(facts["buffer"]))
    facts["summary"] = f"{facts['namespace']}/{facts['name']}: {_so_far(facts)}{standing}{unread(facts['faults'])}"
    return facts


def odd_generator(generator: Object, why: Reason) -> dict[str, Any]:
    """One about which nothing can be said but why."""
    namespace, name = generator["metadata"]["namespace"], generator["metadata"]["name"]
    return {
        **NOTHING_KNOWN, "namespace": namespace, "name": name, "reason": why.reason, "message": why.message, "conditions": [], "faults": [why.message],
        "summary": f"{namespace}/{name}: {why.message}"}


def _standing(facts: Mapping[str, Any], buffer: Mapping[str, Any] | None) -> tuple[int, int, str]:
    """Place in line (0: none), how many wait there, and both in words."""
    waiting = buffer["line"] if buffer else []
    key = f"{facts['namespace']}/{facts['name']}"
    if facts["phase"] != names.BUFFERED or facts["deleting"]:
        return 0, len(waiting), ""
    if buffer is None:
        return 0, 0, f" Its buffer {facts['buffer']} does not exist: make it, or name another one."
    if key not in waiting:
        return 0, len(waiting), ""
    place = waiting.index(key) + 1
    held = buffer["summary"].split(": ", 1)[1].split("; ", 1)[0]
    return place, len(waiting), f" {ordinal(place)} of {len(waiting)} in line; {held}."


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _so_far(facts: Mapping[str, Any]) -> str:
    word = "Deleting" if facts["deleting"] else facts["phase"] or "New"
    message = facts["message"] or ("Nobody has looked at it yet." if word == "New" else "")
    if word == names.COMPLETED and facts["reason"]:
        word = f"{word}, but not ready ({facts['reason']})"
    return f"{word}. {message}{_again(facts)}".rstrip()


def _again(facts: Mapping[str, Any]) -> str:
    """When it is tried again."""
    if facts["deleting"] or not facts["message"]:
        return ""
    if facts["next_attempt_at"]:
        return f" Tried again at {facts['next_attempt_at'][:19].replace('T', ' ')} UTC."
    return " Tried again after an edit, or after annotation retry." if facts["phase"] == names.FAILED else ""
