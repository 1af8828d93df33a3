# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete: settle the entries, then the host, then its Secret and NMStateConfig, and the generator's finalizer last."""
from __future__ import annotations

from .. import names
from ..availability import annotations, bound_agents, entries_of, is_inert, is_ours, key, paused_by_others, use_of
from ..cluster import BUFFER, GENERATOR, HOST, NMSTATE, Cluster, Object
from ..errors import KindMissing, ObjectNotFound, WriteConflict
from ..generators import is_deleting, is_ours as is_in_our_charge, status_of
from ..guard import Fault, guarded, one_by_one
from ..manifests import nmstate_name, own_secret_name
from ..models import Reason
from ..status import changed, tried
from .aside import tell_of
from .materializing import agents_of, why_held
from .secrets import drop_own_secret
from .settling import cancel
from .users_secrets import spare
from .words import (
    Entry, Outcome, Policy, Run, delete_as_seen, key_of, preconditions, refuse_if_same, refuse_if_unchanged, reread, retrying, split_key, write_status,
)


def remove(cluster: Cluster, policy: Policy, generators: list[Object] | None = None) -> list[Outcome]:
    """Every generator that is being deleted goes one step further; `generators`: those to look at, default all."""
    run = Run(cluster, policy)
    listed = cluster.list(GENERATOR) if generators is None else generators
    leaving = [one for one in listed if is_deleting(one) and is_in_our_charge(one)]
    if not leaving:
        return run.outcomes
    settle_entries(run, leaving)
    hosts = cluster.list(HOST)
    bound = bound_agents(agents_of(run)) if hosts else frozenset()
    cluster.each(guarded(lambda one: _remove(run, one, hosts, bound), lambda one, fault: _cannot_go(run, one, fault)), leaving)
    return run.outcomes


def settle_entries(run: Run, leaving: list[Object]) -> None:
    """In every buffer, before their hosts are looked at."""
    by_uid = {one["metadata"]["uid"]: one for one in leaving}
    settle = guarded(
        lambda open_entry: cancel(run, open_entry[0], open_entry[1]),
        lambda open_entry, fault: _cannot_go(run, by_uid[open_entry[1]["generator"]["uid"]], fault) or False)

    def no_entries(buffer: Object, fault: Fault) -> list[Entry]:
        tell_of(run, BUFFER, buffer, fault)
        return []

    for buffer, entries in one_by_one(run.cluster.list(BUFFER), entries_of, no_entries):
        for entry in entries:
            if entry["generator"]["uid"] in by_uid:
                settle((buffer["metadata"]["name"], entry))


def _cannot_go(run: Run, generator: Object, fault: Fault) -> None:
    """It stays for now: its status says why, and when it is tried again."""
    if guarded(lambda one: _wait(run, one, fault.why) or True, lambda _one, _second: False)(generator):
        return
    run.report(generator, "removing", fault.why.message, fault.why.reason, changed=False)


def _remove(run: Run, generator: Object, hosts: list[Object], bound: frozenset[str]) -> None:
    uid, kept = generator["metadata"]["uid"], list[str]()
    for host in [host for host, ours in one_by_one(hosts, lambda host: is_ours(host, uid), lambda _host, _fault: False) if ours]:      # others: leave it
        if is_kept(run.policy, host):
            if not _let_host_go(run, host):
                _wait(run, generator, Reason("Removing", f"Host {key(host)} changed meanwhile; the next run goes on."))
                return
            kept.append(key(host))
            continue
        why = why_not_delete(generator, host, bound)
        if why is None:
            spare(run, host, generator)
        if why is None and not is_deleting(host):
            delete_as_seen(run, HOST, host)                                # a host that changed is looked at again by the next run
        if why is not None or not is_inert(host) or run.cluster.get(HOST, *split_key(key(host))) is not None:
            _wait(run, generator, why or Reason("Removing", on_its_way_out(host)))
            return
    _remove_the_rest(run, generator, kept)


def is_kept(policy: Policy, host: Object) -> bool:
    """Keep-resources, and every adopted host by default."""
    return policy.keep_resources or (policy.keep_adopted and annotations(host).get(names.ADOPTED) == "true")


