# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says when a buffer has to be looked at, because a slot came free or something is left to do in it."""
from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# The rulebook engine runs this file alone; the collection is found from where the file lies.
sys.path.insert(0, str(Path(__file__).absolute().parents[7]))

from ansible_collections.baremetal.generator.plugins.module_utils.availability import (  # noqa: E402
    Usage, buffer_of_host, errors_to_remember, is_deleting, is_inert, usage,
)
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, Object  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.failing import is_outdated, may_be_dropped  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.guard import Fault, one_by_one  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.names import BUFFER_FINALIZER, DEFAULT_BUFFER  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.slots import Sight, SlotWatch  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.source_options import SourceOptions  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.summaries import UNREADABLE, Host, Unreadable  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.watch import Watch, open_watch  # noqa: E402

DOCUMENTATION = r"""
---
short_description: Says when a BareMetalHostBuffer has to be looked at
description:
  - Watches BareMetalHostBuffers, BareMetalHosts and BareMetalHostGenerators. It puts an event at once when a slot comes free (a host is taken or deleted, the
    cap is raised) while someone waits for one.
  - Every O(interval_seconds) it puts an event if someone waits and a slot is free, if a reservation is open, if a host is made and not yet activated, or if the
    numbers in the buffer's status are not those that it sees, if it does not remember which hosts are in error (C(excludeErrorAfter)), or if the
    buffer is being deleted and waits to be let go.
  - >-
    An event carries the name of the buffer and counts, for instance C({"buffer": {"name": "default", "waiting": 5, "free": 2}}).
  - Buffers are independent of each other. Between two events of one buffer lie 2 seconds at least, then 4, then 8 as long as its ledger does not move.
  - When the numbers in the status of a buffer were wrong at three events and no run has corrected them, C(/healthz) is red and says so, until they are.
  - It heals, and ends, as the source C(baremetal.generator.generators) does, and shares its connections when both run in one rulebook.
  - Needs the Python packages aiohttp (ansible-rulebook brings it) and kubernetes.
options:
  kubeconfig:
    description: Path of a kubeconfig. Else E(K8S_AUTH_KUBECONFIG), E(KUBECONFIG), the service account of the pod, or C(~/.kube/config).
    type: path
  context:
    description: Context of the kubeconfig. Else E(K8S_AUTH_CONTEXT).
    type: str
  kubernetes_host:
    description: Address of the API server. Else E(K8S_AUTH_HOST). (O(host) is where this source listens.)
    type: str
  api_key:
    description: Bearer token. Better given as E(K8S_AUTH_API_KEY), so that it stands in no rulebook.
    type: str
  validate_certs:
    description: Check the certificate of the API server. Else E(K8S_AUTH_VERIFY_SSL).
    type: bool
  ca_cert:
    description: Path of the CA of the API server. Else E(K8S_AUTH_SSL_CA_CERT).
    type: path
  client_cert:
    description: Path of a client certificate. Else E(K8S_AUTH_CERT_FILE).
    type: path
  client_key:
    description: Path of its key. Else E(K8S_AUTH_KEY_FILE).
    type: path
  proxy:
    description: URL of a proxy to the API server. Else E(K8S_AUTH_PROXY), C(proxy-url) of the kubeconfig, E(HTTPS_PROXY).
    type: str
  no_proxy:
    description: What is reached without a proxy, with commas between. Else E(K8S_AUTH_NO_PROXY), E(NO_PROXY).
    type: str
  username:
    description: User to log in with, where the cluster takes users with passwords. Else E(K8S_AUTH_USERNAME).
    type: str
  password:
    description: Its password. Better given as E(K8S_AUTH_PASSWORD), so that it stands in no rulebook.
    type: str
  impersonate_user:
    description: User to act as. Else E(K8S_AUTH_IMPERSONATE_USER), C(as) of the kubeconfig.
    type: str
  impersonate_groups:
    description: Groups to act as. Else E(K8S_AUTH_IMPERSONATE_GROUPS), with commas between.
    type: list
    elements: str
  interval_seconds:
    description: Every buffer is looked at this often.
    type: float
    default: 30
  retry_seconds:
    description: Not used by this source; accepted so that both sources can be given the same arguments.
    type: float
    default: 30
  relist_seconds:
    description: Everything is listed anew this often, in case a watch has missed something.
    type: float
    default: 600
  heartbeat_file:
    description: A file that is written every 10 seconds with what the sources of this process see, as JSON. A probe checks its age, and C(ok) in it.
    type: path
  host:
    description: Where to listen for C(/healthz) and C(/metrics).
    type: str
    default: 127.0.0.1
  port:
    description: Listen on this port, and answer for all sources of this process. To be set on one source only. Without it nothing listens.
    type: int
"""

EXAMPLES = r"""
- name: Release servers from their buffers
  hosts: localhost
  sources:
    - name: Watch buffers
      baremetal.generator.buffer_check:
        interval_seconds: 30
  rules:
    - name: Someone can be released
      condition: event.buffer.name is defined
      action:
        run_playbook:
          name: baremetal.generator.buffer_check
"""

