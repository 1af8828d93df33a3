# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says when generators have to be resolved or removed: how many, never which."""
from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The rulebook engine runs this file alone; the collection is found from where the file lies.
sys.path.insert(0, str(Path(__file__).absolute().parents[7]))

from ansible_collections.baremetal.generator.plugins.module_utils.announcing import Announcer, Work  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.guard import Fault, one_by_one  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.source_options import SourceOptions  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.summaries import Generator  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.watch import Watch, open_watch  # noqa: E402

DOCUMENTATION = r"""
---
short_description: Says when BareMetalHostGenerators have to be resolved or removed
description:
  - Watches BareMetalHostGenerators and puts an event whenever some are due, because they are new, changed, to be tried again, to be deployed anew, or
    being deleted.
  - >-
    An event carries counts and nothing else, for instance C({"generators": {"to_resolve": 3}}) or C({"generators": {"to_remove": 1}}).
    The playbook that it starts reads the cluster and does all that is due, so no event is about one generator, and a lost or doubled one costs nothing.
  - New work is announced at once, whatever else is due; but 2 seconds after the last event, then 4, then 8 as long as nothing of what that was for is
    finished, so that few events wait behind a playbook that runs. Annotations C(retry) alone make an event every 12 seconds at most.
  - Work that does not move is announced again after O(retry_seconds), each time after a longer pause, and holds back no other. When work was announced three
    times and no run has touched any of it, C(/healthz) is red and says so, until something moves.
  - What cannot be read of an object, an item or an event is that one's matter. It is counted as C(unreadable) in the heartbeat and in C(/metrics), and logged
    once.
  - It heals by itself from closed watches, expired versions and an API server that is away. It ends, and with it the rulebook, only for what nobody but a
    person can mend, which is a bad argument, an environment variable E(GENERATOR_VARS) that names no readable file, and at the start a missing CRD, a missing
    right or refused credentials.
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
  retry_seconds:
    description: Announced work that has not moved for so long is announced again, each time after a longer pause (up to eight times as long).
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
- name: Onboard servers
  hosts: localhost
  sources:
    - name: Watch generators
      baremetal.generator.generators:
        host: 0.0.0.0
        port: 8080
  rules:
    - name: Some are due
      condition: event.generators.to_resolve is defined
      action:
        run_playbook:
          name: baremetal.generator.onboard
"""

ROUND_SECONDS = 30.0        # at least this often round the loop, for the sake of /healthz
BREATH = 0.1                # between two rounds, and ten times what a round costs: a storm of changes must not eat the engine's processor
EVENTS = {"resolve": "to_resolve", "remove": "to_remove"}


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Entry point of the rulebook engine."""
    options = SourceOptions.parse("generators", args)
    async with open_watch(options) as watch:
        await announce(watch, queue, options)


async def announce(watch: Watch, queue: asyncio.Queue[Any], options: SourceOptions) -> None:
    """An event for all that is due whenever some of it is new, or does not move. Never ends by itself."""
    follower, health = watch.follow((GENERATOR, HOST)), watch.health.of("generators")
    announcers = {"resolve": Announcer(options.retry_seconds), "remove": Announcer(options.retry_seconds, vanishing_moves=True)}
    await follower.listed()
    while True:
        started = time.monotonic()
        due, next_due, unreadable = due_work(watch)
        for stage, announcer in announcers.items():
            announcer.observe(due[stage], watch.items(GENERATOR), started)
        wanted = [stage for stage, announcer in announcers.items() if announcer.wants(started)]
        untouched = {stage: announcer.untouched(started) for stage, announcer in announcers.items()}
        health.round({**{EVENTS[stage]: len(work) for stage, work in due.items()}, "untouched": sum(untouched.values())}, trouble(untouched), unreadable)
        spent = time.monotonic() - started
        for stage in wanted:
            with health.putting():
                await queue.put({"generators": {EVENTS[stage]: len(due[stage])}})
            announcers[stage].announced(time.monotonic())
        await asyncio.sleep(max(BREATH, 10 * spent))
        look_at = min(announcer.look_at(time.monotonic()) for announcer in announcers.values())
        await follower.change(min(ROUND_SECONDS, next_due, look_at - time.monotonic()))


def trouble(untouched: Mapping[str, int]) -> str:
    """What it means that work was announced again and again, "" when it was not."""
    found = [f"{count} to {stage}" for stage, count in untouched.items() if count]
    if not found:
        return ""
    return (f"work was announced three times ({', '.join(found)}), and no run of its playbook has touched any: the playbook fails, or is not run; "
            "the log of ansible-rulebook or of the job says why (GENERATOR_VARS and the vault password are the usual causes)")


def due_work(watch: Watch) -> tuple[dict[str, dict[str, Work]], float, dict[str, str]]:
    """What is due now, by stage and key; in how many seconds more will be; and of which generators that cannot be told, and why."""
    now, hosts, due = watch.streams.now(), watch.items(HOST), {"resolve": {}, "remove": {}}
    later, unreadable = [float("inf")], {}

    def look(item: tuple[str, Generator]) -> None:
        key, generator = item
        host_is_gone = bool(generator.host) and generator.host not in hosts
        come = generator.has_come(now) or host_is_gone
        if come or generator.retry:
            due[generator.due][key] = Work((*generator.ask, host_is_gone), generator.progress, generator.retry, hurried=not come)
        if not come:
            later.append(generator.due_at - now)

    def failed(item: tuple[str, Generator], fault: Fault) -> None:
        unreadable[item[0]] = fault.why.message

    for _item in one_by_one(((key, one) for key, one in watch.readable(GENERATOR) if one is not None and one.due), look, failed):
        pass
    return due, min(later), unreadable
