# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Object metadata: which fields there are, and when they are refused."""
from __future__ import annotations

import re
from typing import Any

from .errors import Cause

Object = dict[str, Any]
KNOWN = frozenset((
    "annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers", "generateName", "generation", "labels",
    "managedFields", "name", "namespace", "ownerReferences", "resourceVersion", "selfLink", "uid"))
OWNER_FIELDS = frozenset(("apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"))
_LABEL_PART = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NOT_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric "
    f"character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')")
_NOT_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character "
    f"(e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')")
_NOT_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")
_NOT_KEY = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")


def unknown_fields(metadata: Object) -> list[str]:
    """Take out what metadata does not know, and name it."""
    found = [f"metadata.{key}" for key in metadata if key not in KNOWN]
    for key in list(metadata):
        if key not in KNOWN or metadata[key] is None:
            del metadata[key]
    for index, owner in enumerate(metadata.get("ownerReferences", [])):
        for key in [key for key in owner if key not in OWNER_FIELDS]:
            del owner[key]
            found.append(f"metadata.ownerReferences[{index}].{key}")
    return found


def wrong_types(metadata: Object) -> str | None:
    """The decoder's complaint about a value of the wrong type, if there is one."""
    for key in ("labels", "annotations"):
        values = metadata.get(key)
        if values is not None and not isinstance(values, dict):
            return f"json: cannot unmarshal {_go_type(values)} into Go struct field ObjectMeta.metadata.{key} of type map[string]string"
        for value in (values or {}).values():
            if value is not None and not isinstance(value, str):
                return f"json: cannot unmarshal {_go_type(value)} into Go struct field ObjectMeta.metadata.{key} of type string"
    for key in ("name", "namespace", "generateName", "resourceVersion", "uid"):
        if key in metadata and metadata[key] is not None and not isinstance(metadata[key], str):
            return f"json: cannot unmarshal {_go_type(metadata[key])} into Go struct field ObjectMeta.metadata.{key} of type string"
    return None


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def complaints(metadata: Object, kind: str) -> list[Cause]:
    """What the API server refuses in the metadata of an object of this kind."""
    return [*_name(metadata.get("name") or "", kind), *_labels(metadata.get("labels") or {}), *_annotations(metadata.get("annotations") or {}),
            *_owners(metadata.get("ownerReferences") or []), *_finalizers(metadata.get("finalizers") or [])]


def _invalid(field: str, value: str, why: str) -> Cause:
    return Cause(field, "FieldValueInvalid", f'Invalid value: "{value}": {why}')


def _name(name: str, kind: str) -> list[Cause]:
    if kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"):
        return [_invalid("metadata.name", name, 'may not contain "/" or "%"')] if re.search(r"[/%]|^\.\.?$", name) else []
    if not name:
        return [Cause("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")]
    if kind == "Namespace" and "." in name:
        return [_invalid("metadata.name", name, "must not contain dots")]
    pattern, why, longest = (_LABEL, _NOT_LABEL, 63) if kind == "Namespace" else (_SUBDOMAIN, _NOT_SUBDOMAIN, 253)
    found = []
    if len(name) > longest:
        found.append(_invalid("metadata.name", name, f"must be no more than {longest} bytes"))
    if not re.fullmatch(pattern, name):
        found.append(_invalid("metadata.name", name, why))
    return found


def _key(field: str, key: str) -> list[Cause]:
    prefix, slash, part = key.rpartition("/")
    found = []
    if slash and not re.fullmatch(_SUBDOMAIN, prefix):
        found.append(_invalid(field, key, f"prefix part {_NOT_SUBDOMAIN}" if prefix else "prefix part must be non-empty"))
    if not part:
        found.append(_invalid(field, key, "name part must be non-empty"))
    elif len(part) > 63:
        found.append(_invalid(field, key, "name part must be no more than 63 bytes"))
    if not re.fullmatch(_LABEL_PART, part):
        found.append(_invalid(field, key, _NOT_KEY))
    return found


def _labels(labels: dict[str, str]) -> list[Cause]:
    found: list[Cause] = []
    for key, value in labels.items():
        found += _key("metadata.labels", key)
        if len(value) > 63:
            found.append(_invalid("metadata.labels", value, "must be no more than 63 bytes"))
        if not re.fullmatch(f"({_LABEL_PART})?", value):
            found.append(_invalid("metadata.labels", value, _NOT_VALUE))
    return found


def _annotations(annotations: dict[str, str]) -> list[Cause]:
    found: list[Cause] = []
    for key in annotations:
        found += _key("metadata.annotations", key.lower())
    if sum(len(key) + len(value) for key, value in annotations.items()) > 262144:
        found.append(Cause("metadata.annotations", "FieldValueTooLong", "Too long: may not be more than 262144 bytes"))
    return found


def _owners(owners: list[Object]) -> list[Cause]:
    found: list[Cause] = []
    for index, owner in enumerate(owners):
        for key in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(key):
                found.append(_invalid(f"metadata.ownerReferences[{index}].{key}" if key != "apiVersion" else f"metadata.ownerReferences[{index}].apiVersion",
                                      "", "version must not be empty" if key == "apiVersion" else "must not be empty"))
    controllers = [owner for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        found.append(Cause("metadata.ownerReferences", "FieldValueInvalid",
                           "Invalid value: Only one reference can have Controller set to true. Found \"true\" in references for "
                           f"{controllers[0]['kind']}/{controllers[0]['name']} and {controllers[1]['kind']}/{controllers[1]['name']}"))
    return found


def _finalizers(finalizers: list[str]) -> list[Cause]:
    return [cause for entry in finalizers for cause in _key("metadata.finalizers", entry)]
