# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What YAML makes of a password: it arrives as it was meant, or one sentence says how to write it. Nothing of the variables is shown."""
from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import SECRET
from tests.fixtures.ansible import Run
from tests.fixtures.site import NAMESPACE, PASSWORDS, Site

pytestmark = pytest.mark.of_variables
VALUES = {"0123": "a number", "yes": "true or false", "12:30:45": "a number", "2024-01-01": "a date", "1_000": "a number", "1.5e+3": "a number"}
BESIDE = "beside-it-4Tn"
READ = "is no YAML that Ansible can read"


def run_with(site: Site, text: str, door: str = "action", playbook: str = "onboard", mode: int = 0o600, arguments: tuple[str, ...] = ("-vvvv",)) -> Run:
    """A playbook of ours with a file of variables that is written as a user would."""
    path = site.playbooks.folder / "managers.yml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return site.playbooks.run(f"baremetal.generator.{playbook}", None, door, arguments, {"GENERATOR_VARS": str(path)})


def managers(site: Site, **changed: str) -> str:
    """YAML of one manager; values are pasted as they are."""
    entry = {**{key: json.dumps(value) for key, value in site.manager("ome", site.ome).items()}, **changed}
    return "generator_managers:\n  - {" + ", ".join(f"{key}: {value}" for key, value in entry.items()) + "}\n"


def credentials(password: str, user: str = "root") -> str:
    """YAML of one vendor's credentials."""
    return f"generator_bmc_credentials: {{DELL: {{username: {user}, password: {password}}}}}\n"


def sentence(run: Run) -> str:
    """What it failed with, in one piece; nothing that stands beside the fault is printed."""
    assert run.rc != 0 and BESIDE not in run.output
    return " ".join(run.output.split())


@pytest.mark.parametrize(("value", "door"), [*((value, "action") for value in VALUES), ("0123", "module"), ("2024-01-01", "module")])
def test_a_password_of_a_manager_that_is_no_text_is_refused(site: Site, value: str, door: str) -> None:
    """As is every other text of it. On a date older releases show all managers, were they let."""
    run = run_with(site, managers(site, password=value) + credentials(BESIDE), door)
    assert f"password must be text, and YAML made {VALUES[value]} of it: put it in quotes." in sentence(run)
    assert "Manager 'ome'" in run.output or "generator_managers, entry 1 'ome'" in run.output
    assert site.ome.counters.logins == 0


@pytest.mark.parametrize(("password", "user", "value"), [("0123", "root", "0123"), (BESIDE, "yes", "yes"), ("2024-01-01", "root", "2024-01-01")])
def test_credentials_of_a_bmc_that_are_no_text_are_refused(site: Site, door: str, password: str, user: str, value: str) -> None:
    """Not only the password."""
    run = run_with(site, managers(site, password=BESIDE) + credentials(password, user), door)
    assert f" must be text, and YAML made {VALUES[value]} of it: put it in quotes." in sentence(run)
    assert "DELL" in run.output


def test_other_text_that_is_none_is_refused(site: Site) -> None:
    """A variable by itself, a profile, a login domain."""
    for text, place in (
        ("generator_api_key: 0123", "generator_api_key must be text"),
        ("generator_profiles: [{pattern: 012}]", "generator_profiles, entry 1: pattern must be text"),
        (f"{managers(site, name='010', password=BESIDE)}", "Manager 1: name must be text"),
    ):
        assert place in sentence(run_with(site, managers(site, password=BESIDE) + text if "managers" not in text else text))


def test_digits_in_quotes_arrive_as_they_are(site: Site, door: str) -> None:
    """The factory password of many BMCs is of digits only. So does what a platform hands on as JSON."""
    site.generator("first", {"serverName": "dell-node-03", "server_vendor": "DELL"})
    assert run_with(site, managers(site) + credentials('"00830142"'), door, arguments=()).rc == 0
    assert passwords(site) == {"dell-cred-dell-node-03": "00830142"}
    extra = json.dumps({"generator_managers": [site.manager("ome", site.ome)], "generator_bmc_credentials": {"DELL": {"username": "0", "password": "0099"}}})
    site.generator("second", {"serverName": "dell-node-04", "server_vendor": "DELL"})
    site.playbooks.run("baremetal.generator.onboard", None, door, ("-e", extra)).succeeded()
    assert passwords(site)["dell-cred-dell-node-04"] == "0099"


