# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single objects: create, read, replace, patch, status, delete, preconditions, finalizers."""
from __future__ import annotations

from typing import Any

from ..asking import JSON_PATCH, MERGE, STRATEGIC, Ask
from .definitions import GROUP, WIDGETS

Object = dict[str, Any]


def widget(name: str, spec: Object | None = None, **metadata: Any) -> Object:
    """A small valid Widget."""
    return {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "metadata": {"name": name, **metadata}, "spec": {"size": 1} if spec is None else spec}


def namespace(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


ONE = f"{WIDGETS}/one"
CASES: list[Ask] = [
    Ask("create in a namespace that is not there", "POST", WIDGETS, widget("one")),
    Ask("create the namespace", "POST", "/api/v1/namespaces", namespace("probe")),
    Ask("read what is not there", "GET", ONE),
    Ask("create", "POST", WIDGETS, widget("one", labels={"a": "b"}, annotations={"c": "d"}), save={"uid": "metadata.uid", "first": "metadata.resourceVersion"}),
    Ask("create twice", "POST", WIDGETS, widget("one")),
    Ask("read", "GET", ONE),
    Ask("read a version", "GET", ONE, query={"resourceVersion": "0"}, only=("metadata.name",)),
    Ask("create with a status: it is dropped", "POST", WIDGETS, {**widget("withstatus"), "status": {"phase": "Done"}}),
    Ask("create with metadata that is not ours", "POST", WIDGETS, widget(
        "system", uid="11111111-1111-1111-1111-111111111111", generation=7, creationTimestamp="2001-01-01T00:00:00Z", selfLink="x")),
    Ask("create with a version", "POST", WIDGETS, widget("version", resourceVersion="5")),
    Ask("create with a generated name", "POST", WIDGETS, {**widget("x"), "metadata": {"generateName": "made-"}}, only=("metadata.generateName", "kind")),
    Ask("create without a name", "POST", WIDGETS, {**widget("x"), "metadata": {}}),
    Ask("create with another namespace", "POST", WIDGETS, widget("two", namespace="other")),
    Ask("create of another kind", "POST", WIDGETS, {**widget("two"), "kind": "Gadget"}),
    Ask("create of another group", "POST", WIDGETS, {**widget("two"), "apiVersion": "other.example.com/v1"}),
    Ask("create without a kind", "POST", WIDGETS, {"metadata": {"name": "two"}, "spec": {"size": 1}}, only=("code", "reason")),
    Ask("create of no JSON", "POST", WIDGETS, "no json", only=("code", "reason")),
    Ask("create with a bad name", "POST", WIDGETS, widget("Bad_Name")),
    Ask("create with a name too long", "POST", WIDGETS, widget("a" * 254), only=("code", "reason")),
    Ask("create with a bad label", "POST", WIDGETS, widget("two", labels={"a": "not good"})),
    Ask("create with a bad label key", "POST", WIDGETS, widget("two", labels={"a b": "c"})),
    Ask("create with a long label", "POST", WIDGETS, widget("two", labels={"a": "b" * 64})),
    Ask("create with a label that is no text", "POST", WIDGETS, widget("two", labels={"a": 1}), only=("code", "reason")),
    Ask("create with a bad annotation key", "POST", WIDGETS, widget("two", annotations={"a b": "c"})),
    Ask("create with a bad finalizer", "POST", WIDGETS, widget("two", finalizers=["a b"]), only=("code", "reason")),
    Ask("create with two controllers", "POST", WIDGETS, widget("two", ownerReferences=[
        {"apiVersion": "v1", "kind": "Secret", "name": name, "uid": f"0000000{name}", "controller": True} for name in ("1", "2")]), only=("code", "reason")),
    Ask("a dry run", "POST", WIDGETS, widget("dry"), query={"dryRun": "All"}, only=("metadata.name",)),
    Ask("left nothing", "GET", f"{WIDGETS}/dry"),
    Ask("create of one with a name in the path", "POST", f"{WIDGETS}/one", widget("one")),
    Ask("create over all namespaces", "POST", f"/apis/{GROUP}/v1/widgets", widget("one")),
    # replace
    Ask("replace without a version", "PUT", ONE, widget("one", {"size": 2})),
    Ask("replace", "PUT", ONE, widget("one", {"size": 2}, labels={"a": "b"}, resourceVersion="{first}"), save={"second": "metadata.resourceVersion"}),
    Ask("replace with a stale version", "PUT", ONE, widget("one", {"size": 3}, resourceVersion="{first}")),
    Ask("replace with a version that is none", "PUT", ONE, widget("one", {"size": 3}, resourceVersion="abc"), only=("code", "reason")),
    Ask("replace with the same", "PUT", ONE, widget("one", {"size": 2, "color": "red", "range": {"low": 0}}, labels={"a": "b"}, resourceVersion="{second}")),
    Ask("replace with another uid", "PUT", ONE, widget("one", {"size": 3}, resourceVersion="{second}", uid="11111111-1111-1111-1111-111111111111")),
    Ask("replace with another name", "PUT", ONE, widget("other", {"size": 3}, resourceVersion="{second}")),
    Ask("replace what is not there", "PUT", f"{WIDGETS}/none", widget("none", resourceVersion="{second}")),
    Ask("replace labels: the generation stays", "PUT", ONE, widget("one", {"size": 2}, labels={"a": "c"}, resourceVersion="{second}"),
        save={"third": "metadata.resourceVersion"}),
    # merge patch
    Ask("merge", "PATCH", ONE, {"spec": {"code": "abc"}, "metadata": {"labels": {"a": None, "e": "f"}}}, content=MERGE),
    Ask("merge nothing", "PATCH", ONE, {"spec": {"code": "abc"}}, content=MERGE, save={"fourth": "metadata.resourceVersion"}),
    Ask("merge with a version", "PATCH", ONE, {"metadata": {"resourceVersion": "{fourth}", "uid": "{uid}"}, "spec": {"size": 4}}, content=MERGE,
        save={"fifth": "metadata.resourceVersion"}),
    Ask("merge with a stale version", "PATCH", ONE, {"metadata": {"resourceVersion": "{fourth}"}, "spec": {"size": 5}}, content=MERGE),
    Ask("merge with another uid", "PATCH", ONE, {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}, "spec": {"size": 5}}, content=MERGE),
    Ask("merge with another uid and a stale version", "PATCH", ONE, {
        "metadata": {"uid": "11111111-1111-1111-1111-111111111111", "resourceVersion": "{fourth}"}, "spec": {"size": 5}}, content=MERGE),
    Ask("merge with a stale version, of nothing new", "PATCH", ONE, {"metadata": {"resourceVersion": "{fourth}"}}, content=MERGE),
    Ask("merge of another name", "PATCH", ONE, {"metadata": {"name": "other"}}, content=MERGE),
    Ask("merge of another namespace", "PATCH", ONE, {"metadata": {"namespace": "other"}}, content=MERGE),
    Ask("merge of another kind", "PATCH", ONE, {"kind": "Gadget"}, content=MERGE, only=("code", "reason")),
    Ask("merge of a generation and times: they stay", "PATCH", ONE, {"metadata": {"generation": 99, "creationTimestamp": "2001-01-01T00:00:00Z"}},
        content=MERGE),
    Ask("merge of what is not there", "PATCH", f"{WIDGETS}/none", {"spec": {"size": 2}}, content=MERGE),
    Ask("merge of a status beside the spec: it stays", "PATCH", ONE, {"status": {"phase": "Done"}}, content=MERGE),
    Ask("merge of no object", "PATCH", ONE, "[]", content=MERGE, only=("code", "reason")),
    Ask("strategic merge of a custom kind", "PATCH", ONE, {"spec": {"size": 2}}, content=STRATEGIC),
    Ask("patch of an unknown type", "PATCH", ONE, {"spec": {"size": 2}}, content="application/json"),
    # JSON patch
    Ask("JSON patch", "PATCH", ONE, [
        {"op": "test", "path": "/spec/code", "value": "abc"}, {"op": "replace", "path": "/spec/size", "value": 6},
        {"op": "add", "path": "/metadata/annotations", "value": {"x/y": "z"}}, {"op": "remove", "path": "/metadata/labels/e"},
        {"op": "add", "path": "/spec/names", "value": ["a"]}, {"op": "add", "path": "/spec/names/-", "value": "b"},
        {"op": "copy", "from": "/spec/names/0", "path": "/spec/names/0"}, {"op": "add", "path": "/metadata/annotations/x~1z", "value": "w"}],
        content=JSON_PATCH),
    Ask("JSON patch whose test fails", "PATCH", ONE, [{"op": "test", "path": "/spec/code", "value": "x"}], content=JSON_PATCH),
    Ask("JSON patch of what is missing", "PATCH", ONE, [{"op": "remove", "path": "/spec/nothing"}], content=JSON_PATCH),
    Ask("JSON patch that replaces what is missing", "PATCH", ONE, [{"op": "replace", "path": "/spec/free/x", "value": 1}], content=JSON_PATCH),
    Ask("JSON patch of no list", "PATCH", ONE, {"op": "remove"}, content=JSON_PATCH, only=("code", "reason")),
    Ask("JSON patch with a version", "PATCH", ONE, [{"op": "replace", "path": "/metadata/resourceVersion", "value": "1"},
                                                    {"op": "replace", "path": "/spec/size", "value": 7}], content=JSON_PATCH),
    # status
    Ask("status is a resource", "GET", f"{ONE}/status", only=("metadata.name", "kind"), save={"sixth": "metadata.resourceVersion"}),
    Ask("merge the status", "PATCH", f"{ONE}/status", {"status": {"phase": "New"}}, content=MERGE),
    Ask("merge of a spec beside the status: it stays", "PATCH", f"{ONE}/status", {"spec": {"size": 99}, "metadata": {"labels": {"z": "z"}},
        "status": {"count": 1}},
        content=MERGE, save={"seventh": "metadata.resourceVersion"}),
    Ask("replace the status with a stale version", "PUT", f"{ONE}/status", {**widget("one", resourceVersion="{sixth}"), "status": {"phase": "Done"}}),
    Ask("replace the status", "PUT", f"{ONE}/status", {**widget("one", resourceVersion="{seventh}", labels={"q": "q"}), "status": {"phase": "Done"}},
        save={"eighth": "metadata.resourceVersion"}),
    Ask("replace the status with a spec that is invalid", "PUT", f"{ONE}/status", {**widget("one", {"size": "x"}, resourceVersion="{eighth}"),
                                                                                   "status": {"phase": "Done", "count": 2}}),
    Ask("an invalid status", "PATCH", f"{ONE}/status", {"status": {"phase": "Other"}}, content=MERGE),
    Ask("a status with an unknown field", "PATCH", f"{ONE}/status", {"status": {"unknown": 1}}, content=MERGE),
    Ask("status of a custom kind without", "GET", "/apis/agent-install.openshift.io/v1beta1/namespaces/probe/nmstateconfigs/none/status"),
    Ask("a core kind that is not there", "GET", "/api/v1/namespaces/probe/gadgets"),
    Ask("status of a kind without", "GET", "/api/v1/namespaces/probe/secrets/none/status"),
    # delete
    Ask("delete with another uid", "DELETE", ONE, {"kind": "DeleteOptions", "apiVersion": "v1",
        "preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
    Ask("delete with a stale version", "DELETE", ONE, {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "{uid}",
        "resourceVersion": "{first}"}}),
    Ask("the newest version", "GET", ONE, save={"newest": "metadata.resourceVersion"}),
    Ask("delete, dry run", "DELETE", ONE, query={"dryRun": "All"}, only=("kind", "status")),
    Ask("delete with the right ones", "DELETE", ONE, {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {
        "uid": "{uid}", "resourceVersion": "{newest}"}}),
    Ask("it is gone", "GET", ONE),
    Ask("delete what is gone", "DELETE", ONE),
    Ask("delete with bad options", "DELETE", f"{WIDGETS}/system", {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Sometimes"},
        only=("code", "reason")),
    # finalizers
    Ask("create with a finalizer", "POST", WIDGETS, widget("held", finalizers=["probe.example.com/hold"]), save={"helduid": "metadata.uid"}),
    Ask("delete: it waits", "DELETE", f"{WIDGETS}/held", save={"heldversion": "metadata.resourceVersion"}),
    Ask("delete again: nothing changes", "DELETE", f"{WIDGETS}/held"),
    Ask("create of a name that is going", "POST", WIDGETS, widget("held")),
    Ask("no new finalizer while it goes", "PATCH", f"{WIDGETS}/held", {"metadata": {"finalizers": ["probe.example.com/hold",
        "probe.example.com/more"]}}, content=MERGE),
    Ask("its spec may change", "PATCH", f"{WIDGETS}/held", {"spec": {"size": 8}}, content=MERGE),
    Ask("its deletionTimestamp may not", "PATCH", f"{WIDGETS}/held", {"metadata": {"deletionTimestamp": None}}, content=MERGE),
    Ask("the last finalizer off", "PATCH", f"{WIDGETS}/held", {"metadata": {"finalizers": None}}, content=MERGE),
    Ask("and it is gone", "GET", f"{WIDGETS}/held"),
    Ask("create for foreground deletion", "POST", WIDGETS, widget("foreground"), only=("metadata.name",)),
    Ask("foreground deletion waits for the collector", "DELETE", f"{WIDGETS}/foreground", query={"propagationPolicy": "Foreground"}),
    Ask("background deletion ends that", "DELETE", f"{WIDGETS}/foreground", query={"propagationPolicy": "Background"}),
    Ask("create for orphaning", "POST", WIDGETS, widget("orphan"), only=("metadata.name",)),
    Ask("orphaning waits for the collector", "DELETE", f"{WIDGETS}/orphan", {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Orphan"}),
    Ask("one that is kept", "POST", WIDGETS, widget("kept"), only=("metadata.name",)),
]
