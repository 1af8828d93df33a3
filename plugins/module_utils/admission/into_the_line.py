# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Into the line: enqueue, adopt, tickets."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from .. import names
from ..availability import annotations, generation_of, is_inert, is_ours, key, mac_of
from ..bmc import bmc_host
from ..cluster import BUFFER, GENERATOR, HOST, INFRAENV, NMSTATE, SECRET, Cluster, Object
from ..credentials import Credentials
from ..errors import AlreadyExists, Denied, ObjectNotFound, WriteConflict
from ..generators import Request, buffer_of, by_place, condition, is_deleting, phase, places_in_line, redeploy_token, status_of, was_tried
from ..guard import Fault, guarded, one_by_one
from ..manifests import Facts, activation, inert_host, nmstate_config, nmstate_name, not_selected, own_rules, secret_name
from ..models import Reason
from ..status import buffered, completed, failed, tried, unresolved, waits
from ..times import is_far_ahead, normal, parse_time, stamp
from .aside import put_aside, tell_of
from .claims import Claims, Hosts
from .editing import edited
from .settling import facts_of, waits_to_replace
from .users_secrets import credentials_for
from .words import Outcome, Policy, Resolved, Run, ask_of, cas, is_alive, preconditions, refuse_if_same, refuse_if_unchanged, reread, retrying, write_status


FARTHEST_TICKET_SECONDS = 86400.0       # a clock that was put back is followed so far


@dataclass
class Arrival:
    """A generator on its way into the line."""

    generator: Object
    request: Request
    found: Facts
    warning: str = ""


@dataclass
class Around:
    """What was listed before anybody of this batch is let in, and read once for all of them."""

    buffers: dict[str, Object]
    hosts: Hosts
    generators: list[Object]
    claims: Claims
    infra_envs: dict[tuple[str, str], Object | None] = field(default_factory=dict)


def enqueue(cluster: Cluster, resolved: list[Resolved], policy: Policy, credentials: Credentials | None = None) -> list[Outcome]:
    """Everyone whose server was found stands in its line afterwards, or has its host already, or is told why neither."""
    run = Run(cluster, policy, credentials or Credentials())
    around = _look_around(run, resolved)
    arrive = guarded(lambda one: _arrive(run, around, one), lambda one, fault: put_aside(run, one.generator, fault))
    arrivals = [arrival for arrival in cluster.each(arrive, resolved) if arrival is not None]
    tickets = _draw_for(run, around, arrivals)
    stand = guarded(
        lambda arrival: _stand_in_line(run, arrival, tickets.get(arrival.generator["metadata"]["uid"])),
        lambda arrival, fault: put_aside(run, arrival.generator, fault))
    cluster.each(stand, [arrival for arrival in arrivals if ask_of(arrival.generator) not in run.set_aside])
    return run.outcomes


def _look_around(run: Run, resolved: list[Resolved]) -> Around:
    buffers = {buffer["metadata"]["name"]: buffer for buffer in run.cluster.list(BUFFER)}
    hosts = run.cluster.list(HOST)
    generators = run.cluster.list(GENERATOR)
    found = one_by_one(resolved, lambda one: _found_status(run, one), lambda _one, _fault: None)      # _arrive says what is wrong
    arriving = {one.generator["metadata"]["uid"]: status for one, status in found if status is not None}
    # Those of this batch claim by what was just found, not by what stands in their status.
    claiming = [
        {**generator, "status": {**status_of(generator), **arriving[uid], "phase": names.PROCESSING}}
        if (uid := generator["metadata"]["uid"]) in arriving else generator
        for generator in generators
    ]
    return Around(
        buffers, Hosts(hosts, lambda host, fault: tell_of(run, HOST, host, fault)), generators,
        Claims(claiming, hosts, lambda generator, fault: put_aside(run, generator, fault)))


def _found_status(run: Run, one: Resolved) -> dict | None:
    request = run.asks(one.generator)
    return one.found.to_status(request) if isinstance(one.found, Facts) and isinstance(request, Request) else None


