# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas: pruning, defaults, strictness, refusals with their texts, CEL rules, and changes of what was invalid before."""
from __future__ import annotations

from typing import Any

from ..asking import MERGE, Ask
from .definitions import WIDGETS
from .objects import widget

Object = dict[str, Any]
GENERATORS = "/apis/infra.example.com/v1alpha1/namespaces/probe/baremetalhostgenerators"
HOSTS = "/apis/metal3.io/v1alpha1/namespaces/probe/baremetalhosts"
_REFUSED: dict[str, Object] = {
    "nothing": {}, "a wrong type": {"size": "one"}, "a number too low": {"size": 0}, "a number too high": {"size": 4095}, "a fraction": {"size": 1.5},
    "a ratio too high": {"size": 1, "ratio": 2}, "no enum": {"size": 1, "color": "blue"}, "no pattern": {"size": 1, "code": "AB"},
    "too short": {"size": 1, "code": "a"}, "too long": {"size": 1, "code": "abcdef"}, "a text for a boolean": {"size": 1, "on": "yes"},
    "too many items": {"size": 1, "names": ["a", "b", "c", "d"]}, "too few items": {"size": 1, "least": [1]}, "a wrong item": {"size": 1, "names": [1]},
    "one of a set twice": {"size": 1, "tags": ["a", "a"]}, "one of a list map twice": {"size": 1, "parts": [{"name": "a"}, {"name": "a"}]},
    "a list map without its key": {"size": 1, "parts": [{"count": 1}]}, "too many properties": {"size": 1, "limits": {"a": 1, "b": 2, "c": 3}},
    "a wrong value in a map": {"size": 1, "limits": {"a": "b"}}, "a port of no kind": {"size": 1, "port": True}, "a null": {"size": None},
    "a null text": {"size": 1, "code": None}, "no time": {"size": 1, "when": "yesterday"}, "a text for a list": {"size": 1, "names": "a"},
    "a list for an object": {"size": 1, "limits": []}, "several at once": {"size": 0, "color": "blue", "code": "A"},
    "a rule of the whole spec": {"size": 1, "names": [""]}, "a rule without a message": {"size": 1, "on": True, "code": "abc"},
    "a rule with a field and a reason": {"size": 1, "range": {"low": 5, "high": 1}}, "a rule with an expression for its message": {"size": 1, "mail": "x"},
    "a rule on a reserved name": {"size": 1, "namespace": "c"}, "two rules": {"size": 1, "mail": "x", "namespace": "c"},
}
_GENERATORS: dict[str, Object] = {
    "as asked": {"infraEnv": "env"}, "without infraEnv": {}, "an empty infraEnv": {"infraEnv": ""}, "an unknown vendor": {"infraEnv": "env",
                                                                                                                          "server_vendor": "IBM"},
    "a vendor in lower case": {"infraEnv": "env", "server_vendor": "dell"}, "VLAN 0": {"infraEnv": "env", "networkConfig": {"vlanId": 0}},
    "VLAN 4095": {"infraEnv": "env", "networkConfig": {"vlanId": 4095}}, "VLAN abc": {"infraEnv": "env", "networkConfig": {"vlanId": "abc"}},
    "VLAN as a text": {"infraEnv": "env", "networkConfig": {"vlanId": "24"}}, "the older dialect": {"infraEnv": "env", "network": {"vlanId": 24}},
    "a name without an index": {"infraEnv": "env", "networkConfig": {"nicName": "nic1"}},
    "lists of unequal length": {"infraEnv": "env", "networkConfig": {"nicNames": ["a", "b"], "macIndices": ["0"]}},
    "a bond": {"infraEnv": "env", "networkConfig": {"nicNames": ["a", "b"], "macIndices": ["first", "last"], "vlanId": 24}},
    "an index that is none": {"infraEnv": "env", "networkConfig": {"nicName": "a", "macIndex": "middle"}},
    "a server name with quotes": {"infraEnv": "env", "serverName": "a'b\"c"}, "a server name too long": {"infraEnv": "env", "serverName": "a" * 300},
    "labels": {"infraEnv": "env", "labels": {"a": "b"}}, "a boot mode that is none": {"infraEnv": "env", "host": {"bootMode": "BIOS"}},
    "a root device": {"infraEnv": "env", "host": {"rootDeviceHints": {"deviceName": "/dev/sda"}}},
    "a root device elsewhere": {"infraEnv": "env", "host": {"rootDeviceHints": {"deviceName": "sda"}}}, "an unknown field": {"infraEnv": "env",
                                                                                                                             "colour": "red"},
}
_HOST: Object = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": "host"}, "spec": {
    "online": True, "bootMACAddress": "aa:bb:cc:dd:ee:01", "bmc": {"address": "redfish://192.0.2.1", "credentialsName": "secret"}}}

