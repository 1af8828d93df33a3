# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as a Table, as kubectl asks for them."""
from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from .kinds import Column, Resource

Object = dict[str, Any]
_FORMS = ("age", "time")         # of columns of Kubernetes' own kinds; they are not told
_NAME = Column("Name", "string", ".metadata.name", 0, (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the "
    "generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be "
    "updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"), "name")


def table_version(accept: str) -> str | None:
    """Is a Table asked for, and can it be had?"""
    for part in accept.split(","):
        if "as=Table" in part and "g=meta.k8s.io" in part and "v=v1" in part.split(";"):
            return "v1"
    return None


def as_table(resource: Resource, objects: list[Object], meta: Object, query: dict[str, str], now: datetime) -> Object:
    """The Table of these objects; includeObject is Metadata when it is not said."""
    columns = resource.columns if resource.table == ("", "events") else (_NAME, *resource.columns)
    include = query.get("includeObject", "Metadata")
    return {
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
        "columnDefinitions": [
            {"name": column.name, "type": column.type, "format": "" if column.format in _FORMS else column.format,
                "description": column.description or _described(column),
             "priority": column.priority}
            for column in columns],
        "rows": [_row(resource, columns, body, include, now) for body in objects],
    }


def _described(column: Column) -> str:
    return f"Custom resource definition column (in JSONPath format): {column.path}"


def _row(resource: Resource, columns: tuple[Column, ...], body: Object, include: str, now: datetime) -> Object:
    row: Object = {"cells": [_cell(column, body, now, resource.custom) for column in columns]}
    if include == "Object":
        row["object"] = {**body, "kind": resource.kind, "apiVersion": resource.api_version}
    elif include == "None":
        row["object"] = None
    else:
        row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": body["metadata"]}
    return row


def _cell(column: Column, body: Object, now: datetime, custom: bool) -> Any:
    if not custom:
        return _built_in_cell(column, body, now)
    value = lookup(body, column.path)
    if column.type == "date":
        return age(value, now) if isinstance(value, str) else None if value is None else str(value)
    if column.type == "string" and value is not None and not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _built_in_cell(column: Column, body: Object, now: datetime) -> Any:
    """Kubernetes' own kinds have columns that no path describes."""
    if column.path.startswith(".subjects:"):
        return ", ".join(f"{subject['namespace']}/{subject['name']}" if subject["kind"] == "ServiceAccount" else subject["name"]
                         for subject in body.get("subjects", []) if subject["kind"] == column.path.partition(":")[2])
    value = lookup(body, column.path)
    if column.path == ".data":
        return len(body.get("data") or {}) + len(body.get("binaryData") or {})
    if column.path == ".roleRef":
        return f"{value['kind']}/{value['name']}"
    if column.path == ".involvedObject":
        return f"{value.get('kind', '').lower()}/{value.get('name', '')}"
    if column.format == "age":
        return age(value, now) if value else "<unknown>"
    return "" if value is None else value


def lookup(body: Any, path: str) -> Any:
    """The simple JSONPaths of printer columns: .a.b, .a[0].b, .a[?(@.type=="Ready")].b, escaped dots."""
    for name, index, key, wanted in re.findall(r"""\.((?:\\\.|[^.\[\]])+)|\[(\d+|\*|'[^']+')\]|\[\?\(@\.([\w.]+)==["']([^"']*)["']\)\]""", path):
        if name:
            body = body.get(name.replace("\\.", ".")) if isinstance(body, dict) else None
        elif key:
            body = next((entry for entry in body if lookup(entry, "." + key) == wanted), None) if isinstance(body, list) else None
        elif index.startswith("'"):
            body = body.get(index[1:-1]) if isinstance(body, dict) else None
        elif isinstance(body, list):
            body = body[0 if index == "*" else int(index)] if body and (index == "*" or int(index) < len(body)) else None
        if body is None:
            return None
    return body


def age(moment: str, now: datetime) -> str:
    """How long ago, as kubectl shows it."""
    seconds = int((now.astimezone(timezone.utc) - datetime.fromisoformat(moment.replace("Z", "+00:00"))).total_seconds())
    if seconds < 0:
        return "<invalid>" if seconds < -1 else "0s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y"
