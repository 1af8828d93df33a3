# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to single built-in kinds: Namespaces, Secrets, CRDs and the other few."""
from __future__ import annotations

import base64
import binascii
from datetime import datetime, timezone
from typing import Any

from . import claims, errors
from .errors import Cause
from .kinds import CONFIG_MAP, CRD, EVENT, NAMESPACE, SECRET, Kinds, Resource

Object = dict[str, Any]
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
_EVENT_ALWAYS: Object = {"source": {}, "firstTimestamp": None, "lastTimestamp": None, "eventTime": None, "reportingComponent": "", "reportingInstance": ""}
_KEPT_NAMESPACES = ("default", "kube-system", "kube-public")


def prepare_create(resource: Resource, body: Object, _kinds: Kinds) -> None:
    """Defaults of a new object."""
    if resource is NAMESPACE:
        wanted = (body.get("spec") or {}).get("finalizers") or []
        body["spec"] = {"finalizers": [*wanted, *(("kubernetes",) if "kubernetes" not in wanted else ())]}
        body["status"] = {"phase": "Active"}
        body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = body["metadata"]["name"]
    elif resource is SECRET:
        _decode_secret(body)
        body.setdefault("type", "Opaque")
    elif resource is EVENT:
        for key, value in _EVENT_ALWAYS.items():
            body.setdefault(key, value if value is None else type(value)(value))
    elif resource is CRD:
        _establish(body)
    _omit_empty(resource, body)


def prepare_apply(resource: Resource, body: Object) -> None:
    """What is applied is stored in another form: owners are those of the stored form."""
    if resource is SECRET:
        _decode_secret(body)


def prepare_update(resource: Resource, body: Object, old: Object) -> None:
    """Defaults of a changed object."""
    if resource is SECRET:
        _decode_secret(body)
        body.setdefault("type", old.get("type", "Opaque"))
    elif resource is NAMESPACE:
        body["spec"] = dict(old.get("spec", {}))
        body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = body["metadata"]["name"]
    elif resource is CRD:
        _establish(body)
    _omit_empty(resource, body)


def complaints(resource: Resource, body: Object, old: Object | None) -> list[Cause]:
    """What the server's own code checks in kinds that have no schema of a CRD."""
    if resource in (SECRET, CONFIG_MAP):
        return _data_complaints(body, old)
    if resource is CRD:
        return _crd_complaints(body)
    if resource is EVENT and (body.get("involvedObject") or {}).get("namespace", "default") != body["metadata"]["namespace"]:
        shown = (body.get("involvedObject") or {}).get("namespace", "")
        return [Cause("involvedObject.namespace", "FieldValueInvalid", f'Invalid value: "{shown}": does not match event.namespace')]
    if resource.kind == "Lease":
        return [Cause(f"spec.{key}", "FieldValueInvalid", f"Invalid value: {(body.get('spec') or {})[key]}: must be greater than {least}")
                for key, least in (("leaseDurationSeconds", 0), ("leaseTransitions", -1)) if (body.get("spec") or {}).get(key, 1) <= least]
    return []


def refuse_delete(resource: Resource, name: str) -> None:
    """Namespaces that every cluster needs stay."""
    if resource is NAMESPACE and name in _KEPT_NAMESPACES:
        raise errors.forbidden(resource, name, "this namespace may not be deleted")


def keeps(resource: Resource, body: Object) -> bool:
    """It stays although no metadata.finalizers hold it."""
    if resource is NAMESPACE:
        return bool((body.get("spec") or {}).get("finalizers"))
    return False


def begin_delete(resource: Resource, body: Object) -> None:
    """What shows in an object that is being deleted."""
    if resource is NAMESPACE:
        body["status"] = {**body.get("status", {}), "phase": "Terminating"}
    elif resource is CRD:
        body["status"]["conditions"].append({
            "type": "Terminating", "status": "True", "lastTransitionTime": body["metadata"]["deletionTimestamp"], "reason": "InstanceDeletionInProgress",
            "message": "CustomResource deletion is in progress"})


def _omit_empty(resource: Resource, body: Object) -> None:
    """Kubernetes' own kinds leave out maps, lists and texts that are empty."""
    if resource.custom or resource is CRD:
        return
    kept = ("metadata", "spec", "status", *_EVENT_ALWAYS)
    for key in [key for key, value in body.items() if value in ({}, [], "") and key not in kept]:
        del body[key]


def _decode_secret(body: Object) -> None:
    for key, value in (body.get("data") or {}).items():
        if value is None:
            body["data"][key] = ""
            continue
        try:
            if isinstance(value, str):
                base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise errors.bad_request(
                f'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte {_bad_byte(value)}') from None
    for key, value in (body.pop("stringData", None) or {}).items():
        body.setdefault("data", {})[key] = base64.b64encode(str(value).encode()).decode()


def _bad_byte(text: str) -> int:
    letters = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    for index, letter in enumerate(text):
        if letter not in letters and not (letter == "=" and index >= len(text) - 2 and len(text) % 4 == 0):
            return index
    return len(text) - len(text) % 4


def _data_complaints(body: Object, old: Object | None) -> list[Cause]:
    found = []
    for key in (body.get("data") or {}):
        if not key or not all(letter.isalnum() or letter in "-_." for letter in key):
            found.append(Cause(f"data[{key}]", "FieldValueInvalid", (
                f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters, \'-\', \'_\' or \'.\' '
                "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")))
    if old and body.get("type") != old.get("type") and "type" in old:
        found.append(Cause("type", "FieldValueInvalid", f'Invalid value: "{body.get("type")}": field is immutable'))
    if old and old.get("immutable"):
        if not body.get("immutable"):
            found.append(Cause("immutable", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"))
        if body.get("data") != old.get("data"):
            found.append(Cause("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"))
    return found


def _crd_complaints(body: Object) -> list[Cause]:
    spec = body.get("spec") or {}
    names = spec.get("names") or {}
    wanted = f"{names.get('plural')}.{spec.get('group')}"
    if body["metadata"]["name"] != wanted:
        return [Cause("metadata.name", "FieldValueInvalid", f'Invalid value: "{body["metadata"]["name"]}": must be spec.names.plural+"."+spec.group')]
    return []


def _establish(body: Object) -> None:
    """A CRD is served at once: its names are accepted and it is established."""
    claims.refuse_crd(body)
    spec = body.get("spec") or {}
    names = spec.get("names") or {}
    if not names.get("kind") or not names.get("plural"):
        return
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})
    old = {entry["type"]: entry for entry in (body.get("status") or {}).get("conditions", [])}
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": message,
         "lastTransitionTime": old.get(kind, {}).get("lastTransitionTime", moment)}
        for kind, reason, message in (("NamesAccepted", "NoConflicts", "no conflicts found"),
                                      ("Established", "InitialNamesAccepted", "the initial names have been accepted"))
    ]
    stored = [version["name"] for version in spec.get("versions", []) if version.get("storage")]
    conditions += [entry for entry in old.values() if entry["type"] == "Terminating"]
    body["status"] = {"acceptedNames": dict(names), "conditions": conditions, "storedVersions": stored}
