# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New work is announced at once, what does not move holds back nothing but itself, and no storm becomes a queue, whatever users and stages do meanwhile."""
from __future__ import annotations

import random

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.announcing import FIRST_GAP, LONGEST_GAP, LONGEST_SETTLE, RETRY_GAP, Announcer, Work

RETRY = 30.0


class Cluster:
    """Due work by key, moved as users and stages do."""

    def __init__(self, announcer: Announcer) -> None:
        self.announcer, self.due, self.present, self.now, self.events = announcer, {}, set(), 100.0, []

    def apply(self, key: str, ask: int = 1) -> None:
        self.due[key] = Work(ask, self.due[key].progress if key in self.due else 0)
        self.present.add(key)

    def retry(self, key: str, value: str = "now") -> None:
        """Annotated; without that it would be at rest."""
        self.due[key] = Work(1, self.due[key].progress if key in self.due else 0, value, hurried=True)
        self.present.add(key)

    def touch(self, key: str) -> None:
        """A stage writes about it, and it is still due."""
        self.due[key] = self.due[key]._replace(progress=self.due[key].progress + 1)

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

    def wait(self, seconds: float, step: float = 0.1) -> list[float]:
        """When events go out while nothing changes: seconds from now."""
        begin = self.now
        return [round(self.now - begin, 3) for _step in range(round(seconds / step)) if self.look(step)]


@pytest.fixture(name="cluster")
def cluster_fixture() -> Cluster:
    return Cluster(Announcer(RETRY))


def test_the_first_event_goes_out_at_once(cluster):
    assert not cluster.look()
    cluster.apply("a")
    assert cluster.look(0.01)


def test_a_stuck_item_never_delays_another(cluster):
    cluster.apply("stuck")
    assert cluster.look()
    for minute in range(1, 60):
        cluster.wait(60)
        cluster.apply(f"b{minute}")
        assert cluster.look(0.1) or cluster.now - cluster.events[-1][0] <= FIRST_GAP, "it is announced with it, or a playbook has just begun"
        cluster.wait(FIRST_GAP + 0.1)
        cluster.finish(f"b{minute}")


def test_while_a_playbook_runs_new_work_waits_behind_it_and_makes_few_events(cluster):
    cluster.apply("a")
    assert cluster.look()
    begin = cluster.now
    for number in range(600):
        cluster.apply(f"b{number}")
        cluster.look(0.1)
    pauses = [round(after - before) for (before, _count), (after, _more) in zip(cluster.events, cluster.events[1:], strict=False)]
    assert pauses[:3] == [2, 4, 8] and set(pauses[3:]) == {LONGEST_GAP}
    cluster.finish(*[f"b{number}" for number in range(600)])
    cluster.look()
    cluster.apply("c")
    assert cluster.wait(3)[0] <= FIRST_GAP + LONGEST_SETTLE
    assert cluster.now - begin > 60


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
    for number in range(22):
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


def test_many_that_never_move_are_announced_together(cluster):
    for number in range(100):
        cluster.apply(f"stuck{number}")
        cluster.look(3)
    cluster.wait(600, 1)
    assert len(cluster.wait(2400, 1)) == 10, "as often as one of them would be"


def test_a_long_run_that_makes_progress_is_not_announced_again(cluster):
    for number in range(1000):
        cluster.apply(f"a{number}")
    assert cluster.look()
    for number in range(1000):
        cluster.finish(f"a{number}")
        assert not cluster.look(0.36)


def test_an_edit_of_announced_work_is_new_work(cluster):
    cluster.apply("a", ask=1)
    assert cluster.look()
    for ask in range(2, 60):
        cluster.apply("a", ask=ask)
        cluster.look(0.3)
    assert len(cluster.events) == 4, "after 2, 6 and 14 seconds"


def test_one_that_a_stage_wrote_about_and_left_due_goes_on_without_a_pause(cluster):
    """Names that could not be asked within manager_seconds."""
    for number in range(950):
        cluster.apply(f"dell{number}")
    assert cluster.look()
    begin, asked = cluster.now, 0
    while cluster.due:
        cluster.now += 20
        for number in range(asked, min(asked + 100, 950)):
            cluster.finish(f"dell{number}")
        asked += 100
        for key in cluster.due:
            cluster.touch(key)
        assert not cluster.due or cluster.wait(LONGEST_SETTLE + 0.1), "as soon as the stage has written"
    assert len(cluster.events) == 10
    assert cluster.now - begin < 10 * (20 + LONGEST_SETTLE + 1)


def test_a_stage_that_writes_and_finishes_nothing_is_not_run_all_the_time(cluster):
    cluster.apply("a")
    assert cluster.look()
    for _run in range(200):
        cluster.touch("a")
        cluster.look(0.5)
    assert len(cluster.events) <= 100 / LONGEST_GAP + 3


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
    assert not cluster.announcer.outstanding
    assert cluster.look(1)


def test_work_that_comes_due_again_is_new(cluster):
    cluster.apply("a")
    assert cluster.look()
    cluster.finish("a")
    cluster.look(1)
    cluster.apply("a")
    assert cluster.look(20)


# --- retry --------------------------------------------------------------------------------------------------------------------------------


def test_one_retry_is_announced_at_once(cluster):
    cluster.retry("a")
    assert cluster.look(0.01)


def test_a_storm_of_a_hundred_retries_in_thirty_seconds_starts_four_playbooks(cluster):
    for number in range(100):
        cluster.retry(f"a{number}", f"r{number}")
        cluster.look(0.3)
    cluster.wait(RETRY_GAP)
    assert len(cluster.events) <= 4 and cluster.events[-1][1] == 100


