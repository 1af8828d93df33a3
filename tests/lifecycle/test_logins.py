# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refused logins: three tries in 15 minutes over all runs and processes, remembered in the cluster without any secret."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import CRD, MANAGER
from ansible_collections.baremetal.generator.plugins.module_utils.managers import open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.stages import resolve as resolving
from tests.fixtures.site import rights
from tests.simulators.inventory import generate
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_central import UcsSystem
from tests.tools.places import ROOT, name_the_collection

from .world import World

PROCESSES = 8
RIGHT, WRONG = "ov-right-4Xw", "ov-wrong-9Qm"


@pytest.fixture
def oneview(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneViewSimulator]:
    """An appliance; the variables of the run have a wrong password for it."""
    monkeypatch.setattr(resolving, "open_managers", open_managers)
    with OneViewSimulator(generate("oneview", 12, prefix="hpe"), username="automation", password=RIGHT) as simulator:
        use(world, simulator, WRONG)
        yield simulator


def use(world: World, simulator: OneViewSimulator, password: str, **more: Any) -> None:
    manager = {"name": "OneView East", "type": "oneview", "url": simulator.url, "username": "automation", "password": password, "validate_certs": False}
    world.options.update(managers=[{**manager, **more}], manager_seconds=10.0)


def remembered(world: World) -> Any:
    (item,) = world.api.list(MANAGER)
    assert WRONG not in json.dumps(item) and RIGHT not in json.dumps(item) and "automation" not in json.dumps(item["spec"])
    return item


def new_one(world: World, simulator: OneViewSimulator, number: int) -> str:
    world.generator(f"g{number}", simulator.inventory.names[number])
    return f"g{number}"


def test_a_refused_login_is_tried_three_times_in_15_minutes_whatever_runs(world: World, oneview: OneViewSimulator) -> None:
    for number in range(6):
        name = new_one(world, oneview, number)
        world.resolve()
        assert (world.phase(name), world.condition("Resolved", name)["reason"]) == (names.FAILED, "LoginRefused")
        world.later(10)
    assert oneview.counters.failed_logins == 3
    message = world.status("g5")["message"]
    assert message.startswith("OneView East (http") and "refused the login of user 'automation' 3 times within 15 minutes" in message
    assert "not tried again before 20" in message and "-e generator_login_now=true" in message and "username and password" in message
    item = remembered(world)
    assert item["metadata"]["name"].startswith("oneview-east-") and item["spec"] == {"manager": "OneView East", "type": "oneview", "url": oneview.url}
    assert [one["refused"] for one in item["status"]["logins"]] == [True] * 3 and item["status"]["nextLoginAt"]
    assert "refused the login" in item["status"]["message"]
    world.later(900)
    new_one(world, oneview, 7)
    world.resolve()
    assert oneview.counters.failed_logins == 4 and "nextLoginAt" not in remembered(world)["status"]


def test_a_corrected_password_is_tried_at_once_and_helps_all_that_had_failed(world: World, oneview: OneViewSimulator) -> None:
    for number in range(4):
        new_one(world, oneview, number)
        world.resolve()
    assert oneview.counters.failed_logins == 3
    use(world, oneview, RIGHT)
    new_one(world, oneview, 4)
    world.resolve()
    assert {world.phase(f"g{number}") for number in range(5)} == {names.BUFFERED}, "nobody annotates them"
    assert oneview.counters.logins == 1 and not set(remembered(world)["status"]) & {"nextLoginAt", "message", "refusal"}
    use(world, oneview, WRONG)
    new_one(world, oneview, 5)
    world.resolve()
    assert oneview.counters.failed_logins == 3, "the old one is still not tried: another run may have it"


def test_a_password_that_stays_wrong_is_tried_by_itself_once_an_hour_and_no_more(world: World, oneview: OneViewSimulator) -> None:
    """An account that was locked may be unlocked by then. What is due meanwhile is told the same, without a login."""
    for number in range(3):
        new_one(world, oneview, number)
    world.resolve()
    assert oneview.counters.failed_logins == 1
    tries = []
    for _quarter in range(13):
        world.later(900)
        world.resolve()
        tries.append(oneview.counters.failed_logins - 1)
    assert tries == sorted(tries) and tries[2] == 0 and 2 <= tries[-1] <= 3
    assert {world.condition("Resolved", f"g{number}")["reason"] for number in range(3)} == {"LoginRefused"}
    oneview.password = WRONG                            # the account is mended, not the variables
    world.later(4000)
    world.resolve()
    assert {world.phase(f"g{number}") for number in range(3)} == {names.BUFFERED}


