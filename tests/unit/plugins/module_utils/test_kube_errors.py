# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each refusal of the API server is the right error, with one sentence."""
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.errors import (
    AlreadyExists, ClusterError, ClusterUnavailable, Denied, Forbidden, Invalid, KindMissing, ObjectNotFound, Unauthorized, WriteConflict,
)
from ansible_collections.baremetal.generator.plugins.module_utils.kube_errors import Answer, Request, refusal

WHERE = "https://api.example.com:6443"


def status(code: int, reason: str, message: str, headers: dict[str, str] | None = None, **details: Any) -> Answer:
    """A Status as the API server sends it."""
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message, "details": details}
    return Answer(code, json.dumps(body).encode(), headers or {})


CREATE = Request("create", HOST, "metal", "n1", where=WHERE)
LIST = Request("list", HOST, where=WHERE)
PUT = Request("update", GENERATOR, "metal", "g1", "status", WHERE)
QUOTA = 'baremetalhosts "n1" is forbidden: exceeded quota: few, requested: 1, used: 3, limited: 3'
CASES = [
    (CREATE, status(409, "AlreadyExists", "exists"), AlreadyExists, "BareMetalHost metal/n1 exists already."),
    (CREATE, status(409, "Conflict", "Operation cannot be fulfilled on resourcequotas"), ClusterUnavailable, "could not be made now"),
    (PUT, status(409, "Conflict", "the object has been modified"), WriteConflict, "BareMetalHostGenerator metal/g1 was changed by someone else meanwhile"),
    (PUT, status(404, "NotFound", "not found", name="g1", kind="baremetalhostgenerators"), ObjectNotFound, "BareMetalHostGenerator metal/g1 is not there."),
    (LIST, Answer(404, b"404 page not found\n"), KindMissing, "has no BareMetalHost (baremetalhosts.metal3.io, v1alpha1): install the Bare Metal Operator"),
    (CREATE, status(404, "NotFound", 'namespaces "metal" not found', name="metal", kind="namespaces"), ObjectNotFound, "Namespace metal does not exist"),
    (LIST, status(403, "Forbidden", 'baremetalhosts.metal3.io is forbidden: User "x" cannot list resource "baremetalhosts" in API group "metal3.io" at the '
                  'cluster scope'), Forbidden, "A right is missing: list baremetalhosts.metal3.io in all namespaces."),
    (PUT, status(403, "Forbidden", 'baremetalhostgenerators.infra.example.com "g1" is forbidden: User "x" cannot update resource '
                 '"baremetalhostgenerators/status" in API group "infra.example.com" in the namespace "metal"'), Forbidden,
     "update baremetalhostgenerators/status.infra.example.com in namespace metal."),
    (CREATE, status(403, "Forbidden", QUOTA), Denied, "A quota of namespace metal is full: "),
    (CREATE, status(403, "Forbidden", "is being terminated", causes=[{"reason": "NamespaceTerminating"}]), Denied, "Namespace metal is being deleted"),
    (CREATE, status(403, "Forbidden", 'admission webhook "x" denied the request: User "y" cannot create resource here'), Denied,
     'The cluster denies to create BareMetalHost metal/n1: admission webhook "x" denied the request: User "y" cannot create resource here.'),
    (CREATE, status(403, "Forbidden", 'baremetalhosts.metal3.io "n1" is forbidden: ValidatingAdmissionPolicy \'p\' with binding \'b\' denied request: no'),
     Denied, "The cluster denies to create BareMetalHost metal/n1: "),
    (CREATE, status(403, "Forbidden", "one\nline, and \x1b[31mno colour. " + "x" * 5000), Denied, "one line, and [31mno colour. xxx"),
    (CREATE, status(422, "Invalid", "spec.online: Required value"), Invalid, "does not accept BareMetalHost metal/n1: spec.online: Required value."),
    *((request, status(code, reason, 'admission webhook "x" denied the request: no'), Denied,
       f'The cluster denies to {request.verb} {request.object}: admission ')
      for request in (CREATE, PUT) for code, reason in ((400, ""), (401, "Unauthorized"), (404, "NotFound"), (409, "Conflict"), (409, "AlreadyExists"))),
    *((CREATE, status(code, "", 'admission webhook "x" denied the request: later'), ClusterUnavailable, f"({code}): admission webhook") for code in (429, 500)),
    (CREATE, status(500, "InternalError", "failed calling webhook"), ClusterUnavailable,
     "could not create BareMetalHost metal/n1 (500): failed calling webhook."),
    (LIST, status(401, "Unauthorized", "Unauthorized"), Unauthorized, "does not accept the credentials (401): the token has expired or is wrong."),
    (LIST, status(410, "Expired", "too old"), ClusterError, "no longer has this list"),
]


@pytest.mark.parametrize(("request_", "answer", "kind", "sentence"), CASES)
def test_each_refusal_is_its_error(request_: Request, answer: Answer, kind: type[ClusterError], sentence: str) -> None:
    """The class tells the algorithm, the sentence tells a person."""
    error = refusal(request_, answer)
    assert error.__class__ is kind and sentence in str(error), error
    assert error.status == answer.status


def test_what_the_algorithm_goes_by() -> None:
    """Causes of a 403, and how long the server wants us to wait."""
    assert "QuotaExceeded" in refusal(CREATE, status(403, "Forbidden", QUOTA)).causes
    assert "NamespaceTerminating" in refusal(CREATE, status(403, "Forbidden", "no", causes=[{"reason": "NamespaceTerminating"}])).causes
    assert refusal(LIST, status(429, "TooManyRequests", "slow down", {"retry-after": "7"})).retry_after == 7.0
    assert Request("get", SECRET, "metal", "s").resource == "secrets"
