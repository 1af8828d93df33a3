# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""materialize: an entry becomes a host, in waves over the whole batch: checks, Secrets, inert hosts, one CAS, activation, statuses, one CAS."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Union

from .. import names
from ..availability import annotations, bound_agents, buffer_of_host, entries_of, is_inert, is_ours, mac_of, paused_by_others, use_of
from ..cluster import AGENT, BUFFER, GENERATOR, HOST, Object
from ..errors import AlreadyExists, ClusterUnavailable, KindMissing, ObjectNotFound, WriteConflict
from ..generators import is_deleting, status_of
from ..guard import Fault, guarded, one_by_one
from ..manifests import Facts, activation, inert_host
from ..models import Reason
from .aside import put_aside, tell_of
from .claims import Hosts
from .secrets import Grant, Stop, make_secret
from .settling import Finish, cancel, finish, say_what_fails
from .users_secrets import spare
from .words import Entry, Run, cas, delete_as_seen, is_here, is_orphan, preconditions, refuse_if_unchanged, retrying, seconds_since_grant


@dataclass
class Cancel:
    """Back to the line; `why` when somebody should know, `permanent` when it is Failed for it, `again` when it is passed over for a while,
    `anew` when its server has to be looked up again first."""

    why: Reason | None = None
    permanent: bool = False
    again: bool = False
    anew: bool = False


@dataclass
class TryLater:
    """The cluster failed: the entry stays, and is tried again within this run, and by the next ones."""

    why: Reason


Verdict = Union[Grant, Cancel, Stop, Finish, TryLater]


@dataclass
class Batch:
    """Entries of one buffer that go through the waves together, and what was listed after they stood in the ledger."""

    run: Run
    buffer_name: str
    entries: list[tuple[str, Entry]]          # of all buffers
    hosts: Hosts
    bound: frozenset[str]
    left: list[Entry] = field(default_factory=list)             # to be tried again
    whys: dict[str, Reason] = field(default_factory=dict)       # and why, by rid


def materialize(run: Run, buffer_name: str, entries: list[Entry]) -> None:
    """Every entry comes as far as it can. What fails though the cluster answers is tried again, and after ten minutes taken back."""
    left = entries
    whys: dict[str, Reason] = {}
    for _attempt in retrying(run.policy, run.policy.write_tries):
        left, whys = _waves(run, buffer_name, left)
        if not left:
            return
    now = run.cluster.now()
    give_up = guarded(
        lambda entry: _give_up_or_tell(run, buffer_name, entry, whys.get(entry["rid"]), now), lambda entry, fault: _tell_of_entry(run, entry, fault))
    for entry in left:
        give_up(entry)


def _give_up_or_tell(run: Run, buffer_name: str, entry: Entry, why: Reason | None, now: datetime) -> None:
    """The entry goes after ten minutes; until then its generator's status says what fails."""
    reason = why or Reason("ClusterUnavailable", "The cluster kept failing to make its host; it is tried again later.")
    if seconds_since_grant(entry, now) > run.policy.give_up_seconds:
        cancel(run, buffer_name, entry, reason, again=True)
    else:
        say_what_fails(run, entry, reason)


def _tell_of_entry(run: Run, entry: Entry, fault: Fault) -> None:
    """What cannot be taken back now is tried again by the next run."""
    generator = run.cluster.get(GENERATOR, entry["generator"]["namespace"], entry["generator"]["name"])
    if generator is not None and generator["metadata"]["uid"] == entry["generator"]["uid"]:
        put_aside(run, generator, fault)


def _waves(run: Run, buffer_name: str, entries: list[Entry]) -> tuple[list[Entry], dict[str, Reason]]:
    """What is left to be tried again, and why, by rid."""
    batch = look_after_the_put(run, buffer_name, entries)
    wave = [Grant(entry) for entry in entries]
    for step in (still_wanted, old_host_gone, without_rivals, with_secret, created):
        wave = _each(batch, step, wave)
    wave = marked(batch, wave)
    wave = _each(batch, activated, wave)
    batch.left += finish(run, buffer_name, [Finish(grant) for grant in wave])
    return batch.left, batch.whys


