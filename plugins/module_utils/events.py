# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes Events on generators: one for each thing that happened, counted when it happens again, so that `kubectl describe` reads as a story."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from .admission.words import Outcome
from .cluster import EVENT, GENERATOR, Cluster, Object
from .errors import AlreadyExists, ClusterError, Denied, ObjectNotFound
from .guard import guarded
from .times import stamp

COMPONENT = "baremetal-generator"
LONGEST_MESSAGE = 1000
MOST_COUNTED = 1 << 30
NO_NEWS = frozenset({"NotAsked"})           # it is its turn in the next run, a moment later
NAMESPACE_OF_CLUSTER_SCOPED = "default"     # as Kubernetes itself does


def write_events(cluster: Cluster, outcomes: Iterable[Outcome], uid_of: Callable[[Outcome], str]) -> list[str]:
    """One Event for each outcome that changed anything, and for each odd object. What fails is no failure of the stage: it comes back as one warning."""
    news = [one for one in outcomes if (one.changed or one.kind is not GENERATOR) and one.reason not in NO_NEWS]
    write = guarded(lambda one: _write(cluster, one, uid_of(one)), lambda _one, fault: fault.why.message)
    refused = [text for text in cluster.each(write, news) if text]
    return [f"Events could not be written: {refused[0]}"] if refused else []


def _write(cluster: Cluster, outcome: Outcome, uid: str) -> str | None:
    try:
        _create_or_count(cluster, event(outcome, uid, stamp(cluster.now())), outcome.changed)
    except ObjectNotFound:
        return None     # its namespace is gone, and nobody will read about it
    except Denied as error:
        return None if "NamespaceTerminating" in error.causes else str(error)
    except ClusterError as error:
        return str(error)
    return None


def _create_or_count(cluster: Cluster, body: Object, happened: bool) -> None:
    """What is found again and again, and has not happened again, is told once; the API forgets Events after an hour."""
    metadata = body["metadata"]
    try:
        cluster.create(EVENT, body)
        return
    except AlreadyExists:
        if not happened:
            return
        there = cluster.get(EVENT, metadata["namespace"], metadata["name"])
    if there is not None:
        count = there.get("count")
        again = {"count": count + 1 if isinstance(count, int) and 0 < count < MOST_COUNTED else 1, "lastTimestamp": body["lastTimestamp"]}
        cluster.patch(EVENT, metadata["namespace"], metadata["name"], again)


def event(outcome: Outcome, uid: str, now: str) -> Object:
    """Its name comes from what it says, so that the same thing said again is the same object. now: as times.stamp() writes it."""
    second = f"{now[:19]}Z"
    what = "\n".join((uid, outcome.event, outcome.message))
    kind, namespace = outcome.kind, outcome.namespace or NAMESPACE_OF_CLUSTER_SCOPED
    involved = {"apiVersion": kind.api_version, "kind": kind.kind, "name": outcome.name, "uid": uid}
    return {
        "metadata": {"namespace": namespace, "name": f"{outcome.name[:200]}.{hashlib.sha256(what.encode()).hexdigest()[:16]}"},
        "involvedObject": {**involved, **({"namespace": outcome.namespace} if outcome.namespace else {})},
        "reason": outcome.event,
        "message": outcome.message[:LONGEST_MESSAGE],
        "type": "Warning" if outcome.warning else "Normal",
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": second,
        "lastTimestamp": second,
        "count": 1,
    }
