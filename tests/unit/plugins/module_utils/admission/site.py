# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One small site to run admission on, with requests that fail when a test says so."""
from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import admission
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, INFRAENV, Kind, Object
from ansible_collections.baremetal.generator.plugins.module_utils.credentials import Credentials
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks, due
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import facts
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, choose

from tests.model.cluster import ModelCluster, Store, merged

CREDENTIALS = Credentials.parse({"HP": {"username": "root", "password": "calvin"}})


class Site(ModelCluster):
    """A cluster with one buffer and one InfraEnv; fail(request) may raise before any request."""

    def __init__(self, cap: int = 20, **options: Any) -> None:
        super().__init__(Store(), "actor")
        self.options = options
        self.requests: list[str] = []
        self.fail: Callable[[str], None] = lambda what: None
        self.create(BUFFER, {"metadata": {"name": "default"}, "spec": {"maxAvailable": cap}})
        self.create(INFRAENV, {"metadata": {"namespace": "site", "name": "env"}, "spec": {"nmStateConfigLabelSelector": {"matchLabels": {"env": "env"}}}})
        self.outcomes: list[admission.Outcome] = []

    def step(self, what: str) -> None:
        self.requests.append(what)
        self.fail(what)

    @property
    def policy(self) -> admission.Policy:
        """Of one run."""
        return admission.Policy(actor=self.actor, sleep=self.sleep, random=random.Random(1), **self.options)

    def apply(self, name: str, annotations: dict[str, str] | None = None, **spec: Any) -> Object:
        """kubectl apply."""
        metadata = {"namespace": "site", "name": name, **({"annotations": annotations} if annotations else {})}
        return self.store.create("user", GENERATOR, {"metadata": metadata, "spec": {"infraEnv": "env", **spec}})

    def change(self, kind: Kind, name: str, patch: dict[str, Any], namespace: str | None = "site") -> Object:
        """By somebody else."""
        return self.store.update("user", kind, namespace, name, lambda before: merged(before, patch))

    def resolve(self) -> None:
        """The stage, with a manager that knows every name that ends with a number."""
        admission.redeploy(self, self.list(GENERATOR), self.policy)
        due_now = [one for one in self.list(GENERATOR) if "resolve" in due(one, self.now())]
        self.outcomes += admission.enqueue(self, [admission.Resolved(one, _found(one)) for one in due_now], self.policy, CREDENTIALS)

    def admit(self, credentials: Credentials = CREDENTIALS) -> admission.AdmitResult:
        """The stage."""
        result = admission.admit(self, None, credentials, self.policy)
        self.outcomes += result.outcomes
        return result

    def dies_at(self, request: str) -> None:
        """An admission that is killed at the first request that begins so."""
        def dies(what: str) -> None:
            if what.startswith(request):
                raise KeyboardInterrupt

        self.fail = dies
        with pytest.raises(KeyboardInterrupt):
            self.admit()
        self.fail = lambda what: None

    def remove(self) -> None:
        """The stage."""
        self.outcomes += admission.remove(self, self.policy)

    def status(self, name: str) -> dict[str, Any]:
        """Of a generator."""
        return self.store.objects[(GENERATOR.plural, "site", name)].get("status") or {}

    def reason(self, name: str) -> str:
        """Why it is not ready."""
        return next((one["reason"] for one in self.status(name).get("conditions") or [] if one["type"] == "Ready"), "")


def _found(generator: Object) -> Any:
    request = asks(generator)
    if not isinstance(request, Request):
        return request
    number = int("".join(filter(str.isdigit, request.server_name)) or 0)
    if not number:
        return Reason("NotFound", f"No manager knows {request.server_name}.")
    nics = tuple(Nic(f"02:00:00:00:{port:02x}:{number:02x}", f"port{port}") for port in range(2))
    server = Server(request.server_name, "HP", "oneview", f"192.0.2.{number}", nics, serial=f"SN{number}")
    choice = choose(nics, request.nics)
    return facts(request, server, choice) if isinstance(choice, Choice) else choice
