# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Out of the line: admit and pick. No lock is held: slots are granted by compare-and-swap on the ledger, around two lists."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from .. import names
from ..availability import (
    Usage, bound_agents, buffer_of_host, cap_of, entries_aside, entries_of, errors_to_remember, inert_of, is_inert,
    is_ours, key, ledger_of, occupants, stored_entries, usage, used_keys,
)
from ..cluster import BUFFER, GENERATOR, HOST, Cluster, Object
from ..credentials import Credentials
from ..errors import ClusterUnavailable, Invalid, ObjectNotFound, WriteConflict
from ..failing import is_outdated
from ..generators import Request, buffer_of, condition, is_deleting, is_resolved, is_time, is_waiting, line, phase, redeploy_to_take_off, status_of
from ..guard import Fault, guarded, one_by_one
from ..manifests import Facts
from ..models import Reason
from ..status import failed, waits
from .aside import look_up_anew, put_aside, tell_of
from .claims import Claims, Hosts, wanted
from .editing import host_gone, say
from .materializing import agents_of, materialize, why_held
from .secrets import Grant
from .settling import collect, finish_one
from .words import (
    MOST_ENTRIES, Entry, Outcome, Policy, Run, ask_of, key_of, new_entry, preconditions, put_ledger, refuse_if_unchanged, seconds_since_grant, write_status,
)

LONGEST_LOOK_SECONDS = 2.0      # between two looks at entries of others


@dataclass
class AdmitResult:
    """What happened to generators, and where each buffer stands now."""

    outcomes: list[Outcome]
    buffers: dict[str, Usage] = field(default_factory=dict)
    lines: dict[str, list[Object]] = field(default_factory=dict)


@dataclass
class Seen:
    """What one pass sees, listed in this order: buffers, hosts, generators."""

    buffers: list[Object]
    hosts: list[Object]
    generators: list[Object]
    agents: list[Object]
    now: datetime

    def __post_init__(self) -> None:
        self.by = Hosts(self.hosts)
        self.claims = Claims(self.generators, self.hosts)
        self.bound = bound_agents(self.agents)
        self.with_entry: set[str] = set()                # uids of generators
        self.names_of_buffers = {buffer["metadata"]["name"] for buffer in self.buffers}
        self.kept_aside: dict[str, str] = {}             # by the key of an entry that cannot be read: its buffer

    def read_ledger(self, buffer: Object) -> bool:
        """Who has an entry in it; True when it could be read."""
        self.with_entry.update(entry["generator"]["uid"] for entry in entries_of(buffer))
        self.kept_aside.update((entry["key"], buffer["metadata"]["name"]) for entry in entries_aside(buffer))
        return True


def admit(cluster: Cluster, buffers: list[str] | None, credentials: Credentials, policy: Policy) -> AdmitResult:
    """Free slots go to the heads of the lines; every entry becomes a host. buffers: None for all."""
    run, taken_over = Run(cluster, policy, credentials), set[str]()
    while True:
        seen, settled = look(run), run.settled
        _complete_those_with_a_host(run, seen)
        ours = [buffer for buffer in seen.buffers if buffers is None or buffer["metadata"]["name"] in buffers]
        with_fault = partial(_with_fault, run, seen)
        granted = [more for _buffer, more in one_by_one(ours, lambda buffer: _grant_and_make(run, buffer, seen), with_fault)]
        if (any(granted) or run.settled > settled) and not policy.out_of_time():
            continue                                                       # again from 1 while anything was granted
        here = [buffer["metadata"]["name"] for buffer in ours]
        for _buffer, _done in one_by_one(ours, lambda buffer: _take_over(run, buffer["metadata"]["name"], taken_over), with_fault):
            continue
        gone = collect(run, here + _missing_buffers(seen, buffers), seen.hosts)
        if policy.out_of_time() or not gone and run.settled == settled:
            return _conclude(run, buffers, seen)


def _with_fault(run: Run, seen: Seen, buffer: Object, fault: Fault) -> bool:
    """Nothing more is granted from this buffer in this run; those at the head of its line are told why."""
    name = buffer["metadata"]["name"]
    run.set_aside.add(name)
    tell_of(run, BUFFER, buffer, fault)
    why = Reason(fault.why.reason, f"Waits in line; buffer {name} grants nothing now. {fault.why.message}")
    say_why = guarded(lambda generator: _tell(run, generator, why), lambda _generator, _second: None)
    for generator in line(seen.generators, name)[:MOST_ENTRIES]:
        say_why(generator)
    return False


