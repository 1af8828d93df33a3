# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that only look around read from the cluster, in the order in which numbers cannot come out too good.

One odd object is one entry that says what is wrong with it; the others are told as ever.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .cluster import AGENT, BUFFER, GENERATOR, HOST, Cluster, Kind, Object
from .generators import buffer_of, line_place
from .guard import one_by_one
from .hosts import host_facts, odd_host
from .readable_cluster import Key, ReadableCluster
from .recording import RecordingCluster
from .story import buffer_facts, generator_facts, odd_buffer, odd_generator


def with_warnings(cluster: ReadableCluster, **found: Any) -> dict[str, Any]:
    """The result of a module that only looks."""
    warnings = cluster.told()
    return {"changed": False, **found, **({"warnings": warnings} if warnings else {})}


def read_buffers(cluster: Cluster, wanted: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The buffers of these names (all without), with the numbers of this moment."""
    return _facts(*_lists(cluster, wanted), cluster)


def read_generators(cluster: Cluster, namespace: str | None = None, wanted: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The generators of a namespace (of all without) and of these names (all without)."""
    lists = _lists(cluster)
    buffers = {facts["name"]: facts for facts in _facts(*lists, cluster)}
    chosen = set(wanted) if wanted is not None else None
    found = [one for one in lists[2] if (namespace is None or one["metadata"]["namespace"] == namespace) and (
        chosen is None or one["metadata"]["name"] in chosen)]
    return [facts for _one, facts in one_by_one(
        sorted(found, key=_place), lambda one: generator_facts(one, buffers, faults_told(cluster, GENERATOR, one)),
        lambda one, fault: odd_generator(one, fault.why))]


def read_hosts(cluster: Cluster, namespace: str | None = None, wanted: Iterable[str] | None = None, selector: str | None = None) -> list[dict[str, Any]]:
    """The hosts of a namespace (of all without), of these names (all without), with these labels."""
    chosen = set(wanted) if wanted is not None else None
    found = [one for one in cluster.list(HOST, namespace, label_selector=selector) if chosen is None or one["metadata"]["name"] in chosen]
    return [facts for _one, facts in one_by_one(
        sorted(found, key=_place), lambda one: host_facts(one, faults_told(cluster, HOST, one)), lambda one, fault: odd_host(one, fault.why))]


def faults_told(cluster: Cluster, kind: Kind, item: Object) -> tuple[str, ...]:
    """What was taken out of an object so that it can be read, each in words."""
    odd: Mapping[Key, tuple[Object, tuple[str, ...]]] = {}
    if isinstance(cluster, (ReadableCluster, RecordingCluster)):
        odd = cluster.faults if isinstance(cluster, ReadableCluster) else cluster.odd
    metadata = item["metadata"]
    _found, faults = odd.get((kind, metadata.get("namespace") or "", metadata["name"]), (item, ()))
    return faults


def _lists(cluster: Cluster, wanted: Iterable[str] | None = None) -> tuple[list[Object], list[Object], list[Object], list[Object]]:
    chosen = set(wanted) if wanted is not None else None
    buffers = [one for one in cluster.list(BUFFER) if chosen is None or one["metadata"]["name"] in chosen]
    hosts = cluster.list(HOST)
    generators = cluster.list(GENERATOR)
    aware = any((one.get("spec") or {}).get("agentAware") for one in buffers)
    return buffers, hosts, generators, cluster.list(AGENT) if aware else []


def _facts(buffers: list[Object], hosts: list[Object], generators: list[Object], agents: list[Object], cluster: Cluster) -> list[dict[str, Any]]:
    now = cluster.now()
    by_buffer: dict[str, list[Object]] = {}
    for one, place in one_by_one(generators, line_place, lambda _one, _fault: ()):
        if place:                                       # whose place cannot be told stands in no line; its own entry says why
            by_buffer.setdefault(buffer_of(one), []).append(one)
    return [facts for _one, facts in one_by_one(
        sorted(buffers, key=lambda one: one["metadata"]["name"]),
        lambda one: buffer_facts(one, hosts, by_buffer.get(one["metadata"]["name"], []), agents, now, faults_told(cluster, BUFFER, one)),
        lambda one, fault: odd_buffer(one, fault.why))]


def _place(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
