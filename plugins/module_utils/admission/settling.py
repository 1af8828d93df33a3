# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""finish, cancel, collect: how an entry leaves the ledger."""
from __future__ import annotations

from dataclasses import dataclass

from .. import names
from ..addresses import comparable_mac
from ..availability import annotations, buffer_of_host, entries_of, generation_of, inert_of, is_inert, is_ours, mac_of, without_entries
from ..bmc import bmc_host
from ..cluster import BUFFER, GENERATOR, HOST, Object
from ..errors import ClusterUnavailable
from ..generators import condition, is_deleting, line_place, phase, status_of
from ..guard import Fault, guarded
from ..manifests import Facts, secret_name
from ..models import Reason
from ..status import completed, failed, tried, waits
from .aside import look_up_anew, tell_of
from .secrets import Grant, Stop, drop_own_secret, make_secret, names_our_secret, secret_stands
from .words import Entry, Run, ask_of, cas, delete_as_seen, entry_of, is_orphan, retrying, split_key, write_status


@dataclass
class Finish:
    """An entry whose host is there."""

    grant: Grant


# --- finish -------------------------------------------------------------------------------------------------------------------------------


def finish(run: Run, buffer_name: str, finishing: list[Finish]) -> list[Entry]:
    """Statuses of all, then one CAS to remove all that finished. Returns the entries for which the cluster failed."""
    if not finishing:
        return []

    answers = run.cluster.each(guarded(lambda one: finish_one(run, one.grant), lambda one, fault: _not_finished(run, one, fault)), finishing)
    done = {one.grant.entry["rid"] for one, answer in zip(finishing, answers) if answer is True}
    left = [one.grant.entry for one, answer in zip(finishing, answers) if isinstance(answer, Fault)]
    try:
        cas(run, buffer_name, lambda buffer: remove_entries(buffer, done))
        run.settled += len(done)
    except ClusterUnavailable:
        left += [one.grant.entry for one in finishing if one.grant.entry["rid"] in done]
    return left


def _not_finished(run: Run, one: Finish, fault: Fault) -> bool | Fault:
    """The entry stays: its host lives and holds the slot anyway. What the cluster may do next time is tried again in this run."""
    grant = one.grant
    if grant.generator is not None:
        run.set_aside.add(ask_of(grant.generator))
        run.report(grant.generator, "waiting", f"Its host is there, and not all that belongs to it: {fault.why.message}", fault.why.reason, changed=False)
    return fault if fault.why.reason == "ClusterUnavailable" else False


def finish_one(run: Run, grant: Grant) -> bool:
    """The host is looked at, then its Secret, then Completed is written. True: the entry may go."""
    entry = grant.entry
    host = grant.host or run.cluster.get(HOST, *grant.place)
    if host is None or not is_the_host(host, entry):
        return False
    generator = grant.generator or run.cluster.get(GENERATOR, entry["generator"]["namespace"], entry["generator"]["name"])
    if generator is None or generator["metadata"]["uid"] != entry["generator"]["uid"] or is_deleting(generator):
        return True
    grant.generator = generator
    if not secret_stands(run, host) and not _secret_made_good(run, grant, host):
        return False
    written = write_status(run, generator, lambda fresh: completed_by(run, fresh, host))
    if written is not None and status_of(written) != status_of(generator):
        run.report(written, "completed", f"Host {host['metadata']['namespace']}/{host['metadata']['name']} is there.")
    return True


def is_the_host(host: Object, entry: Entry) -> bool:
    """uid r.hostUid or ours with equal MAC, never r.replaces, not inert, not deleting."""
    uid = host["metadata"]["uid"]
    if uid == entry.get("replaces") or is_inert(host) or is_deleting(host):
        return False
    return uid == entry.get("hostUid") or (is_ours(host, entry["generator"]["uid"]) and mac_of(host) == entry["mac"])


def _secret_made_good(run: Run, grant: Grant, host: Object) -> bool:
    """The Secret step once more; True only where it is not ours to do."""
    if not (grant.generator is not None):
        raise AssertionError("an entry is made only from resolved facts")
    if grant.request is None:
        request = run.asks(grant.generator)
        grant.request = None if isinstance(request, Reason) else request
        grant.found = Facts.from_status(status_of(grant.generator))
    if not names_our_secret(grant, host):
        return True
    answer = make_secret(run, grant)
    if isinstance(answer, Reason):
        run.report(grant.generator, "waiting", f"Its host is there, its Secret is not: {answer.message}", answer.reason, changed=False)
    elif isinstance(answer, Stop):
        run.report(grant.generator, "waiting", f"Its host is there and waits for {answer.waits_for}.", changed=False)
    return False


