# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts occupy a slot of a buffer, and which may be touched: pure."""
from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import names
from .addresses import comparable_mac
from .cluster import Object
from .failing import Patience, in_error
from .generators import is_deleting, line
from .guard import one_by_one
from .readable import ENTRY_FIELDS, faults_of, whole_number

LEFT = frozenset({"provisioned", "externally provisioned", "powering off before delete", "deleting", "unmanaged"})
LEGACY = frozenset({"", "registering", "provisioning"})
IN_USE = frozenset({"provisioning", "provisioned", "deprovisioning", "externally provisioned"})
DEFAULT_CAP = 20
LONGEST_KEY = 317
LONGEST_TEXT = 256          # of an entry's other fields
KEY = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@dataclass(frozen=True)
class Usage:
    """The numbers of one buffer. used: keys of hosts and of entries, each once; free: never below 0."""

    cap: int
    used: int
    free: int
    reserved: int
    waiting: int
    in_error: int
    without_status: int
    occupied: int                     # slots held by hosts alone


def key(host: Object) -> str:
    """namespace/name."""
    return f"{host['metadata']['namespace']}/{host['metadata']['name']}"


def annotations(item: Object) -> dict[str, str]:
    """Its annotations, empty when there are none."""
    return item["metadata"].get("annotations") or {}


def state(host: Object) -> str:
    """The provisioning state, "" before the first."""
    return str(((host.get("status") or {}).get("provisioning") or {}).get("state") or "")


def generation_of(host: Object) -> int | None:
    """Of its generator, when its facts were what the host was made from; None where nobody wrote it down."""
    return whole_number(annotations(host).get(names.GENERATOR_GENERATION))


def mac_of(host: Object) -> str:
    """Its boot MAC, lower case with colons however it was written."""
    return comparable_mac((host.get("spec") or {}).get("bootMACAddress"))


def buffer_of_host(host: Object) -> str:
    """To whose pool it counts."""
    return str((host["metadata"].get("labels") or {}).get(names.BUFFER_LABEL) or names.DEFAULT_BUFFER)


def is_inert(host: Object) -> bool:
    """Ours, made but not yet activated: nobody has touched it."""
    metadata, marks = host["metadata"], annotations(host)
    return (
        bool(marks.get(names.RID))
        and marks.get(names.PAUSED) == names.PAUSED_BY_ADMISSION
        and names.INFRAENV_LABEL not in (metadata.get("labels") or {})
        and not metadata.get("finalizers")
        and not host.get("status")
    )


def inert_of(hosts: Iterable[Object]) -> list[Object]:
    """Those made and not yet activated; one of which that cannot be said is none."""
    return [host for host, inert in one_by_one(hosts, is_inert, lambda _host, _fault: False) if inert]


def is_ours(item: Object, generator_uid: str) -> bool:
    """This generator made it, or adopted it."""
    return annotations(item).get(names.GENERATOR_UID) == generator_uid


def paused_by_others(host: Object) -> bool:
    """Somebody else, or an administrator, holds it."""
    marks = annotations(host)
    return names.PAUSED in marks and marks[names.PAUSED] != names.PAUSED_BY_ADMISSION


def bound_agents(agents: Iterable[Object]) -> frozenset[str]:
    """Keys of the hosts whose Agent is bound to a cluster."""
    return frozenset(
        f"{agent['metadata']['namespace']}/{host_name}"
        for agent in agents
        if (agent.get("spec") or {}).get("clusterDeploymentName")
        and (host_name := (agent["metadata"].get("labels") or {}).get(names.AGENT_HOST_LABEL))
    )


def in_use(host: Object, bound: Collection[str] = ()) -> bool:
    """Somebody works with it: it must not be deleted. bound: as bound_agents() says."""
    return bool(use_of(host, bound))


def use_of(host: Object, bound: Collection[str] = ()) -> str:
    """By what it is seen that somebody works with it, in words; "" when nobody does.

    What Metal3 powers off on a delete counts, and what a redeploy would boot anew: a host installed by others, or detached from Metal3, runs.
    """
    spec, provisioning = host.get("spec") or {}, state(host)
    if spec.get("consumerRef"):
        return "somebody has taken it"
    if provisioning in IN_USE:
        return provisioning
    if spec.get("externallyProvisioned"):
        return "externally provisioned"
    if (host.get("status") or {}).get("operationalStatus") == "detached":
        return "detached from Metal3"
    return "its Agent is bound to a cluster" if key(host) in bound else ""


def cap_of(buffer: Object) -> int:
    """spec.maxAvailable."""
    cap = (buffer.get("spec") or {}).get("maxAvailable")
    return DEFAULT_CAP if cap is None else int(cap)


def stored_entries(buffer: Object) -> list[Any]:
    """Its ledger as it is stored, whatever stands there."""
    return (buffer.get("status") or {}).get("reservations") or []


def ledger_of(buffer: Object) -> list[dict[str, Any]]:
    """Everything in its ledger that holds a slot: what has a readable key. Whatever else stands there is dropped by the next write."""
    return [entry for entry in stored_entries(buffer) if has_a_key(entry)]


