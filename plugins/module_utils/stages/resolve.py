# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first stage: servers are looked up, all names at once, and their generators put into the line as soon as their manager has answered."""
from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator

from .. import names
from ..admission import Policy, Resolved, enqueue, mend_statuses, redeploy
from ..cluster import GENERATOR, Object
from ..credentials import Credentials
from ..errors import InvalidArgument
from ..generators import Request, asks, condition, due, is_deleting, phase, status_of
from ..http import REQUESTS_MISSING
from ..kube import open_cluster
from ..managers import Managers, Wanted, open_managers, read_managers
from ..manifests import Facts, facts
from ..models import Reason, Server
from ..nics import choose
from ..recording import RecordingCluster
from . import Options, Result
from .common import credentials_of, policy_of, told

Asked = tuple[Object, Request]
NOT_ASKED = Reason("NotAsked", "Nobody was asked: its host is there already.")


def resolve(options: Options, check_mode: bool, diff: bool) -> Result:
    """Everything that is due."""
    if REQUESTS_MISSING:
        raise InvalidArgument("The Python package requests is missing: install it where this runs (pip install requests).")
    configs = read_managers(options["managers"])
    policy, credentials = policy_of(options), credentials_of(options)
    cluster = RecordingCluster(open_cluster(options), check_mode)
    generators = cluster.list(GENERATOR)
    outcomes = mend_statuses(cluster, policy)
    outcomes += redeploy(cluster, generators, policy)
    if outcomes:
        generators = cluster.list(GENERATOR)
    now = cluster.now()
    ready, asked = split([one for one in generators if "resolve" in due(one, now) or has_its_credentials_now(one, policy, credentials)], policy)
    if ready:
        outcomes += enqueue(cluster, ready, policy, credentials)
    warnings: list[str] = []
    if asked:
        with open_managers(configs, options["manager_seconds"]) as managers:
            for part in answered(managers, asked):
                outcomes += enqueue(cluster, part, policy, credentials)
            warnings = managers.warnings
    return told(cluster, outcomes, diff, warnings=warnings)


def has_its_credentials_now(generator: Object, policy: Policy, credentials: Credentials) -> bool:
    """It failed for want of BMC credentials, and the variables of this run have them: no need to wait for nextAttemptAt."""
    if phase(generator) != names.FAILED or is_deleting(generator) or condition(generator, "Ready").get("reason") != "NoBmcCredentials":
        return False
    request = asks(generator, policy.profiles, policy.host_namespaces)
    if isinstance(request, Reason) or request.host.get("bmcCredentials"):
        return False
    return not isinstance(credentials.data(request, str(status_of(generator).get("serverVendor") or "")), Reason)


def split(due_ones: Iterable[Object], policy: Policy) -> tuple[list[Resolved], list[Asked]]:
    """Those about whom no manager has to be asked, and those about whom one has."""
    ready: list[Resolved] = []
    asked: list[Asked] = []
    for generator in due_ones:
        request = asks(generator, policy.profiles, policy.host_namespaces)
        if isinstance(request, Reason):
            ready.append(Resolved(generator, request))
        elif phase(generator) == names.COMPLETED and names.FINALIZER in (generator["metadata"].get("finalizers") or []):
            ready.append(Resolved(generator, NOT_ASKED))
        else:
            asked.append((generator, request))
    return ready, asked


def answered(managers: Managers, asked: list[Asked]) -> Iterator[list[Resolved]]:
    """What the managers found, in parts: all that came in while the part before was being written."""
    while asked:
        this_time, asked = _one_vendor_for_each_name(asked)
        waiting: dict[str, list[Asked]] = {}
        for generator, request in this_time:
            waiting.setdefault(request.server_name, []).append((generator, request))
        wanted = [Wanted(name, asked_ones[0][1].vendor) for name, asked_ones in waiting.items()]
        for part in _batches(managers.answers(wanted)):
            yield [Resolved(generator, found(request, answer)) for name, answer in part.items() for generator, request in waiting.pop(name, [])]


def found(request: Request, answer: Server | Reason) -> Facts | Reason:
    """What a manager's answer is worth to this request."""
    if isinstance(answer, Reason):
        return answer
    choice = choose(answer.nics, request.nics)
    return choice if isinstance(choice, Reason) else facts(request, answer, choice)


def _one_vendor_for_each_name(asked: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Managers are asked for a name once; who wants the same name of another vendor comes in the next round."""
    vendors: dict[str, str | None] = {}
    now: list[Asked] = []
    later: list[Asked] = []
    for generator, request in asked:
        same = vendors.setdefault(request.server_name, request.vendor) == request.vendor
        (now if same else later).append((generator, request))
    return now, later


def _batches(answers: Iterator[dict[str, Server | Reason]]) -> Iterator[dict[str, Server | Reason]]:
    """Answers as they come; those that came while nobody listened are joined."""
    heard: queue.SimpleQueue[dict[str, Server | Reason] | BaseException | None] = queue.SimpleQueue()

    def listen() -> None:
        try:
            for part in answers:
                heard.put(part)
            heard.put(None)
        except BaseException as error:  # pylint: disable=broad-exception-caught  # carried to the main thread, raised there
            heard.put(error)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        parts = [heard.get()]
        while not heard.empty():
            parts.append(heard.get())
        joined: dict[str, Server | Reason] = {}
        for part in parts:
            if isinstance(part, dict):
                joined.update(part)
        if joined:
            yield joined
        for part in parts:
            if isinstance(part, BaseException):
                raise part
        if None in parts:
            return
