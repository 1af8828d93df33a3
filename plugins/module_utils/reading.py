# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that only look around read from the cluster, in the order in which numbers cannot come out too good."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .cluster import AGENT, BUFFER, GENERATOR, HOST, Cluster, Object
from .generators import buffer_of
from .story import buffer_facts, generator_facts


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
    return [generator_facts(one, buffers) for one in sorted(found, key=lambda one: (one["metadata"]["namespace"], one["metadata"]["name"]))]


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
    for one in generators:
        by_buffer.setdefault(buffer_of(one), []).append(one)
    return [buffer_facts(one, hosts, by_buffer.get(one["metadata"]["name"], []), agents, now) for one in sorted(
        buffers, key=lambda one: one["metadata"]["name"])]


def hosts_read(cluster: Cluster, namespace: str | None = None, wanted: Iterable[str] | None = None, selector: str | None = None) -> list[Object]:
    """The hosts themselves."""
    chosen = set(wanted) if wanted is not None else None
    found = cluster.list(HOST, namespace, label_selector=selector)
    return [one for one in found if chosen is None or one["metadata"]["name"] in chosen]
