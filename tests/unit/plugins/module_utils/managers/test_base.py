# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login that threads share, and that is always given back."""
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, LoginRefused, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers.base import MOST_RENEWALS, Session
from tests.waiting import until


class Door:
    """Hands out numbered tokens, and notes which came back."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.session: Session[str] = Session("east", self.log_in, self.closed.append)

    def log_in(self) -> str:
        self.opened.append(f"token-{len(self.opened)}")
        return self.opened[-1]


def test_it_logs_in_when_it_is_first_needed_and_once_for_all_threads() -> None:
    door = Door()
    assert door.opened == []
    threads = [threading.Thread(target=door.session.token) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    door.session.close()
    door.session.close()
    assert (door.opened, door.closed) == (["token-0"], ["token-0"])


def test_who_never_logged_in_does_not_log_out() -> None:
    door = Door()
    door.session.close()
    assert (door.opened, door.closed) == ([], [])


def test_an_expired_token_is_renewed_once_for_all_threads_and_given_back_first() -> None:
    door = Door()
    stale = door.session.token()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(door.session.renew(stale))) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8 and door.opened == ["token-0", "token-1"] and door.closed == ["token-0"]
    assert door.session.renew("token-1") is False
    door.session.close()
    assert door.closed == ["token-0", "token-1"]


def test_after_the_end_nobody_logs_in_any_more() -> None:
    door = Door()
    door.session.close()
    with pytest.raises(ManagerUnreachable, match="the run is ending"):
        door.session.token()
    assert door.opened == []


def test_closing_waits_for_a_login_under_way_so_that_its_session_is_not_left_behind() -> None:
    begun, may_end = threading.Event(), threading.Event()
    closed: list[str] = []

    def slow_login() -> str:
        begun.set()
        may_end.wait(10)
        return "late"

    session: Session[str] = Session("east", slow_login, closed.append)
    with ThreadPoolExecutor(2) as threads:
        opening = threads.submit(session.token)
        assert begun.wait(10)
        closing = threads.submit(session.close)
        until(lambda: session._closed, 10, "whoever closes has come", pause=0.001)  # pylint: disable=protected-access  # nothing else tells
        may_end.set()
        with pytest.raises(ManagerUnreachable):
            opening.result(10)
        closing.result(10)
    assert closed == ["late"]


def test_closing_does_not_wait_for_ever_for_a_login_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.baremetal.generator.plugins.module_utils.managers.base.CLOSING_SECONDS", 0.05)
    begun, never = threading.Event(), threading.Event()

    def hanging_login() -> str:
        begun.set()
        never.wait(10)
        return "late"

    closed: list[str] = []
    session: Session[str] = Session("east", hanging_login, closed.append)
    opening = threading.Thread(target=lambda: pytest.raises(ManagerUnreachable, session.token))
    opening.start()
    begun.wait(10)
    with pytest.raises(ManagerUnreachable, match="has not answered the login yet"):
        session.close()
    never.set()
    opening.join(10)
    assert closed == ["late"]           # whoever logged in gave it back


def test_a_refused_login_is_remembered() -> None:
    tries = []

    def refuse() -> str:
        tries.append(1)
        raise LoginRefused("east refused.")

    session: Session[str] = Session("east", refuse, lambda _token: None)
    for _time in range(3):
        with pytest.raises(LoginRefused):
            session.token()
    assert len(tries) == 1


def test_a_token_that_worked_is_renewed_again_when_it_is_lost_and_not_without_end() -> None:
    door = Door()
    answers = iter(["fine", "lost", "fine", "lost", "fine", "lost", "lost"])
    asked: list[str] = []

    def ask(token: str) -> str:
        asked.append(token)
        return next(answers)

    assert [door.session.use(ask, lambda answer: answer == "lost") for _time in range(4)] == ["fine", "fine", "fine", "lost"]
    assert asked == ["token-0", "token-0", "token-1", "token-1", "token-2", "token-2", "token-3"]
    door.session.close()
    assert door.opened == door.closed


def test_a_manager_that_forgets_each_session_after_one_answer_is_not_logged_in_to_for_ever() -> None:
    door = Door()
    answers = iter(["fine", "lost"] * 50)
    told = [door.session.use(lambda _token: next(answers), lambda answer: answer == "lost") for _time in range(MOST_RENEWALS + 2)]
    assert told[-1] == "lost" and len(door.opened) == MOST_RENEWALS + 1


def test_a_login_that_failed_is_not_tried_by_whoever_waits_for_it() -> None:
    tries = []

    def odd() -> str:
        tries.append(1)
        raise InvalidAnswer("east is odd.")

    session: Session[str] = Session("east", odd, lambda _token: None)
    for _time in range(3):
        with pytest.raises(InvalidAnswer):
            session.token()
    assert len(tries) == 1