ROUND_SECONDS = 30.0        # at least this often round the loop, for the sake of /healthz
BREATH = 0.1                # between two rounds, and ten times what a round costs: a storm of changes must not eat the engine's processor


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Entry point of the rulebook engine."""
    options = SourceOptions.parse("buffer_check", args)
    async with open_watch(options) as watch:
        await check(watch, queue, options)


async def check(watch: Watch, queue: asyncio.Queue[Any], options: SourceOptions) -> None:
    """An event for each buffer where something is to do. Never ends by itself."""
    follower, health = watch.follow((BUFFER, HOST, GENERATOR)), watch.health.of("buffer_check")
    slots: dict[str, SlotWatch] = {}
    await follower.listed()
    while True:
        started = time.monotonic()
        sights, unreadable = look(watch)
        slots = {name: slots.get(name) or SlotWatch(options.interval_seconds, started) for name in sights}
        for _item in one_by_one(sights.items(), lambda item: slots[item[0]].observe(item[1], started), note(unreadable)):
            pass
        wanted = [name for name, slot in slots.items() if slot.wants(started)]
        untouched = [name for name, slot in slots.items() if slot.is_untouched(started)]
        waiting, free = (sum(getattr(sight.usage, number) for sight in sights.values()) for number in ("waiting", "free"))
        health.round({"waiting": waiting, "free": free, "untouched": len(untouched)}, trouble(untouched), unreadable)
        spent = time.monotonic() - started
        for name in wanted:
            with health.putting():
                await queue.put({"buffer": {"name": name, "waiting": sights[name].usage.waiting, "free": sights[name].usage.free}})
            slots[name].announced(time.monotonic())
        await asyncio.sleep(max(BREATH, 10 * spent))
        look_at = min((one.look_at(time.monotonic()) for one in slots.values()), default=float("inf"))
        await follower.change(min(ROUND_SECONDS, look_at - time.monotonic()))


def trouble(untouched: list[str]) -> str:
    """What it means that numbers are wrong again and again, "" when none are."""
    if not untouched:
        return ""
    return (f"the status of buffer {untouched[0]} was outdated at three events, and no run of playbook buffer_check has corrected it: the playbook fails, "
            "or is not run; the log of ansible-rulebook or of the job says why (GENERATOR_VARS and the vault password are the usual causes)")


def look(watch: Watch) -> tuple[dict[str, Sight], dict[str, str]]:
    """Every buffer as it is now, but for those being deleted that others hold; and what cannot be read, and why."""
    unreadable: dict[str, str] = {}
    hosts: dict[str, list[Object]] = {}
    for (key, _summary), host in one_by_one(watch.items(HOST).items(), lambda item: as_object(*item), note(unreadable)):
        hosts.setdefault(buffer_of_host(host) if host else DEFAULT_BUFFER, []).append(host or as_object(key, UNREADABLE))
    waiting = Counter(generator.waiting_in for _key, generator in watch.readable(GENERATOR) if generator is not None and generator.waiting_in)
    sights = {}
    for (_key, buffer), sight in one_by_one(watch.readable(BUFFER), lambda item: sight_of(item[1], hosts, waiting, watch), note(unreadable)):
        name = buffer["metadata"]["name"]
        if not is_deleting(buffer) or is_held(buffer):
            sights[name] = sight or unseen(waiting[name])
    return sights, unreadable


def note(unreadable: dict[str, str]) -> Callable[[tuple[str, Any], Fault], None]:
    """What is done with a fault: by the name of the object it is remembered why."""
    def remember(item: tuple[str, Any], fault: Fault) -> None:
        unreadable[item[0]] = fault.why.message
    return remember


def as_object(key: str, summary: Host | Unreadable) -> Object:
    """A host as availability.py takes it; one that cannot be read occupies a slot of the buffer `default`."""
    return (summary if isinstance(summary, Host) else Host("", {"metadata": {}, "spec": {}})).as_object(key)


def is_held(buffer: Object) -> bool:
    """It is being deleted, and our finalizer keeps it until its entries are settled."""
    return is_deleting(buffer) and BUFFER_FINALIZER in (buffer["metadata"].get("finalizers") or [])


def sight_of(buffer: Object, hosts: Mapping[str, list[Object]], waiting: Mapping[str, int], watch: Watch) -> Sight:
    """One buffer."""
    name, agents = buffer["metadata"]["name"], [agent for _key, agent in watch.readable(AGENT)]
    aware = bool(buffer["spec"].get("agentAware"))
    if aware:
        watch.start(AGENT, optional=True)
    own = hosts.get(name, [])
    now = datetime.fromtimestamp(watch.streams.now(), timezone.utc)
    numbers = usage(buffer, own, (), agents, now)
    return Sight(
        usage=replace(numbers, waiting=waiting.get(name, 0), **({"free": 0} if is_deleting(buffer) else {})),
        inert=sum(is_inert(host) for host in own),
        leaving=sum(is_deleting(host) for host in own),
        status=buffer["status"],
        progress=json.dumps(buffer["status"], sort_keys=True),
        held=is_held(buffer),
        forgetful=is_outdated(buffer, errors_to_remember(buffer, own, agents, now)) and not may_be_dropped(buffer, now),
        sure=watch.sees_all(GENERATOR, HOST, *((AGENT,) if aware else ())),
    )


def unseen(waiting: int) -> Sight:
    """A buffer that cannot be read: it is looked at every interval, since the stage tells what is wrong with it."""
    nothing = Usage(cap=0, used=0, free=0, reserved=0, waiting=waiting, in_error=0, without_status=0, occupied=0)
    return Sight(nothing, inert=0, leaving=0, status={}, progress=None, sure=False)