def why_not_delete(generator: Object, host: Object, bound: frozenset[str]) -> Reason | None:
    """In use: until it is free, or somebody says so. Paused by others: Metal3 would not let it go."""
    why = why_held(host, bound) if not is_deleting(host) else None
    if why is None or why.reason == "HostInUse" and annotations(generator).get(names.DELETE_IN_USE) == "true":
        return None
    if why.reason == "HostInUse":
        return Reason(why.reason, f"Host {key(host)} is in use ({use_of(host, bound)}); waits until it is free, "
                                  f"or until annotation {names.DELETE_IN_USE} is \"true\".")
    return Reason(why.reason, f"Host {key(host)} is paused by somebody else; waits until it is no longer.")


def on_its_way_out(host: Object) -> str:
    """What Metal3 does with it now, in a sentence."""
    if is_deleting(host) and paused_by_others(host):
        return f"Host {key(host)} is being deleted and is paused by somebody else; Metal3 lets it go when it is no longer."
    if (host.get("status") or {}).get("operationalStatus") == "detached":
        return (f"Waits until host {key(host)} is gone; Metal3 lets it go without powering it off, since it is detached, or, where its annotation "
                f"{names.DETACHED} says delay, when it is attached again.")
    return f"Waits until host {key(host)} is gone; its controller powers it off first, for ever if that is down."


def _let_host_go(run: Run, host: Object) -> bool:
    """Only our annotations and labels go."""
    marks = [mark for mark in annotations(host) if mark.startswith(f"{names.GROUP}/")]
    labels = [label for label in host["metadata"].get("labels") or {} if label.startswith(f"{names.GROUP}/")]
    body = {"metadata": {"annotations": dict.fromkeys(marks), "labels": dict.fromkeys(labels), **preconditions(host)}}
    try:
        run.cluster.patch(HOST, *split_key(key(host)), body)
    except ObjectNotFound:
        return True
    except WriteConflict as error:
        refuse_if_unchanged(run, HOST, host, error)
        return False
    return True


def _wait(run: Run, generator: Object, why: Reason) -> None:
    """What is waited for is written down; whoever watches hosts announces the next step."""
    def make(fresh: Object) -> dict:
        now = run.cluster.now()
        return changed(fresh, {"message": why.message, **tried(fresh, now, run.policy.random)}, {"Ready": (False, why.reason, why.message)}, now)

    told = any(one.get("type") == "Ready" and one.get("message") == why.message for one in status_of(generator).get("conditions") or [])
    written = write_status(run, generator, make)
    if written is not None:
        run.report(written, "removing", why.message, why.reason if why.reason != "Removing" else None, changed=not told)


def _remove_the_rest(run: Run, generator: Object, kept: list[str]) -> None:
    """The Secret if still ours, the NMStateConfig, our finalizer last. kept: keys of hosts that stay."""
    uid, status = generator["metadata"]["uid"], status_of(generator)
    if not run.policy.keep_resources and key_of(generator):
        namespace, name = split_key(key_of(generator))
        if status.get("serverVendor"):
            drop_own_secret(run, namespace, own_secret_name(status["serverVendor"], name), uid)
        _drop_nmstate_config(run, namespace, name, uid)
    for _attempt in retrying(run.policy, run.policy.object_tries):
        metadata = generator["metadata"]
        rest = [one for one in metadata.get("finalizers") or [] if one not in (names.FINALIZER, names.OPERATOR_FINALIZER)]
        try:
            run.cluster.patch(GENERATOR, metadata["namespace"], metadata["name"], {"metadata": {"finalizers": rest, **preconditions(generator)}})
            break
        except ObjectNotFound:
            break
        except WriteConflict as error:
            fresh = reread(run, generator)
            if fresh is None:
                break
            refuse_if_same(generator, fresh, error)
            generator = fresh
    run.report(generator, "removed", what_is_left(run.policy, kept))


def what_is_left(policy: Policy, kept: list[str]) -> str:
    """Of a generator that is gone, in a sentence."""
    if policy.keep_resources:
        return "What was made for it is kept."
    if kept:
        return f"Host {', '.join(kept)} was there before and stays as it is, with its Secret; what was made for it is gone."
    return "What was made for it is gone."


def _drop_nmstate_config(run: Run, namespace: str, name: str, uid: str) -> None:
    try:
        there = run.cluster.get(NMSTATE, namespace, nmstate_name(name))
    except KindMissing:
        return
    if there is not None and is_ours(there, uid):
        delete_as_seen(run, NMSTATE, there)
