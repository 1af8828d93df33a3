# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Secret of a host: made, kept or made anew, so that neither a stale delete nor the garbage collector takes it from a living host."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import names
from ..availability import annotations, is_ours
from ..cluster import HOST, SECRET, Object
from ..errors import AlreadyExists, ObjectNotFound, WriteConflict
from ..generators import Request, is_deleting
from ..manifests import Facts, secret, secret_name
from ..models import Reason
from .users_secrets import credentials_for, secret_of
from .words import Entry, Run, delete_as_seen, is_alive, preconditions, refuse_if_unchanged, retrying, split_key


@dataclass
class Stop:
    """Nothing more now: a later pass goes on."""

    waits_for: str


@dataclass
class Grant:
    """An entry on its way to a host."""

    entry: Entry
    generator: Object | None = None
    request: Request | None = None
    found: Facts | None = None
    host: Object | None = None
    again: bool = False               # back in the line, and passed over for a while

    @property
    def place(self) -> tuple[str, str]:
        """Namespace and name of the host to be."""
        return split_key(self.entry["key"])


def make_secret(run: Run, grant: Grant) -> Reason | Stop | None:
    """The Secret is there and is ours; else why not."""
    generator, request, found = grant.generator, grant.request, grant.found
    if not (generator is not None and request is not None and found is not None):
        raise AssertionError("an entry is made only from resolved facts")
    data = credentials_for(run, request, found.vendor)
    if isinstance(data, Reason):
        return data
    body = secret(request, found, generator, data, grant.entry["rid"])
    for _attempt in retrying(run.policy, run.policy.object_tries):
        try:
            run.cluster.create(SECRET, body)
            return None
        except AlreadyExists:
            pass
        there = run.cluster.get(SECRET, body["metadata"]["namespace"], body["metadata"]["name"])
        if there is not None:
            host = run.cluster.get(HOST, *grant.place)                     # the Secret is read first, then the host
            try:
                return _keep(run, grant, there, host, body)
            except WriteConflict as error:
                refuse_if_unchanged(run, SECRET, there, error)
            except ObjectNotFound:
                continue
    return Stop("its Secret, which others keep changing")


def _keep(run: Run, grant: Grant, there: Object, host: Object | None, body: Object) -> Reason | Stop | None:
    namespace, name = there["metadata"]["namespace"], there["metadata"]["name"]
    if not may_take(run, there, grant):
        return Reason("Conflict", f"Secret {namespace}/{name} exists and is not this generator's; remove or rename it.")
    if is_deleting(there):
        free_deleted_secret(run, there)
        return Stop(f"Secret {namespace}/{name}, which is being deleted")
    if has_dead_owner(there, host):
        delete_as_seen(run, SECRET, there)                                 # the collector would take it from the new host
        return Stop(f"Secret {namespace}/{name} of an earlier host, which is being deleted")
    # Changed or not: the entry's rid makes a new resourceVersion, at which stale deletes fail.
    run.cluster.patch(SECRET, namespace, name, {"metadata": {**body_metadata(body), **preconditions(there)}, "data": body["data"]})
    return None


def body_metadata(body: Object) -> dict[str, Any]:
    """What a PATCH writes of a Secret's metadata; finalizers and owners of others stay."""
    return {"labels": body["metadata"]["labels"], "annotations": {names.BMC_CREDENTIALS: None, **body["metadata"]["annotations"]}}


def may_take(run: Run, there: Object, grant: Grant) -> bool:
    """Ours; or of a generator that no longer lives; or unmarked (the operator's), and owned by the adopted host that this entry replaces."""
    if is_ours(there, grant.entry["generator"]["uid"]):
        return True
    if annotations(there).get(names.GENERATOR_UID):
        return not is_alive(run, there)
    return bool(grant.entry.get("replaces")) and owner_uids(there) == {grant.entry["replaces"]}


def owner_uids(item: Object) -> set[str]:
    """Uids of its owners."""
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences") or []}


def has_dead_owner(there: Object, host: Object | None) -> bool:
    """It has owners, and none is the live host."""
    owners = owner_uids(there)
    return bool(owners) and (host is None or is_deleting(host) or host["metadata"]["uid"] not in owners)


def free_deleted_secret(run: Run, there: Object) -> None:
    """Metal3 takes its finalizer off when it lets a host go; a Secret whose hosts are all gone would wait for ever."""
    finalizers = there["metadata"].get("finalizers") or []
    if names.SECRET_FINALIZER not in finalizers or _an_owner_lives(run, there):
        return
    rest = [one for one in finalizers if one != names.SECRET_FINALIZER]
    metadata = there["metadata"]
    try:
        run.cluster.patch(SECRET, metadata["namespace"], metadata["name"], {"metadata": {"finalizers": rest, **preconditions(there)}})
    except WriteConflict as error:
        refuse_if_unchanged(run, SECRET, there, error)                     # else it moved by itself
    except ObjectNotFound:
        pass


def _an_owner_lives(run: Run, there: Object) -> bool:
    for owner in there["metadata"].get("ownerReferences") or []:
        host = run.cluster.get(HOST, there["metadata"]["namespace"], owner["name"]) if owner.get("kind") == HOST.kind else there
        if host is not None and (host is there or host["metadata"]["uid"] == owner["uid"]):
            return True
    return False


def secret_stands(run: Run, host: Object) -> bool:
    """The host's Secret is there, not deleting, without owner or owned by that host."""
    there = run.cluster.get(SECRET, host["metadata"]["namespace"], secret_of(host))
    return there is not None and not is_deleting(there) and (not owner_uids(there) or host["metadata"]["uid"] in owner_uids(there))


def names_our_secret(grant: Grant, host: Object) -> bool:
    """The host points at the Secret that this grant would make."""
    return grant.request is not None and grant.found is not None and secret_of(host) == secret_name(grant.request, grant.found.vendor)


def drop_own_secret(run: Run, namespace: str, name: str, generator_uid: str, rid: str | None = None) -> None:
    """A Secret whose host was never activated has no owner, so nobody collects it. With a rid: only if no later entry has taken it over."""
    there = run.cluster.get(SECRET, namespace, name)
    if there is None or not is_ours(there, generator_uid) or (rid is not None and annotations(there).get(names.RID) != rid):
        return
    if is_deleting(there):
        free_deleted_secret(run, there)
    else:
        delete_as_seen(run, SECRET, there)