def _arrive(run: Run, around: Around, one: Resolved) -> Arrival | None:
    request = run.asks(one.generator)
    why = request if isinstance(request, Reason) else one.found if isinstance(one.found, Reason) else None
    if phase(one.generator) == names.COMPLETED and is_ours_by_finalizer(one.generator):
        answered = _without_retry(run, one.generator)
        if answered is not None:
            edited(run, answered, request)
        return None
    if why is not None:
        _tell_why(run, one.generator, why)
        return None
    if not (isinstance(request, Request) and isinstance(one.found, Facts)):
        raise AssertionError("an entry is made only from resolved facts")
    generator = take_charge(run, one.generator)
    if generator is None:
        return None
    answer = adopt(run, generator, request, one.found)
    if isinstance(answer, Reason):
        refuse(run, generator, answer, one.found.to_status(request))
        return None
    if answer:
        return None
    if phase(generator) == names.COMPLETED:
        edited(run, generator, request)                                    # the operator's, whose host is gone
        return None
    arrival = Arrival(generator, request, one.found)
    why = _why_not(run, around, arrival)
    if why is not None:
        refuse(run, generator, why, one.found.to_status(request))
        return None
    return arrival


def _tell_why(run: Run, generator: Object, why: Reason) -> None:
    """No server: what passes keeps its phase, the rest is Failed."""
    def make(fresh: Object) -> dict | None:
        if fresh["metadata"].get("generation") != generator["metadata"].get("generation") or is_deleting(fresh):
            return None
        if status_of(fresh) != status_of(generator) and was_tried(fresh) and condition(fresh, "Resolved").get("reason") == why.reason:
            return None                                                    # another run has just told it the same
        now = run.cluster.now()
        if phase(fresh) == names.COMPLETED:
            return waits(fresh, why, now, tried(fresh, now, run.policy.random))
        return unresolved(fresh, why, now, run.policy.random, run.policy.variables)

    fresh = _without_retry(run, generator)
    written = write_status(run, fresh, make) if fresh is not None else None
    if written is not None:
        run.report(written, "failed" if phase(written) == names.FAILED else "waiting", why.message, why.reason)


def refuse(run: Run, generator: Object, why: Reason, found: dict | None = None) -> None:
    """Failed with the reason, unless it was edited, deleted or given a host meanwhile."""
    def make(fresh: Object) -> dict | None:
        if fresh["metadata"].get("generation") != generator["metadata"].get("generation") or is_deleting(fresh) or phase(fresh) == names.COMPLETED:
            return None
        return failed(fresh, why, run.cluster.now(), run.policy.random, fields=found, variables=run.policy.variables)

    written = write_status(run, generator, make)
    if written is not None:
        run.report(written, "failed", why.message, why.reason)


# --- our finalizer ------------------------------------------------------------------------------------------------------------------------


def is_ours_by_finalizer(generator: Object) -> bool:
    """We are in charge already."""
    return names.FINALIZER in (generator["metadata"].get("finalizers") or [])


def take_charge(run: Run, generator: Object) -> Object | None:
    """Our finalizer on, the operator's and a retry annotation off; the object that the PATCH returned. None when there is nothing to take charge of."""
    for _attempt in retrying(run.policy, run.policy.object_tries):
        metadata = generator["metadata"]
        if is_deleting(generator):
            return None
        before = metadata.get("finalizers") or []
        after = [one for one in before if one not in (names.OPERATOR_FINALIZER, names.FINALIZER)] + [names.FINALIZER]
        retry = names.RETRY in (metadata.get("annotations") or {})
        if sorted(before) == sorted(after) and not retry:
            return generator
        body = {"metadata": {"finalizers": after, **preconditions(generator), **({"annotations": {names.RETRY: None}} if retry else {})}}
        try:
            return run.cluster.patch(GENERATOR, metadata["namespace"], metadata["name"], body)
        except ObjectNotFound:
            return None
        except WriteConflict as error:
            fresh = reread(run, generator)
            if fresh is None or fresh["metadata"].get("generation") != metadata.get("generation"):
                return None                                                # edited: resolved anew by the next run
            refuse_if_same(generator, fresh, error)
            generator = fresh
    return None


