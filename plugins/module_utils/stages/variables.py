# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which failed generators the variables of this run may help: nobody has to annotate a hundred of them after one file was mended."""
from __future__ import annotations

from collections.abc import Sequence

from .. import names
from ..admission import Policy
from ..cluster import Object
from ..credentials import Credentials
from ..generators import Request, asks, condition, is_deleting, phase, retry_wanted, status_of, was_tried
from ..managers import ManagerConfig
from ..managers.logins import LoginMemory
from ..models import Reason


class Variables:
    """The variables of this run, beside what generators failed with before."""

    def __init__(self, policy: Policy, credentials: Credentials, managers: Sequence[ManagerConfig], logins: LoginMemory) -> None:
        self._policy, self._credentials, self._managers, self._logins = policy, credentials, managers, logins
        self._refused: dict[str | None, bool | None] = {}       # by vendor

    def may_help(self, generator: Object) -> bool:
        """It failed for variables, and these are others: no need to wait for nextAttemptAt."""
        if phase(generator) != names.FAILED or is_deleting(generator):
            return False
        tried_with = status_of(generator).get("variablesHash")
        if tried_with and tried_with != self._policy.variables:
            return True
        match condition(generator, "Ready").get("reason"):
            case "NoBmcCredentials":
                return self._has_its_credentials(generator)
            case "LoginRefused":
                return self._logins.login_now or self._logins_are_refused(generator) is False
        return False

    def refuses_again(self, generator: Object) -> Reason | None:
        """It is due by its time alone, and the manager has just refused the very same credentials: why it fails, without another login."""
        if condition(generator, "Ready").get("reason") != "LoginRefused" or phase(generator) != names.FAILED:
            return None
        if not was_tried(generator) or retry_wanted(generator) or self._logins.login_now or self._logins_are_refused(generator) is not True:
            return None
        return Reason("LoginRefused", str(status_of(generator).get("message") or "The manager refuses the login."))

    def _has_its_credentials(self, generator: Object) -> bool:
        request = asks(generator, self._policy.profiles, self._policy.host_namespaces)
        if isinstance(request, Reason) or request.host.get("bmcCredentials"):
            return False
        return not isinstance(self._credentials.data(request, str(status_of(generator).get("serverVendor") or "")), Reason)

    def _logins_are_refused(self, generator: Object) -> bool | None:
        """False: what was refused to those managers that this one needs were other credentials. True: these. None: neither is known."""
        request = asks(generator, self._policy.profiles, self._policy.host_namespaces)
        vendor = request.vendor if isinstance(request, Request) else None
        if vendor not in self._refused:
            self._refused[vendor] = self._of_vendor(vendor)
        return self._refused[vendor]

    def _of_vendor(self, vendor: str | None) -> bool | None:
        accounts = [account for config in self._managers if vendor in (None, config.vendor) for account in self._logins.accounts(config)]
        known = [refused for refused in (account.are_refused() for account in accounts) if refused is not None]
        return all(known) if known else None
