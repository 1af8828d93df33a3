# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boundary: what is raised about one item is that one's outcome, and only what concerns everything is raised on."""
from __future__ import annotations

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.errors import (
    ClusterError, ClusterUnavailable, Denied, Forbidden, GeneratorError, Invalid, InvalidArgument, KindMissing, LoginRefused, ObjectNotFound, Unauthorized,
    Untrusted, WriteConflict,
)
from ansible_collections.baremetal.generator.plugins.module_utils.guard import Fault, fault_of, guarded, one_by_one


def reason_of(_item: object, fault: Fault) -> str:
    return fault.why.reason


@pytest.mark.parametrize("error, reason", [
    (Forbidden("no right", 403), "Forbidden"),
    (Denied("a policy", 403), "Denied"),
    (Invalid("the schema", 422), "Denied"),
    (Denied("a quota", 403, "Forbidden", ("QuotaExceeded",)), "QuotaExceeded"),
    (Denied("it goes", 403, "Forbidden", ("NamespaceTerminating",)), "NamespaceTerminating"),
    (ObjectNotFound("no namespace", 404, "NotFound", ("NamespaceMissing",)), "NamespaceMissing"),
    (ClusterUnavailable("down", 500), "ClusterUnavailable"),
    (WriteConflict("changed", 409), "ClusterUnavailable"),
    (ClusterError("odd", 418), "ClusterUnavailable"),
    (LoginRefused("no"), "LoginRefused"),
    (GeneratorError("a sentence"), "InvalidSpec"),
    (KeyError("password"), "Bug"),
    (RecursionError(), "Bug"),
])
def test_whatever_is_raised_about_one_is_its_reason_and_the_others_go_on(error: Exception, reason: str) -> None:
    def work(item: int) -> str:
        if item == 2:
            raise error
        return "done"

    assert dict(one_by_one([1, 2, 3], work, reason_of)) == {1: "done", 2: reason, 3: "done"}


@pytest.mark.parametrize("error", [
    InvalidArgument("x"), KindMissing("x", 404), Unauthorized("x", 401), Untrusted("x"), SystemExit(1), KeyboardInterrupt(),
])
def test_what_concerns_everything_is_raised_on(error: BaseException) -> None:
    def work(_item: int) -> str:
        raise error

    with pytest.raises(type(error)):
        guarded(work, reason_of)(1)


def test_a_right_that_is_missing_for_a_whole_kind_ends_the_run() -> None:
    error = Forbidden("list", 403)
    error.ends_the_run = True

    def work(_item: int) -> str:
        raise error

    with pytest.raises(Forbidden):
        guarded(work, reason_of)(1)


def test_a_bug_is_told_by_its_place_and_without_values() -> None:
    def work(secret: str) -> str:
        return {}[secret]

    with pytest.raises(KeyError) as raised:
        work("the-password")
    fault = fault_of(raised.value)
    assert fault.is_bug and "the-password" not in fault.why.message
    assert fault.why.message.startswith("This is a bug in baremetal.generator, please report it: KeyError at test_guard.py:")
