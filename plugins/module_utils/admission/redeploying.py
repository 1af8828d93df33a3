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
from ..status import changed
from .claims import Hosts
from .into_the_line import draw_tickets, take_charge
from .words import Outcome, Policy, Run, ends_the_run, preconditions, reread, retrying, write_status


def redeploy(cluster: Cluster, generators: list[Object], policy: Policy) -> list[Outcome]:
    """Those of `generators` whose annotation asks for it are back in the line, to be resolved anew; an answered annotation "true" is taken off.

    generators: all there are, so that a ticket comes after everyone in line.
    """
    run = Run(cluster, policy)
    asking = [one for one in generators if redeploy_wanted(one)]
    if asking:
        hosts = Hosts(cluster.list(HOST))
        tickets: dict[str, str] = {}
        for name in sorted({buffer_of(one) for one in asking}):
            tickets.update(draw_tickets(run, name, [one for one in asking if buffer_of(one) == name], generators))
        asking = [one for one in cluster.each(lambda one: _alone(run, one, hosts, tickets), asking) if one is not None]
    answered = {one["metadata"]["uid"]: one for one in generators if redeploy_to_take_off(one)}
    answered.update({one["metadata"]["uid"]: one for one in asking if redeploy_to_take_off(one)})
    cluster.each(lambda one: _take_off(run, one), answered.values())
    return run.outcomes


def _alone(run: Run, generator: Object, hosts: Hosts, tickets: dict[str, str]) -> Object | None:
    """Its errors are its own."""
    try:
        return _request(run, generator, hosts, tickets)
    except ClusterError as error:
        if ends_the_run(error):
            raise
        return None


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
    try:
        for _attempt in retrying(run.policy):
            if not redeploy_to_take_off(generator):
                return
            metadata = generator["metadata"]
            try:
                body = {"metadata": {"annotations": {names.REDEPLOY: None}, **preconditions(generator)}}
                run.cluster.patch(GENERATOR, metadata["namespace"], metadata["name"], body)
                return
            except ObjectNotFound:
                return
            except (WriteConflict, ClusterUnavailable):
                fresh = reread(run, generator)
                if fresh is None:
                    return
                generator = fresh
    except ClusterUnavailable:
        return                                                             # still there: it is due again
