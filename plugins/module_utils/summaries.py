# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What event sources remember of each object: so little that ten thousand finished generators and their hosts need a few megabytes. Pure."""
from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final, NamedTuple

from . import names
from .cluster import Object
from .failing import in_error
from .generators import buffer_of, condition, due, is_deleting, is_waiting, status_of
from .times import FARTHEST_SECONDS, after, parse_time

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
KEPT_LABELS = (names.BUFFER_LABEL, names.BUFFER_EXEMPT, names.INFRAENV_LABEL)
KEPT_ANNOTATIONS = (names.RID, names.PAUSED, names.BUFFER_EXEMPT)
ASKING_ANNOTATIONS = (names.REDEPLOY, names.DELETE_IN_USE)
MANY_SHAPES = 2000

_shapes: dict[str, Object] = {}


class Unreadable:
    """In the place of the summary of an object of which none can be made: that it is there is known, no more."""


UNREADABLE: Final = Unreadable()


class Generator(NamedTuple):
    """A generator that is not at rest. One at rest is summarised as None: that it is there is all that matters."""

    due: str                    # "resolve", "remove" or "": what is due, from `due_at` on
    due_at: float               # timestamp; 0: now; infinite: for its `retry` annotation alone
    retry: str                  # that annotation: due at once
    ask: tuple[Any, ...]        # changes when its user asks anew
    progress: int               # changes when a stage wrote something about it
    waiting_in: str             # the buffer in whose line it stands, or ""
    host: str                   # while it is removed and its host is waited for: the key of that host

    def has_come(self, now: float) -> bool:
        """It is due now, `retry` or not."""
        return bool(self.due) and (self.due_at <= now or now + FARTHEST_SECONDS < self.due_at < float("inf"))


def of_generator(item: Object) -> Generator | None:
    """None when nothing is due, now or later, and it stands in no line."""
    metadata, status = item["metadata"], status_of(item)
    marks = metadata.get("annotations") or {}
    retry = "" if is_deleting(item) else _retry(marks)
    stage, due_at = _due(item, parse_time(status.get("nextAttemptAt")))
    waiting = buffer_of(item) if is_waiting(item) else ""
    if not stage and not retry and not waiting:
        return None
    removing = is_deleting(item) and condition(item, "Ready").get("reason") == "Removing" and status.get("bmhName")
    return Generator(
        due=stage or ("resolve" if retry else ""),
        due_at=due_at,
        retry=retry,
        ask=(metadata.get("uid"), metadata.get("generation"), is_deleting(item), *(marks.get(name) for name in ASKING_ANNOTATIONS)),
        progress=hash(json.dumps([status, metadata.get("finalizers")], sort_keys=True)),
        waiting_in=waiting,
        host=f"{status.get('bmhNamespace') or metadata['namespace']}/{status['bmhName']}" if removing else "",
    )


def _due(item: Object, moment: datetime | None) -> tuple[str, float]:
    """Which stage has work with it, its `retry` annotation aside, and when: "" and never when none has."""
    metadata = item["metadata"]
    marks = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != names.RETRY}
    plain = {**item, "metadata": {**metadata, "annotations": marks}}
    if moment is None or moment <= EPOCH:
        at_once, at_last = due(plain, EPOCH), due(plain, EPOCH)
    else:
        at_once, at_last = due(plain, after(moment, -1)), due(plain, moment)
    if not at_last:
        return "", float("inf")
    return min(at_last), 0.0 if at_once or moment is None else moment.timestamp()


def _retry(marks: Mapping[str, str]) -> str:
    """Its value, and never "" when it is there."""
    return f"retry={marks[names.RETRY]}" if names.RETRY in marks else ""


class Host(NamedTuple):
    """What tells whether a host occupies a slot; hosts that are alike share one shape."""

    uid: str
    shape: Object

    def as_object(self, key: str) -> Object:
        """As availability.py takes it."""
        namespace, _slash, name = key.partition("/")
        return {**self.shape, "metadata": {**self.shape["metadata"], "namespace": namespace, "name": name, "uid": self.uid}}


def of_host(item: Object) -> Host:
    """Its uid and its shape."""
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    shape: Object = {
        "metadata": {
            "deletionTimestamp": "set" if metadata.get("deletionTimestamp") else "",
            "labels": _kept(metadata.get("labels"), KEPT_LABELS),
            "annotations": _kept(metadata.get("annotations"), KEPT_ANNOTATIONS),
            "finalizers": ["some"] if metadata.get("finalizers") else [],
        },
        "spec": {"consumerRef": bool(spec.get("consumerRef")), "externallyProvisioned": bool(spec.get("externallyProvisioned"))},
    }
    if status:
        shape["status"] = {"operationalStatus": status.get("operationalStatus"), "provisioning": {"state": (status.get("provisioning") or {}).get("state")}}
        if status.get("errorCount"):            # in error, or tried again just now: failing.py
            shape["status"].update({"errorCount": 1, **({} if in_error(item) else {"lastUpdated": status.get("lastUpdated")})})
    return Host(metadata.get("uid", ""), _shared(shape))


def of_buffer(item: Object) -> Object:
    """Buffers are few, and their ledgers short: all but the managed fields."""
    metadata = item["metadata"]
    return {
        "metadata": {name: metadata.get(name) for name in ("name", "uid", "deletionTimestamp", "finalizers")},
        "spec": item.get("spec") or {}, "status": item.get("status") or {},
    }


def of_agent(item: Object) -> Object:
    """Whose host it runs on, and whether it is bound to a cluster."""
    metadata = item["metadata"]
    return {
        "metadata": {"namespace": metadata["namespace"], "name": metadata["name"], "labels": _kept(metadata.get("labels"), (names.AGENT_HOST_LABEL,))},
        "spec": {"clusterDeploymentName": bool((item.get("spec") or {}).get("clusterDeploymentName"))},
    }


def _kept(given: Mapping[str, str] | None, wanted: tuple[str, ...]) -> dict[str, str]:
    return {name: given[name] for name in wanted if name in given} if given else {}


def _shared(shape: Object) -> Object:
    text = json.dumps(shape, sort_keys=True)
    if len(_shapes) > MANY_SHAPES:
        _shapes.clear()
    return _shapes.setdefault(text, shape)
