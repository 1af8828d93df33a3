# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The four modules that ask managers, run by real ansible-playbook against simulated systems with TLS."""
from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.ansible import Playbooks, Task, read_tasks
from tests.simulators.certificates import Authority, authority, self_signed
from tests.simulators.inventory import SimServer, generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.serving import LoginPageSimulator, closed_port
from tests.simulators.ucs_central import UcsSystem
from tests.waiting import until

Json = dict[str, Any]
PASSWORD = "q9-vendor-pa55"


class Systems:
    """One of each vendor, with certificates of one authority."""

    def __init__(self, certificates: Authority, stack: ExitStack) -> None:
        self.certificates = certificates
        files = certificates.issue()
        self.oneview = stack.enter_context(OneViewSimulator(generate("oneview", 12, odd=True), certificate=files, password=PASSWORD))
        self.ome = stack.enter_context(OmeSimulator(generate("ome", 12, odd=True), certificate=files, password=PASSWORD))
        self.ucs = stack.enter_context(UcsSystem(generate("ucs", 12, odd=True), certificate=files, password=PASSWORD))

    @property
    def everything(self) -> list[Any]:
        return [self.oneview, self.ome, *self.ucs.all]

    @property
    def open_sessions(self) -> int:
        return sum(one.counters.open_sessions for one in self.everything)

    def connection(self, simulator: Any, **more: Any) -> Json:
        return {"url": simulator.url, "username": simulator.username, "password": simulator.password, "ca_path": str(self.certificates.ca_pem_path), **more}

    @property
    def managers(self) -> list[Json]:
        return [
            {"name": "east", "type": "oneview", **self.connection(self.oneview)},
            {"name": "ome", "type": "ome", **self.connection(self.ome)},
            {"name": "ucs", "type": "ucs", **self.connection(self.ucs.central)},
        ]


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Systems]:
    """One system of each vendor."""
    with ExitStack() as stack:
        yield Systems(authority(tmp_path / "ca"), stack)


def task(module: str, **options: Any) -> Json:
    return {"name": f"Ask {module}", f"baremetal.generator.{module}": options, "ignore_errors": True}


def results(playbooks: Playbooks, *tasks: Json, **options: Any) -> list[Task]:
    run = playbooks.run(tasks, **options).succeeded()
    assert PASSWORD not in run.output
    assert len(run.tasks) == len(tasks), run.output
    return run.tasks


def assert_true(shown: Json, expected: SimServer, manager: str) -> None:
    assert (shown["name"], shown["vendor"], shown["manager"], shown["bmc_address"], shown["boot_mac"], shown["serial"], shown["model"]) == (
        expected.name, expected.vendor, manager, expected.bmc_address, expected.boot_mac, expected.serial, expected.model)
    assert [nic["mac"] for nic in shown["nics"]] == list(expected.nics)
    assert shown["nics"][shown["mac_index"]]["mac"] == shown["boot_mac"]
    assert set(shown) == {"name", "vendor", "manager", "bmc_address", "serial", "model", "boot_mac", "nic_name", "mac_index", "why", "nics"}
    assert set(shown["nics"][0]) == {"mac", "name", "location", "link", "virtual", "boot", "bootable"}


def test_servers_of_all_vendors_are_found_at_once_wherever_they_are(playbooks: Playbooks, systems: Systems) -> None:
    inventories = {"east": systems.oneview.inventory, "ome": systems.ome.inventory, "ucs": systems.ucs.inventory}
    names = [server.name for inventory in inventories.values() for server in inventory.servers]
    [asked] = results(playbooks, task("server_info", managers=systems.managers, names=[*names, "nobody"]), arguments=["-vvvv", "--diff"])
    assert (asked.outcome, asked.result["changed"]) == ("ok", False)
    for manager, inventory in inventories.items():
        for server in inventory.servers:
            if server.outcome == "Server":
                assert_true(asked.result["servers"][server.name], server, manager)
            else:
                assert asked.result["reasons"][server.name]["reason"] == server.outcome
    assert asked.result["reasons"]["nobody"] == {
        "reason": "NotFound", "message": "No manager knows a server named 'nobody' (asked: east, ome, ucs); correct the name, or create the server."}
    assert len(asked.result["servers"]) + len(asked.result["reasons"]) == len(names) + 1
    assert systems.open_sessions == 0
    assert all(one.counters.logins <= 1 for one in systems.everything)


