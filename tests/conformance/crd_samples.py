# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generators and buffers in which every field is set, and statuses as the operator that this collection replaces wrote them: data."""
from __future__ import annotations

from typing import Any

Object = dict[str, Any]
TIME = "2026-08-20T07:43:59.000001Z"
UID = "3b1f0a44-0000-4000-8000-000000000001"
CONDITION: Object = {
    "type": "Ready", "status": "False", "reason": "Buffered", "message": "Waits.", "lastTransitionTime": TIME, "observedGeneration": 2}
GENERATOR: Object = {
    "apiVersion": "infra.example.com/v1alpha1",
    "kind": "BareMetalHostGenerator",
    "metadata": {"name": "node-1", "namespace": "default"},
    "spec": {
        "infraEnv": "env-1", "serverName": "node-1", "namespace": "default", "server_vendor": "HP", "labels": {"rack": "r1"}, "buffer": "default",
        "networkConfig": {"vlanId": 24, "nicNames": ["eno1"], "macIndices": ["0"]},
        "host": {
            "role": "worker", "clusterReference": "a/b", "bootMode": "UEFI", "automatedCleaningMode": "disabled", "bmcCredentials": "bmc",
            "rootDeviceHints": {
                "deviceName": "/dev/sda", "hctl": "0:0:0:0", "minSizeGigabytes": 100, "model": "m", "rotational": False, "serialNumber": "s",
                "vendor": "v", "wwn": "w", "wwnVendorExtension": "e", "wwnWithExtension": "we"}},
    },
    "status": {
        "phase": "Buffered", "message": "Waits in the line of buffer default for a free slot.", "bufferedAt": TIME,
        "macAddress": "aa:bb:cc:dd:ee:01", "macAddresses": ["aa:bb:cc:dd:ee:01"], "ipmiAddress": "192.0.2.7",
        "bmcAddress": "redfish-virtualmedia://192.0.2.7/redfish/v1/Systems/1", "bmhName": "node-1", "bmhNamespace": "default",
        "serverVendor": "HP", "serverModel": "DL380", "serverSerial": "SN7", "manager": "oneview-a", "vlanId": 24,
        "selectedNicNames": ["eno1"], "selectedMacIndices": ["0"], "selectedNicName": "eno1", "selectedMacIndex": "0",
        "attempts": 3, "variablesHash": "0123456789ab", "nextAttemptAt": TIME, "resolvedGeneration": 2, "replaces": UID,
        "redeploying": "true", "redeployed": "token-7",
        "observedGeneration": 1, "conditions": [CONDITION],
    },
}
# Fields that do not go together with others of the sample: their parents, as they are to be instead.
INSTEAD: dict[str, Object] = {
    "spec.networkConfig.nicName": {"nicName": "eno1", "macIndex": "0"},
    "spec.networkConfig.macIndex": {"nicName": "eno1", "macIndex": "0"},
    "spec.network.vlanId": {"vlanId": 24},
    "spec.network.nicName": {"nicName": "eno1", "macIndex": "0"},
    "spec.network.macIndex": {"nicName": "eno1", "macIndex": "0"},
    "spec.network.nicNames": {"nicNames": ["eno1"], "macIndices": ["0"]},
    "spec.network.macIndices": {"nicNames": ["eno1"], "macIndices": ["0"]},
}
ENTRY: Object = {
    "key": "default/node-1", "rid": "0123456789abcdef0123",
    "generator": {"namespace": "default", "name": "node-1", "uid": UID, "generation": 2},
    "bufferedAt": TIME, "mac": "aa:bb:cc:dd:ee:01", "bmc": "192.0.2.7", "state": "created", "hostUid": UID, "replaces": UID,
    "actor": "runner-17-a1b2c3", "grantedAt": TIME,
}
BUFFER: Object = {
    "apiVersion": "infra.example.com/v1alpha1",
    "kind": "BareMetalHostBuffer",
    "metadata": {"name": "default"},
    "spec": {"maxAvailable": 20, "counting": "default", "agentAware": False, "excludeErrorAfter": "90m"},
    "status": {
        "lastTicket": TIME, "reservations": [ENTRY], "occupied": 7, "reserved": 1, "waiting": 12, "inError": 1, "withoutStatus": 0,
        "hostsInError": [{"uid": UID, "since": TIME}],
        "sweptAt": TIME, "lastCheck": TIME, "conditions": [CONDITION],
    },
}
MANAGER: Object = {
    "apiVersion": "infra.example.com/v1alpha1",
    "kind": "BareMetalHostManager",
    "metadata": {"name": "oneview-a"},
    "spec": {"manager": "oneview-a", "type": "oneview", "url": "https://oneview.example:443"},
    "status": {
        "logins": [{"at": TIME, "actor": "runner-17-a1b2c3", "refused": True, "check": "0a1"}], "nextLoginAt": TIME,
        "refusal": {"at": TIME, "check": "0a1"}, "message": "It refused the login.",
        "conditions": [CONDITION]},
}
# Merge patches of a status, one after the other, as the operator sent them.
OPERATOR: list[tuple[str, Object]] = [
    ("at work", {"phase": "Processing", "message": "Looking up server node-1 in management systems."}),
    ("in line, a time without an offset", {
        "phase": "Buffered", "message": "Server buffered", "bufferedAt": "2025-11-02T07:43:59.123456", "macAddress": "AA:BB:CC:DD:EE:01",
        "ipmiAddress": "192.0.2.7", "serverVendor": "dell"}),
    ("in line, a time in UTC", {"phase": "Buffered", "bufferedAt": "2025-11-02T07:43:59Z"}),
    ("done", {
        "phase": "Completed", "message": "Successfully created BareMetalHost node-1", "bmhName": "HPE-Node_1", "bmhNamespace": "default",
        "macAddress": "AA-BB-CC-DD-EE-01", "ipmiAddress": "", "serverVendor": "HP", "vlanId": None}),
    ("an answer of the API in full", {"phase": "Failed", "message": "(422)\nReason: Unprocessable Entity\nHTTP response body: " + "x" * 8000}),
    ("an empty phase", {"phase": "", "message": ""}),
]
