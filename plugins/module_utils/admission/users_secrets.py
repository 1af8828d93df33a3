# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Secret that a user names in host.bmcCredentials stays the user's: the host has a copy, which follows its edits.

Metal3 makes a host an owner of the Secret that it names, so the garbage collector deletes that Secret after the host.
"""
from __future__ import annotations

import base64
from collections.abc import Callable

from .. import names
from ..availability import annotations, key
from ..cluster import NAMESPACE, SECRET, Object
from ..errors import ObjectNotFound, WriteConflict
from ..generators import Request
from ..manifests import own_secret_name, secret_name
from ..models import Reason
from .words import Run, preconditions, refuse_if_unchanged, retrying

FIELDS = ("username", "password")
Data = dict[str, str]
ReadSecret = Callable[[str, str], "Data | Reason"]


def credentials_for(run: Run, request: Request, vendor: str) -> Data | Reason:
    """The data of the host's Secret, base64: those of the Secret that the user names, else of the variables."""
    named = request.host.get("bmcCredentials")
    if not named:
        return run.credentials.data(request, vendor)
    if named == secret_name(request, vendor):
        where = f"Secret {request.host_namespace}/{named}, which host.bmcCredentials names,"
        return Reason("NoBmcCredentials", f"{where} has the name of the one that is made for the host; give yours another.")
    return users_credentials(run, request.host_namespace, named)


def users_credentials(run: Run, namespace: str, name: str) -> Data | Reason:
    """What a user's Secret has, as Metal3 would read it, or what is wrong with it."""
    users = run.cluster.get(SECRET, namespace, name)
    where = f"Secret {namespace}/{name}, which host.bmcCredentials names,"
    if users is None:
        return Reason("NoBmcCredentials", f"{where} does not exist; create it.")
    data: Data = {}
    for field in FIELDS:
        value = _trimmed((users.get("data") or {}).get(field))
        if not value:
            return Reason("NoBmcCredentials", f"{where} has no {field}, or one that is empty or no text; correct it.")
        data[field] = base64.b64encode(value.encode()).decode()
    return data


def _trimmed(encoded: str | None) -> str:
    """Without the blanks around it, as Metal3 takes it; "" where it is no text."""
    try:
        return base64.b64decode(encoded or "", validate=True).decode().strip()
    except ValueError:
        return ""


def follow(run: Run, copy: Object, read: ReadSecret) -> str:
    """A copy gets what the user's Secret has now, where that differs. Returns what was done, or why not; "" for nothing."""
    namespace, users = copy["metadata"]["namespace"], annotations(copy).get(names.BMC_CREDENTIALS)
    if not users:
        return ""
    data = read(namespace, users)
    if isinstance(data, Reason):
        return f"Secret {key(copy)} keeps the credentials that it has. {data.message}"
    if all((copy.get("data") or {}).get(field) == data[field] for field in FIELDS):
        return ""
    try:
        run.cluster.patch(SECRET, namespace, copy["metadata"]["name"], {"metadata": preconditions(copy), "data": data})
    except WriteConflict as error:
        refuse_if_unchanged(run, SECRET, copy, error)
        return ""                                                          # the next run looks again
    except ObjectNotFound:
        return ""
    return f"Secret {key(copy)} has the credentials of Secret {namespace}/{users} as they are now; its host uses them."


def spare(run: Run, host: Object, generator: Object) -> None:
    """A user's Secret that a host of an earlier version names itself outlives it: the namespace becomes an owner too."""
    namespace, name = host["metadata"]["namespace"], secret_of(host)
    request = run.asks(generator)
    named_by_user = isinstance(request, Request) and name == request.host.get("bmcCredentials")
    if not name or not named_by_user and name in own_secret_names(host):
        return
    for _attempt in retrying(run.policy, run.policy.object_tries):
        users = run.cluster.get(SECRET, namespace, name)
        if users is None or annotations(users).get(names.GENERATOR_UID):
            return
        owners = users["metadata"].get("ownerReferences") or []
        if any(owner.get("kind") == NAMESPACE.kind for owner in owners):
            return
        home = run.cluster.get(NAMESPACE, None, namespace)
        if home is None:
            return
        owner = {
            "apiVersion": NAMESPACE.api_version, "kind": NAMESPACE.kind, "name": namespace, "uid": home["metadata"]["uid"]}
        body = {"metadata": {"ownerReferences": [*owners, owner], **preconditions(users)}}
        try:
            run.cluster.patch(SECRET, namespace, name, body)
            return
        except WriteConflict as error:
            refuse_if_unchanged(run, SECRET, users, error)
        except ObjectNotFound:
            return
    raise WriteConflict(f"Secret {namespace}/{name} keeps changing; it is tried again.")


def secret_of(host: Object) -> str:
    """The Secret that it names, "" for none."""
    return str(((host.get("spec") or {}).get("bmc") or {}).get("credentialsName") or "")


def own_secret_names(host: Object) -> list[str]:
    """Those that we would give to a Secret of this host."""
    return [own_secret_name(vendor, host["metadata"]["name"]) for vendor in names.VENDORS]