def completed_by(run: Run, generator: Object, host: Object) -> dict | None:
    """Completed, over Failed too; None where this very host is to be replaced (a newer redeploy waits), or nothing would change."""
    status = status_of(generator)
    if is_deleting(generator) or waits_to_replace(generator, host):
        return None
    made_from = generation_of(host)
    seen = generator["metadata"].get("generation", 0) if made_from is None else made_from
    if phase(generator) == names.COMPLETED and status.get("observedGeneration") == seen and not status.get("bufferedAt"):
        return None
    namespace, name = host["metadata"]["namespace"], host["metadata"]["name"]
    fields = {"bmhNamespace": namespace, "bmhName": name, "observedGeneration": seen, **facts_of(host, status)}
    return completed(generator, fields, f"Host {namespace}/{name} is there.", run.cluster.now())


def facts_of(host: Object, status: dict) -> dict:
    """What an edit had found meanwhile is not this host's: a generator must not claim a server that it does not have."""
    address = str(((host.get("spec") or {}).get("bmc") or {}).get("address") or "")
    if (mac_of(host), bmc_host(address)) == (comparable_mac(status.get("macAddress")), bmc_host(str(status.get("ipmiAddress") or ""))):
        return {}
    marks, made_from = annotations(host), generation_of(host)
    return {
        **({} if made_from is None else {"resolvedGeneration": made_from}),
        "macAddress": mac_of(host), "macAddresses": [mac_of(host)], "bmcAddress": address, "ipmiAddress": bmc_host(address),
        "serverVendor": marks.get(names.SERVER_VENDOR_INFO) or status.get("serverVendor"),
        "serverModel": marks.get(names.SERVER_MODEL_INFO), "serverSerial": marks.get(names.SERVER_SERIAL_INFO),
    }


def waits_to_replace(generator: Object, host: Object) -> bool:
    """A redeploy was asked for that takes this host away first."""
    return status_of(generator).get("replaces") == host["metadata"]["uid"]


def remove_entries(buffer: Object, rids: set[str]) -> bool:
    """Takes these out of the ledger, and its numbers along; False when none is there."""
    going = [entry for entry in entries_of(buffer) if entry["rid"] in rids]
    if not going:
        return False
    status = buffer["status"]
    status["reservations"] = without_entries(buffer, rids)
    status["occupied"] = int(status.get("occupied") or 0) + sum(not entry.get("replaces") for entry in going)
    status["waiting"] = max(0, int(status.get("waiting") or 0) - len(going))
    return True


# --- cancel -------------------------------------------------------------------------------------------------------------------------------


def cancel(
    run: Run, buffer_name: str, entry: Entry, why: Reason | None = None, permanent: bool = False, again: bool = False, anew: bool = False,
) -> bool:
    """The entry is taken back, unless its host lives already: then it is finished. Its generator keeps its place, or is Failed for good.

    False when the cluster failed: a later pass does it. In this run nothing more is granted to its generator, so that no run turns in circles.
    """
    run.set_aside.add(ask_of({"metadata": entry["generator"]}))
    try:
        if _take_back(run, buffer_name, entry):
            _after_cancel(run, entry, why, permanent, again, anew)
    except ClusterUnavailable:
        return False
    return True


def _take_back(run: Run, buffer_name: str, entry: Entry) -> bool:
    """The entry is out of the ledger, and no host was made for it."""
    for _attempt in retrying(run.policy):
        seen = entry_of(run.cluster.get(BUFFER, None, buffer_name), entry["rid"])
        if seen is None:
            return False
        host = run.cluster.get(HOST, *split_key(seen["key"]))
        if host is not None and is_inert(host) and annotations(host).get(names.RID) == seen["rid"]:
            if not delete_as_seen(run, HOST, host):
                continue
        elif host is not None and is_the_made_one(host, seen):
            finish(run, buffer_name, [Finish(Grant(seen, host=host))])
            return False
        if remove_exactly(run, buffer_name, seen):
            run.settled += 1
            return True
    raise ClusterUnavailable(f"The reservation of {entry['key']} could not be taken back in time; the next run goes on.")


def is_the_made_one(host: Object, entry: Entry) -> bool:
    """Not inert, uid = r.hostUid, != r.replaces."""
    uid = host["metadata"]["uid"]
    return not is_inert(host) and uid == entry.get("hostUid") and uid != entry.get("replaces")


