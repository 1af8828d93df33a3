# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that a manager refuses are tried at most three times in 15 minutes, by all runs and processes together: directories lock accounts.

The tries are remembered in the cluster, in one BareMetalHostManager for each account, never with a password. Each is reserved there before it is made.
Of refused credentials 12 bits are remembered, so that corrected ones are tried at once.
"""
from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ..cluster import MANAGER, Cluster, Object
from ..errors import (
    AlreadyExists, ClusterError, ClusterUnavailable, Denied, Forbidden, KindMissing, LoginRefused, ManagerUnreachable, ObjectNotFound, WriteConflict,
)
from ..readable import has_a_name
from ..status import changed
from ..times import parse_time, stamp
from .config import ManagerConfig
from .tries import AGAIN_SECONDS, MOST_KEPT, TRIES, Try, Verdict, check_of, object_name, tries_of, verdict

Token = TypeVar("Token")

LOOK_SECONDS = 0.3          # between two looks at tries of others whose end is awaited
WRITES = 40                 # of one compare-and-swap
DOMAINS = "domains"         # the account for the UCS Managers of UCS Central's domains
SWITCHED_OFF = (KindMissing, Forbidden, Denied)     # nothing that a later try of this run would find otherwise


class LoginMemory:
    """The tries of all accounts, as the cluster remembers them. now: a person says that a login is to be tried whatever was refused."""

    def __init__(self, cluster: Cluster, actor: str, login_now: bool = False, pause: Callable[[float], None] = time.sleep) -> None:
        self.cluster, self.actor, self.login_now, self.pause = cluster, actor, login_now, pause
        self.warnings: list[str] = []
        self.off = False
        self._listed: dict[str, Object] | None = None
        self._lock = threading.Lock()

    def account(self, config: ManagerConfig, part: str = "") -> Account:
        """Of a manager, or of its domains."""
        return Account(self, config, part)

    def accounts(self, config: ManagerConfig) -> list[Account]:
        """All that a manager may need: its own, and for UCS Central the one on its domains."""
        return [self.account(config, part) for part in (("", DOMAINS) if config.type == "ucs" else ("",))]

    def listed(self) -> Mapping[str, Object]:
        """All objects, by name, as they were when the first login of this run came up: one request for all accounts."""
        with self._lock:
            if self._listed is None:
                self._listed = {item["metadata"]["name"]: item for item in self.cluster.list(MANAGER) if has_a_name(MANAGER, item)}
            return self._listed

    def switch_off(self, error: ClusterError) -> None:
        """Logins go on as if nothing were remembered; said once."""
        with self._lock:
            if not self.off:
                self.off = True
                self.warn(f"Refused logins cannot be remembered, so each run may try them again: {error}")

    def warn(self, text: str) -> None:
        """Once for each text."""
        if text not in self.warnings:
            self.warnings.append(text)


class Account:
    """One user of one manager, who logs in only as often as a refusal allows."""

    def __init__(self, memory: LoginMemory, config: ManagerConfig, part: str) -> None:
        self._memory, self._config, self._part = memory, config, part
        self._name = object_name(config.name, part)
        self._other_name = object_name(f"{config.name} {config.type} {config.url}", part)      # where an object of that name is about another system
        self._checks: dict[str, str] = {}           # of the credentials, by uid of the object
        self._item: Object | None = None            # as it was last read or written
        self._count = 0
        self._lock = threading.Lock()               # the threads of this run do not overtake each other

    def log_in(self, login: Callable[[], Token], left: Callable[[], float]) -> Token:
        """login(), when it may be tried now. left: seconds that one may wait for how the tries of others end.

        Raises LoginRefused when it was refused too often, ManagerUnreachable when nobody can tell.
        """
        if self._memory.off:
            return login()
        own = self._reserve(left)
        refusal: LoginRefused | None = None
        ended = False
        try:
            token = login()
            ended = True
            return token
        except LoginRefused as error:
            refusal = error
            raise
        finally:
            if own is not None:
                self._settle(own, refusal, ended)

    def are_refused(self) -> bool | None:
        """Whether what was refused last are these credentials (True) or others, if any (False).

        None: nobody knows, or nothing is refused, or that was so long ago that the account may have been unlocked.
        """
        if self._memory.off:
            return None
        try:
            listed, now = self._memory.listed(), self._memory.cluster.now()
        except SWITCHED_OFF as error:
            self._memory.switch_off(error)
            return None
        except ClusterError:
            return None
        item = next((listed[name] for name in (self._name, self._other_name) if name in listed and self._is_mine(listed[name])), None)
        if item is None:
            return None if self._part else False        # domains are reached only after a login to Central
        refusal = _refusal_of(item)
        moment = parse_time(refusal.get("at"))
        if moment is None:
            return None
        if refusal.get("check") != self._check(item):
            return False
        return True if (now - moment).total_seconds() < AGAIN_SECONDS else None

    def _check(self, item: Object) -> str:
        """Of these credentials."""
        uid = str(item["metadata"].get("uid"))
        if uid not in self._checks:
            username, password = self._credentials
            self._checks[uid] = check_of(uid, username, password)
        return self._checks[uid]

    @property
    def _credentials(self) -> tuple[str, str]:
        config = self._config
        if not self._part:
            return config.username, config.password
        return config.domain_username or config.username, config.domain_password or config.password

    # --- before ---------------------------------------------------------------------------------------------------------------------------

    def _reserve(self, left: Callable[[], float]) -> Try | None:
        """The own try, written down; None where nothing can be."""
        for attempt in range(WRITES):
            if attempt and left() <= LOOK_SECONDS:
                break
            try:
                with self._lock:
                    answer = self._try_to_reserve(attempt)
            except SWITCHED_OFF as error:
                self._memory.switch_off(error)
                return None
            except ClusterError as error:
                self._item = None
                if not isinstance(error, (ClusterUnavailable, WriteConflict, AlreadyExists, ObjectNotFound)):
                    raise ManagerUnreachable(f"{self._where} is not asked now, since its refused logins cannot be read: {error}") from error
                answer = None
            if isinstance(answer, Try):
                return answer
            if answer is not None and not answer.open:
                raise self._too_often(answer)
            self._memory.pause(LOOK_SECONDS * random.uniform(0.5, 1.0))
        raise ManagerUnreachable(f"{self._where} is not asked now: other runs are just logging in to it, and how that ends is not known yet; it is asked "
                                 "again later.")

    def _try_to_reserve(self, attempt: int) -> Try | Verdict:
        """The own try as it was written, or why there may be none yet."""
        cluster = self._memory.cluster
        item = self._item if self._item is not None and not attempt else self._read(fresh=bool(attempt))
        now = cluster.now()
        tries = tries_of(item, now)
        before = next((one for one in tries if one.actor == self._actor), None)
        if before is not None:
            return before                           # a write that was thought to have failed
        answer = verdict(tries, now, self._check(item) if tries else "")
        if not answer.may and not self._memory.login_now:
            self._item = None
            return answer
        own = Try(now, self._actor, False)
        kept = tries[-(MOST_KEPT - 1):]
        status = {**_status_of(item), "logins": [one.as_status() for one in (*kept, own)]}
        self._item = cluster.replace_status(MANAGER, {**item, "status": status})
        self._count += 1
        return own

    @property
    def _actor(self) -> str:
        """Names one try of this run."""
        return f"{self._memory.actor}-{self._count}"

    def _read(self, fresh: bool) -> Object:
        """The object of this account, made where there is none. One of this name that is about another system is left to that one."""
        item = self._get_or_make(fresh)
        if not self._is_mine(item):
            self._name = self._other_name
            item = self._get_or_make(fresh)
        self._item = item
        return item

    def _get_or_make(self, fresh: bool) -> Object:
        cluster = self._memory.cluster
        item = cluster.get(MANAGER, None, self._name) if fresh else self._memory.listed().get(self._name)
        return item if item is not None else cluster.create(MANAGER, {"metadata": {"name": self._name}, "spec": self._spec})

    @property
    def _spec(self) -> dict[str, str]:
        return {"manager": self._config.name[:253], "type": self._config.type, "url": self._config.url}

    def _is_mine(self, item: Object) -> bool:
        spec = item.get("spec")
        return isinstance(spec, dict) and (spec.get("type"), spec.get("url")) == (self._config.type, self._config.url)

    # --- after ----------------------------------------------------------------------------------------------------------------------------

    def _settle(self, own: Try, refusal: LoginRefused | None, ended_well: bool) -> None:
        """A refused try stays, any other is taken off; and with it all others with these credentials, or all, where a person wanted it, when it went well."""
        cluster = self._memory.cluster
        error: ClusterError | None = None
        for attempt in range(WRITES):
            if attempt:
                self._memory.pause(LOOK_SECONDS * random.uniform(0.1, 0.5))
            try:
                with self._lock:
                    item = self._item if self._item is not None and not attempt else cluster.get(MANAGER, None, self._name)
                    if item is None:
                        return
                    self._item = None
                    self._item = cluster.replace_status(MANAGER, {**item, "status": self._settled(item, own, refusal, ended_well)})
                return
            except WriteConflict as conflict:
                error = conflict
            except ClusterUnavailable as unavailable:
                error = unavailable
                if attempt > 3:
                    break
            except ObjectNotFound:
                return
            except ClusterError as refused:
                error = refused
                break
        self._memory.warn(f"How the login to {self._where} ended could not be remembered, so it counts as refused for a while: {error}")

    def _settled(self, item: Object, own: Try, refusal: LoginRefused | None, ended_well: bool) -> dict[str, Any]:
        now = self._memory.cluster.now()
        tries = [one for one in tries_of(item, now) if one.actor != own.actor]
        if ended_well and tries:
            tries = [] if self._memory.login_now else [one for one in tries if one.check != self._check(item)]
        before: dict[str, Any] | None = None if ended_well else _refusal_of(item) or None
        if refusal is not None:
            tries = sorted([*tries, Try(own.at, own.actor, True, self._check(item))], key=lambda one: one.at)
            before = {"at": stamp(now), "check": self._check(item)}
        logins = [one.as_status() for one in tries[-MOST_KEPT:]]
        if before is None and not _refusal_of(item) and not _status_of(item).get("message"):
            return {**_status_of(item), "logins": logins}
        answer = verdict(tries, now, str(before.get("check") or "")) if before else Verdict(True)
        message = str(refusal) if refusal is not None else _status_of(item).get("message") if before else None
        why = (False, "LoginRefused", f"Refused {answer.refused} times in 15 minutes, not tried again before {_clock(answer.until)}.") if answer.until else (
            True, "LoginRefused" if before else "LoggedIn", str(message or "The last login went well."))
        fields = {
            "logins": logins, "refusal": before, "nextLoginAt": stamp(answer.until) if answer.until else None,
            "message": message[:1024] if message else None}
        return changed({**item, "status": _status_of(item)}, fields, {"LoginAllowed": why}, now)

    # --- words ----------------------------------------------------------------------------------------------------------------------------

    @property
    def _where(self) -> str:
        return f"{self._config.where}, its domains" if self._part else self._config.where

    def _too_often(self, answer: Verdict) -> LoginRefused | ManagerUnreachable:
        user = self._credentials[0]
        account = "domain_username and domain_password" if self._part else "username and password"
        until = _clock(answer.until)
        at_once = f"correct {account} of this manager, which are then tried at once; -e generator_login_now=true tries these at once."
        if answer.refused < TRIES:
            return ManagerUnreachable(f"{self._where}: {TRIES} logins of user {user!r} began within 15 minutes, and how some of them ended is not known. Lest "
                                      f"the account be locked none is tried before {until}; -e generator_login_now=true tries it at once.")
        return LoginRefused(f"{self._where} refused the login of user {user!r} {answer.refused} times within 15 minutes. Lest the account be locked it is not "
                            f"tried again before {until}: {at_once}")


def _clock(moment: datetime | None) -> str:
    return f"{moment + timedelta(milliseconds=999):%Y-%m-%d %H:%M:%S} UTC" if moment else "later"


def _refusal_of(item: Object) -> dict[str, Any]:
    """What was refused last: {at, check}; empty when nothing is."""
    refusal = _status_of(item).get("refusal")
    return refusal if isinstance(refusal, dict) else {}


def _status_of(item: Object) -> dict[str, Any]:
    """Without what this file would trip over."""
    status = item.get("status")
    if not isinstance(status, dict):
        return {}
    listed = status.get("conditions")
    conditions = [one for one in listed if isinstance(one, dict) and isinstance(one.get("type"), str)] if isinstance(listed, list) else []
    return {**status, "conditions": conditions} if "conditions" in status else status
