# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sweep: Secrets and NMStateConfigs of ours that nobody needs any more go; copies of users' Secrets follow those."""
from __future__ import annotations

from functools import cache, partial

from .. import names
from ..availability import annotations, key, ledger_of
from ..cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET, Cluster, Kind, Object
from ..errors import Forbidden, KindMissing
from ..generators import is_deleting, phase
from ..guard import Fault, guarded, one_by_one
from ..manifests import nmstate_name, own_secret_name
from ..times import after, stamp
from .secrets import free_deleted_secret
from .users_secrets import follow, secret_of, users_credentials
from .words import Policy, Run, by_uid, cas, delete_as_seen, key_of

PAUSE_SECONDS = 600.0


def sweep_when_due(cluster: Cluster, policy: Policy, always: bool) -> list[str]:
    """At most every ten minutes, which the first buffer's status remembers, and always by hand. Returns what went, in words."""
    buffers = [buffer for buffer in cluster.list(BUFFER) if not is_deleting(buffer)]
    last = max(((buffer.get("status") or {}).get("sweptAt") or "" for buffer in buffers), default="")
    due = last <= stamp(after(cluster.now(), -PAUSE_SECONDS))
    if not (due or always):
        return []
    try:
        gone = sweep(cluster, policy)
    except Forbidden as error:                                             # who may work in some namespaces only has nothing to sweep in the others
        return [f"Secrets and NMStateConfigs that nobody needs any more were not looked for. {error}"]
    if due and buffers:
        _remember(Run(cluster, policy), min(buffer["metadata"]["name"] for buffer in buffers))
    return gone


def _remember(run: Run, buffer_name: str) -> None:
    def note(buffer: Object) -> bool:
        buffer.setdefault("status", {})["sweptAt"] = stamp(run.cluster.now())
        return True

    guarded(lambda name: cas(run, name, note), lambda _name, _fault: None)(buffer_name)    # the next run sweeps again


def sweep(cluster: Cluster, policy: Policy) -> list[str]:
    """Returns what went, in words."""
    run = Run(cluster, policy)
    found = [(SECRET, item) for item in _ours(cluster, SECRET)] + [(NMSTATE, item) for item in _ours(cluster, NMSTATE)]
    if not found:
        return []
    # In this order: whoever gets an entry or a host after its Secret was listed is seen here, or has changed the Secret since.
    generators = by_uid(cluster.list(GENERATOR))
    unread: list[Object] = []
    ledgers = one_by_one(cluster.list(BUFFER), ledger_of, lambda buffer, _fault: unread.append(buffer))
    reserved = {entry["key"] for _buffer, ledger in ledgers if ledger for entry in ledger}
    if unread:
        return []                      # whatever is in use by an entry that cannot be read must stay: the next sweep looks again
    spared: set[str] = set()           # namespaces with a host of which nobody can say what it uses
    uses = [one for _host, one in one_by_one(
        cluster.list(HOST), lambda host: (key(host), named_secret(host)), lambda host, _fault: spared.add(host["metadata"]["namespace"])) if one]
    read_once = cache(partial(users_credentials, run))                     # many hosts may have the credentials of one Secret
    taken = {NMSTATE: {host_key_ for host_key_, _secret in uses}, SECRET: {secret for _host_key, secret in uses}}

    def look_at(one: tuple[Kind, Object]) -> str:
        kind, item = one
        if item["metadata"]["namespace"] in spared:
            return ""
        if is_deleting(item):
            if kind is SECRET:
                free_deleted_secret(run, item)
        elif (key(item) if kind is SECRET else host_key(item)) not in taken[kind] and is_unneeded(
                item, host_key(item), generators, reserved) and delete_as_seen(run, kind, item):
            return f"{kind.kind} {key(item)} is deleted: the host that it was made for is gone, and nobody wants it any more."
        elif kind is SECRET and annotations(item).get(names.GENERATOR_UID) in generators:
            return follow(run, item, read_once)
        return ""

    return [said for said in map(guarded(look_at, _still_there), found) if said]


def _still_there(one: tuple[Kind, Object], fault: Fault) -> str:
    """The next sweep tries again."""
    return "" if fault.why.reason == "ClusterUnavailable" else f"{one[0].kind} {key(one[1])} stays as it is for now. {fault.why.message}"


def _ours(cluster: Cluster, kind: Kind) -> list[Object]:
    """By our label."""
    try:
        return cluster.list(kind, label_selector=names.GENERATOR_UID)
    except KindMissing:
        return []


def host_key(item: Object) -> str:
    """For which host it is: <vendor>-cred-<host> and nmstate-config-<host>."""
    namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
    for vendor in names.VENDORS:
        name = name.removeprefix(own_secret_name(vendor, ""))
    return f"{namespace}/{name.removeprefix(nmstate_name(''))}"


def named_secret(host: Object) -> str:
    """The Secret that a host uses; another one of its name was made for another vendor."""
    return f"{host['metadata']['namespace']}/{secret_of(host)}"


def is_unneeded(item: Object, its_key: str, generators: dict[str, Object], in_use: set[str]) -> bool:
    """Its generator is gone, or has another key now, or is not Buffered; and nothing that is in use has its key."""
    if its_key in in_use:
        return False
    generator = generators.get(annotations(item).get(names.GENERATOR_UID, ""))
    if generator is not None and phase(generator) in ("", names.PROCESSING):
        return False                                                       # on its way into the line, and this may be its own
    return generator is None or key_of(generator) != its_key or phase(generator) != names.BUFFERED