def look(run: Run) -> Seen:
    """1 LIST buffers, 2 LIST hosts (all), 3 LIST generators: who is counted twice for a moment costs a slot, who is not counted passes the cap."""
    buffers = run.cluster.list(BUFFER)
    hosts = run.cluster.list(HOST)
    generators = run.cluster.list(GENERATOR)
    with_agents = any((buffer.get("spec") or {}).get("agentAware") for buffer in buffers) or any(status_of(one).get("replaces") for one in generators)
    seen = Seen(buffers, hosts, generators, agents_of(run) if with_agents else [], run.cluster.now())
    seen.buffers = [buffer for buffer, read in one_by_one(buffers, seen.read_ledger, partial(_with_fault, run, seen)) if read]
    return seen


def _complete_those_with_a_host(run: Run, seen: Seen) -> None:
    """A Buffered g without `replaces` and without entry that has its own active host: its last status write was lost. No entry, no slot."""
    for _generator, _done in one_by_one(
            seen.generators, lambda one: _complete_if_it_has_a_host(run, seen, one), lambda one, fault: put_aside(run, one, fault)):
        continue


def _complete_if_it_has_a_host(run: Run, seen: Seen, generator: Object) -> None:
    uid = generator["metadata"]["uid"]
    host = seen.by.by_generator.get(uid)
    if ask_of(generator) in run.set_aside:
        return
    if phase(generator) == names.BUFFERED and has_its_own_host(generator, host, seen) and host is not None:
        entry = {"key": key(host), "rid": "", "generator": {**generator["metadata"], "uid": uid}, "hostUid": host["metadata"]["uid"]}
        finish_one(run, Grant(entry, generator, host=host))
    elif phase(generator) == names.COMPLETED and host is None and key_of(generator) and not is_deleting(generator):
        _host_is_gone(run, generator)
    elif is_waiting(generator) and buffer_of(generator) not in seen.names_of_buffers:
        _tell(run, generator, Reason("BufferMissing", f"Buffer {buffer_of(generator)} does not exist; create it, or name another one."))


def has_its_own_host(generator: Object, host: Object | None, seen: Seen) -> bool:
    """It needs no entry any more."""
    return (
        host is not None and not is_deleting(generator) and not is_deleting(host) and not status_of(generator).get("replaces")
        and generator["metadata"]["uid"] not in seen.with_entry
    )


def _host_is_gone(run: Run, generator: Object) -> None:
    """Hosts were listed first, so it may only be younger than that list: look once more."""
    if condition(generator, "Ready").get("reason") == "HostGone" or names.FINALIZER not in (generator["metadata"].get("finalizers") or []):
        return
    status = status_of(generator)
    if run.cluster.get(HOST, status["bmhNamespace"], status["bmhName"]) is None:
        say(run, generator, host_gone(generator))


# --- pick ---------------------------------------------------------------------------------------------------------------------------------


def _grant_and_make(run: Run, buffer: Object, seen: Seen) -> bool:
    """PUT buffer status with the entries of those who are picked, then make their hosts. True: look again."""
    name = buffer["metadata"]["name"]
    picked: list[Object] = []
    if is_deleting(buffer):
        _let_go(run, buffer)
    elif name not in run.set_aside and run.lost[name] < run.policy.grant_tries:
        picked = pick(run, buffer, seen)
    if picked:
        held = hold(run, buffer)
        if held is None:
            return _overtaken(run, name)
        try:
            entries = one_by_one(picked, lambda generator: new_entry(run, generator, seen.now), lambda generator, fault: put_aside(run, generator, fault))
            buffer = _put_entries(run, held, seen, [entry for _generator, entry in entries if entry is not None])
        except Invalid:
            return _grant_each(run, held, seen, picked)
        except WriteConflict as error:
            refuse_if_unchanged(run, BUFFER, held, error)
            return _overtaken(run, name)
        except ObjectNotFound:
            return False
        except ClusterUnavailable:
            if _is_last(run, name):
                raise
            return _overtaken(run, name)                                   # it may have happened: one more look tells
        run.lost[name] = 0
    _materialize_own(run, buffer)
    return bool(picked)


