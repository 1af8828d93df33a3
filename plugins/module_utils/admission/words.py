# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of admission: run, outcome, entry, key, rid; the compare-and-swap of a ledger; which errors concern one generator alone."""
from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from .. import names
from ..addresses import comparable_mac
from ..availability import annotations, entries_aside, entries_of, is_readable, ledger_of, stored_entries
from ..cluster import BUFFER, GENERATOR, Cluster, Kind, Object
from ..credentials import Credentials
from ..deadline import Deadline
from ..errors import ClusterError, ClusterUnavailable, Denied, Invalid, ObjectNotFound, WriteConflict
from ..generators import Request, asks, buffer_of, line_place, status_of
from ..manifests import Facts
from ..models import Reason
from ..profiles import Profiles
from ..bmc import bmc_host
from ..times import is_far_ahead, parse_time, stamp

Entry = dict[str, Any]
T = TypeVar("T")
MOST_ENTRIES = 200
LONGEST_PAUSE_SECONDS = 2.0


@dataclass
class Policy:
    """Options of a run; never a secret. actor: different for every process, so that it knows its own entries."""

    actor: str
    profiles: Profiles = field(default_factory=Profiles)
    host_namespaces: tuple[str, ...] = ()
    takeover_seconds: float = 15.0
    give_up_seconds: float = 600.0
    deadline: Deadline | None = None
    keep_resources: bool = False
    keep_adopted: bool = True
    sleep: Callable[[float], None] = time.sleep
    random: random.Random = field(default_factory=random.SystemRandom)
    tries: int = 12                   # of one compare-and-swap of a ledger
    object_tries: int = 5             # of one write of an object that few write
    failing_tries: int = 2            # of these, while the cluster fails; twice as many of a ledger's
    write_tries: int = 3              # of a grant whose writes fail though the cluster answers
    grant_tries: int = 3              # of a batch of grants that others keep overtaking

    @cached_property
    def variables(self) -> str:
        """Tells profiles and namespaces from others: a short hash, of no secret."""
        text = json.dumps([[asdict(profile) for profile in self.profiles.entries], sorted(self.host_namespaces)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def out_of_time(self) -> bool:
        """The deadline has passed."""
        return self.deadline is not None and self.deadline.passed()

    def new_rid(self) -> str:
        """Identity of an entry, never used before."""
        return f"{self.random.getrandbits(80):020x}"


@dataclass
class Outcome:
    """What happened to one generator, or to another object (kind). reason: a word of docs/lifecycle.md; message: one sentence."""

    namespace: str
    name: str
    action: str
    message: str
    reason: str | None = None
    changed: bool = True
    kind: Kind = GENERATOR

    @property
    def warning(self) -> bool:
        """As Kubernetes Events tell it."""
        return (self.action in ("failed", "waiting") or self.kind is not GENERATOR) and self.reason is not None

    @property
    def event(self) -> str:
        """The reason of its Kubernetes Event, one CamelCase word."""
        return self.reason or self.action.title().replace("_", "")


@dataclass
class Resolved:
    """A generator, and what was found out about its server, or why nothing was."""

    generator: Object
    found: Facts | Reason


@dataclass
class Run:
    """One run of a stage: its cluster, its options, and what happened so far."""

    cluster: Cluster
    policy: Policy
    credentials: Credentials = field(default_factory=Credentials)
    outcomes: list[Outcome] = field(default_factory=list)
    settled: int = 0                  # entries that left a ledger by our doing
    lost: Counter[str] = field(default_factory=Counter)      # by buffer: batches of grants in a row that others overtook
    set_aside: set[str] = field(default_factory=set)         # ask_of() generators, and names of buffers, with which this run is done

    def report(self, generator: Object, action: str, message: str, reason: str | None = None, changed: bool = True) -> None:
        """Something happened to this generator."""
        metadata = generator["metadata"]
        self.outcomes.append(Outcome(metadata["namespace"], metadata["name"], action, message, reason, changed))

    def report_object(self, kind: Kind, item: Object, action: str, message: str, reason: str, changed: bool = False) -> None:
        """The same of a host, a buffer, a Secret; said once in a run. changed: something was written, so that it is news."""
        metadata = item["metadata"]
        outcome = Outcome(metadata.get("namespace") or "", metadata["name"], action, message, reason, changed, kind)
        if outcome not in self.outcomes:
            self.outcomes.append(outcome)

    def asks(self, generator: Object) -> Request | Reason:
        """What the generator asks for."""
        return asks(generator, self.policy.profiles, self.policy.host_namespaces)


# --- entries ------------------------------------------------------------------------------------------------------------------------------


def new_entry(run: Run, generator: Object, now: datetime) -> Entry:
    """A slot granted to this generator, for the host that its facts describe."""
    metadata, status = generator["metadata"], status_of(generator)
    entry = {
        "key": key_of(generator),
        "rid": run.policy.new_rid(),
        "generator": {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"], "generation": metadata["generation"]},
        "bufferedAt": line_place(generator)[0],
        "mac": comparable_mac(status.get("macAddress")),
        "bmc": bmc_host(str(status.get("ipmiAddress") or "")),
        "state": "granted",
        "actor": run.policy.actor,
        "grantedAt": stamp(now),
    }
    if status.get("replaces"):
        entry["replaces"] = status["replaces"]
    return entry


def ask_of(generator: Object) -> str:
    """Who asks, and for what: an edit is another ask."""
    metadata = generator["metadata"]
    return f"{metadata['uid']}/{metadata.get('generation', 0)}"


def key_of(generator: Object) -> str:
    """namespace/name of the host that its facts describe; "" before they are found."""
    status = status_of(generator)
    return f"{status['bmhNamespace']}/{status['bmhName']}" if status.get("bmhNamespace") and status.get("bmhName") else ""


def entry_of(buffer: Object | None, rid: str) -> Entry | None:
    """The entry with this rid."""
    return next((entry for entry in entries_of(buffer or {}) if entry.get("rid") == rid), None)


def is_orphan(buffer: Object | None, inert: Object) -> bool:
    """No entry is for this inert host: by its rid; or by its key, where the entry is one that only the version that wrote it can read."""
    host_key = f"{inert['metadata']['namespace']}/{inert['metadata']['name']}"
    return entry_of(buffer, annotations(inert)[names.RID]) is None and all(entry["key"] != host_key for entry in entries_aside(buffer or {}))


def split_key(key: str) -> tuple[str, str]:
    """namespace, name."""
    namespace, _slash, name = key.partition("/")
    return namespace, name


def seconds_since_grant(entry: Entry, now: datetime) -> float:
    """How old an entry is; one without a readable time, or from a future that no clock reaches, is as old as can be."""
    granted = parse_time(entry.get("grantedAt"))
    return float("inf") if granted is None or is_far_ahead(granted, now) else (now - granted).total_seconds()


# --- writes -------------------------------------------------------------------------------------------------------------------------------


def retrying(policy: Policy, tries: int | None = None) -> Iterator[int]:
    """Numbers of tries, with growing jittered pauses between them, until the deadline."""
    for attempt in range(tries or policy.tries):
        if attempt:
            if policy.out_of_time():
                return
            policy.sleep(min(LONGEST_PAUSE_SECONDS, 0.02 * 2 ** min(attempt, 10)) * policy.random.uniform(0.5, 1.5))
        yield attempt


def cas(run: Run, buffer_name: str, change: Callable[[Object], bool]) -> Object | None:
    """Read, change, PUT with the resourceVersion that was read. change() says whether there is anything to write, and may be asked again.

    409: start over from the read. A write that timed out: read again, it may have happened. None when there is no such buffer.
    """
    last: object = ""
    failures = 0
    lost: tuple[Object, WriteConflict] | None = None
    for _attempt in retrying(run.policy):
        buffer = run.cluster.get(BUFFER, None, buffer_name)
        if buffer is None:
            return None
        if lost is not None:
            refuse_if_same(lost[0], buffer, lost[1])
        if not change(buffer):
            return buffer
        try:
            return put_ledger(run, buffer)
        except ObjectNotFound:
            return None
        except WriteConflict as error:
            lost = (buffer, error)
        except ClusterUnavailable as error:
            last, lost, failures = error, None, failures + 1
            if failures >= 2 * run.policy.failing_tries:
                break
    raise ClusterUnavailable(f"The ledger of buffer {buffer_name} could not be written in time; the next run goes on. {last}".rstrip())


def put_ledger(run: Run, buffer: Object) -> Object:
    """The one write of a ledger; its numbers stay true, and what holds no slot goes."""
    status = buffer.setdefault("status", {})
    before = stored_entries(buffer)
    status["reservations"] = ledger_of(buffer)
    status["reserved"] = len(status["reservations"])
    if len(before) > status["reserved"]:
        run.report_object(BUFFER, buffer, "dropped", f"What names no host was dropped from the ledger of buffer {buffer['metadata']['name']} "
                          f"(entries: {len(before) - status['reserved']}): it held no slot.", "Unreadable", changed=True)
    status["lastCheck"] = stamp(run.cluster.now())
    try:
        return run.cluster.replace_status(BUFFER, buffer)
    except Invalid:
        if not entries_aside(buffer):
            raise
    # What this kind no longer takes cannot be kept word for word: its slot is.
    status["reservations"] = [entry if is_readable(entry) else stand_in(entry["key"], status["lastCheck"]) for entry in status["reservations"]]
    return run.cluster.replace_status(BUFFER, buffer)


def stand_in(key: str, now: str) -> Entry:
    """As little as the kind takes, and still nobody's: no generator has generation 0."""
    generator = {"namespace": "unreadable", "name": "unreadable", "uid": "unreadable", "generation": 0}
    return {"key": key, "rid": f"unreadable-{key}"[:128], "generator": generator, "mac": "", "bmc": "", "state": "unreadable", "grantedAt": now}


def write_status(run: Run, generator: Object, make: Callable[[Object], dict[str, Any] | None], tries: int | None = None) -> Object | None:
    """make(generator): its new status, or None to leave it. With the resourceVersion that it was made from; 409: made anew from what is there now.

    The generator as written; None when it was left, or is gone.
    """
    last: ClusterError = ClusterUnavailable("Its status keeps being changed by others; the next run goes on.")
    failures = 0
    for _attempt in retrying(run.policy, tries or run.policy.object_tries):
        status = make(generator)
        if status is None:
            return None
        if status == status_of(generator):
            return generator
        try:
            return run.cluster.replace_status(GENERATOR, {**generator, "status": status})
        except ObjectNotFound:
            return None
        except ClusterUnavailable as error:
            last, failures = error, failures + 1
            if failures >= min(run.policy.failing_tries, tries or run.policy.failing_tries):
                error.of_the_status = True
                raise
            fresh = reread(run, generator)
        except WriteConflict as error:
            fresh = reread(run, generator)
            if fresh is not None:
                refuse_if_same(generator, fresh, error)
        if fresh is None:
            return None
        generator = fresh
    raise last


def refuse_if_unchanged(run: Run, kind: Kind, sent: Object, error: WriteConflict) -> None:
    """Raises Denied when a 409 came though the object is as it was when it was read: no version is in the way, and none will heal it."""
    metadata = sent["metadata"]
    fresh = run.cluster.get(kind, metadata.get("namespace"), metadata["name"])
    if fresh is not None:
        refuse_if_same(sent, fresh, error)


def refuse_if_same(sent: Object, fresh: Object, error: WriteConflict) -> None:
    """The same, of an object that has been read again."""
    if all(sent["metadata"].get(field) == fresh["metadata"].get(field) for field in ("uid", "resourceVersion")):
        raise Denied(str(error), error.status, error.reason, error.causes) from error


def reread(run: Run, generator: Object) -> Object | None:
    """The generator as it is now; None when it is gone, or another one has its name."""
    metadata = generator["metadata"]
    fresh = run.cluster.get(GENERATOR, metadata["namespace"], metadata["name"])
    return fresh if fresh is not None and fresh["metadata"]["uid"] == metadata["uid"] else None


def preconditions(item: Object) -> dict[str, str]:
    """uid and resourceVersion, as a PATCH carries them."""
    return {"uid": item["metadata"]["uid"], "resourceVersion": item["metadata"]["resourceVersion"]}


def is_alive(run: Run, item: Object) -> bool:
    """The generator that an object's annotations name still exists (deleting is alive). Without a name to ask for: alive."""
    marks = annotations(item)
    namespace, name = marks.get(names.GENERATOR_NAMESPACE), marks.get(names.GENERATOR_NAME)
    if not namespace or not name:
        return True
    generator = run.cluster.get(GENERATOR, namespace, name)
    return generator is not None and generator["metadata"]["uid"] == marks.get(names.GENERATOR_UID)


def is_here(generator: Object, entry: Entry, buffer_name: str) -> bool:
    """The generator is still as it was when the entry was granted: nothing about it was deleted, edited or moved."""
    metadata, granted = generator["metadata"], entry["generator"]
    return (
        not metadata.get("deletionTimestamp")
        and metadata["uid"] == granted["uid"]
        and metadata.get("generation") == granted["generation"] == status_of(generator).get("resolvedGeneration")
        and buffer_of(generator) == buffer_name
    )


def by_uid(items: Iterable[Object]) -> dict[str, Object]:
    """Objects by their uid."""
    return {item["metadata"]["uid"]: item for item in items}


def delete_as_seen(run: Run, kind: Kind, item: Object) -> bool:
    """DELETE by uid and the resourceVersion at which it was seen; False when it changed meanwhile. Gone is gone."""
    metadata = item["metadata"]
    try:
        run.cluster.delete(kind, metadata.get("namespace"), metadata["name"], metadata["uid"], metadata["resourceVersion"])
    except ObjectNotFound:
        return True
    except WriteConflict as error:
        refuse_if_unchanged(run, kind, item, error)
        return False
    return True
