# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redeploy: a host is made anew within the cap, exactly once for each request."""
from __future__ import annotations

from .. import names
from ..availability import is_inert
from ..cluster import GENERATOR, HOST, Cluster, Object
from ..errors import ClusterError, ClusterUnavailable, ObjectNotFound, WriteConflict
from ..generators import buffer_of, redeploy_to_take_off, redeploy_token, redeploy_wanted, status_of
from ..guard import Fault, guarded, one_by_one
from ..status import changed
from .aside import put_aside
from .claims import Hosts
from .into_the_line import draw_tickets, no_tickets, take_charge
from .words import Outcome, Policy, Run, ask_of, preconditions, refuse_if_same, reread, retrying, write_status


def redeploy(cluster: Cluster, generators: list[Object], policy: Policy) -> list[Outcome]:
    """Those of `generators` whose annotation asks for it are back in the line, to be resolved anew; an answered annotation "true" is taken off.

    generators: all there are, so that a ticket comes after everyone in line.
    """
    run = Run(cluster, policy)

    def put_by(one: Object, fault: Fault) -> bool:
        put_aside(run, one, fault)
        return False

    asking = [one for one, wanted in one_by_one(generators, redeploy_wanted, put_by) if wanted]
    if asking:
        hosts = Hosts(cluster.list(HOST))
        tickets: dict[str, str] = {}
        lines = [(name, [one for one in asking if buffer_of(one) == name]) for name in sorted({buffer_of(one) for one in asking})]
        draw = guarded(lambda line: draw_tickets(run, line[0], line[1], generators), lambda line, fault: no_tickets(run, line[0], line[1], fault))
        for line in lines:
            tickets.update(draw(line))
        request = guarded(lambda one: _request(run, one, hosts, tickets), lambda one, fault: put_aside(run, one, fault))
        asking = [one for one in cluster.each(request, [one for one in asking if ask_of(one) not in run.set_aside]) if one is not None]
    answered = {one["metadata"]["uid"]: one for one, is_answered in one_by_one([*generators, *asking], redeploy_to_take_off, put_by) if is_answered}
    cluster.each(guarded(lambda one: _take_off(run, one), lambda one, fault: put_aside(run, one, fault)), answered.values())
    return run.outcomes


def _request(run: Run, generator: Object, hosts: Hosts, tickets: dict[str, str]) -> Object | None:
    """One status write: phase Buffered, new ticket, `redeploying`, `replaces`. The facts are found anew before it is granted a slot."""
    uid = generator["metadata"]["uid"]
    ticket = tickets.get(uid)
    if ticket is None:
        run.report(generator, "waiting", f"Buffer {buffer_of(generator)} does not exist; create it, or name another one.", "BufferMissing", changed=False)
        return None
    charged = take_charge(run, generator)
    old = hosts.by_generator.get(uid)
    replaces = old["metadata"]["uid"] if old is not None and not is_inert(old) else None

    def make(fresh: Object) -> dict | None:
        if not redeploy_wanted(fresh):
            return None
        message = "Is made anew: waits in line until its server is looked up again."
        reason = (False, "Redeploying", message)
        fields = {
            "phase": names.BUFFERED, "message": message, "bufferedAt": ticket, "redeploying": redeploy_token(fresh), "replaces": replaces,
            "resolvedGeneration": None, "attempts": 0, "nextAttemptAt": None,
        }
        return changed(fresh, fields, {"Admitted": reason, "ResourcesReady": reason, "Ready": reason}, run.cluster.now())

    written = write_status(run, charged, make) if charged is not None else None
    if written is not None:
        run.report(written, "redeployed", status_of(written)["message"])
    return written


def _take_off(run: Run, generator: Object) -> None:
    """The annotation "true" is answered; GitOps would put any other value back, so that one stays."""
    last: ClusterError = ClusterUnavailable("Its annotation redeploy could not be taken off, others keep changing it; the next run goes on.")
    for _attempt in retrying(run.policy, run.policy.failing_tries):
        if not redeploy_to_take_off(generator):
            return
        metadata = generator["metadata"]
        try:
            body = {"metadata": {"annotations": {names.REDEPLOY: None}, **preconditions(generator)}}
            run.cluster.patch(GENERATOR, metadata["namespace"], metadata["name"], body)
            return
        except ObjectNotFound:
            return
        except (WriteConflict, ClusterUnavailable) as error:
            fresh, last = reread(run, generator), error
            if fresh is None:
                return
            if isinstance(error, WriteConflict):
                refuse_if_same(generator, fresh, error)
            generator = fresh
    raise last                                                             # still there: it is due again