CASES: list[Ask] = [
    *(Ask(f"refused: {what}", "POST", WIDGETS, widget("refused", spec)) for what, spec in _REFUSED.items()),
    Ask("no spec", "POST", WIDGETS, {key: value for key, value in widget("refused").items() if key != "spec"}),
    Ask("a spec that is no object", "POST", WIDGETS, {**widget("refused"), "spec": "x"}),
    Ask("accepted: much", "POST", WIDGETS, widget("much", {
        "size": 3.0, "ratio": 1, "names": ["a"], "tags": ["a", "b"], "parts": [{"name": "a"}, {"name": "b", "count": 2}], "limits": {"a": 1}, "port": "http",
        "free": {"any": {"thing": [1, None, "x"]}}, "maybe": None, "range": {"high": 3}, "when": "2026-01-02T03:04:05Z", "mail": "a@b", "namespace": "a",
        "fixed": "x"})),
    Ask("a null where there is a default", "POST", WIDGETS, widget("defaulted", {"size": 1, "color": None, "range": None})),
    Ask("unknown fields are pruned, with a warning", "POST", WIDGETS, widget("pruned", {"size": 1, "foo": 1, "range": {"bar": 2},
        "parts": [{"name": "a", "baz": 3}]})),
    Ask("unknown fields are pruned, without one", "POST", WIDGETS, widget("ignored", {"size": 1, "foo": 1}), query={"fieldValidation": "Ignore"}),
    Ask("unknown fields, strictly", "POST", WIDGETS, widget("strict", {"size": 1, "foo": 1, "range": {"bar": 2}}), query={"fieldValidation": "Strict"}),
    Ask("unknown fields of metadata, strictly", "POST", WIDGETS, widget("strict", colour="red"), query={"fieldValidation": "Strict"}),
    Ask("unknown fields at the top, strictly", "POST", WIDGETS, {**widget("strict"), "colour": "red"}, query={"fieldValidation": "Strict"}),
    Ask("unknown fields in a merge, strictly", "PATCH", f"{WIDGETS}/much", {"spec": {"foo": 1}}, content=MERGE, query={"fieldValidation": "Strict"},
        only=("code", "reason", "details.causes.0.field", "details.causes.0.reason")),
    Ask("a field twice", "POST", WIDGETS, '{"apiVersion":"probe.example.com/v1","kind":"Widget","metadata":{"name":"twice"},"spec":{"size":1,"size":2}}',
        query={"fieldValidation": "Strict"}),
    Ask("strictness that is none", "POST", WIDGETS, widget("strict"), query={"fieldValidation": "Loose"}, only=("code", "reason")),
    Ask("a transition rule", "PATCH", f"{WIDGETS}/much", {"spec": {"fixed": "y"}}, content=MERGE),
    Ask("a transition rule that holds", "PATCH", f"{WIDGETS}/much", {"spec": {"fixed": "x", "size": 4}}, content=MERGE, only=("spec.size",
        "metadata.generation")),
    Ask("a field off, a default back", "PATCH", f"{WIDGETS}/much", {"spec": {"color": None, "range": None, "free": None}}, content=MERGE),
    *(Ask(f"generator, {what}", "POST", GENERATORS, {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "metadata": {"name": f"g-{number}"}, "spec": spec})
      for number, (what, spec) in enumerate(_GENERATORS.items())),
    Ask("a buffer", "POST", "/apis/infra.example.com/v1alpha1/baremetalhostbuffers", {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": "default"}}),
    Ask("a buffer with a cap below nothing", "POST", "/apis/infra.example.com/v1alpha1/baremetalhostbuffers", {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": "less"}, "spec": {"maxAvailable": -1}}),
    Ask("a buffer that counts in another way", "POST", "/apis/infra.example.com/v1alpha1/baremetalhostbuffers", {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": "other"}, "spec": {"counting": "by hand"}}),
    Ask("a host", "POST", HOSTS, _HOST, query={"fieldValidation": "Strict"}),
    Ask("a host without online", "POST", HOSTS, {**_HOST, "metadata": {"name": "other"}, "spec": {}}),
    Ask("an NMStateConfig", "POST", "/apis/agent-install.openshift.io/v1beta1/namespaces/probe/nmstateconfigs", {
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "NMStateConfig", "metadata": {"name": "config"}, "spec": {
            "config": {"interfaces": [{"name": "bond0", "any": 1}]}, "interfaces": [{"name": "a", "macAddress": "aa:bb:cc:dd:ee:01"}]}},
        query={"fieldValidation": "Strict"}),
    Ask("its status, which it has not", "GET", "/apis/agent-install.openshift.io/v1beta1/namespaces/probe/nmstateconfigs/config/status", only=("code",)),
    Ask("a host's status that lacks fields", "PATCH", f"{HOSTS}/host/status", {"status": {"provisioning": {"state": "available"}}}, content=MERGE),
    Ask("a host's status", "PATCH", f"{HOSTS}/host/status", {"status": {
        "operationalStatus": "OK", "errorMessage": "", "poweredOn": True, "provisioning": {"state": "available", "ID": ""}}}, content=MERGE),
]