def test_each_vendors_own_module_with_options_and_with_the_environment(playbooks: Playbooks, systems: Systems) -> None:
    asked = results(
        playbooks,
        task("oneview_server_info", names=[systems.oneview.inventory.names[0]], **systems.connection(systems.oneview)),
        task("ome_server_info", names=[systems.ome.inventory.names[0]], **systems.connection(systems.ome)),
        task("ucs_server_info", names=[systems.ucs.inventory.names[0]], **systems.connection(systems.ucs.central)),
        task("oneview_server_info", names=[systems.oneview.inventory.names[1]], ca_path=str(systems.certificates.ca_pem_path)),
        environment={"ONEVIEW_IP": systems.oneview.url.removeprefix("https://"), "ONEVIEW_USERNAME": "admin", "ONEVIEW_PASSWORD": PASSWORD},
        arguments=["--check"],
    )
    for one, inventory, at, manager in zip(asked, [systems.oneview.inventory, systems.ome.inventory, systems.ucs.inventory, systems.oneview.inventory],
                                           [0, 0, 0, 1], ["oneview", "ome", "ucs", "oneview"]):
        name = inventory.names[at]
        assert_true(one.result["servers"][name], inventory[name], manager)
        assert (one.result["changed"], one.result["reasons"]) == (False, {})
    assert systems.open_sessions == 0


def test_a_port_can_be_chosen_and_the_answer_says_why_it_was_this_one(playbooks: Playbooks, systems: Systems) -> None:
    name = systems.ome.inventory.names[0]
    last, too_high, boots = results(
        playbooks,
        task("ome_server_info", names=[name], mac_index="last", nic_name="ens8f0np0", **systems.connection(systems.ome)),
        task("ome_server_info", names=[name], mac_index="99", **systems.connection(systems.ome)),
        task("ome_server_info", names=[name], **systems.connection(systems.ome)))
    shown = last.result["servers"][name]
    macs = systems.ome.inventory[name].nics
    assert (shown["boot_mac"], shown["nic_name"], shown["mac_index"], shown["why"]) == (macs[-1], "ens8f0np0", len(macs) - 1, "chosen by macIndex last")
    assert too_high.result["reasons"][name] == {
        "reason": "InvalidSpec", "message": f"macIndex 99 is too high: the server has {len(macs)} network ports, counted from 0; correct it."}
    assert boots.result["servers"][name]["why"] == "the first network port"


def test_what_cannot_be_used_ends_in_one_sentence(playbooks: Playbooks, systems: Systems) -> None:
    east = systems.managers[0]
    cases: list[tuple[Json, str]] = [
        ({"managers": []}, "No managers are given; list at least one, with name, type, url, username and password."),
        ({"managers": [east, {**east, "type": "ome"}]}, "Two managers are named 'east'; give each a name of its own."),
        ({"managers": [{**east, "type": "idrac"}]}, "value of type must be one of: oneview, ome, ucs, ucsm, got: idrac found in managers"),
        ({"managers": [{**east, "pasword": "x"}]}, "Unsupported parameters for (baremetal.generator.server_info) module: managers.pasword."),
        ({"managers": [{**east, "domains": {"a": "b"}}]},
         "Manager 'east': domains is no option of type oneview; the options are api_version, ca_path, login_domain, name, password, proxy, type, url, "
         "username, validate_certs."),
        ({"managers": [{**east, "url": "ftp://x"}]}, "Manager 'east': its url cannot be read; write https://host or https://host:port."),
        ({"managers": [{**east, "url": "http://x"}]},
         "Manager 'east': http:// would send the password unprotected; use https://, or set validate_certs to false."),
        ({"managers": [{**east, "ca_path": "/nowhere/ca.pem"}]},
         "Manager 'east': ca_path '/nowhere/ca.pem' is no readable file of certificates (PEM); correct it."),
        ({"managers": [east], "vendor": "IBM"}, "value of vendor must be one of: HP, DELL, CISCO, got: IBM"),
    ]
    for one, (_options, sentence) in zip(results(playbooks, *(task("server_info", names=["n1"], **options) for options, _sentence in cases)), cases):
        assert one.outcome == "failed" and one.result["msg"].startswith(sentence), one.result["msg"]
    assert all(one.counters.requests == 0 for one in systems.everything)


