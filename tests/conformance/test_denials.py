# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory API denies as a real one does whose policies deny: word for word, and in the same order of who is asked first."""
from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.api import KubernetesApi
from tests.cluster.policies import Policies

from .asking import ADMIN, SOMEONE, Ask, Asker, Told, comparable, differences
from .cases import denials


@dataclass
class Asked:
    """One of the two, as an Asker wants it."""

    url: str
    ca_cert: Path
    tokens: dict[str, str]

    def compact(self) -> None:
        """Nobody asks for it here."""


def asker(api: KubernetesApi) -> Asker:
    """Asks as the administrator."""
    return Asker(Asked(api.url, api.ca_cert, {ADMIN: api.token, SOMEONE: api.users["user-1"]}))


def portless(told: Told) -> Told:
    """A webhook of a test is at a port of its own."""
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", value) if isinstance(value, str) else value
    return Told(told.code, plain(told.body), told.warnings, told.retry_after)


def test_denials_are_those_of_a_real_server(memory_api: KubernetesApi, real_api: KubernetesApi, capsys: pytest.CaptureFixture[str]) -> None:
    """Webhooks that deny in each way, policies, a webhook that is down; then all is as it was."""
    apis = (memory_api, real_api)
    askers = [asker(api) for api in apis]
    different: list[str] = []
    number = 0

    def compare(asked: list[Ask]) -> None:
        nonlocal number
        for request in asked:
            number += 1
            shown = [comparable(portless(one.ask(request)), request, one.saved) for one in askers]
            different.extend(f"{request.what}: {request.method} {request.path}: {line}" for line in differences(*shown))

    with ExitStack() as stack:
        both = [stack.enter_context(Policies(api)) for api in apis]
        compare(denials.BEFORE)
        webhooks = [policies.webhook(*denials.WEBHOOK) for policies in both]
        for policies in both:
            for name, rule in denials.POLICIES:
                policies.policy(name, rule)
        compare(denials.CASES)
        with ExitStack() as down:
            for policies, webhook in zip(both, webhooks):
                down.enter_context(policies.down(webhook))
            compare(denials.DOWN)
        compare(denials.AFTER)
    compare(denials.LIFTED)
    assert not different, "\n".join(different)
    with capsys.disabled():
        print(f"\ndenials: {number} requests, memory = real")