def entries_of(buffer: Object) -> list[dict[str, Any]]:
    """The open entries of its ledger, as far as this version can read them."""
    return [entry for entry in ledger_of(buffer) if is_readable(entry)]


def entries_aside(buffer: Object) -> list[dict[str, Any]]:
    """Those that it cannot read: each holds its slot, and is settled by a person or by the version that wrote it."""
    return [entry for entry in ledger_of(buffer) if not is_readable(entry)]


def without_entries(buffer: Object, rids: Collection[str]) -> list[Any]:
    """Its ledger as it is stored, without these entries."""
    return [entry for entry in stored_entries(buffer) if not (has_a_key(entry) and entry.get("rid") in rids)]


def has_a_key(entry: Any) -> bool:
    """namespace/name of a host to be, as the kind takes it."""
    key_ = entry.get("key") if isinstance(entry, dict) else None
    return isinstance(key_, str) and len(key_) <= LONGEST_KEY and bool(KEY.fullmatch(key_))


def is_readable(entry: dict[str, Any]) -> bool:
    """It says for whom, for what and who it is."""
    generator = entry.get("generator")
    if faults_of(ENTRY_FIELDS, entry, "") or not isinstance(generator, dict):
        return False
    texts = [value for value in (*entry.values(), *generator.values()) if isinstance(value, str)]
    if any(len(text) > LONGEST_TEXT for text in texts):
        return False
    return all(entry.get(field) for field in ("rid", "bufferedAt")) and all(generator.get(field) for field in ("namespace", "name", "uid", "generation"))


def occupies_slot(host: Object, buffer: Object, agents: Iterable[Object] = (), now: datetime | None = None) -> bool:
    """It counts against the cap of this buffer. now: needed where the buffer says excludeErrorAfter."""
    return _occupies(host, buffer, bound_agents(agents), Patience(buffer, now))


def _occupies(host: Object, buffer: Object, bound: Collection[str], patience: Patience) -> bool:
    if buffer_of_host(host) != buffer["metadata"]["name"]:
        return False
    if is_inert(host):
        return True
    spec, rules = host.get("spec") or {}, buffer.get("spec") or {}
    exempt = (annotations(host).get(names.BUFFER_EXEMPT), (host["metadata"].get("labels") or {}).get(names.BUFFER_EXEMPT))
    if is_deleting(host) or "true" in exempt:
        return False
    if rules.get("counting") == "legacy":
        return state(host) in LEGACY
    if spec.get("consumerRef") or spec.get("externallyProvisioned") or (host.get("status") or {}).get("operationalStatus") == "detached":
        return False
    if state(host) in LEFT or (rules.get("agentAware") and key(host) in bound):
        return False
    return not patience.has_ended(host)


def occupants(buffer: Object, hosts: Iterable[Object], agents: Iterable[Object] = (), now: datetime | None = None) -> list[Object]:
    """The hosts that occupy a slot of this buffer. One about which that cannot be said does: rather too few are let in than too many.

    now: None for those too that are in error for longer than the buffer bears.
    """
    bound, patience = bound_agents(agents), Patience(buffer, now)
    return [host for host, holds in one_by_one(
        hosts, lambda host: _occupies(host, buffer, bound, patience), lambda host, _fault: buffer_of_host(host) == buffer["metadata"]["name"]) if holds]


def errors_to_remember(buffer: Object, hosts: Iterable[Object], agents: Iterable[Object], now: datetime) -> list[dict[str, Any]] | None:
    """Since when its hosts are in error, as its status should remember it; None when it need not."""
    patience = Patience(buffer, now)
    return patience.memory(occupants(buffer, hosts, agents) if patience.has_a_limit else ())


def used_keys(buffer: Object, occupying: Iterable[Object]) -> set[str]:
    """Keys of the occupying hosts and of the entries; a host that an entry replaces, and that entry, are one slot even if their keys differ."""
    replaced = {entry["replaces"] for entry in entries_of(buffer) if entry.get("replaces")}
    return {key(host) for host in occupying if host["metadata"].get("uid") not in replaced} | {entry["key"] for entry in ledger_of(buffer)}


def usage(buffer: Object, hosts: Iterable[Object], generators: Iterable[Object], agents: Iterable[Object] = (), now: datetime | None = None) -> Usage:
    """The numbers of a buffer, as they are seen now."""
    occupying = occupants(buffer, hosts, agents, now)
    used, cap = len(used_keys(buffer, occupying)), cap_of(buffer)
    return Usage(
        cap=cap,
        used=used,
        free=max(0, cap - used),
        reserved=len(ledger_of(buffer)),
        waiting=len(line(generators, buffer["metadata"]["name"])),
        in_error=sum(bad for _host, bad in one_by_one(occupying, in_error, lambda _host, _fault: False)),
        without_status=sum(not host.get("status") for host in occupying),
        occupied=len({key(host) for host in occupying}),
    )
