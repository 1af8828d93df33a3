# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At most one event of a kind is outstanding, whatever users and stages do meanwhile."""
from __future__ import annotations

import random

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.announcing import Announcer, Work

RETRY = 30.0


class Cluster:
    """Due work by key, moved as users and stages do."""

    def __init__(self, announcer: Announcer) -> None:
        self.announcer, self.due, self.present, self.now, self.events = announcer, {}, set(), 100.0, []

    def apply(self, key: str, ask: int = 1) -> None:
        self.due[key] = Work(ask, self.due[key].progress if key in self.due else 0)
        self.present.add(key)

    def finish(self, *keys: str) -> None:
        for key in keys:
            self.due.pop(key, None)

    def delete(self, key: str) -> None:
        self.finish(key)
        self.present.discard(key)

    def look(self, seconds: float = 0.0) -> bool:
        """Time goes by, and one round of the source's loop is made; did an event go out?"""
        self.now += seconds
        self.announcer.observe(self.due, self.present, self.now)
        if not self.announcer.wants(self.now):
            return False
        self.events.append((self.now, len(self.due)))
        self.announcer.announced(self.now)
        return True


@pytest.fixture(name="cluster")
def cluster_fixture() -> Cluster:
    return Cluster(Announcer(RETRY))


def test_the_first_event_goes_out_at_once(cluster):
    assert not cluster.look()
    cluster.apply("a")
    assert cluster.look(0.01)


def test_while_an_event_is_outstanding_new_work_waits_for_a_movement(cluster):
    cluster.apply("a")
    assert cluster.look()
    for number in range(40):
        cluster.apply(f"b{number}")
        assert not cluster.look(0.3)
    cluster.finish("a")
    assert not cluster.look()
    assert cluster.look(1.0)
    assert cluster.events[-1][1] == 40


def test_what_a_running_stage_is_about_to_write_is_not_announced_again(cluster):
    for key in "abcdef":
        cluster.apply(key)
    assert cluster.look()
    cluster.apply("g")
    for key in "abcdefg":
        cluster.finish(key)
        assert not cluster.look(0.1)
    assert not cluster.look(5)
    assert len(cluster.events) == 1


def test_a_stage_that_writes_for_long_does_not_hold_back_new_work(cluster):
    for number in range(50):
        cluster.apply(f"a{number}")
    assert cluster.look()
    cluster.apply("new")
    sent = False
    for number in range(15):
        cluster.finish(f"a{number}")
        sent = cluster.look(0.1) or sent
    assert sent


def test_work_that_never_moves_is_announced_again_with_growing_pauses(cluster):
    cluster.apply("stuck")
    assert cluster.look()
    times = [seconds for seconds in range(3000) if cluster.look(1)]
    pauses = [second - first for first, second in zip(times, times[1:], strict=False)]
    assert times[0] == pytest.approx(RETRY, abs=2)
    assert pauses == sorted(pauses) and pauses[0] == pytest.approx(2 * RETRY, abs=2) and pauses[-1] == pytest.approx(8 * RETRY, abs=2)


def test_stuck_work_does_not_delay_other_work_once_something_moves(cluster):
    cluster.apply("stuck")
    cluster.apply("a")
    assert cluster.look()
    cluster.finish("a")
    assert not cluster.look(1) and not cluster.look(5)
    cluster.apply("b")
    assert cluster.look(0.1)


def test_a_long_run_that_makes_progress_is_not_announced_again(cluster):
    for number in range(1000):
        cluster.apply(f"a{number}")
    assert cluster.look()
    for number in range(1000):
        cluster.finish(f"a{number}")
        assert not cluster.look(0.36)


def test_an_edit_of_announced_work_is_new_work_but_waits(cluster):
    cluster.apply("a", ask=1)
    assert cluster.look()
    for ask in range(2, 40):
        cluster.apply("a", ask=ask)
        assert not cluster.look(0.3)
    cluster.due["a"] = Work(39, progress=1)
    assert not cluster.look()
    assert cluster.look(1)


def test_work_that_its_user_took_back_holds_back_the_next_for_five_seconds_only(cluster):
    cluster.apply("a")
    assert cluster.look()
    cluster.delete("a")
    cluster.apply("b")
    assert not cluster.look(1)
    assert cluster.announcer.wake_at() == pytest.approx(cluster.now + 4, abs=0.1)
    assert cluster.look(4.1)


def test_a_user_who_creates_and_deletes_all_the_time_does_not_make_a_queue(cluster):
    for number in range(40):
        cluster.apply(f"a{number}")
        cluster.look(0.2)
        cluster.delete(f"a{number}")
        cluster.look(0.1)
    assert len(cluster.events) <= 4


def test_the_end_of_an_object_is_the_movement_of_a_removal():
    cluster = Cluster(Announcer(RETRY, vanishing_moves=True))
    cluster.apply("a")
    assert cluster.look()
    cluster.apply("b")
    assert not cluster.look(1)
    cluster.delete("a")
    cluster.look()
    assert cluster.look(1)


def test_work_that_comes_due_again_is_new(cluster):
    cluster.apply("a")
    assert cluster.look()
    cluster.finish("a")
    cluster.look(1)
    cluster.apply("a")
    assert cluster.look(20)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_is_lost_and_there_is_no_queue_whatever_happens(seed):
    """A stage that takes 2 s and handles all that was due when it listed, run once for each event and one at a time, as the engine does."""
    chance = random.Random(seed)
    cluster = Cluster(Announcer(RETRY))
    waiting, running, listed, longest = 0, None, [], 0
    for step in range(6000):
        busy = step < 3000
        if busy and chance.random() < 0.2:
            cluster.apply(f"a{step}", ask=step)
        if busy and cluster.due and chance.random() < 0.05:
            cluster.apply(chance.choice(sorted(cluster.due)), ask=step)
        if busy and cluster.due and chance.random() < 0.05:
            cluster.delete(chance.choice(sorted(cluster.due)))
        waiting += cluster.look(0.1)
        longest = max(longest, waiting)
        if running is None and waiting:
            waiting, running = waiting - 1, cluster.now + 2.0
            listed = sorted(cluster.due)
        if running is not None and cluster.now >= running:
            running = None
            if chance.random() > 0.1:           # one run in ten is killed
                cluster.finish(*listed)
    assert not cluster.due
    assert longest <= 2


def test_it_wakes_when_it_says_so(cluster):
    cluster.apply("a")
    cluster.look()
    assert cluster.announcer.wake_at() == cluster.now + RETRY
    cluster.apply("b")
    cluster.finish("a")
    cluster.look(1)
    cluster.now = cluster.announcer.wake_at()
    assert cluster.look()
