# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says when a buffer has to be looked at, because a slot came free or something is left to do in it."""
from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# The rulebook engine runs this file alone; the collection is found from where the file lies.
sys.path.insert(0, str(Path(__file__).absolute().parents[7]))

from ansible_collections.baremetal.generator.plugins.module_utils.availability import buffer_of_host, is_deleting, is_inert, usage  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, Object  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.names import BUFFER_FINALIZER  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.slots import Sight, SlotWatch  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.source_options import SourceOptions  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.watch import Watch, apart, open_watch  # noqa: E402

DOCUMENTATION = r"""
---
short_description: Says when a BareMetalHostBuffer has to be looked at
description:
  - Watches BareMetalHostBuffers, BareMetalHosts and BareMetalHostGenerators. It puts an event at once when a slot comes free (a host is taken or deleted, the
    cap is raised) while someone waits for one.
  - Every O(interval_seconds) it puts an event if someone waits and a slot is free, if a reservation is open, if a host is made and not yet activated, or if the
    numbers in the buffer's status are not those that it sees, or if the buffer is being deleted and waits to be let go.
  - >-
    An event carries the name of the buffer and counts, for instance C({"buffer": {"name": "default", "waiting": 5, "free": 2}}).
  - At most one event for each buffer is outstanding, the next one follows when the buffer's ledger has moved, or after a growing pause.
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
    description: URL of an HTTP proxy to the API server. Else E(K8S_AUTH_PROXY).
    type: str
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
        await apart(check(watch, queue, options))


async def check(watch: Watch, queue: asyncio.Queue[Any], options: SourceOptions) -> None:
    """An event for each buffer where something is to do. Never ends by itself."""
    follower, health = watch.follow((BUFFER, HOST, GENERATOR)), watch.health.of("buffer_check")
    slots: dict[str, SlotWatch] = {}
    await follower.listed()
    while True:
        started = time.monotonic()
        sights = look(watch)
        spent = time.monotonic() - started
        slots = {name: slots.get(name) or SlotWatch(options.interval_seconds, started) for name in sights}
        health.round({"waiting": sum(sight.usage.waiting for sight in sights.values()), "free": sum(sight.usage.free for sight in sights.values())})
        for name, sight in sights.items():
            slots[name].observe(sight, started)
            if slots[name].wants(started):
                with health.putting():
                    await queue.put({"buffer": {"name": name, "waiting": sight.usage.waiting, "free": sight.usage.free}})
                slots[name].announced(time.monotonic())
        await asyncio.sleep(max(BREATH, 10 * spent))
        wake_at = min((one.wake_at() for one in slots.values()), default=float("inf"))
        await follower.change(min(ROUND_SECONDS, wake_at - time.monotonic()))


def look(watch: Watch) -> dict[str, Sight]:
    """Every buffer as it is now, but for those being deleted that others hold."""
    buffers = [buffer for buffer in watch.items(BUFFER).values() if not is_deleting(buffer) or is_held(buffer)]
    if any(buffer["spec"].get("agentAware") for buffer in buffers):
        watch.start(AGENT, optional=True)
    hosts: dict[str, list[Object]] = {}
    for key, summary in watch.items(HOST).items():
        host = summary.as_object(key)
        hosts.setdefault(buffer_of_host(host), []).append(host)
    waiting: dict[str, int] = {}
    for generator in watch.items(GENERATOR).values():
        if generator is not None and generator.waiting_in:
            waiting[generator.waiting_in] = waiting.get(generator.waiting_in, 0) + 1
    return {buffer["metadata"]["name"]: sight_of(buffer, hosts, waiting, watch) for buffer in buffers}


def is_held(buffer: Object) -> bool:
    """It is being deleted, and our finalizer keeps it until its entries are settled."""
    return is_deleting(buffer) and BUFFER_FINALIZER in (buffer["metadata"].get("finalizers") or [])


def sight_of(buffer: Object, hosts: dict[str, list[Object]], waiting: dict[str, int], watch: Watch) -> Sight:
    """One buffer."""
    name, agents = buffer["metadata"]["name"], list(watch.items(AGENT).values())
    own = hosts.get(name, [])
    numbers = usage(buffer, own, (), agents, datetime.fromtimestamp(watch.streams.now(), timezone.utc))
    return Sight(
        usage=replace(numbers, waiting=waiting.get(name, 0), **({"free": 0} if is_deleting(buffer) else {})),
        inert=sum(is_inert(host) for host in own),
        leaving=sum(is_deleting(host) for host in own),
        status=buffer["status"],
        progress=json.dumps(buffer["status"], sort_keys=True),
        held=is_held(buffer),
    )
