# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All managers at once: who is asked, when a name is final, and that everybody is logged out."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Forbidden, InvalidArgument, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers import ManagerConfig, Managers, Wanted
from ansible_collections.baremetal.generator.plugins.module_utils.managers.base import Manager, Outcome
from ansible_collections.baremetal.generator.plugins.module_utils.managers.outcomes import not_found
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server

Answer = Callable[[list[str]], Iterator[dict[str, Outcome]]]


class FakeManager(Manager):
    """Knows the names it is told."""

    def __init__(self, name: str, *known: str, answer: Answer | None = None) -> None:
        super().__init__(name, f"{name} (https://{name})")
        self.known, self.answer = known, answer
        self.asked: list[list[str]] = []
        self.logouts = 0

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        wanted = list(names)
        self.asked.append(wanted)
        if self.answer is not None:
            yield from self.answer(wanted)
            return
        yield {name: self.server(name) if name in self.known else not_found(name, self.where) for name in wanted}

    def server(self, name: str) -> Server:
        return Server(name, "", self.name, "192.0.2.1", (Nic("00:fd:45:00:00:01", "Lom 1:1"),))

    def logout(self) -> None:
        self.logouts += 1


def opened(*fakes: tuple[str, FakeManager], seconds: float = 20) -> Managers:
    return Managers({fake.name: (ManagerConfig(fake.name, kind, f"https://{fake.name}", "u", "p"), fake) for kind, fake in fakes}, seconds)


def test_a_vendor_names_whom_to_ask_and_without_one_all_are_asked() -> None:
    east, ome, ucs = FakeManager("east", "h1"), FakeManager("ome", "d1", "x1"), FakeManager("ucs")
    with opened(("oneview", east), ("ome", ome), ("ucs", ucs)) as managers:
        found = managers.find([Wanted("h1", "HP"), Wanted("d1", "dell"), Wanted("x1")])
    assert {name: hit.manager for name, hit in found.items() if isinstance(hit, Server)} == {"h1": "east", "d1": "ome", "x1": "ome"}
    assert (east.asked, ome.asked, ucs.asked) == ([["h1", "x1"]], [["d1", "x1"]], [["x1"]])


def test_who_need_not_be_asked_is_not() -> None:
    ome = FakeManager("ome")
    with opened(("ome", ome)) as managers:
        found = managers.find([Wanted("h1", "HP"), Wanted("c1", "IBM"), Wanted("a\nb")])
    assert ome.asked == []
    assert found == {
        "h1": Reason("NotFound", "No manager of vendor HP is given, so nobody can be asked for 'h1'; add one to the managers."),
        "c1": Reason("InvalidSpec", "Vendor 'IBM' of 'c1' is unknown; use one of HP, DELL, CISCO."),
        "a\nb": Reason("InvalidSpec", "The server name 'a\\nb' contains characters that cannot be printed; write it as the manager shows it."),
    }


@pytest.mark.parametrize(("error", "reason"), [
    (InvalidArgument("The file of authorities is gone."), "ManagerUnreachable"), (Forbidden("No right."), "ManagerUnreachable"),
    (RecursionError(), "InvalidAnswer"), (MemoryError(), "InvalidAnswer"), (OverflowError(), "Bug")])