def test_retry_logs_in_with_what_was_refused(world: World, oneview: OneViewSimulator) -> None:
    """The account was mended, and the variables are as they were."""
    new_one(world, oneview, 1)
    world.resolve()
    world.resolve()
    assert oneview.counters.failed_logins == 1
    oneview.password = WRONG
    world.annotate("g1", retry="now")
    world.resolve()
    assert world.phase("g1") == names.BUFFERED


def test_a_person_may_have_it_tried_at_once_and_a_success_ends_the_pause(world: World, oneview: OneViewSimulator) -> None:
    for number in range(4):
        new_one(world, oneview, number)
        world.resolve()
    assert oneview.counters.failed_logins == 3
    oneview.password = WRONG
    world.resolve()
    assert world.condition("Resolved", "g3")["reason"] == "LoginRefused" and oneview.counters.logins == 0
    world.resolve(login_now=True)
    assert {world.phase(f"g{number}") for number in range(4)} == {names.BUFFERED}, "those that had failed for it are looked up too"
    status = remembered(world)["status"]
    assert not status["logins"] and "nextLoginAt" not in status and "message" not in status
    new_one(world, oneview, 5)
    world.resolve()
    assert world.phase("g5") == names.BUFFERED and oneview.counters.open_sessions == 0


def test_a_try_by_a_person_counts_too_when_it_is_refused(world: World, oneview: OneViewSimulator) -> None:
    new_one(world, oneview, 1)
    for _run in range(4):
        world.resolve(login_now=True)
    assert oneview.counters.failed_logins == 4 and len(remembered(world)["status"]["logins"]) == 4
    new_one(world, oneview, 2)
    world.resolve()
    assert oneview.counters.failed_logins == 4


def test_logins_that_go_well_leave_nothing_and_cost_two_writes(world: World, oneview: OneViewSimulator) -> None:
    use(world, oneview, RIGHT)
    for number in range(5):
        new_one(world, oneview, number)
        seen = world.api.simulator.requests if world.api.simulator else []          # a real one counts nothing
        before = len(seen)
        world.resolve()
        asked = [(one.method, one.path.partition("?")[0].rpartition("/")[2]) for one in seen[before:] if "baremetalhostmanagers" in one.path]
        made = [("POST", "baremetalhostmanagers")] if not number else []
        assert asked == [("GET", "baremetalhostmanagers"), *made, ("PUT", "status"), ("PUT", "status")] or not world.api.simulator
        assert remembered(world)["status"]["logins"] == []
    assert oneview.counters.logins == 5


def test_a_manager_that_is_away_is_no_refusal(world: World, oneview: OneViewSimulator) -> None:
    oneview.faults.add("unavailable", path="login-sessions")
    new_one(world, oneview, 1)
    for _run in range(5):
        world.options["manager_seconds"] = 0.5
        world.resolve()
        world.later(3600)
    assert world.condition("Resolved")["reason"] == "ManagerUnreachable" and remembered(world)["status"]["logins"] == []


def test_runs_that_were_killed_while_they_logged_in_fail_nobody_for_good(world: World, oneview: OneViewSimulator) -> None:
    use(world, oneview, RIGHT)
    new_one(world, oneview, 1)
    world.resolve()
    item = remembered(world)
    logins = [{"at": world.now().isoformat(), "actor": f"killed-{number}"} for number in range(3)]
    world.api.patch(MANAGER, None, item["metadata"]["name"], {"status": {"logins": logins}}, "status")
    world.later(120)
    new_one(world, oneview, 2)
    world.resolve()
    assert (world.phase("g2"), world.condition("Resolved", "g2")["reason"]) == (names.PROCESSING, "ManagerUnreachable")
    assert "how some of them ended is not known" in world.status("g2")["message"]
    world.later(900)
    world.resolve()
    assert world.phase("g2") == names.BUFFERED


def test_two_systems_of_one_name_do_not_pause_each_other(world: World, oneview: OneViewSimulator) -> None:
    for number in range(4):
        new_one(world, oneview, number)
        world.resolve()
    with OneViewSimulator(generate("oneview", 12, prefix="hpe"), username="automation", password=RIGHT) as other:
        use(world, other, RIGHT)
        new_one(world, other, 5)
        world.resolve()
        assert world.phase("g5") == names.BUFFERED and len(world.api.list(MANAGER)) == 2


