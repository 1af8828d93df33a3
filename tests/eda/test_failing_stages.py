# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under the real ansible-rulebook: the file of variables by any name, one that is not there, and playbooks that end with an error."""
from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from ansible_collections.baremetal.generator.plugins.module_utils import announcing
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR

from tests.eda.test_line import free_port
from tests.fixtures.rulebook import BIN, Rulebook, variables_file
from tests.fixtures.site import NAMESPACE, Site
from tests.waiting import until

ARRIVES = 40.0


@pytest.fixture(name="line")
def line_fixture(site: Site, rulebook: Rulebook) -> Rulebook:
    """The rulebook with the site's cluster; GENERATOR_VARS is the tests' own matter."""
    rulebook.environment["K8S_AUTH_KUBECONFIG"] = site.kubeconfig
    return rulebook


def healthz(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


@pytest.mark.parametrize("named", ["/nowhere/managers.yml", "managers.yml", "~/managers.yml"])
def test_variables_that_are_no_file_end_the_rulebook_at_its_start(line: Rulebook, named: str) -> None:
    """With one sentence, before any playbook is started."""
    line.environment.update({"GENERATOR_VARS": named, "HOME": str(line.folder)})
    where = named if named.startswith("/") else str(line.folder / "managers.yml")
    line.start(wait=False)
    assert line.ended() == 1
    assert f"GENERATOR_VARS names {where}, which is no file that can be read: correct it, or make that file" in line.output
    assert line.starts == [] and line.alive() == []


@pytest.mark.parametrize("named", ["managers.yml", "~/managers.yml"])
def test_variables_may_be_named_from_where_the_rulebook_stands_or_from_home(site: Site, line: Rulebook, named: str) -> None:
    """Its playbooks run in a temporary folder."""
    Path(variables_file(line.folder, site.variables)).rename(line.folder / "managers.yml")
    line.environment.update({"GENERATOR_VARS": named, "HOME": str(line.folder)})
    site.generator("first", {"serverName": "hpe-node-01"})
    line.start()
    until(lambda: site.status("first").get("phase") == "Completed", ARRIVES, "the generator is Completed")
    assert line.stop() == 0, line.output


def test_new_work_does_not_wait_for_a_retry_that_moves_nothing(site: Site, line: Rulebook) -> None:
    """`kubectl annotate bmhgen --all retry=now`, Completed ones among them; a hundred of them within 30 s start four playbooks at most."""
    line.environment["GENERATOR_VARS"] = variables_file(line.folder, site.variables)
    names = [f"first-{number}" for number in range(5)]
    for number, name in enumerate(names):
        site.generator(name, {"serverName": f"hpe-node-{number + 1:02d}"} if number < 3 else {"serverName": f"unknown-{number}"})
    line.start()
    until(lambda: [site.status(name).get("phase") for name in names] == ["Completed"] * 3 + ["Failed"] * 2, ARRIVES, "three are Completed and two Failed")
    until(lambda: not any(buffer["status"].get("reservations") for buffer in site.api.list(BUFFER)), ARRIVES, "the line is at rest")
    starts, begin = len(line.starts), time.monotonic()
    for number in range(100):
        site.api.patch(GENERATOR, NAMESPACE, names[number % 5], {"metadata": {"annotations": {"retry": f"r{number}"}}})
        until(lambda at=begin + 0.3 * (number + 1): time.monotonic() >= at, 5, "a third of a second is over")
    until(lambda: time.monotonic() - begin >= 30 + announcing.RETRY_GAP, 30, "the last of them is announced")
    assert 1 <= len(line.starts) - starts <= 4, line.output
    asked = time.monotonic()
    site.generator("new", {"serverName": "hpe-node-04"})
    until(lambda: site.status("new").get("phase") == "Completed", ARRIVES, "the new one is Completed")
    assert time.monotonic() - asked < 15, "idle it takes two seconds, on a busy machine a few more"
    assert line.stop() == 0, line.output


def test_a_missing_vault_password_turns_health_red_and_the_password_turns_it_green(site: Site, line: Rulebook, tmp_path: Path) -> None:
    """The playbooks fail before a task; nothing but the health says so, and new work is announced all the same."""
    password, port = tmp_path / "password", free_port()
    password.write_text("vault-password", encoding="utf-8")
    path = variables_file(line.folder, site.variables)
    subprocess.run([str(BIN / "ansible-vault"), "encrypt", "--vault-password-file", str(password), path], check=True, capture_output=True,
                   env={**line.environment})
    line.environment["GENERATOR_VARS"] = path
    line.variables.update(generator_retry_seconds=3, generator_health_host="127.0.0.1", generator_health_port=port)
    line.start()
    assert healthz(port) == (200, "ok\n")
    site.generator("first", {"serverName": "hpe-node-01"})
    until(lambda: healthz(port)[0] == 503, ARRIVES, "/healthz is red")
    status, text = healthz(port)
    assert status == 503 and len(text.splitlines()) == 1, text
    assert "source generators: work was announced three times (1 to resolve), and no run of its playbook has touched any" in text
    until(lambda: line.health()["ok"] is False, 15, "the heartbeat says so as well")
    starts = len(line.starts)
    site.generator("second", {"serverName": "hpe-node-02"})
    until(lambda: len(line.starts) > starts, 12, "new work is announced nevertheless")
    Path(path).write_text(yaml.safe_dump(site.variables), encoding="utf-8")
    until(lambda: healthz(port) == (200, "ok\n"), ARRIVES, "/healthz is green again")
    until(lambda: {site.status(name).get("phase") for name in ("first", "second")} == {"Completed"}, ARRIVES, "both are Completed")
    site.api.delete(GENERATOR, NAMESPACE, "second")
    until(lambda: "second" not in {one["metadata"]["name"] for one in site.api.list(GENERATOR)}, ARRIVES, "the deleted one is gone")
    assert line.stop() == 0, line.output
    assert line.alive() == [] and line.left_in_tmp() == []
