# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stages share: their policy, and how they tell what happened."""
from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from ..admission import Outcome, Policy
from ..cluster import GENERATOR, Object
from ..credentials import Credentials
from ..deadline import Deadline, seconds_of
from ..events import write_events
from ..profiles import Profiles
from ..readable_cluster import Key
from ..recording import RecordingCluster
from . import Options, Result

AT_ONCE = float("-inf")     # takeover_seconds: not even a clock that is behind makes a run wait
LONGEST_SUMMARY = 200       # lines; thousands of generators are told by counts


def policy_of(options: Options) -> Policy:
    """The policy that these options make."""
    return Policy(
        actor=f"{socket.gethostname()[:63]}-{os.getpid()}-{secrets.token_hex(3)}",
        profiles=Profiles.parse(options.get("profiles") or []),
        host_namespaces=tuple(options.get("host_namespaces") or ()),
        takeover_seconds=seconds_of(options, "takeover_seconds", Policy.takeover_seconds) or AT_ONCE,
        deadline=Deadline(seconds_of(options, "deadline_seconds", positive=True)) if options.get("deadline_seconds") is not None else None,
        keep_resources=bool(options.get("keep_resources")),
    )


def credentials_of(options: Options) -> Credentials:
    """The BMC credentials that these options hold."""
    return Credentials.parse({one["name"]: one["login"] for one in options.get("bmc_credentials") or []})


def told(
    cluster: RecordingCluster, outcomes: list[Outcome], diff: bool, besides: Iterable[str] = (), warnings: Iterable[str] = (), **more: Any
) -> Result:
    """The result of a stage: what happened to each generator and to other objects, in data and in sentences; and Events, in a real run."""
    outcomes = outcomes + odd_objects(cluster.odd)
    result: Result = {
        "changed": cluster.changed,
        "generators": [_told(one) for one in outcomes if one.kind is GENERATOR],
        "objects": [{"kind": one.kind.kind, **_told(one)} for one in outcomes if one.kind is not GENERATOR],
        "summary": [*summary(outcomes), *besides],
        **more,
    }
    warned = [*warnings, *cluster.told()]
    if cluster.check_mode:
        result["assumed"] = cluster.assumed()
    else:
        warned += write_events(cluster, outcomes, lambda one: cluster.uid(one.kind, one.namespace, one.name))
    if warned:
        result["warnings"] = warned
    if diff:
        result["diff"] = cluster.diff()
    return result


def odd_objects(odd: Mapping[Key, tuple[Object, tuple[str, ...]]]) -> list[Outcome]:
    """What could not be read of hosts, buffers and the like; those of generators are mended by resolve, or are InvalidSpec."""
    return [
        Outcome(namespace, name, "odd", f"{kind.kind} {'/'.join(filter(None, (namespace, name)))} is taken as if it had not what cannot be read of it: "
                f"{'; '.join(faults[:3])}.", "Unreadable", changed=False, kind=kind)
        for (kind, namespace, name), (_item, faults) in odd.items() if kind is not GENERATOR]


def summary(outcomes: Iterable[Outcome]) -> list[str]:
    """A sentence for each outcome; of more than fit, as many as fit and how many there are besides."""
    lines = [f"{one.namespace}/{one.name}: {one.action}. {one.message}" if one.kind is GENERATOR else one.message for one in outcomes]
    if len(lines) <= LONGEST_SUMMARY:
        return lines
    return [*lines[:LONGEST_SUMMARY], f"and {len(lines) - LONGEST_SUMMARY} more; module generator_info tells about each."]


def _told(one: Outcome) -> dict[str, Any]:
    return {
        "namespace": one.namespace, "name": one.name, "action": one.action, "reason": one.reason or "", "message": one.message, "changed": one.changed}