def test_a_retry_that_no_stage_takes_off_delays_no_new_work(cluster):
    """`kubectl annotate bmhgen --all retry=now` on Completed ones."""
    for number in range(20):
        cluster.retry(f"completed{number}")
    assert cluster.look()
    for moment in range(40):
        cluster.wait(17)
        cluster.apply(f"new{moment}")
        assert cluster.wait(FIRST_GAP + 0.1) or cluster.now - cluster.events[-1][0] <= FIRST_GAP + 0.2
        cluster.finish(f"new{moment}")


def test_new_work_among_a_storm_of_retries_does_not_wait_for_the_storm(cluster):
    cluster.retry("a")
    assert cluster.look()
    cluster.retry("b")
    assert cluster.wait(4) == []
    cluster.apply("new")
    assert cluster.look(0.1)


def test_work_whose_time_comes_while_its_retry_waits_is_new(cluster):
    cluster.retry("a")
    assert cluster.look()
    cluster.wait(5)
    cluster.due["a"] = cluster.due["a"]._replace(hurried=False)
    assert cluster.look(0.1)


def test_a_retry_that_is_taken_off_is_no_new_one(cluster):
    cluster.due["a"] = Work(1, 0, "now")
    cluster.present.add("a")
    assert cluster.look()
    cluster.due["a"] = Work(1, 0)
    assert cluster.wait(RETRY - 1) == []


# --- when the stages fail -------------------------------------------------------------------------------------------------------------------


def test_work_that_was_announced_three_times_and_that_no_run_has_touched_is_told(cluster):
    cluster.apply("a")
    cluster.apply("b")
    told = {}
    for _second in range(130):
        cluster.look(1)
        told.setdefault(cluster.announcer.untouched(cluster.now), round(cluster.now - 100))
    assert len(cluster.events) == 3 and set(told) == {0, 2}
    assert told[2] == pytest.approx(RETRY + 2 * RETRY + 10, abs=3)
    cluster.finish("a")
    cluster.look(1)
    assert cluster.announcer.untouched(cluster.now) == 0, "green again by itself"


def test_new_work_all_the_time_does_not_hide_that_no_run_touches_any(cluster):
    for number in range(30):
        cluster.apply(f"a{number}")
        cluster.wait(5)
    assert cluster.announcer.untouched(cluster.now) > 0


def test_a_stuck_item_while_other_work_moves_says_nothing_of_the_stages(cluster):
    cluster.apply("stuck")
    for number in range(60):
        cluster.apply(f"a{number}")
        cluster.wait(10)
        cluster.finish(f"a{number}")
        cluster.look(0.1)
        assert cluster.announcer.untouched(cluster.now) == 0


def test_work_that_its_users_take_back_before_a_run_comes_says_nothing_of_the_stages(cluster):
    for number in range(20):
        cluster.apply(f"a{number}")
        cluster.wait(25)
        assert cluster.announcer.untouched(cluster.now) == 0
        cluster.delete(f"a{number}")
        cluster.wait(10)


# --- whatever happens -----------------------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("seed", range(20))
def test_new_work_waits_for_no_other_and_events_are_bounded_by_what_moves(seed):
    """Some items never move, some are only written about, some are annotated, some are good; runs take from 2 to 25 s and one in ten is killed."""
    chance = random.Random(seed)
    cluster = Cluster(Announcer(RETRY))
    pending, running, listed, fresh_at, seconds = 0, None, [], {}, 600
    for step in range(seconds * 10):
        if chance.random() < 0.02:
            key = f"{chance.choice(['stuck', 'touched', 'good', 'good', 'good'])}{step}"
            cluster.apply(key, ask=step)
            fresh_at[key] = cluster.now
        if chance.random() < 0.02:
            cluster.retry(f"retry{chance.randrange(20)}", f"r{step}")
        idle = running is None and not pending and not cluster.announcer.outstanding
        quiet = cluster.now - (cluster.events[-1][0] if cluster.events else 0.0)
        if cluster.look(0.1):
            pending += 1
            late = max((cluster.now - at for at in fresh_at.values()), default=0.0)
            assert late <= LONGEST_GAP + LONGEST_SETTLE + 0.2, "whatever is outstanding"
            if idle and quiet > LONGEST_GAP + LONGEST_SETTLE:
                assert late <= LONGEST_SETTLE + 0.2, "nothing runs, nothing is outstanding"
            fresh_at = {}
        fresh_at = {key: at for key, at in fresh_at.items() if key in cluster.due}
        if running is None and pending:
            pending, running, listed = 0, cluster.now + chance.choice([2, 2, 2, 5, 25]), sorted(cluster.due)
        if running is not None and cluster.now >= running:
            running = None
            done = [key for key in listed if key.startswith(("good", "retry"))] if chance.random() > 0.1 else []
            cluster.finish(*done)
            for key in [key for key in listed if key.startswith("touched") and key in cluster.due]:
                cluster.touch(key)
    assert len(cluster.events) <= seconds / FIRST_GAP / 2, "a playbook takes longer than the time between two events"
    assert [key for key in cluster.due if key.startswith("good") and cluster.now - 90 > 100 + int(key[4:]) / 10] == []


def test_it_wakes_when_it_says_so(cluster):
    cluster.apply("a")
    cluster.look()
    assert cluster.announcer.wake_at() == cluster.now + RETRY
    cluster.apply("b")
    cluster.finish("a")
    cluster.look(1)
    cluster.now = cluster.announcer.wake_at()
    assert cluster.look()