def _grant_each(run: Run, buffer: Object, seen: Seen, picked: list[Object]) -> bool:
    """The API does not take one of these entries: each is tried alone, so that it is only that generator's failure. True: look again."""
    def grant(generator: Object) -> None:
        nonlocal buffer
        buffer = _put_entries(run, buffer, seen, [new_entry(run, generator, seen.now)])

    alone = guarded(grant, lambda generator, fault: put_aside(run, generator, fault))
    for generator in picked:
        alone(generator)
    _materialize_own(run, buffer)
    return True


def _materialize_own(run: Run, buffer: Object) -> None:
    """The entries that this run has put, or has stopped at before."""
    own = [entry for entry in entries_of(buffer) if entry.get("actor") == run.policy.actor]
    if own:
        materialize(run, buffer["metadata"]["name"], own)


def _overtaken(run: Run, name: str) -> bool:
    """Others wrote this ledger meanwhile: again from 1, after a growing pause; whoever loses again and again leaves the line to those who win.

    Nobody is forgotten: who won looks again until there is nothing to grant, and what is left after that is announced again.
    """
    run.lost[name] += 1
    if run.lost[name] >= run.policy.grant_tries:
        return False
    run.policy.sleep(0.1 * 3 ** (run.lost[name] - 1) * run.policy.random.uniform(0.5, 1.5))
    return True


def pick(run: Run, buffer: Object, seen: Seen) -> list[Object]:
    """From the head of the line: at most `free`, at most 200 open entries. A redeploy whose old host is in `used` needs no free slot."""
    occupying = occupants(buffer, seen.hosts, seen.agents, seen.now)
    free = cap_of(buffer) - len(used_keys(buffer, occupying))
    room = MOST_ENTRIES - len(ledger_of(buffer))
    holding = {host["metadata"]["uid"] for host in occupying}
    picked: list[Object] = []
    waiting = [one for one in line(seen.generators, buffer["metadata"]["name"]) if ask_of(one) not in run.set_aside]
    judge = guarded(lambda one: _judged(run, one, seen), lambda one, fault: put_aside(run, one, fault) or "has a fault")
    for generator in waiting:
        if judge(generator) is not None or len(picked) >= room:
            continue
        in_place = status_of(generator).get("replaces") in holding
        if free > 0 or in_place:
            picked.append(generator)
            free -= not in_place
    return picked


def _judged(run: Run, generator: Object, seen: Seen) -> Reason | str | None:
    """passed_over(), and its status says so where it should."""
    why = passed_over(run, generator, seen)
    if not isinstance(why, str):
        _tell(run, generator, why)
    return why


def passed_over(run: Run, generator: Object, seen: Seen) -> Reason | str | None:
    """Why it is not its turn though it stands first: a Reason that its status should tell, or a word. None: it is its turn."""
    status, uid = status_of(generator), generator["metadata"]["uid"]
    if uid in seen.with_entry:
        return "has an entry"
    if not is_resolved(generator):
        return "is to be resolved anew"
    if redeploy_to_take_off(generator):
        return "its redeploy annotation is still to be taken off"
    if not is_time(generator, seen.now):
        return "waits for nextAttemptAt"
    if has_its_own_host(generator, seen.by.by_generator.get(uid), seen):
        return "has its host"
    request, found = run.asks(generator), Facts.from_status(status)
    if not facts_fit(generator, request, found):
        look_up_anew(run, generator)
        return "is to be resolved anew"
    its_key = key_of(generator)
    if its_key in seen.kept_aside:
        return Reason("Conflict", f"An entry for host {its_key} stands in the ledger of buffer {seen.kept_aside[its_key]} that this version cannot read; "
                                  "wait for the version that wrote it, or take it out of the buffer's status.")
    old = seen.by.by_uid.get(status.get("replaces", ""))
    held = why_held(old, seen.bound) if old is not None else None
    return held or claim_of_others(generator, seen) or _cannot_be_made(run, generator, request, found)


def facts_fit(generator: Object, request: Request | Reason, found: Facts | None) -> bool:
    """What its status says of its server is complete, and names the host that spec and variables give today (or the spec is refused: materialize says so)."""
    return isinstance(request, Reason) or found is not None and key_of(generator) == request.key


