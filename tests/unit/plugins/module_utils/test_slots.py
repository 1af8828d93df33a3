# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A buffer is looked at when a slot comes free while someone waits, and at every interval with something to do."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.availability import Usage
from ansible_collections.baremetal.generator.plugins.module_utils.slots import FIRST_GAP, LONGEST_GAP, Sight, SlotWatch

INTERVAL = 30.0


class Buffer:
    """What is seen of a buffer, and the clock."""

    def __init__(self, **numbers: int) -> None:
        self.now, self.ledger, self.slots = 0.0, 0, SlotWatch(INTERVAL, 0.0)
        self.leaving = self.inert = 0
        self.usage = Usage(cap=20, used=20, free=0, reserved=0, waiting=0, in_error=0, without_status=0, occupied=20)
        self.see(**numbers)
        self.told = self.usage

    def see(self, **numbers: int) -> None:
        self.usage = replace(self.usage, **numbers)

    def look(self, seconds: float = 0.0) -> bool:
        """Time goes by, and one round of the source's loop is made; did an event go out?"""
        self.now += seconds
        status = {"occupied": self.told.occupied, "waiting": self.told.waiting}
        self.slots.observe(Sight(self.usage, self.inert, self.leaving, status, self.ledger), self.now)
        if not self.slots.wants(self.now):
            return False
        self.slots.announced(self.now)
        return True

    def events(self, seconds: float) -> list[float]:
        """When events go out while nothing changes."""
        return [self.now for _step in range(int(seconds * 10)) if self.look(0.1)]


def test_at_the_start_a_buffer_with_something_to_do_is_looked_at_at_once():
    assert Buffer(waiting=5, free=2).look()
    assert Buffer(reserved=1).look()


def test_a_buffer_at_rest_is_left_alone():
    buffer = Buffer(waiting=5)
    assert buffer.events(300) == []


def test_a_slot_that_comes_free_while_someone_waits_is_told_at_once():
    buffer = Buffer(waiting=5)
    buffer.look(7)
    buffer.see(free=1, used=19)
    assert not buffer.look()
    assert buffer.events(1)[0] <= 7.4


def test_a_slot_that_comes_free_while_nobody_waits_is_no_event():
    buffer = Buffer()
    buffer.look(1)
    buffer.see(free=1, used=19)
    assert buffer.events(20) == []


def test_two_streams_that_contradict_each_other_for_a_moment_are_no_event():
    buffer = Buffer(waiting=5)
    buffer.look(1)
    buffer.see(free=1)
    buffer.look(0.05)
    buffer.see(free=0)
    assert buffer.events(20) == []


def test_onboarding_with_room_to_spare_needs_no_check_of_its_own():
    buffer = Buffer(free=150, cap=200)
    buffer.look(1)
    buffer.see(waiting=50)
    assert buffer.events(20) == []


def test_a_second_slot_that_comes_free_during_the_run_for_the_first_is_told_when_the_ledger_moves():
    buffer = Buffer(waiting=5)
    buffer.look(1)
    buffer.see(free=1)
    assert len(buffer.events(1)) == 1
    buffer.see(free=2)
    assert buffer.events(1) == []
    buffer.see(free=1, waiting=4)
    buffer.ledger += 1
    assert len(buffer.events(1)) == 1


def test_an_event_that_moved_nothing_holds_back_the_next_for_a_while_only():
    buffer = Buffer(waiting=5)
    buffer.look(1)
    buffer.see(free=1)
    assert len(buffer.events(1)) == 1
    buffer.see(free=0)
    buffer.look(1)
    buffer.see(free=1)
    assert buffer.events(6)[0] - buffer.now < 5


def test_a_freed_slot_never_waits_behind_what_does_not_move():
    """A reservation that cannot be settled makes an event every interval, and none of them moves the ledger."""
    buffer = Buffer(reserved=1, waiting=5)
    buffer.look()
    for _slot in range(20):
        buffer.events(40)
        quiet = buffer.now
        buffer.see(free=1)
        assert buffer.events(LONGEST_GAP + 1)[0] - quiet <= FIRST_GAP + 0.5
        buffer.see(free=0)
        buffer.look(0.1)


def test_slots_that_come_free_one_after_the_other_make_few_events_while_no_ledger_moves():
    buffer = Buffer(waiting=50)
    buffer.look(1)
    events = []
    for free in range(1, 31):
        buffer.see(free=free)
        events += buffer.events(1)
    assert len(events) <= 6


def test_numbers_that_no_run_corrects_at_three_events_are_told_until_they_are_right():
    buffer = Buffer(waiting=1)
    buffer.look()
    buffer.see(waiting=3)
    red = [buffer.now for _step in range(1500) if (buffer.look(0.1), buffer.slots.is_untouched(buffer.now))[1]]
    assert 60 <= red[0] <= 110
    buffer.told = buffer.usage
    buffer.look(0.1)
    assert not buffer.slots.is_untouched(buffer.now)


def test_a_ledger_that_moves_says_that_the_stage_is_run():
    buffer = Buffer(waiting=1)
    buffer.look()
    buffer.see(waiting=3)
    for _run in range(10):
        buffer.events(35)
        buffer.ledger += 1
        buffer.look(0.1)
        assert not buffer.slots.is_untouched(buffer.now)


def test_an_open_reservation_and_a_free_slot_that_nobody_can_use_are_no_failure_of_the_stage():
    buffer = Buffer(waiting=1, free=1, reserved=1)
    assert len(buffer.events(600)) > 10
    assert not buffer.slots.is_untouched(buffer.now)


def test_a_raised_cap_is_told_at_once():
    buffer = Buffer(waiting=5)
    buffer.look(1)
    buffer.see(cap=25, free=5)
    assert len(buffer.events(1)) == 1


def test_a_host_that_went_while_a_reservation_is_open_is_told_at_once():
    buffer = Buffer(reserved=1)
    buffer.look()
    buffer.leaving = 1
    buffer.ledger += 1
    assert buffer.events(1) == []
    buffer.leaving = 0
    assert len(buffer.events(1)) == 1


@pytest.mark.parametrize("seen", [{"free": 2, "waiting": 1}, {"reserved": 1}, {"inert": 1}, {"occupied": 19}])
def test_every_interval_is_a_chance(seen):
    buffer = Buffer(free=2)
    assert buffer.events(1) == []
    buffer.inert = seen.pop("inert", 0)
    buffer.see(**seen)
    times = buffer.events(100)
    assert [round(time) for time in times] == [30, 60, 90]


def test_a_stage_at_work_puts_the_check_off_but_not_for_ever():
    buffer = Buffer(reserved=1)
    buffer.look()
    times = []
    for _step in range(700):
        buffer.ledger += 1
        if buffer.look(0.1):
            times.append(buffer.now)
    assert [round(time) for time in times] == [60]