def look_after_the_put(run: Run, buffer_name: str, entries: list[Entry]) -> Batch:
    """LIST buffers, then hosts, once for the batch."""
    buffers = run.cluster.list(BUFFER)
    hosts = run.cluster.list(HOST)
    agents = agents_of(run) if any(entry.get("replaces") for entry in entries) else []
    ledgers = one_by_one(buffers, entries_of, lambda buffer, fault: tell_of(run, BUFFER, buffer, fault))
    everywhere = [(buffer["metadata"]["name"], entry) for buffer, ledger in ledgers for entry in ledger or ()]
    return Batch(run, buffer_name, everywhere, Hosts(hosts, lambda host, fault: tell_of(run, HOST, host, fault)), bound_agents(agents))


def agents_of(run: Run) -> list[Object]:
    """All Agents; none where the assisted installer is not installed."""
    try:
        return run.cluster.list(AGENT)
    except KindMissing:
        return []


def _each(batch: Batch, step: Callable[[Batch, Grant], Verdict], wave: list[Grant]) -> list[Grant]:
    """One step for all of them; those that go on."""
    going_on: list[Grant] = []
    finishing: list[Finish] = []
    attempt = guarded(lambda grant: step(batch, grant), verdict_of)
    take_back = _taking_back(batch)
    for grant, verdict in zip(wave, batch.run.cluster.each(attempt, wave)):
        match verdict:
            case Grant():
                going_on.append(verdict)
            case Finish():
                finishing.append(verdict)
            case Cancel():
                if not take_back((grant.entry, verdict)):
                    batch.left.append(grant.entry)
            case Stop():
                _report_stop(batch.run, grant, verdict)
            case TryLater():
                batch.left.append(grant.entry)
                batch.whys[grant.entry["rid"]] = verdict.why
    batch.left += finish(batch.run, batch.buffer_name, finishing)
    return going_on


def _taking_back(batch: Batch) -> Callable[[tuple[Entry, Cancel]], bool]:
    """cancel() as a verdict says; an entry that cannot be taken back stays for the next run, and its generator is told why."""
    def take_back(one: tuple[Entry, Cancel]) -> bool:
        entry, verdict = one
        return cancel(batch.run, batch.buffer_name, entry, verdict.why, permanent=verdict.permanent, again=verdict.again, anew=verdict.anew)

    def stays(one: tuple[Entry, Cancel], fault: Fault) -> bool:
        _tell_of_entry(batch.run, one[0], fault)
        return True

    return guarded(take_back, stays)


def verdict_of(_grant: Grant, fault: Fault) -> Verdict:
    """What a fault means for an entry."""
    if isinstance(fault.error, (WriteConflict, ObjectNotFound, AlreadyExists)) and fault.why.passes:
        return Stop("an object that changed meanwhile")
    if fault.why.reason == "ClusterUnavailable":
        return TryLater(fault.why)
    return Cancel(fault.why, permanent=not fault.why.passes, again=fault.why.passes)


def _report_stop(run: Run, grant: Grant, stop: Stop) -> None:
    if grant.generator is not None:
        run.report(grant.generator, "waiting", f"Holds a slot and waits for {stop.waits_for}.", changed=False)


# --- the steps, in order ------------------------------------------------------------------------------------------------------------------


def still_wanted(batch: Batch, grant: Grant) -> Verdict:
    """g gone, deleting, other uid, generation or resolvedGeneration other than r's, other buffer: cancel."""
    wanted_by = grant.entry["generator"]
    generator = batch.run.cluster.get(GENERATOR, wanted_by["namespace"], wanted_by["name"])
    if generator is None or not is_here(generator, grant.entry, batch.buffer_name):
        return Cancel()
    request, found = batch.run.asks(generator), Facts.from_status(status_of(generator))
    if isinstance(request, Reason):
        return Cancel(request, permanent=True)
    if found is None or request.key != grant.entry["key"] or found.mac != grant.entry["mac"]:
        return Cancel(anew=True)
    grant.generator, grant.request, grant.found = generator, request, found
    return grant