@pytest.mark.parametrize("without", ["kind", "right to list", "right to write"])
def test_without_the_kind_or_a_right_logins_go_on_with_one_warning(world: World, oneview: OneViewSimulator, without: str) -> None:
    if without == "kind":
        world.api.delete(CRD, None, "baremetalhostmanagers.infra.example.com")
    else:
        kept = [rule for rule in rights() if not any("baremetalhostmanagers" in one for one in rule["resources"])]
        if without == "right to write":
            kept.append({"apiGroups": ["infra.example.com"], "resources": ["baremetalhostmanagers"], "verbs": ["get", "list", "create"]})
        token = world.api.user(kept).token
        world.options["kubeconfig"] = world.api.kubeconfig(f"{world.kubeconfig}-{without.replace(' ', '-')}", token)
    for number in range(5):
        new_one(world, oneview, number)
        warnings = world.resolve()["warnings"]
        assert len(warnings) == 1 and warnings[0].startswith("Refused logins cannot be remembered, so each run may try them again: "), warnings
        assert world.condition("Resolved", f"g{number}")["reason"] == "LoginRefused"
    assert oneview.counters.failed_logins == 5


def test_check_mode_logs_in_for_real_and_so_remembers_for_real(world: World, oneview: OneViewSimulator) -> None:
    new_one(world, oneview, 1)
    for _run in range(5):
        world.resolve(check=True)
    assert oneview.counters.failed_logins == 3 and world.status("g1") == {}
    assert len(remembered(world)["status"]["logins"]) == 3


@pytest.mark.parametrize("password", [WRONG, RIGHT])
def test_eight_processes_that_start_at_once(world: World, oneview: OneViewSimulator, password: str) -> None:
    """With a wrong password three of them try it; with the right one all find their server."""
    use(world, oneview, password)
    for number in range(6):
        new_one(world, oneview, number)
    options = {key: value for key, value in world._options({}).items() if key in (  # pylint: disable=protected-access
        "kubeconfig", "managers", "manager_seconds", "bmc_credentials")}
    options["manager_seconds"] = 30
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{name_the_collection()}"}
    runs = [subprocess.Popen([sys.executable, "-m", "tests.lifecycle.resolve_process"], cwd=ROOT, env=environment, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True) for _number in range(PROCESSES)]
    try:
        for run in runs:
            assert run.stdin and run.stdout
            run.stdin.write(json.dumps(options) + "\n")
            run.stdin.flush()
            assert run.stdout.readline() == "ready\n"
        for run in runs:
            assert run.stdin
            run.stdin.write("go\n")
            run.stdin.flush()
        results = [json.loads(run.communicate(timeout=120)[0]) for run in runs]
    finally:
        for run in runs:
            run.kill()
            run.wait()
    assert all(not result["failed"] and not result["warnings"] for result in results), results
    reasons = {world.condition("Resolved", f"g{number}")["reason"] for number in range(6)}
    if password == WRONG:
        assert oneview.counters.failed_logins == 3 and reasons == {"LoginRefused"}
        assert [one["refused"] for one in remembered(world)["status"]["logins"]] == [True] * 3
    else:
        assert reasons == {"Found"} and oneview.counters.failed_logins == 0 and remembered(world)["status"]["logins"] == []
        assert oneview.counters.open_sessions == 0


def test_a_refused_login_to_central_is_not_tried_again_for_the_account_on_its_domains(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of that account as long as nobody gets as far as a domain."""
    monkeypatch.setattr(resolving, "open_managers", open_managers)
    inventory = generate("ucs", 4, prefix="cisco")
    world.credentials["CISCO"] = ("bmc-user", "bmc-password")
    with UcsSystem(inventory, username="automation", password=RIGHT) as system:
        manager = {"name": "central", "type": "ucs", "url": system.url, "username": "automation", "password": WRONG, "validate_certs": False,
                   "domain_username": "automation", "domain_password": RIGHT}
        world.options.update(managers=[manager], manager_seconds=10.0)
        world.generator("g1", inventory.names[0])
        for _run in range(4):
            world.resolve()
        assert system.central.counters.failed_logins == 1 and world.condition("Resolved")["reason"] == "LoginRefused"
        world.options["managers"] = [{**manager, "password": RIGHT}]
        world.resolve()
        assert world.phase() == names.BUFFERED