def _without_retry(run: Run, generator: Object) -> Object | None:
    """The retry annotation is answered."""
    metadata = generator["metadata"]
    if names.RETRY not in (metadata.get("annotations") or {}):
        return generator
    try:
        body = {"metadata": {"annotations": {names.RETRY: None}, **preconditions(generator)}}
        return run.cluster.patch(GENERATOR, metadata["namespace"], metadata["name"], body)
    except ObjectNotFound:
        return None
    except WriteConflict as error:
        fresh = reread(run, generator)
        if fresh is not None:
            refuse_if_same(generator, fresh, error)
        return fresh


# --- adopt --------------------------------------------------------------------------------------------------------------------------------


def adopt(run: Run, generator: Object, request: Request, found: Facts) -> bool | Reason:
    """True: its host is there already, it is Completed. False: there is none. Reason: a host is there, and is not this one's."""
    host = _host_there(run, generator, request)
    if host is None:
        return False
    if not is_ours(host, generator["metadata"]["uid"]):
        why = why_not_adopt(run, host, request, found)
        if why is not None:
            return why
        try:
            host = _mark_as_ours(run, host, generator, request)
        except Denied as error:
            return Reason("Denied", f"Host {key(host)} is there already and could not be marked as this generator's; correct what is said of it, "
                                    f"on the host. {error}")
        if host is None:
            return Reason("Conflict", f"Host {request.key} changed while it was adopted; it is tried again.")
    at = key(host)
    present, made_from = generator["metadata"].get("generation"), generation_of(host)
    namespace, name = host["metadata"]["namespace"], host["metadata"]["name"]
    facts = found.to_status(request)
    fields = {
        **facts, "bmhNamespace": namespace, "bmhName": name, "resolvedGeneration": present,
        "observedGeneration": present if made_from is None else made_from, **facts_of(host, facts),
    }

    def make(fresh: Object) -> dict | None:
        if is_deleting(fresh) or waits_to_replace(fresh, host):
            return None
        return completed(fresh, fields, f"Host {at} is there.", run.cluster.now())

    written = write_status(run, generator, make)
    if written is not None:
        run.report(written, "completed", f"Host {at} was there already and is taken over.")
    return True


def _host_there(run: Run, generator: Object, request: Request) -> Object | None:
    """The host at status.bmhNamespace/bmhName, else at our key, else at the generator's own name, as the operator named hosts too."""
    status, metadata = status_of(generator), generator["metadata"]
    places = [(status.get("bmhNamespace") or request.host_namespace, status.get("bmhName")), (request.host_namespace, request.host_name)]
    if not status.get("bmhName"):
        places.append((request.host_namespace, metadata["name"]))
    for namespace, name in dict.fromkeys(places):
        host = run.cluster.get(HOST, namespace, name) if name else None
        if host is not None and is_adoptable(host, generator) and (name == request.host_name or name == status.get("bmhName") or _is_same(host, request)):
            return host
    return None


def is_adoptable(host: Object, generator: Object) -> bool:
    """Not deleting, not inert, not the one that a redeploy takes away."""
    return not is_deleting(host) and not is_inert(host) and host["metadata"]["uid"] != status_of(generator).get("replaces")


def _is_same(host: Object, request: Request) -> bool:
    return (host["metadata"].get("labels") or {}).get(names.INFRAENV_LABEL) == request.infra_env and not annotations(host).get(names.GENERATOR_UID)


def why_not_adopt(run: Run, host: Object, request: Request, found: Facts) -> Reason | None:
    """Equal MAC (case-blind), BMC host and InfraEnv, and no living generator's."""
    where, differs = f"Host {key(host)} exists already", []
    if mac_of(host) != found.mac:
        differs.append("MAC")
    if bmc_host(str(((host.get("spec") or {}).get("bmc") or {}).get("address") or "")) != bmc_host(found.bmc_address):
        differs.append("BMC address")
    if (host["metadata"].get("labels") or {}).get(names.INFRAENV_LABEL) != request.infra_env:
        differs.append("InfraEnv")
    if differs:
        return Reason("Conflict", f"{where} with another {' and '.join(differs)}; remove it, or rename one of the two.")
    if annotations(host).get(names.GENERATOR_UID) and is_alive(run, host):
        marks = annotations(host)
        owner = "/".join(marks.get(mark) or "?" for mark in (names.GENERATOR_NAMESPACE, names.GENERATOR_NAME))
        return Reason("Conflict", f"{where} and belongs to generator {owner}; remove one of the two.")
    return None