def old_host_gone(batch: Batch, grant: Grant) -> Verdict:
    """The host with uid r.replaces: never taken from those who use or hold it; deleted as it was seen free."""
    old = batch.hosts.by_uid.get(grant.entry.get("replaces", ""))
    if old is None:
        return grant
    held = why_held(old, batch.bound)
    if held is not None:
        return Cancel(held)
    if grant.generator is not None:
        spare(batch.run, old, grant.generator)
    if not is_deleting(old):
        delete_as_seen(batch.run, HOST, old)
    return Stop(f"host {old['metadata']['namespace']}/{old['metadata']['name']}, which is being deleted to be made anew")


def why_held(host: Object, bound: frozenset[str]) -> Reason | None:
    """HostInUse, HostPaused, or None when it may go."""
    where = f"{host['metadata']['namespace']}/{host['metadata']['name']}"
    use = use_of(host, bound)
    if use:
        return Reason("HostInUse", f"Host {where} is in use ({use}); waits until it is free.")
    if paused_by_others(host):
        return Reason("HostPaused", f"Host {where} is paused by somebody else; waits until it is no longer.")
    return None


def without_rivals(batch: Batch, grant: Grant) -> Verdict:
    """Nobody else has, or is about to have, this server: no entry in any buffer, no host (inert too)."""
    entry = grant.entry
    for _buffer_name, other in batch.entries:
        if other["rid"] != entry["rid"] and are_rivals(other, entry):
            return Cancel(Reason("Conflict", f"Another reservation, of {other['generator'].get('name')}, is for the same server."), again=True)
    for host in batch.hosts.with_any([("mac", entry["mac"]), ("bmc", entry["bmc"])]):
        if not is_the_entrys(host, entry):
            where = f"{host['metadata']['namespace']}/{host['metadata']['name']}"
            return Cancel(Reason("Conflict", f"Host {where} has the same MAC or BMC address; remove one of the two."), again=True)
    return grant


def are_rivals(other: Entry, entry: Entry) -> bool:
    """Of one generator, or for one key, MAC or BMC."""
    if other["generator"]["uid"] == entry["generator"]["uid"]:
        return True
    return any(other.get(field) and other.get(field) == entry.get(field) for field in ("key", "mac", "bmc"))


def is_the_entrys(host: Object, entry: Entry) -> bool:
    """Neither r's by rid, nor r.hostUid, nor r.replaces: a rival."""
    uid = host["metadata"]["uid"]
    return annotations(host).get(names.RID) == entry["rid"] or uid in (entry.get("hostUid"), entry.get("replaces"))


def with_secret(batch: Batch, grant: Grant) -> Verdict:
    """The Secret first: Metal3 asks for it as soon as the host is active."""
    answer = make_secret(batch.run, grant)
    if isinstance(answer, Reason):
        return Cancel(answer, permanent=True)
    return answer or grant


def created(batch: Batch, grant: Grant) -> Verdict:
    """CREATE the host inert."""
    if not (grant.request is not None and grant.found is not None and grant.generator is not None):
        raise AssertionError("an entry is made only from resolved facts")
    body = inert_host(grant.request, grant.found, grant.generator, grant.entry["rid"])
    for _attempt in retrying(batch.run.policy, batch.run.policy.object_tries):
        try:
            grant.host = batch.run.cluster.create(HOST, body)
            return grant
        except AlreadyExists:
            there = batch.run.cluster.get(HOST, *grant.place)
        if there is None:
            continue
        verdict = meets(batch, grant, there)
        if verdict is not None:
            return verdict
    return Stop("its host, which others keep changing")


