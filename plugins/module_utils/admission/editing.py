# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a generator that has its host: nothing is touched but labels; the rest is said."""
from __future__ import annotations

from .. import names
from ..availability import annotations, buffer_of_host, is_ours, mac_of
from ..cluster import HOST, SECRET, Object
from ..errors import ObjectNotFound, WriteConflict
from ..generators import Request, is_deleting, phase, status_of
from ..manifests import Facts
from ..models import Reason
from ..status import changed
from .users_secrets import follow, own_secret_names, secret_of, users_credentials
from .words import Run, preconditions, refuse_if_unchanged, write_status


def edited(run: Run, generator: Object, request: Request | Reason) -> None:
    """SpecChanged, HostGone, or labels patched onto the host."""
    if isinstance(request, Reason):
        say(run, generator, request)
        return
    host = host_of(run, generator)
    if host is None:
        say(run, generator, host_gone(generator))
        return
    _follow_users_secret(run, generator, host)
    fields = changed_fields(request, generator, host)
    if fields:
        say(run, generator, Reason("SpecChanged", f"{', '.join(fields)} changed after the host was made; redeploy makes it anew."))
        return
    if _patch_labels(run, generator, request, host):
        _observed(run, generator)


def host_of(run: Run, generator: Object) -> Object | None:
    """Its own host, where its status says."""
    status = status_of(generator)
    host = run.cluster.get(HOST, status["bmhNamespace"], status["bmhName"]) if status.get("bmhNamespace") and status.get("bmhName") else None
    return host if host is not None and is_ours(host, generator["metadata"]["uid"]) else None


def host_gone(generator: Object) -> Reason:
    """Made anew only when somebody says so."""
    status = status_of(generator)
    return Reason("HostGone", f"Host {status.get('bmhNamespace')}/{status.get('bmhName')} is gone; redeploy makes it anew.")


def say(run: Run, generator: Object, why: Reason) -> None:
    """Ready=False with the reason; the phase stays Completed."""
    def make(fresh: Object) -> dict | None:
        if phase(fresh) != names.COMPLETED or is_deleting(fresh) or fresh["metadata"].get("generation") != generator["metadata"].get("generation"):
            return None
        return changed(fresh, {"message": why.message}, {"Ready": (False, why.reason, why.message)}, run.cluster.now())

    written = write_status(run, generator, make)
    if written is not None and written is not generator:
        run.report(written, "waiting", why.message, why.reason)


def changed_fields(request: Request, generator: Object, host: Object) -> list[str]:
    """Fields that shape the host and no longer say what it is."""
    status, spec = status_of(generator), host.get("spec") or {}
    found = Facts.from_status(status)
    marks, labels = annotations(host), host["metadata"].get("labels") or {}
    own_names, own_indices = request.nics.names if request.own_nics else (), request.nics.indices if request.own_nics else ()
    differs = {
        "serverName": _is_another_server(request, generator, host),
        "namespace": host["metadata"]["namespace"] != request.host_namespace,
        "infraEnv": labels.get(names.INFRAENV_LABEL) != request.infra_env,
        "server_vendor": bool(request.vendor and status.get("serverVendor") and request.vendor != status["serverVendor"]),
        "buffer": names.ADOPTED not in marks and buffer_of_host(host) != request.buffer,
        "networkConfig": found is not None and (
            found.vlan_id != request.vlan_id
            or bool(own_names) and (found.nic_names != own_names or not _same_indices(found.mac_indices, own_indices))
            or mac_of(host) != found.mac),
        "host.role": _differs(request, "role", marks.get(names.ROLE)),
        "host.clusterReference": _differs(request, "clusterReference", marks.get(names.CLUSTER_REFERENCE)),
        "host.rootDeviceHints": _differs(request, "rootDeviceHints", spec.get("rootDeviceHints")),
        "host.bootMode": _differs(request, "bootMode", spec.get("bootMode")),
        "host.automatedCleaningMode": _differs(request, "automatedCleaningMode", spec.get("automatedCleaningMode")),
        "host.bmcCredentials": bool(found) and names.ADOPTED not in marks and not _has_credentials_of(
            host, str(request.host.get("bmcCredentials") or "")),
    }
    return [field for field, differ in differs.items() if differ]


def _is_another_server(request: Request, generator: Object, host: Object) -> bool:
    """A host that has the name of its server says so by that; one that has its generator's remembers the server, but for those from before us."""
    marks, name = annotations(host), host["metadata"]["name"]
    if name not in (request.host_name, generator["metadata"]["name"] if names.ADOPTED in marks else ""):
        return True
    server_name = marks.get(names.SERVER_NAME_INFO) or ("" if names.ADOPTED in marks else name)
    return bool(server_name) and server_name.casefold() != request.server_name.casefold()


def _has_credentials_of(host: Object, users: str) -> bool:
    """Of this user's Secret, "" stands for the variables. A host of an earlier version names the user's Secret itself."""
    copied, named = annotations(host).get(names.BMC_CREDENTIALS) or "", secret_of(host)
    return users == copied if copied else users == named if users else named in own_secret_names(host)


def _follow_users_secret(run: Run, generator: Object, host: Object) -> None:
    """An edit, or annotation retry, of a generator takes the credentials along at once."""
    if not annotations(host).get(names.BMC_CREDENTIALS):
        return
    copy = run.cluster.get(SECRET, host["metadata"]["namespace"], secret_of(host))
    if copy is None or not is_ours(copy, generator["metadata"]["uid"]):
        return
    said = follow(run, copy, lambda namespace, name: users_credentials(run, namespace, name))
    if said:
        run.report(generator, "updated", said)


def _differs(request: Request, wish: str, there: object) -> bool:
    return wish in request.host and request.host[wish] != there


def _same_indices(found: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """"first" was found at 0; where "last" was found only the manager knows."""
    return len(found) == len(asked) and all(one == {"first": "0", "last": one}.get(other, other) for one, other in zip(found, asked))


def _patch_labels(run: Run, generator: Object, request: Request, host: Object) -> bool:
    """Labels alone are patched onto the host, with the generation that it now stands for."""
    labels, generation = host["metadata"].get("labels") or {}, str(generator["metadata"].get("generation", 0))
    missing = {label: value for label, value in request.labels.items() if labels.get(label) != value}
    if not missing and annotations(host).get(names.GENERATOR_GENERATION) == generation:
        return True
    body = {"metadata": {"labels": missing, "annotations": {names.GENERATOR_GENERATION: generation}, **preconditions(host)}}
    try:
        run.cluster.patch(HOST, host["metadata"]["namespace"], host["metadata"]["name"], body)
    except WriteConflict as error:
        refuse_if_unchanged(run, HOST, host, error)
        return False                                                       # the next run looks again
    except ObjectNotFound:
        return False
    return True


def _observed(run: Run, generator: Object) -> None:
    at = f"{status_of(generator).get('bmhNamespace')}/{status_of(generator).get('bmhName')}"
    message = f"Host {at} is there."
    generation = generator["metadata"].get("generation")

    def make(fresh: Object) -> dict | None:
        if phase(fresh) != names.COMPLETED or is_deleting(fresh) or fresh["metadata"].get("generation") != generation:
            return None
        return changed(fresh, {"message": message, "observedGeneration": generation}, {"Ready": (True, "Completed", message)}, run.cluster.now())

    written = write_status(run, generator, make)
    if written is not None and written is not generator:
        run.report(written, "updated", "Its labels stand on the host.")