def passwords(site: Site) -> dict[str, str]:
    """What the Secrets hold."""
    secrets = {one["metadata"]["name"]: one["data"]["password"] for one in site.api.list(SECRET) if "-cred-" in one["metadata"]["name"]}
    return {name: base64.b64decode(password).decode() for name, password in secrets.items()}


PLACES = ("generator_managers, entry 1 'ome': password contains", "generator_bmc_credentials, DELL: password contains", "generator_api_key: contains")


@pytest.mark.parametrize(("place", "password"), [
    *((0, password) for password in ("a{{b", "a{#b#}c", "a{{ nobody_9Zk.b }}", "{{ 'a' }}")), *((1, password) for password in ("a{{ 7 }}c", "a{#b", "a{{b")),
    (2, "a{%c%}d"), (2, "{{ nobody_9Zk }}")])
def test_a_password_with_the_signs_of_a_template_is_refused_by_its_place(site: Site, place: int, password: str) -> None:
    """Older releases show every manager there, newer ones the line. The playbook refuses it, before either door."""
    quoted = json.dumps(f"{password}")
    text = (
        managers(site, password=quoted) + credentials(BESIDE), managers(site, password=BESIDE) + credentials(quoted),
        managers(site, password=BESIDE) + f"generator_api_key: {quoted}")[place]
    run = run_with(site, text)
    assert PLACES[place] in sentence(run) and "write it as !unsafe '...'" in sentence(run)
    assert password not in run.output


@pytest.mark.parametrize(("password", "door"), [*((one, "action") for one in ("a{{b", "a{{ 7 }}c", "a{#b#}c", "a{%c%}d", "{{ nobody }}")), ("a{{b", "module")])
def test_marked_as_it_stands_it_works(site: Site, password: str, door: str) -> None:
    """As the sentence says."""
    site.generator("first", {"serverName": "dell-node-03", "server_vendor": "DELL"})
    text = managers(site, username="!unsafe " + json.dumps(site.ome.username)) + credentials(f"!unsafe {json.dumps(password)}")
    run = run_with(site, text, door, arguments=())
    assert run.rc == 0, run.output
    assert passwords(site) == {"dell-cred-dell-node-03": password}


def test_templates_that_are_meant_go_on_working(site: Site, door: str) -> None:
    """A variable, one that refers to another, a lookup, and a part of a text."""
    site.generator("first", {"serverName": "dell-node-03", "server_vendor": "DELL"})
    text = yaml.safe_dump({
        "ome_password": site.ome.password, "all_managers": [{**site.manager("ome", site.ome), "password": "{{ ome_password }}"}],
        "generator_managers": "{{ all_managers }}", "part": "x",
        "generator_bmc_credentials": {"DELL": {"username": "{{ lookup('env', 'BMC_USER') }}", "password": "{{ part }}-{{ part }}"}}})
    site.playbooks.environment["BMC_USER"] = "from-there"
    run = run_with(site, text, door, arguments=())
    assert run.rc == 0, run.output
    assert passwords(site) == {"dell-cred-dell-node-03": "x-x"}


def test_a_variable_that_a_password_refers_to_must_be_text_too(site: Site, door: str) -> None:
    """Older releases would make a text of the number."""
    run = run_with(site, f"ome_password: 0123\n{managers(site, password=json.dumps('{{ ome_password }}'))}", door)
    assert "password must be text, and YAML made a number of it: put it in quotes." in sentence(run)


@pytest.mark.parametrize("written", ["@" + BESIDE, "%" + BESIDE, "*" + BESIDE, "'" + BESIDE, "!" + BESIDE + " x", "{" + BESIDE])
def test_a_file_that_is_no_yaml_shows_no_line_of_it(site: Site, written: str) -> None:
    """Passwords begin with all kinds of signs."""
    path = site.playbooks.folder / "managers.yml"
    said = sentence(run_with(site, f"generator_api_key: x\nother:\n  password: {written}\n"))
    assert f"{path} {READ} (line " in said and "put passwords and other text in quotes" in said


