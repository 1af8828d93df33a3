# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight processes admit one line (of N generators) at once, while hosts are taken: the cap, the order, each host once, few retries."""
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.actors.judge import Broken, Replay
from tests.actors.race import ACTORS, Race
from tests.actors.retries import GRANT, ledger_writes, lost_in_a_row
from tests.demo.processes import Processes
from tests.model.invariants import entries, inert
from tests.tools.places import ROOT

COUNT = int(os.environ.get("N") or 1000)
SEED = int(os.environ.get("SEED") or 1)
MOST_RETRIES = 3
SECONDS = 120 + COUNT / 4

pytestmark = pytest.mark.timeout(SECONDS + 300)


@pytest.fixture(name="race", scope="module")
def race_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    """The race, run once; each test judges one side of it."""
    folder = tmp_path_factory.mktemp("actors")
    (folder / "logs").mkdir()
    processes = Processes(folder / "logs", {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        with Race(folder / "world", processes, COUNT, SEED) as race:
            race.run(SECONDS)
            yield race
    finally:
        processes.stop_all()


def test_the_cap_holds_at_every_version_and_the_line_is_served_in_order(race: Race, capsys: pytest.CaptureFixture[str]) -> None:
    replay = race.judged()
    lost = lost_in_a_row(ledger_writes(race.world.api.requests, race.world.api.history))
    with capsys.disabled():
        print(f"\nactors: {ACTORS} processes, {race.count:,} generators, cap {race.cap}, {len(replay.taken):,} hosts taken, {replay.versions:,} versions "
              f"checked, retries of one batch: at most {max(lost, default=0)}, {sum(lost)} in all, 0 over, {race.seconds:.0f} s, seed {race.seed}")
    assert replay.granted == race.line, "everybody was granted, the head of the line first"
    assert replay.most == race.cap, "the cap was reached"
    assert len(replay.taken) >= race.count - race.cap, "hosts were taken all the while"


def test_each_host_is_made_once(race: Race) -> None:
    api, replay = race.world.api, race.judged()
    assert set(replay.activated.values()) == set(replay.servers.values()) == {1}
    assert set(replay.activated) == set(race.line) and len(replay.servers) == race.count
    hosts = api.list("baremetalhosts")
    assert len(hosts) == race.count and not any(inert(host) for host in hosts)
    secrets = {secret["metadata"]["name"] for secret in api.list("secrets")}
    assert all(host["spec"]["bmc"]["credentialsName"] in secrets for host in hosts)


def test_each_generator_is_told_of_once_and_no_entry_is_left(race: Race) -> None:
    told = [name for one in race.told for name in one["completed"]]
    assert len(told) == len(set(told)) == race.count
    assert {one["status"]["phase"] for one in race.world.api.list("baremetalhostgenerators")} == {"Completed"}
    assert not any(entries(buffer) for buffer in race.world.api.list("baremetalhostbuffers"))


def test_no_actor_tries_a_batch_again_more_than_three_times(race: Race) -> None:
    writes = ledger_writes(race.world.api.requests, race.world.api.history)
    granting = [one for one in writes if one.kind == GRANT]
    assert len({one.process for one in granting}) > 1 and any(one.lost for one in granting), "they met"
    assert max(lost_in_a_row(writes)) <= MOST_RETRIES, f"seed {race.seed}:\n" + "\n".join(
        f"{one.process} {one.kind} {'lost' if one.lost else 'won'}" for one in writes)


def test_every_process_has_worked_with_the_least_rights_and_was_refused_nothing(race: Race) -> None:
    assert {f"actor-{number}" for number in range(ACTORS)} <= {one.user for one in race.world.api.requests}
    assert not [one for one in race.world.api.requests if one.status in (401, 403) or one.status >= 500]


def test_the_judge_would_have_noticed(race: Race) -> None:
    history, taken = race.world.api.history, set(race.judged().taken)
    with pytest.raises(Broken, match="pass the cap"):
        Replay(race.line, "nobody takes a host").watch(change for change in history if change.version not in taken)
    with pytest.raises(Broken, match="were not the next in line"):
        Replay(race.line[::-1], "the last come first").watch(history)