def _mark_as_ours(run: Run, host: Object, generator: Object, request: Request) -> Object | None:
    """Our annotations and labels, but not the buffer label: that would move it between pools."""
    from_before = not annotations(host).get(names.GENERATOR_UID)
    metadata = generator["metadata"]
    marks = {
        names.GENERATOR_UID: metadata["uid"], names.GENERATOR_NAMESPACE: metadata["namespace"], names.GENERATOR_NAME: metadata["name"],
        names.GENERATOR_GENERATION: str(metadata.get("generation", 0)), **({names.ADOPTED: "true"} if from_before else {}),
        **({names.SERVER_NAME_INFO: request.server_name} if host["metadata"]["name"] != request.server_name.lower() else {}),
    }
    body = {"metadata": {"annotations": marks, "labels": {names.GENERATOR_UID: metadata["uid"]}, **preconditions(host)}}
    try:
        return run.cluster.patch(HOST, host["metadata"]["namespace"], host["metadata"]["name"], body)
    except ObjectNotFound:
        return None
    except WriteConflict as error:
        refuse_if_unchanged(run, HOST, host, error)
        return None


# --- what must be there first -------------------------------------------------------------------------------------------------------------


def _why_not(run: Run, around: Around, arrival: Arrival) -> Reason | None:
    """InfraEnv there? buffer there? claim held? name free? the rules of Metal3's webhook kept? The NMStateConfig is made when all that holds."""
    request, found, generator = arrival.request, arrival.found, arrival.generator
    infra_env = _infra_env(run, around, request)
    if infra_env is None:
        return Reason("NoInfraEnv", f"InfraEnv {request.host_namespace}/{request.infra_env} does not exist; create it, or name another one.")
    buffer = around.buffers.get(request.buffer)
    if buffer is None or is_deleting(buffer):
        return Reason("BufferMissing", f"Buffer {request.buffer} {'is being deleted' if buffer else 'does not exist'}; create it, or name another one.")
    rival = around.claims.rival({**generator, "status": {**status_of(generator), **found.to_status(request)}})
    if rival is not None:
        return Reason("Conflict", f"Generator {rival['metadata']['namespace']}/{rival['metadata']['name']} wants the same server "
                                  f"({found.mac}, {found.bmc_address}); remove one of the two.")
    host = inert_host(request, found, generator, "tried-out")
    why = _name_taken(run, around, arrival) or own_rules(host)
    if why is None:
        why = _no_credentials(run, request, found)
    if why is None and asks_for_more(request):
        _try_out(run, request, host)
    return why or _nmstate_config(run, arrival, infra_env)


def asks_for_more(request: Request) -> bool:
    """More than every host has: what policies may mind, and our own rules cannot know."""
    return bool(request.host or request.labels)


def _try_out(run: Run, request: Request, host: Object) -> None:
    """As it will be when it is active, before it takes a place in the line. Raises Denied as the real create would."""
    metadata, active = host["metadata"], activation(request, host)["metadata"]
    marks = {mark: value for mark, value in metadata["annotations"].items() if active["annotations"].get(mark, value) is not None}
    try:
        run.cluster.create(HOST, {**host, "metadata": {**metadata, "labels": {**metadata["labels"], **active["labels"]}, "annotations": marks}}, dry_run=True)
    except AlreadyExists:
        pass                                                               # whose it is was looked at


def _infra_env(run: Run, around: Around, request: Request) -> Object | None:
    where = (request.host_namespace, request.infra_env)
    if where not in around.infra_envs:
        around.infra_envs[where] = run.cluster.get(INFRAENV, *where)
    return around.infra_envs[where]