@pytest.mark.parametrize(("mode", "content", "warned"), [(0o644, "{a: b}", 1), (0o640, "{a: b}", 1), (0o600, "{a: b}", 0), (0o644, "{}", 0),
                                                         (0o644, "$ANSIBLE_VAULT;1.1;AES256\n6162", 0)])
def test_a_file_of_variables_that_others_may_read_is_warned_about_once(site: Site, mode: int, content: str, warned: int) -> None:
    """However many tasks there are."""
    run = run_with(site, content, playbook="reconcile", mode=mode, arguments=("--check",))
    path = site.playbooks.folder / "managers.yml"
    warning = f"Others on this machine may read {path}: run chmod 600 {path}."
    assert "".join(run.output.split()).count("".join(warning.split())) == warned         # lines are broken anywhere


MISSPELT: list[tuple[str, Mapping[str, Any]]] = [
    ("generator_resolve", {"managers": [{"name": "a", "type": "ome", "url": "x", "username": "u", "passwort": BESIDE}]}),
    ("generator_resolve", {"managers": f"name=a type=ome url=x username=u password={BESIDE}"}),
    ("generator_resolve", {"managers": [], "pasword": BESIDE}),
    ("generator_resolve", {"managers": [], "profiles": [{"pattern": "a", "bmc_password": BESIDE}]}),
    ("buffer_admit", {"bmc_credentials": [{"name": "HP", "login": {"username": "root", "pass": BESIDE}}]}),
    ("ome_server_info", {"url": "https://127.0.0.1:1", "username": "u", "pass": BESIDE, "names": ["a"]}),
    ("ome_server_info", {"url": f"https://u:{BESIDE}@127.0.0.1:1", "username": "u", "password": "x", "names": ["a"]}),
    ("ome_server_info", {"url": "https://127.0.0.1:1", "username": "u", "password": "x", "names": ["a"], "proxy": f"http://u:{BESIDE}@127.0.0.1:1"}),
    ("bmc_secret", {"secrets": [{"namespace": NAMESPACE, "name": "x", "username": "u", "passwort": BESIDE}]}),
]


def test_a_secret_in_the_wrong_place_is_shown_at_no_verbosity(site: Site, door: str) -> None:
    """Neither in a sentence nor as what the module was called with."""
    tasks: list[Mapping[str, Any]] = []
    for module, options in MISSPELT:
        tasks += [
            {f"baremetal.generator.{module}": dict(options), "register": "found", "ignore_errors": True}, {"ansible.builtin.debug": {"var": "found"}}]
    run = site.run(tasks, door, "-vvvv", "--diff").succeeded()
    assert len(run.tasks) == 2 * len(MISSPELT)
    told = [line for line in run.output.splitlines() if BESIDE in line]
    assert not told, told


def test_a_secret_of_a_bmc_must_be_text(site: Site) -> None:
    """A date arrives as it is written, for all that."""
    tasks = [{
        "baremetal.generator.bmc_secret": {"secrets": [
            {"namespace": NAMESPACE, "name": f"x{number}", "username": "root", "password": yaml.safe_load(value)}]}, "ignore_errors": True}
        for number, value in enumerate(VALUES)]
    run = site.run(tasks, "module").succeeded()
    for number, ((value, kind), task) in enumerate(zip(VALUES.items(), run.tasks, strict=True)):
        said = f"Secret 'x{number}': password must be text, and YAML made {kind} of it: put it in quotes."
        assert (task.outcome == "ok") if kind == "a date" else (said in task.result["msg"]), (value, task)


def test_the_difference_of_a_secret_shows_nothing_that_kubectl_wrote_down(site: Site) -> None:
    """last-applied-configuration quotes the whole Secret."""
    site.api.apply({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": NAMESPACE, "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"stringData": {"password": BESIDE}})}},
        "data": {"username": "cm9vdA==", "password": "b2xk"}})
    secrets = [{"namespace": NAMESPACE, "name": "x", "username": "root", "password": PASSWORDS["HP"]}]
    tasks = [{"baremetal.generator.bmc_secret": {"secrets": secrets, "kubeconfig": site.admin_kubeconfig}}]
    run = site.run(tasks, "action", "--diff", "-vvvv").succeeded()
    assert BESIDE not in run.output and "(hidden, changed)" in run.output
    assert not list(Path(site.playbooks.folder).rglob("AnsiballZ*"))