def test_whatever_is_raised_in_a_managers_thread_is_its_names_reason_at_once(
    error: Exception, reason: str, capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(names: list[str]) -> Iterator[dict[str, Outcome]]:
        yield {names[0]: not_found(names[0], "ome")}
        raise error

    with opened(("oneview", FakeManager("east", "h1", "x1")), ("ome", FakeManager("ome", answer=broken)), seconds=10_000) as managers:
        found = managers.find([Wanted("d1", "DELL"), Wanted("h1", "HP"), Wanted("x1"), Wanted("y1")])
    reasons = {name: outcome.reason for name, outcome in found.items() if isinstance(outcome, Reason)}
    assert reasons == {"d1": "NotFound", "x1": reason, "y1": reason} and isinstance(found["h1"], Server)
    assert capfd.readouterr() == ("", "")


def test_seconds_that_no_clock_knows_are_waited_for_all_the_same() -> None:
    with opened(("oneview", FakeManager("east", "h1")), seconds=1e300) as managers:
        assert isinstance(managers.find([Wanted("h1")])["h1"], Server)


def test_a_slow_manager_delays_only_its_own_servers() -> None:
    finished = threading.Event()

    def slow(names: list[str]) -> Iterator[dict[str, Outcome]]:
        finished.wait(10)
        yield {name: not_found(name, "ome") for name in names}

    east = FakeManager("east", "h1")
    with opened(("oneview", east), ("ome", FakeManager("ome", answer=slow))) as managers:
        parts = managers.answers([Wanted("h1", "HP"), Wanted("d1", "DELL"), Wanted("x1")])
        assert list(next(parts)) == ["h1"]          # while the other has said nothing
        finished.set()
        assert {name for part in parts for name in part} == {"d1", "x1"}


def test_a_manager_that_never_answers_is_not_waited_for_beyond_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.baremetal.generator.plugins.module_utils.managers.GRACE_SECONDS", 0.1)
    never = threading.Event()

    def hangs(names: list[str]) -> Iterator[dict[str, Outcome]]:
        never.wait(30)
        yield {}

    with opened(("oneview", FakeManager("east", "h1")), ("ome", FakeManager("ome", answer=hangs)), seconds=0.1) as managers:
        found = managers.find([Wanted("h1", "HP"), Wanted("d1", "DELL")])
    never.set()
    assert isinstance(found["h1"], Server)
    assert found["d1"] == Reason("ManagerUnreachable", "ome (https://ome) did not answer within 0.1 s; it is asked again later.")


def test_names_that_were_answered_before_a_failure_keep_their_answer() -> None:
    def breaks(names: list[str]) -> Iterator[dict[str, Outcome]]:
        yield {names[0]: not_found(names[0], "ome")}
        raise ManagerUnreachable("ome is down.")

    with opened(("ome", FakeManager("ome", answer=breaks))) as managers:
        found = managers.find([Wanted("d1"), Wanted("d2")])
    assert [found[name].reason for name in ("d1", "d2")] == ["NotFound", "ManagerUnreachable"]      # type: ignore[union-attr]


def test_an_answer_that_no_reader_foresaw_fails_its_own_names_only() -> None:
    def odd(names: list[str]) -> Iterator[dict[str, Outcome]]:
        raise KeyError("members")
        yield {}  # pylint: disable=unreachable  # makes it a generator

    with opened(("ome", FakeManager("ome", answer=odd)), ("oneview", FakeManager("east", "h1"))) as managers:
        found = managers.find([Wanted("d1", "DELL"), Wanted("h1", "HP")])
    assert isinstance(found["h1"], Server)
    reason = found["d1"]
    assert isinstance(reason, Reason) and reason.reason == "Bug"
    assert reason.message.startswith("This is a bug in baremetal.generator, please report it: KeyError at ") and "members" not in reason.message
    assert reason.message.endswith("It was met while reading what ome (https://ome) knows about 'd1'.")


def test_a_name_that_a_manager_forgets_is_not_lost() -> None:
    with opened(("ome", FakeManager("ome", answer=lambda _names: iter([{}])))) as managers:
        assert managers.find([Wanted("d1")])["d1"].reason == "InvalidAnswer"        # type: ignore[union-attr]


@pytest.mark.parametrize("way_out", [None, SystemExit(143), KeyboardInterrupt(), ValueError()])
def test_everybody_is_logged_out_once_on_every_way_out(way_out: BaseException | None) -> None:
    fakes = [FakeManager("east", "h1"), FakeManager("ome")]
    try:
        with opened(("oneview", fakes[0]), ("ome", fakes[1])) as managers:
            managers.find([Wanted("h1")])
            if way_out is not None:
                raise way_out
    except BaseException as error:  # pylint: disable=broad-exception-caught  # every way out
        assert error is way_out
    assert [fake.logouts for fake in fakes] == [1, 1]
    managers.close()
    assert [fake.logouts for fake in fakes] == [1, 1]
