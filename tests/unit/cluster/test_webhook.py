# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The webhook of the tests: it answers an AdmissionReview, and can be away."""
from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import urllib3

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST
from tests.cluster.webhook import WebhookServer
from tests.simulators.kubernetes import Rule, Webhook


def review(name: str) -> dict[str, Any]:
    """What an API server sends."""
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u1", "operation": "CREATE", "resource": {"group": "metal3.io", "version": "v1alpha1", "resource": "baremetalhosts"}, "name": name,
        "namespace": "metal", "object": {"metadata": {"name": name}}, "oldObject": None, "dryRun": True}}


def test_it_answers_and_can_be_away(tmp_path: Path) -> None:
    webhook = Webhook(rules=[Rule(HOST, name="n2", text="no good")])
    with WebhookServer(webhook) as server:
        (tmp_path / "ca.pem").write_bytes(base64.b64decode(server.ca_bundle))
        http = urllib3.PoolManager(ca_certs=str(tmp_path / "ca.pem"), retries=False)

        def ask(name: str) -> dict[str, Any]:
            answer = json.loads(http.request("POST", webhook.url, body=json.dumps(review(name)).encode()).data)
            assert (answer["apiVersion"], answer["kind"], answer["response"]["uid"]) == ("admission.k8s.io/v1", "AdmissionReview", "u1")
            return answer["response"]

        assert ask("n1") == {"uid": "u1", "allowed": True}
        assert ask("n2") == {"uid": "u1", "allowed": False, "status": {"metadata": {}, "message": "no good", "code": 403, "reason": "Forbidden"}}
        with server.away(), pytest.raises(urllib3.exceptions.HTTPError):
            ask("n1")
        assert ask("n1")["allowed"]
    assert [(one.name, one.dry_run) for one in webhook.asked] == [("n1", True), ("n2", True), ("n1", True)]
