# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRDs: a probe of our own that has a bit of everything, and the CRDs of this project as they are."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..asking import Ask

Object = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "probe.example.com"
WIDGETS = f"/apis/{GROUP}/v1/namespaces/probe/widgets"

WIDGET_SPEC: Object = {
    "type": "object", "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 4094, "description": "How large it is."},
        "ratio": {"type": "number", "maximum": 2, "exclusiveMaximum": True},
        "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
        "code": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
        "on": {"type": "boolean"},
        "names": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        "least": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
            "type": "object", "required": ["name"], "properties": {
                "name": {"type": "string"}, "count": {"type": "integer", "default": 1}, "kind": {"type": "string"}}}},
        "limits": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2},
        "port": {"x-kubernetes-int-or-string": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "maybe": {"type": "string", "nullable": True},
        "fixed": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "fixed is fixed"}]},
        "range": {"type": "object", "default": {}, "properties": {"low": {"type": "integer", "default": 0}, "high": {"type": "integer"}},
                  "x-kubernetes-validations": [
                      {"rule": "!has(self.high) || self.low <= self.high", "message": "low is above high", "fieldPath": ".low",
                          "reason": "FieldValueForbidden"}]},
        "when": {"type": "string", "format": "date-time"},
        "namespace": {"type": "string"},
        "mail": {"type": "string", "x-kubernetes-validations": [
            {"rule": "self.matches('^[a-z]+@[a-z]+$')", "messageExpression": "'no mail address: ' + self"}]},
    },
    "x-kubernetes-validations": [
        {"rule": "!has(self.names) || self.names.all(name, size(name) > 0)", "message": "names must not be empty"},
        {"rule": "!has(self.__namespace__) || self.__namespace__ in ['a', 'b']", "message": "namespace must be a or b"},
        {"rule": "!(has(self.on) && has(self.code))"},
    ],
}
WIDGET: Object = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"widgets.{GROUP}"},
    "spec": {
        "group": GROUP, "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "shortNames": ["wi"], "categories": ["all"]},
        "versions": [{
            "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
            "selectableFields": [{"jsonPath": ".spec.color"}, {"jsonPath": ".status.phase"}],
            "additionalPrinterColumns": [
                {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
                {"name": "Phase", "type": "string", "jsonPath": ".status.phase", "description": "How far it is"},
                {"name": "On", "type": "boolean", "jsonPath": ".spec.on", "priority": 1},
                {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
                {"name": "Names", "type": "string", "jsonPath": ".spec.names"},
                {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
            ],
            "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {
                "spec": WIDGET_SPEC,
                "status": {"type": "object", "properties": {
                    "phase": {"type": "string", "enum": ["New", "Done"]}, "count": {"type": "integer"},
                    "conditions": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"], "items": {
                        "type": "object", "required": ["type", "status"], "properties": {"type": {"type": "string"}, "status": {"type": "string"}}}}}},
            }}},
        }],
    },
}


def _all_crds() -> list[Object]:
    files = [*sorted((ROOT / "tests/simulators/crds").glob("*.yaml")), *sorted((ROOT / "roles/install/files").glob("*.yaml"))]
    found = [body for file in files for body in yaml.safe_load_all(file.read_text(encoding="utf-8"))
             if body["kind"] == "CustomResourceDefinition"]
    return [WIDGET, *found]


CASES: list[Ask] = [Ask("the version", "GET", "/version", only=("major", "minor", "gitVersion"))]
for _crd in _all_crds():
    _name = _crd["metadata"]["name"]
    CASES += [
        Ask(f"create {_name}", "POST", CRDS, _crd, only=("kind", "metadata.name", "metadata.generation", "spec.names", "spec.scope", "spec.conversion")),
        Ask(f"{_name} is served", "GET", f"/apis/{_crd['spec']['group']}/{_crd['spec']['versions'][0]['name']}/{_crd['spec']['names']['plural']}", again=200),
        Ask(f"{_name} is established", "GET", f"{CRDS}/{_name}", only=(
            "status.acceptedNames", "status.storedVersions", "status.conditions.0.type", "status.conditions.0.status", "status.conditions.1.type",
            "status.conditions.1.status", "spec.names")),
    ]
CASES += [
    Ask("a CRD twice", "POST", CRDS, WIDGET),
    Ask("a CRD under a wrong name", "POST", CRDS, {**WIDGET, "metadata": {"name": "wrong.example.com"}}, only=("reason", "code", "message")),
    Ask("discovery of a group", "GET", f"/apis/{GROUP}"),
    Ask("discovery of a version", "GET", f"/apis/{GROUP}/v1", only=(
        "kind", "apiVersion", "groupVersion", "resources.0.name", "resources.0.singularName", "resources.0.namespaced", "resources.0.kind",
        "resources.0.verbs", "resources.0.shortNames", "resources.0.categories", "resources.1.name", "resources.1.verbs")),
    Ask("discovery of nothing", "GET", "/apis/nothing.example.com/v1"),
    Ask("health", "GET", "/readyz"),
]
LAST: list[Ask] = [
    Ask("an object before its CRD goes", "GET", f"{WIDGETS}/kept", only=("metadata.name",)),
    Ask("one that was being orphaned goes", "PATCH", f"{WIDGETS}/orphan", {"metadata": {"finalizers": None}}, content="application/merge-patch+json",
        only=("kind",)),
    Ask("a CRD before it goes", "GET", f"{CRDS}/widgets.{GROUP}", only=("metadata.finalizers", "metadata.generation")),
    Ask("delete a CRD", "DELETE", f"{CRDS}/widgets.{GROUP}", only=("kind", "metadata.name")),
    Ask("the CRD is gone", "GET", f"{CRDS}/widgets.{GROUP}", again=404),
    Ask("so is its kind", "GET", f"/apis/{GROUP}/v1/widgets", again=404),
]