def _name_taken(run: Run, around: Around, arrival: Arrival) -> Reason | None:
    """No host of others has our key, MAC or BMC address; no Secret of others has our name."""
    uid, request, found = arrival.generator["metadata"]["uid"], arrival.request, arrival.found
    replaces = status_of(arrival.generator).get("replaces")
    for host in around.hosts.with_any([("key", request.key), ("mac", found.mac), ("bmc", bmc_host(found.bmc_address))]):
        if not is_ours(host, uid) and not is_inert(host) and host["metadata"]["uid"] != replaces:
            return Reason("Conflict", f"Host {key(host)} has the same name, MAC or BMC address ({found.mac}, {found.bmc_address}); remove one of the two.")
    name = secret_name(request, found.vendor)
    if name == request.host.get("bmcCredentials"):
        return None                                                        # _no_credentials says what is wrong with that
    secret = run.cluster.get(SECRET, request.host_namespace, name)
    if secret is None or is_ours(secret, uid) or is_deleting(secret):
        return None
    owners = {owner["uid"] for owner in secret["metadata"].get("ownerReferences") or []}
    if (replaces and owners == {replaces}) or (annotations(secret).get(names.GENERATOR_UID) and not is_alive(run, secret)):
        return None
    return Reason("Conflict", f"Secret {request.host_namespace}/{name} exists and is not this generator's; remove or rename it.")


def _no_credentials(run: Run, request: Request, found: Facts) -> Reason | None:
    if not request.host.get("bmcCredentials") and not len(run.credentials):
        return None                                                        # the stage that makes hosts has them
    data = credentials_for(run, request, found.vendor)
    return data if isinstance(data, Reason) else None


def _nmstate_config(run: Run, arrival: Arrival, infra_env: Object) -> Reason | None:
    """Made now, so that releases re-make no ISO later; an unchanged one is never written again."""
    request, generator = arrival.request, arrival.generator
    body = nmstate_config(request, arrival.found, generator, infra_env)
    if body is None:
        return _drop_nmstate_config(run, arrival)
    unselected = not_selected(request, generator, infra_env)
    if unselected is not None:
        arrival.warning = f" {unselected}"
    namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
    for _attempt in retrying(run.policy, run.policy.object_tries):
        try:
            run.cluster.create(NMSTATE, body)
            return None
        except AlreadyExists:
            there = run.cluster.get(NMSTATE, namespace, name)
        if there is None:
            continue
        same = there.get("spec") == body["spec"]
        if same and is_ours(there, generator["metadata"]["uid"]):
            return None
        owned = annotations(there).get(names.GENERATOR_UID)
        if is_deleting(there) or not is_ours(there, generator["metadata"]["uid"]) and (not owned and not same or owned and is_alive(run, there)):
            return Reason("Conflict", f"NMStateConfig {namespace}/{name} exists and is not this generator's; remove or rename it.")
        if not owned and same:
            return None                                                    # somebody made the very same one: it does, and stays theirs
        patch = {"metadata": {"labels": body["metadata"]["labels"], "annotations": body["metadata"]["annotations"], **preconditions(there)}}
        try:
            run.cluster.patch(NMSTATE, namespace, name, {**patch, **({} if same else {"spec": body["spec"]})})
            return None
        except WriteConflict as error:
            refuse_if_unchanged(run, NMSTATE, there, error)
        except ObjectNotFound:
            continue
    return Reason("Conflict", f"NMStateConfig {namespace}/{name} keeps changing; it is tried again.")


def _drop_nmstate_config(run: Run, arrival: Arrival) -> Reason | None:
    """An edit asks for none any more: what was made before would still apply."""
    before = Facts.from_status(status_of(arrival.generator))
    if before is None or (not before.vlan_id and len(before.macs) < 2):
        return None
    there = run.cluster.get(NMSTATE, arrival.request.host_namespace, nmstate_name(arrival.request.host_name))
    if there is not None and is_ours(there, arrival.generator["metadata"]["uid"]):
        try:
            metadata = there["metadata"]
            run.cluster.delete(NMSTATE, metadata["namespace"], metadata["name"], metadata["uid"], metadata["resourceVersion"])
        except (WriteConflict, ObjectNotFound):
            pass                                                           # the sweep looks again
    return None


