# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors raised on purpose. The text of each is one sentence for a person: what failed, where, what to do; never a secret."""
from __future__ import annotations


class GeneratorError(Exception):
    """Any failure of this collection that its user should read. ends_the_run: it is about everything, not about the item that was just worked on."""

    ends_the_run = False


class InvalidArgument(GeneratorError):
    """An option, variable or file that the user gave cannot be used."""

    ends_the_run = True


class ManagerError(GeneratorError):
    """A management system could not be asked. `reason` is the word that a generator's status shows."""

    reason = "ManagerUnreachable"


class ManagerUnreachable(ManagerError):
    """Down, throttled, timed out, or its certificate is not trusted: may pass."""


class LoginRefused(ManagerError):
    """Wrong user or password, or no right: never retried with the same credentials in one run."""

    reason = "LoginRefused"


class InvalidAnswer(ManagerError):
    """It answered, but not as such a system does (an HTML page, truncated JSON)."""

    reason = "InvalidAnswer"


class ClusterError(GeneratorError):
    """The API server refused or failed. status: HTTP code, 0 when there was no answer; reason: the Status object's reason ("Conflict", "NotFound"...)."""

    def __init__(self, message: str, status: int = 0, reason: str = "", causes: tuple[str, ...] = (), retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes            # reasons of details.causes, such as "NamespaceTerminating"
        self.retry_after = retry_after  # seconds


class ObjectNotFound(ClusterError):
    """404 of one object on a write (a missing object on a read is None)."""


class KindMissing(ClusterError):
    """404 of the kind itself: its CRD is not installed."""

    ends_the_run = True


class Unauthorized(ClusterError):
    """401: the API server does not know these credentials."""

    ends_the_run = True


class Untrusted(ClusterError):
    """The certificate of the API server is not signed by a CA that we trust."""

    ends_the_run = True


class WriteConflict(ClusterError):
    """409: the object changed, or a precondition (uid, resourceVersion) does not hold."""


class AlreadyExists(ClusterError):
    """409 on create: an object of that name is there."""


class Forbidden(ClusterError):
    """403 of RBAC: the user of this run lacks a right. Where it lacks the right to list a kind at all, `ends_the_run` is set."""


class Denied(ClusterError):
    """This one object is not taken, whoever sends it: 403 of an admission policy or a quota, 400, 413, 422, or a 409 that stays (see causes)."""


class Invalid(Denied):
    """400 or 422: the API server does not accept the object."""


class ClusterUnavailable(ClusterError):
    """429, 5xx, a webhook that is down, a time-out or no connection: may pass. The write may have happened (`maybe_applied`)."""

    maybe_applied = True
    of_the_status = False       # it was the status of a generator that could not be written, however often that was tried