def meets(batch: Batch, grant: Grant, there: Object) -> Verdict | None:
    """A host is at our key already. None: it was a leftover and is gone, create again."""
    entry, uid = grant.entry, there["metadata"]["uid"]
    if annotations(there).get(names.RID) == entry["rid"]:
        grant.host = there
        return grant
    if is_inert(there):
        if buffer_of_host(there) == batch.buffer_name and is_leftover(batch, there):
            delete_as_seen(batch.run, HOST, there)
            return None
        if is_ours(there, entry["generator"]["uid"]):
            return Cancel(again=True)                                      # of its place in another buffer, whose collect takes it
    elif is_deleting(there):
        if is_ours(there, entry["generator"]["uid"]):
            return Stop("its earlier host, which is being deleted")
    elif uid != entry.get("replaces") and is_finished_host(there, entry):
        grant.host = there
        return Finish(grant)
    return Cancel(Reason("Conflict", f"Host {entry['key']} exists already and is not this generator's; remove it, or adopt it by giving it the same "
                                     "MAC, BMC address and InfraEnv."), permanent=True)


def is_leftover(batch: Batch, inert: Object) -> bool:
    """Its rid is in no entry of the ledger, read after this host."""
    buffer = batch.run.cluster.get(BUFFER, None, batch.buffer_name)
    return is_orphan(buffer, inert)


def is_finished_host(host: Object, entry: Entry) -> bool:
    """The host that this entry made, or its generator's own from a ledger that was lost."""
    return host["metadata"]["uid"] == entry.get("hostUid") or (is_ours(host, entry["generator"]["uid"]) and mac_of(host) == entry["mac"])


def marked(batch: Batch, wave: list[Grant]) -> list[Grant]:
    """One CAS: state = created, hostUid. A host whose entry is no longer there goes, as it was read inert: another actor may have finished it."""
    if not wave:
        return []
    uids = {grant.entry["rid"]: grant.host["metadata"]["uid"] for grant in wave if grant.host is not None}
    there: set[str] = set()

    def mark(buffer: Object) -> bool:
        there.clear()
        to_write = False
        for entry in entries_of(buffer):
            if entry["rid"] in uids:
                there.add(entry["rid"])
                to_write = to_write or (entry.get("state"), entry.get("hostUid")) != ("created", uids[entry["rid"]])
                entry.update(state="created", hostUid=uids[entry["rid"]])
        return to_write

    try:
        cas(batch.run, batch.buffer_name, mark)
    except ClusterUnavailable:
        batch.left += [grant.entry for grant in wave]
        return []
    drop = guarded(lambda grant: delete_orphan(batch.run, grant), lambda grant, fault: tell_of(batch.run, HOST, grant.host or {}, fault))
    for grant in wave:
        if grant.entry["rid"] not in there:
            drop(grant)
        else:
            grant.entry = {**grant.entry, "state": "created", "hostUid": uids[grant.entry["rid"]]}
    return [grant for grant in wave if grant.entry["rid"] in there]


def delete_orphan(run: Run, grant: Grant) -> None:
    """Its entry was taken back meanwhile."""
    if not (grant.host is not None):
        raise AssertionError("an entry is made only from resolved facts")
    try:
        delete_as_seen(run, HOST, grant.host)
    except ClusterUnavailable:
        pass                                                               # it is inert, collect takes it


def activated(batch: Batch, grant: Grant) -> Verdict:
    """PATCH with uid + resourceVersion: rid and paused off, the InfraEnv and the user's labels on."""
    if not (grant.host is not None and grant.request is not None):
        raise AssertionError("an entry is made only from resolved facts")
    patch = activation(grant.request, grant.host)
    patch["metadata"].update(preconditions(grant.host))
    try:
        grant.host = batch.run.cluster.patch(HOST, *grant.place, patch)
    except ObjectNotFound:
        return Stop("its host, which changed meanwhile")
    except WriteConflict as error:
        refuse_if_unchanged(batch.run, HOST, grant.host, error)
        return Stop("its host, which changed meanwhile")
    return grant