# --- tickets ------------------------------------------------------------------------------------------------------------------------------


def _draw_for(run: Run, around: Around, arrivals: list[Arrival]) -> dict[str, str]:
    """Tickets for those who have none, by uid; one CAS for each line."""
    tickets: dict[str, str] = {}
    newcomers = [arrival.generator for arrival in arrivals if not normal(status_of(arrival.generator).get("bufferedAt"))]
    lines = [(name, [one for one in newcomers if buffer_of(one) == name]) for name in sorted({buffer_of(generator) for generator in newcomers})]
    draw = guarded(lambda line: draw_tickets(run, line[0], line[1], around.generators), lambda line, fault: no_tickets(run, line[0], line[1], fault))
    for line in lines:
        tickets.update(draw(line))
    return tickets


def no_tickets(run: Run, buffer_name: str, newcomers: list[Object], fault: Fault) -> dict[str, str]:
    """The ledger could not be written: those who came for it wait until it can."""
    why = Reason("ClusterUnavailable", f"The ledger of buffer {buffer_name} could not be written; it is tried again. {fault.why.message}")
    for generator in newcomers:
        put_aside(run, generator, Fault(why, fault.error))
    return {}


def draw_tickets(run: Run, buffer_name: str, newcomers: list[Object], generators: Iterable[Object]) -> dict[str, str]:
    """CAS buffer: t = max(now, lastTicket, greatest bufferedAt in this line) + 1 us, one after the other; lastTicket = the last. Empty without a buffer."""
    order = [one for one, _place in by_place(newcomers)]
    tickets: dict[str, str] = {}

    def draw(buffer: Object) -> bool:
        status = buffer.setdefault("status", {})
        # A ledger that was lost says nothing of those who came in since the generators were listed: they are listed again.
        now, last = run.cluster.now(), parse_time(status.get("lastTicket"))
        known = last is not None and not is_far_ahead(last, now, FARTHEST_TICKET_SECONDS)           # a ticket from the end of time was not drawn here
        everyone = generators if known else run.cluster.list(GENERATOR)
        in_line = [place[0] for _one, place in places_in_line(everyone, buffer_name)]
        known_times = filter(None, map(parse_time, [status.get("lastTicket"), *in_line]))
        drawn = [moment for moment in known_times if not is_far_ahead(moment, now, FARTHEST_TICKET_SECONDS)]
        latest = max([now, *drawn])
        for place, generator in enumerate(order, start=1):
            tickets[generator["metadata"]["uid"]] = stamp(latest + timedelta(microseconds=place))
        status["lastTicket"] = stamp(latest + timedelta(microseconds=len(order)))
        return True

    return tickets if cas(run, buffer_name, draw) is not None else {}


def _stand_in_line(run: Run, arrival: Arrival, ticket: str | None) -> None:
    """The status that puts it into the line; left alone when anybody else wrote it meanwhile."""
    before = arrival.generator
    place = normal(status_of(before).get("bufferedAt")) or ticket
    if place is None:
        refuse(run, before, Reason("BufferMissing", f"Buffer {arrival.request.buffer} does not exist; create it, or name another one."))
        return
    found = arrival.found.to_status(arrival.request)
    token = redeploy_token(before)
    if token and token != "true" and not status_of(before).get("redeploying") and not status_of(before).get("redeployed"):
        found["redeploying"] = token                                       # it is made anew anyway

    def make(fresh: Object) -> dict | None:
        if is_deleting(fresh) or fresh["metadata"].get("generation") != before["metadata"].get("generation") or status_of(fresh) != status_of(before):
            return None
        return buffered(fresh, found, place, run.cluster.now(), arrival.warning)

    written = write_status(run, before, make)
    if written is not None:
        run.report(written, "enqueued", status_of(written)["message"].strip())