def claim_of_others(generator: Object, seen: Seen) -> Reason | str | None:
    """Another generator holds the claim, or somebody else's host has its key, MAC or BMC address."""
    rival = seen.claims.rival(generator)
    if rival is not None:
        return Reason("Conflict", f"Generator {rival['metadata']['namespace']}/{rival['metadata']['name']} wants the same server; waits until it is gone.")
    for host in seen.by.with_any(wanted(generator)):
        if is_ours(host, generator["metadata"]["uid"]) or host["metadata"]["uid"] == status_of(generator).get("replaces"):
            continue
        if is_inert(host):
            return "an inert host is for its server"
        return Reason("Conflict", f"Host {key(host)} has the same name, MAC or BMC address; waits until it is gone.")
    return None


def _cannot_be_made(run: Run, generator: Object, request: Request | Reason, found: Facts | None) -> Reason | str | None:
    """Without credentials it never gets as far as a slot."""
    if isinstance(request, Reason) or found is None or request.host.get("bmcCredentials"):
        return None                                                        # materialize finds out, and says so
    data = run.credentials.data(request, found.vendor)
    if not isinstance(data, Reason):
        return None

    def make(fresh: Object) -> dict | None:
        if phase(fresh) != names.BUFFERED or is_deleting(fresh) or status_of(fresh).get("bufferedAt") != status_of(generator).get("bufferedAt"):
            return None
        return failed(fresh, data, run.cluster.now(), run.policy.random)

    written = write_status(run, generator, make)
    if written is not None:
        run.report(written, "failed", data.message, data.reason)
    return "has no credentials"


def _tell(run: Run, generator: Object, why: Reason | None) -> None:
    """Its status says why it is passed over, once, and that it is no longer."""
    before = condition(generator, "Admitted").get("reason")
    if before == (why.reason if why is not None else "Buffered") or not before and why is None:
        return
    reason = why or Reason("Buffered", f"Waits in the line of buffer {(generator.get('spec') or {}).get('buffer') or names.DEFAULT_BUFFER} for a free slot.")

    def make(fresh: Object) -> dict | None:
        if phase(fresh) != names.BUFFERED or is_deleting(fresh) or fresh["metadata"].get("generation") != generator["metadata"].get("generation"):
            return None
        return waits(fresh, reason, run.cluster.now())

    written = write_status(run, generator, make)
    if written is not None and why is not None:
        run.report(written, "waiting", why.message, why.reason)


# --- the ledger ---------------------------------------------------------------------------------------------------------------------------


def _is_last(run: Run, name: str) -> bool:
    """The cluster fails where this buffer is written: one more look, and then it is told."""
    run.lost[name] = max(run.lost[name], run.policy.grant_tries - 2)
    return run.lost[name] >= run.policy.grant_tries - 1


def hold(run: Run, buffer: Object) -> Object | None:
    """Our finalizer, put on by a PATCH of the buffer itself, holds it while entries are open. None: look again."""
    finalizers = buffer["metadata"].get("finalizers") or []
    if names.BUFFER_FINALIZER in finalizers:
        return buffer
    body = {"metadata": {"finalizers": [*finalizers, names.BUFFER_FINALIZER], **preconditions(buffer)}}
    try:
        return run.cluster.patch(BUFFER, None, buffer["metadata"]["name"], body)
    except WriteConflict as error:
        refuse_if_unchanged(run, BUFFER, buffer, error)
        return None
    except ObjectNotFound:
        return None
    except ClusterUnavailable:
        if _is_last(run, buffer["metadata"]["name"]):
            raise
        return None


def _let_go(run: Run, buffer: Object) -> None:
    """A deleting buffer grants nothing; it goes when its last entry is settled."""
    finalizers = buffer["metadata"].get("finalizers") or []
    if ledger_of(buffer) or names.BUFFER_FINALIZER not in finalizers:
        return
    rest = [one for one in finalizers if one != names.BUFFER_FINALIZER]
    try:
        run.cluster.patch(BUFFER, None, buffer["metadata"]["name"], {"metadata": {"finalizers": rest, **preconditions(buffer)}})
    except (WriteConflict, ObjectNotFound, ClusterUnavailable):
        pass                                                               # the next run looks again


