# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-side apply, as kubectl uses it: create, change, take away, conflicts, force."""
from __future__ import annotations

from typing import Any

from ..asking import APPLY, MERGE, Ask
from .definitions import GROUP
from .objects import namespace, widget

Object = dict[str, Any]
HERE = f"/apis/{GROUP}/v1/namespaces/applies/widgets"
ONE = f"{HERE}/one"


def _apply(what: str, path: str, body: Object, manager: str = "me", only: tuple[str, ...] = (), save: dict[str, str] | None = None, **query: str) -> Ask:
    return Ask(what, "PATCH", path, body, query={"fieldManager": manager, **query}, content=APPLY, only=only, save=save or {})


CASES: list[Ask] = [
    Ask("a namespace for applies", "POST", "/api/v1/namespaces", namespace("applies"), only=("metadata.name",)),
    _apply("apply what is not there", ONE, widget("one", {"size": 1, "names": ["a"], "tags": ["x"], "parts": [{"name": "a"}]}, labels={"a": "b"}),
           save={"applied": "metadata.resourceVersion"}),
    _apply("apply it again: nothing changes", ONE, widget("one", {"size": 1, "names": ["a"], "tags": ["x"], "parts": [{"name": "a"}]}, labels={"a": "b"})),
    _apply("another applies other fields", ONE, widget("one", {"size": 1, "code": "abc", "tags": ["y"], "parts": [{"name": "b"}]}, labels={"c": "d"}), "you"),
    _apply("another applies the same field", ONE, widget("one", {"size": 2}), "you"),
    _apply("two fields of another", ONE, widget("one", {"size": 2, "code": "xyz"}), "third"),
    _apply("with force", ONE, widget("one", {"size": 2, "code": "xyz"}), "third", force="true"),
    _apply("what is applied no more goes", ONE, widget("one", {"size": 2, "parts": [{"name": "a", "count": 4}]})),
    Ask("a patch makes its fields its own", "PATCH", ONE, {"spec": {"size": 9, "on": None}}, content=MERGE, query={"fieldManager": "patcher"}),
    _apply("a conflict with a patch", ONE, widget("one", {"size": 3})),
    _apply("a conflict in a list", ONE, widget("one", {"size": 9, "parts": [{"name": "b", "count": 7}]}), "third", only=("code", "reason")),
    _apply("the status", f"{ONE}/status", {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "metadata": {"name": "one"}, "status": {"phase": "New"}}, "me"),
    _apply("a stale version", ONE, widget("one", {"size": 9}, resourceVersion="{applied}")),
    _apply("an unknown field, strictly", ONE, widget("one", {"size": 9, "foo": 1}), fieldValidation="Strict"),
    _apply("an unknown field", ONE, widget("one", {"size": 9, "foo": 1, "range": {"bar": 1}}), "me", only=("code",)),
    _apply("an unknown field of what is not there", f"{HERE}/unknown", widget("unknown", {"size": 9, "foo": 1}), "me"),
    _apply("an unknown field of a Secret", "/api/v1/namespaces/applies/secrets/u", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "u"}, "colour": "red"}, "me"),
    _apply("an invalid field", ONE, widget("one", {"size": 0}), "third", force="true"),
    _apply("another name", ONE, widget("two", {"size": 9})),
    _apply("a uid of what is not there", f"{HERE}/none", widget("none", uid="11111111-1111-1111-1111-111111111111"), only=("code", "reason")),
    Ask("without a manager", "PATCH", ONE, widget("one", {"size": 9}), content=APPLY),
    Ask("YAML is taken", "PATCH", f"{HERE}/yaml", "apiVersion: probe.example.com/v1\nkind: Widget\nmetadata: {name: yaml}\nspec:\n  size: 5\n", content=APPLY,
        query={"fieldManager": "me"}),
    _apply("a dry run", f"{HERE}/dry", widget("dry"), only=("metadata.name",), dryRun="All"),
    Ask("left nothing", "GET", f"{HERE}/dry", only=("code",)),
    Ask("a Secret that was created", "POST", "/api/v1/namespaces/applies/secrets", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ=="}}, query={"fieldManager": "maker"}, only=("metadata.name",)),
    _apply("apply over what was created", "/api/v1/namespaces/applies/secrets/s", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "Yg==", "b": "Yg=="}}),
    _apply("apply over it with force", "/api/v1/namespaces/applies/secrets/s", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "finalizers": ["probe.example.com/x"]}, "data": {"a": "Yg=="}}, force="true"),
    _apply("a finalizer is applied no more", "/api/v1/namespaces/applies/secrets/s", {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}),
]
