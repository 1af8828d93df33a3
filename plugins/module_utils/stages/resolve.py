# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first stage: servers are looked up, all names at once, and their generators put into the line as soon as their manager has answered."""
from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .. import names
from ..admission import Outcome, Policy, Resolved, Run, enqueue, mend_statuses, redeploy
from ..admission.words import write_status
from ..cluster import GENERATOR, Cluster, Object
from ..credentials import Credentials
from ..errors import InvalidArgument
from ..fairness import NOT_ASKED, by_turns, not_asked
from ..generators import Request, asks, due, is_deleting, phase
from ..guard import Fault, guarded, one_by_one
from ..http_library import URLLIB3_MISSING
from ..kube import open_cluster
from ..managers import Managers, Wanted, open_managers, read_managers
from ..managers.logins import LoginMemory
from ..manifests import Facts, facts
from ..models import Reason, Server
from ..nics import choose
from ..recording import RecordingCluster
from . import Options, Result
from .common import credentials_of, policy_of, told
from .variables import Variables

Asked = tuple[Object, Request]
HOST_IS_THERE = Reason("HostIsThere", "Nobody was asked: its host is there already.")


def resolve(options: Options, check_mode: bool, diff: bool) -> Result:
    """Everything that is due."""
    if URLLIB3_MISSING:
        raise InvalidArgument("The Python package urllib3 is missing: install it where this runs (pip install urllib3).")
    configs = read_managers(options["managers"])
    policy, credentials = policy_of(options), credentials_of(options)
    real = open_cluster(options)
    cluster = RecordingCluster(real, check_mode)
    generators = cluster.list(GENERATOR)
    outcomes = mend_statuses(cluster, policy)
    outcomes += redeploy(cluster, generators, policy)
    if outcomes:
        generators = cluster.list(GENERATOR)
    logins = LoginMemory(real, policy.actor, bool(options.get("login_now")))      # the real one in check mode too: the logins are real
    variables = Variables(policy, credentials, configs, logins)
    ready, asked = split(due_now(cluster, generators, variables), policy, variables)
    if ready:
        outcomes += enqueue(cluster, ready, policy, credentials)
    warnings: list[str] = []
    if asked:
        with open_managers(configs, options["manager_seconds"], logins.account) as managers:
            for part in answered(managers, asked):
                outcomes += written(cluster, part, policy, credentials)
        warnings = [*logins.warnings, *managers.warnings]           # of the logout, too
    return told(cluster, outcomes, diff, warnings=warnings)


def due_now(cluster: Cluster, generators: Iterable[Object], variables: Variables) -> list[Object]:
    """Those with work for this stage. One about which that cannot be said has some: it is told why."""
    now = cluster.now()

    def is_due(generator: Object) -> bool:
        return "resolve" in due(generator, now) or variables.may_help(generator)

    return [generator for generator, wanted in one_by_one(generators, is_due, lambda _generator, _fault: True) if wanted]


def split(due_ones: Iterable[Object], policy: Policy, variables: Variables) -> tuple[list[Resolved], list[Asked]]:
    """Those about whom no manager has to be asked, and those about whom one has, in the order in which they are asked."""
    ready: list[Resolved] = []
    asked: list[Asked] = []

    def looked_at(generator: Object) -> Request | Reason:
        request = asks(generator, policy.profiles, policy.host_namespaces)
        if isinstance(request, Request) and phase(generator) == names.COMPLETED and names.FINALIZER in (generator["metadata"].get("finalizers") or []):
            return HOST_IS_THERE
        return variables.refuses_again(generator) or request

    for generator, request in one_by_one(due_ones, looked_at, lambda _generator, fault: fault.why):
        if isinstance(request, Reason):
            ready.append(Resolved(generator, request))
        else:
            asked.append((generator, request))
    return ready, by_turns(asked)


def answered(managers: Managers, asked: list[Asked]) -> Iterator[list[Resolved]]:
    """What the managers found, in parts: all that came in while the part before was being written."""
    overdue = 0
    while asked:
        this_time, asked = _one_vendor_for_each_name(asked)
        waiting: dict[str, list[Asked]] = {}
        for generator, request in this_time:
            waiting.setdefault(request.server_name, []).append((generator, request))
        wanted = [Wanted(name, asked_ones[0][1].vendor) for name, asked_ones in waiting.items()]
        for part in _batches(managers.answers(wanted)):
            resolved: list[Resolved] = []
            for name in (name for name in waiting if name in part):
                answer = part[name]
                if isinstance(answer, Reason) and answer.reason == NOT_ASKED:
                    for generator, _request in waiting[name]:
                        overdue += 1
                        resolved.append(Resolved(generator, Reason(NOT_ASKED, f"{answer.message} Next time it is among the first (number {overdue}).")))
                else:
                    resolved += answered_by(answer, waiting[name])
            waiting = {name: asked_ones for name, asked_ones in waiting.items() if name not in part}
            yield resolved


def answered_by(answer: Server | Reason, asked: list[Asked]) -> list[Resolved]:
    """What an answer means for each who asked for this name."""
    def failed(_one: Asked, fault: Fault) -> Facts | Reason:
        return fault.why

    results = one_by_one(asked, lambda one: found(one[1], answer), failed)
    return [Resolved(generator, result) for (generator, _request), result in results]


def found(request: Request, answer: Server | Reason) -> Facts | Reason:
    """What a manager's answer is worth to this request."""
    if isinstance(answer, Reason):
        return answer
    choice = choose(answer.nics, request.nics)
    if isinstance(choice, Reason):
        return choice if request.own_nics else replace(choice, of_variables=True)      # it is the profile that chose
    return facts(request, answer, choice)


def written(cluster: Cluster, part: list[Resolved], policy: Policy, credentials: Credentials) -> list[Outcome]:
    """What became of them. Whose turn did not come is told so, and is due at once."""
    late: list[Resolved] = []
    others: list[Resolved] = []
    for one in part:
        (late if isinstance(one.found, Reason) and one.found.reason == NOT_ASKED else others).append(one)
    outcomes = enqueue(cluster, others, policy, credentials) if others else []
    return outcomes + tell_not_asked(cluster, late, policy)


def tell_not_asked(cluster: Cluster, late: list[Resolved], policy: Policy) -> list[Outcome]:
    """The status of each, unless it was edited or deleted meanwhile."""
    run = Run(cluster, policy)

    def tell(one: Resolved) -> None:
        why = one.found
        generation = one.generator["metadata"].get("generation")

        def make(fresh: Object) -> dict | None:
            if fresh["metadata"].get("generation") != generation or is_deleting(fresh) or not isinstance(why, Reason):
                return None
            return not_asked(fresh, why, cluster.now())

        after = write_status(run, one.generator, make)
        if after is not None and isinstance(why, Reason):
            run.report(after, "waiting", why.message, why.reason)

    def failed(one: Resolved, fault: Fault) -> None:
        run.report(one.generator, "waiting", fault.why.message, fault.why.reason, changed=False)

    cluster.each(guarded(tell, failed), late)
    return run.outcomes


def _one_vendor_for_each_name(asked: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Managers are asked for a name once; who wants the same name of another vendor comes in the next round."""
    vendors: dict[str, str | None] = {}
    now: list[Asked] = []
    later: list[Asked] = []
    for generator, request in asked:
        same = vendors.setdefault(request.server_name.casefold(), request.vendor) == request.vendor
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