def _put_entries(run: Run, buffer: Object, seen: Seen, entries: list[Entry]) -> Object:
    """On a copy: what was seen stays as it was seen, whether this write goes through or not."""
    granting = {**buffer, "status": {**(buffer.get("status") or {}), "reservations": stored_entries(buffer) + entries}}
    _put_numbers(granting, usage(granting, seen.hosts, seen.generators, seen.agents, seen.now))
    _remember_errors(granting, errors_to_remember(granting, seen.hosts, seen.agents, seen.now))
    return put_ledger(run, granting)


def _remember_errors(buffer: Object, memory: list[dict[str, Any]] | None) -> None:
    """Since when its hosts are in error; the field goes with the limit."""
    if memory is None:
        buffer["status"].pop("hostsInError", None)
    else:
        buffer["status"]["hostsInError"] = memory


def _put_numbers(buffer: Object, numbers: Usage) -> None:
    buffer["status"].update(occupied=numbers.occupied, waiting=numbers.waiting, inError=numbers.in_error, withoutStatus=numbers.without_status)


def _take_over(run: Run, buffer_name: str, taken_over: set[str]) -> None:
    """Entries of others: at once those older than takeover_seconds, by grantedAt; the younger ones go, or age."""
    expected: set[str] | None = None
    looks = 0
    while True:
        entries = [one for one in entries_of(run.cluster.get(BUFFER, None, buffer_name) or {}) if one.get("actor") != run.policy.actor]
        expected = {entry["rid"] for entry in entries} if expected is None else expected
        others = [entry for entry in entries if entry["rid"] in expected - taken_over]
        if not others:
            return
        now = run.cluster.now()
        aged = sorted((one for one in others if seconds_since_grant(one, now) >= run.policy.takeover_seconds), key=lambda one: one.get("grantedAt") or "")
        if aged:
            taken_over.update(entry["rid"] for entry in aged)
            materialize(run, buffer_name, aged)
        if run.policy.out_of_time():
            return
        if not aged:
            youngest = max(run.policy.takeover_seconds - seconds_since_grant(one, now) for one in others)
            run.policy.sleep(min(LONGEST_LOOK_SECONDS, 0.05 * 2 ** looks, max(0.05, youngest)))
            looks = min(looks + 1, 10)


def _missing_buffers(seen: Seen, buffers: list[str] | None) -> list[str]:
    """Inert hosts of a buffer that is no longer there are leftovers too."""
    lost = {buffer_of_host(host) for host in inert_of(seen.hosts)} - seen.names_of_buffers
    return sorted(lost if buffers is None else lost & set(buffers))


def _conclude(run: Run, buffers: list[str] | None, seen: Seen) -> AdmitResult:
    """Where everything stood at the last look; a buffer's numbers are written when they are no longer true."""
    result = AdmitResult(run.outcomes)
    ours = [buffer for buffer in seen.buffers if buffers is None or buffer["metadata"]["name"] in buffers]
    for _buffer, _done in one_by_one(ours, lambda buffer: _conclude_one(run, buffer, seen, result), partial(_with_fault, run, seen)):
        continue
    return result


def _conclude_one(run: Run, buffer: Object, seen: Seen, result: AdmitResult) -> bool:
    name = buffer["metadata"]["name"]
    if is_deleting(buffer):
        _let_go(run, buffer)
    for entry in entries_aside(buffer):
        run.report_object(BUFFER, buffer, "kept", f"An entry for host {entry['key']} stands in the ledger of buffer {name} that this version cannot read: it "
                          "holds its slot until the version that wrote it, or a person, takes it out.", "Unreadable")
    numbers = usage(buffer, seen.hosts, seen.generators, seen.agents, seen.now)
    result.buffers[name], result.lines[name] = numbers, line(seen.generators, name)
    status, to_drop = buffer.setdefault("status", {}), len(stored_entries(buffer)) > len(ledger_of(buffer))
    memory = errors_to_remember(buffer, seen.hosts, seen.agents, seen.now)
    told = not to_drop and not is_outdated(buffer, memory)
    if told and (status.get("occupied"), status.get("waiting"), status.get("reserved")) == (numbers.occupied, numbers.waiting, numbers.reserved):
        return True
    _put_numbers(buffer, numbers)
    _remember_errors(buffer, memory)
    try:
        put_ledger(run, buffer)
    except (WriteConflict, ObjectNotFound, ClusterUnavailable):
        pass                                                               # whoever wrote meanwhile has newer numbers
    return True