def test_managers_that_cannot_be_asked_and_names_that_cannot_be_are_reasons(playbooks: Playbooks, systems: Systems, tmp_path: Path) -> None:
    east = systems.connection(systems.oneview)
    dell = systems.connection(systems.ome)
    with ExitStack() as stack:
        stranger = stack.enter_context(OneViewSimulator(certificate=self_signed(tmp_path / "self"), password=PASSWORD))
        elsewhere = stack.enter_context(OmeSimulator(certificate=systems.certificates.wrong_host(), password=PASSWORD))
        page = stack.enter_context(LoginPageSimulator(certificate=systems.certificates.issue()))
        nobody = stack.enter_context(closed_port())
        nobody = f"https://{nobody.rpartition('/')[2]}"
        cases: list[tuple[Json, str, str]] = [
            (task("oneview_server_info", names=["n1"], **{**east, "password": "wrong-one"}), "LoginRefused",
             f"oneview ({systems.oneview.url}) refused the login of user 'admin': Invalid username or password or directory; correct username, password or "
             "login_domain of this manager."),
            (task("ome_server_info", names=["n1"], **{**dell, "password": "wrong-one"}), "LoginRefused",
             f"ome ({systems.ome.url}) refused the login of user 'admin': Unable to process the request because an error occurred; correct username and "
             "password of this manager."),
            (task("ucs_server_info", names=["n1"], **systems.connection(systems.ucs.central, password="wrong-one")), "LoginRefused",
             f"ucs ({systems.ucs.url}) refused the login of user 'admin': Authentication failed (code 551); correct username and password of this manager."),
            (task("oneview_server_info", names=["n1"], **{**east, "url": stranger.url}), "ManagerUnreachable",
             f"oneview ({stranger.url}) shows a certificate that is not trusted (self-signed certificate); set ca_path to the file of the CA that signed it."),
            (task("ome_server_info", names=["n1"], **{**dell, "url": elsewhere.url}), "ManagerUnreachable",
             f"ome ({elsewhere.url}) shows a certificate that is made for another host; use the name that stands in it as url, or get it a certificate for "
             "this one."),
            (task("oneview_server_info", names=["n1"], **{**east, "url": nobody}), "ManagerUnreachable",
             f"oneview ({nobody}) cannot be reached: Connection refused; check its url, and that it runs."),
            (task("oneview_server_info", names=["n1"], **{**east, "url": page.url}), "InvalidAnswer",
             f"oneview ({page.url}) answered with an HTML page instead of JSON (HTTP 200); check that url and type name the right system."),
            (task("ucs_server_info", names=["n1"], **{**east, "url": page.url}), "InvalidAnswer",
             f"ucs ({page.url}) answered with an HTML page instead of XML (HTTP 200); check that url and type name the right system."),
            (task("server_info", managers=[systems.managers[0]], vendor="DELL", names=["n1"]), "NotFound",
             "No manager of vendor DELL is given, so nobody can be asked for 'n1'; add one to the managers."),
            (task("oneview_server_info", names=["n\n1"], **east), "InvalidSpec",
             "The server name 'n\\n1' contains characters that cannot be printed; write it as the manager shows it."),
            (task("oneview_server_info", names=["n'1"], **east), "NotFound",
             f"oneview ({systems.oneview.url}) knows no server named \"n'1\"; correct the name, or create the server there."),
            (task("oneview_server_info", names=["x" * 300], **east), "InvalidSpec",
             f"The server name {'x' * 40 + '...'!r} has 300 characters, and 255 are the most; write it as the manager shows it."),
            (task("oneview_server_info", names=["hpe-node-.*"], **east), "NotFound",
             f"oneview ({systems.oneview.url}) knows no server named 'hpe-node-.*'; correct the name, or create the server there."),
        ]
        asked = results(playbooks, *(one for one, _reason, _sentence in cases))
        for one, (_task, reason, sentence) in zip(asked, cases):
            [said] = one.result["reasons"].values()
            assert (one.outcome, said) == ("ok", {"reason": reason, "message": sentence})
    assert systems.open_sessions == 0


def test_a_certificate_need_not_be_trusted_when_the_user_says_so(playbooks: Playbooks, systems: Systems, tmp_path: Path) -> None:
    with OneViewSimulator(generate("oneview", 1), certificate=self_signed(tmp_path / "self"), password=PASSWORD) as stranger:
        trusting = {**systems.connection(stranger), "ca_path": None, "validate_certs": False}
        [asked] = results(
            playbooks, task("oneview_server_info", names=stranger.inventory.names, **trusting),
            environment={"REQUESTS_CA_BUNDLE": str(systems.certificates.ca_pem_path)})
        assert list(asked.result["servers"]) == stranger.inventory.names


def test_a_dead_manager_costs_its_own_servers_only(playbooks: Playbooks, systems: Systems) -> None:
    systems.ome.faults.add("hang")
    names = [systems.oneview.inventory.names[0], systems.ucs.inventory.names[0], systems.ome.inventory.names[0]]
    vendors = {"HP": names[0], "CISCO": names[1], "DELL": names[2]}
    asked = results(playbooks, *(
        task("server_info", managers=systems.managers, vendor=vendor, names=[name], manager_seconds=1.0) for vendor, name in vendors.items()))
    assert [list(one.result["servers"]) for one in asked] == [[names[0]], [names[1]], []]
    assert asked[2].result["reasons"][names[2]] == {
        "reason": "ManagerUnreachable", "message": f"ome ({systems.ome.url}) did not answer within 1 s; it is asked again later."}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_module_that_is_stopped_logs_out_first(playbooks: Playbooks, systems: Systems, number: signal.Signals) -> None:
    systems.oneview.faults.add("slow", path="server-profiles", seconds=30)
    systems.ome.faults.add("slow", path="Profiles", seconds=30)
    command, environment, record = playbooks.prepare(
        [task("server_info", managers=systems.managers[:2], names=["n1"], manager_seconds=60.0)])
    with subprocess.Popen(command, env=environment, cwd=playbooks.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        until(lambda: systems.open_sessions == 2, 30, "both sessions open")
        [module] = [one for one in psutil.Process(running.pid).children(recursive=True) if not one.children()]
        module.send_signal(number)
        until(lambda: systems.open_sessions == 0, 10, "both sessions closed")
        running.communicate(timeout=20)
    assert [one.outcome for one in read_tasks(record)] == ["failed"]