def remove_exactly(run: Run, buffer_name: str, seen: Entry) -> bool:
    """Only if it is exactly as read before the host was read: else another actor has made the host meanwhile. Gone is gone."""
    changed_meanwhile = False

    def remove(buffer: Object) -> bool:
        nonlocal changed_meanwhile
        entry = entry_of(buffer, seen["rid"])
        changed_meanwhile = entry is not None and not is_unchanged(entry, seen)
        if entry is None or changed_meanwhile:
            return False
        buffer["status"]["reservations"] = without_entries(buffer, {seen["rid"]})
        return True

    cas(run, buffer_name, remove)
    return not changed_meanwhile


def is_unchanged(entry: Entry, seen: Entry) -> bool:
    """Exactly as read."""
    return entry == seen


def _after_cancel(run: Run, entry: Entry, why: Reason | None, permanent: bool, again: bool, anew: bool) -> None:
    generator = run.cluster.get(GENERATOR, entry["generator"]["namespace"], entry["generator"]["name"])
    if generator is None or generator["metadata"]["uid"] != entry["generator"]["uid"]:
        return
    if anew and is_the_one_granted(generator, entry):
        look_up_anew(run, generator)
    if why is None and not again:
        return                                                             # edited, moved or deleted: that says what comes next
    reason = why or Reason("Waiting", "Waits in line again; it is tried again soon.")

    def make(fresh: Object) -> dict | None:
        if not is_the_one_granted(fresh, entry):
            return None
        now = run.cluster.now()
        if permanent:
            return failed(fresh, reason, now, run.policy.random, variables=run.policy.variables)
        return waits(fresh, reason, now, tried(fresh, now, run.policy.random) if again else None)

    written = write_status(run, generator, make)
    if written is None:
        return
    run.report(written, "failed" if permanent else "waiting", reason.message, reason.reason)
    if permanent:
        drop_secret_of(run, entry, written)


def is_the_one_granted(generator: Object, entry: Entry) -> bool:
    """Still Buffered with r's bufferedAt and generation: else somebody has asked anew meanwhile."""
    return (
        phase(generator) == names.BUFFERED and not is_deleting(generator)
        and line_place(generator)[0] == entry["bufferedAt"] and generator["metadata"].get("generation") == entry["generator"]["generation"]
    )


def say_what_fails(run: Run, entry: Entry, why: Reason) -> None:
    """A slot is held for it, and the cluster does not let it have its host: its status says so, once."""
    generator = run.cluster.get(GENERATOR, entry["generator"]["namespace"], entry["generator"]["name"])
    if generator is None or not is_the_one_granted(generator, entry):
        return
    message = f"Holds a slot, and its host cannot be made now; it is tried again. {why.message}"
    told = condition(generator, "Admitted").get("reason") == why.reason

    def make(fresh: Object) -> dict | None:
        return waits(fresh, Reason(why.reason, message), run.cluster.now()) if is_the_one_granted(fresh, entry) else None

    written = None if told else write_status(run, generator, make)
    run.report(generator, "waiting", message, why.reason, changed=written is not None)


def drop_secret_of(run: Run, entry: Entry, generator: Object) -> None:
    """The Secret that was made for an entry that failed."""
    request, found = run.asks(generator), Facts.from_status(status_of(generator))
    if isinstance(request, Reason) or found is None or request.key != entry["key"]:
        return
    drop_own_secret(run, request.host_namespace, secret_name(request, found.vendor), entry["generator"]["uid"], entry["rid"])


# --- collect ------------------------------------------------------------------------------------------------------------------------------


def collect(run: Run, buffer_names: list[str], seen: list[Object]) -> int:
    """Inert hosts of these buffers whose rid is in no entry go, as they were listed. How many did.

    Listed now, where there were any: most of those seen earlier were activated while their entries were waited for.
    """
    if not inert_of(seen):
        return 0
    gone, hosts = 0, inert_of(run.cluster.list(HOST))
    for buffer_name in buffer_names:
        inert = [host for host in hosts if buffer_of_host(host) == buffer_name]
        if not inert:
            continue
        buffer = run.cluster.get(BUFFER, None, buffer_name)                # after the hosts
        drop = guarded(lambda host: delete_as_seen(run, HOST, host), lambda host, fault: tell_of(run, HOST, host, fault) or False)
        gone += sum(drop(host) for host in inert if is_orphan(buffer, host))
    return gone
