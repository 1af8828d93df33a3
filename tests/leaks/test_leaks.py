# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""0 hits: through all playbooks and the rulebook, at the highest verbosity, whatever goes wrong, on the oldest and the newest ansible-core."""
from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.release import __version__
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import SECRET
from tests.cluster.binaries import in_ci
from tests.fixtures.rulebook import Rulebook, variables_file
from tests.fixtures.site import Site
from tests.simulators.inventory import generate
from tests.simulators.ucs_central import UcsSystem
from tests.tools.places import OLD_CORE_VENV
from tests.waiting import until

from .scene import MARKERS, UCS, Case, Scene, here
from .searching import Searcher, forms

CORES = {"newest": here(), "2.16": OLD_CORE_VENV}
CHECKED = ("-vvvv", "--check", "--diff")
MOST_CALLS = 30


@pytest.fixture(params=[(core, door) for core in CORES for door in ("action", "module")], ids="-".join)
def scene(request: pytest.FixtureRequest, site: Site) -> Iterator[Scene]:
    """A world for one core and one door."""
    core, door = request.param
    if not (CORES[core] / "bin" / "ansible-playbook").exists():
        (pytest.fail if in_ci() else pytest.skip)(f"ansible-core {core} is not installed: make test ONLY=leaks installs it")
    with UcsSystem(generate("ucs", 3), certificate=site.certificates.issue(), username="automation", domain_username="domains", **UCS) as ucs:
        yield Scene(site, ucs, CORES[core], door)


def ordinary(scene: Scene) -> list[Case]:
    """Every playbook, in check mode and in earnest."""
    folder = scene.site.playbooks.folder
    word, other = folder / "vault-word", folder / "other-word"
    word.write_text(MARKERS["vault password"], encoding="utf-8")
    other.write_text("not-that-word", encoding="utf-8")
    return [
        Case("onboard", CHECKED), Case("onboard"), Case("reconcile", CHECKED), Case("reconcile"), Case("buffer_check"), Case("install", CHECKED),
        Case("remove", CHECKED), Case("reconcile", environment={"ANSIBLE_VAULT_PASSWORD_FILE": str(word)}),
        Case("onboard", text=f"generator_api_key: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  {b'torn'.hex()}\n",
             environment={"ANSIBLE_VAULT_PASSWORD_FILE": str(other)}),
    ]


def wrongly_written(scene: Scene) -> list[Case]:
    """Files of variables and kubeconfigs with mistakes."""
    secret, folder = MARKERS["misspelt password"], scene.site.playbooks.folder
    bad = folder / "bad-kubeconfig"
    user = {"token": MARKERS["token of another"], "client-key-data": MARKERS["client key"]}
    bad.write_text(yaml.safe_dump({"users": [{"user": user}], "contexts": None, "clusters": [None], "current-context": "x"}), encoding="utf-8")
    torn = folder / "torn-kubeconfig"
    torn.write_text(f"users:\n- user: {{token: {MARKERS['token of another']}\n  x: @", encoding="utf-8")
    proxy = f"http://me:{MARKERS['password of a proxy']}@127.0.0.1:1"
    credentials = scene.variables["generator_bmc_credentials"]
    return share(scene, [
        *(Case(variables={"generator_managers": scene.manager(**{"password": None, key: secret})}) for key in ("passwort", "pass", "pasword", "bmc_password")),
        Case("buffer_check", variables={"generator_bmc_credentials": {**credentials, "HP": {"username": "root", "passwort": secret}}}),
        Case("buffer_check", variables={"generator_bmc_credentials": {**credentials, "HP": secret}}),
        Case("buffer_check", variables={"generator_bmc_credentials": [secret]}),
        Case("buffer_check", variables={"generator_profiles": [{"pattern": "a", "password": secret}]}),
        Case(variables={"generator_managers": scene.manager()[0]}),
        Case(variables={"generator_managers": f"password={secret}"}),
        Case(variables={"generator_managers": scene.manager(url=f"https://me:{MARKERS['password of a proxy']}@127.0.0.1:1")}),
        Case(variables={"generator_managers": scene.manager(proxy=proxy)}),
        Case(variables={"generator_managers": scene.manager(proxy=f"http://me:{secret}@127.0.0.1:1")}),
        Case("buffer_check", variables={"generator_kubeconfig": "", "generator_host": f"https://me:{secret}@127.0.0.1:1", "generator_api_key": "x"}),
        Case(variables={"generator_managers": scene.manager(password=MARKERS["template"])}),
        Case("reconcile", variables={"generator_bmc_credentials": {**credentials, "HP": {"username": "root", "password": MARKERS["template"]}}}),
        Case(text=f"another: @{secret}\n"), Case(text=f"another: !{secret} x\n"), Case(text=f"another: *{secret}\n"),
        Case(text="a_date: 2024-01-01\n", variables={"generator_managers": scene.manager(login_domain="{{ a_date }}")}),
        Case("buffer_check", variables={"generator_kubeconfig": str(bad)}), Case("remove", variables={"generator_kubeconfig": str(torn)}),
        Case("buffer_check", variables={"generator_kubeconfig": "", "generator_host": scene.site.api.url, "generator_api_key": MARKERS["token of another"]}),
    ], on_old_core=4)


def going_wrong(scene: Scene) -> list[Case]:
    """Managers with faults, and runs that are killed: at a login, and at calls of the API."""
    calls = range(0, MOST_CALLS, max(1, MOST_CALLS // int(os.environ.get("N") or 4)))
    return share(scene, [
        *(Case(fault=fault) for fault in ("wrong_password", "server_error", "html", "garbage", "truncated", "forbidden", "the password comes back")),
        Case(fault="killed at a login"), *(Case("reconcile", fault=f"killed at call {call}") for call in calls), Case("reconcile"),
    ], on_old_core=4)


def share(scene: Scene, cases: list[Case], on_old_core: int = 2) -> list[Case]:
    """Those that go through this door: each goes through one of the two, with N through both. on_old_core: every how manieth goes there."""
    step = on_old_core if __version__.startswith("2.16.") else 2
    return cases if os.environ.get("N") else cases[scene.door == "module"::step]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("cases", [ordinary, wrongly_written, going_wrong])
def test_nothing_shows_a_secret(scene: Scene, cases: Any, record_property: Any) -> None:
    """Output, results, files left behind, processes, and all that was ever written to the cluster but Secrets."""
    hits = [hit for case in cases(scene) for hit in scene.run(case)]
    record_property("leaks", (scene.runs, scene.searcher.secrets, len(hits)))
    assert hits == []
    if cases is ordinary:                       # where they belong they are
        kept = {base64.b64decode(one["data"]["password"]).decode() for one in scene.site.api.list(SECRET) if "-cred-" in one["metadata"]["name"]}
        assert kept == {MARKERS[f"password of {whose}"] for whose in ("HP", "DELL", "CISCO", "a profile's BMCs")}


@pytest.mark.timeout(300)
def test_the_rulebook_shows_no_secret(site: Site, rulebook: Rulebook, record_property: Any) -> None:
    """At its highest verbosity, all events printed; stopped in an orderly way, and killed."""
    searcher = Searcher({**MARKERS, "token": site.login.token})
    rulebook.environment.update(K8S_AUTH_KUBECONFIG=site.kubeconfig, GENERATOR_VARS=variables_file(rulebook.folder, site.variables), ANSIBLE_VERBOSITY="4")
    for number, end in enumerate((rulebook.stop, rulebook.kill), start=1):
        site.generator(f"hp-{number}", {"serverName": f"hpe-node-0{number}"})
        rulebook.start("baremetal.generator.generators", "-vv", "--print-events")
        until(lambda number=number: (site.status(f"hp-{number}") or {}).get("phase") == "Completed", 60, "its host is there")
        seen = "\n".join("\0".join([*one.cmdline(), *map(str, one.environ().items())]) for one in rulebook.alive())
        hits = list(searcher.hits("a command line or environment", seen))
        end()
    hits += searcher.hits_in_files([rulebook.folder], [rulebook.folder / "generator-vars.yml"])
    hits += searcher.hits("the cluster", "\n".join(change.last.text for change in site.api.simulator.history if change.last.object["kind"] != "Secret"))
    record_property("leaks", (2, searcher.secrets, len(hits)))
    assert hits == []


def test_a_leak_is_found_wherever_it_is(scene: Scene) -> None:
    """Planted in what is printed, in a file that is left, in an object, and in a command line."""
    secret = MARKERS["password of HP"]
    clean = Case("buffer_check", ("--check",))
    assert scene.run(clean) == []
    told = scene.run(Case("buffer_check", ("--check", "-e", f"shown={secret}")))
    assert any("a command line" in hit for hit in told)
    (scene.left / "forgotten").write_text(secret, encoding="utf-8")
    assert any("forgotten" in hit for hit in scene.run(clean))
    (scene.left / "forgotten").unlink()
    scene.site.generator("told", {"serverName": "hpe-node-05"}, annotations={"note": secret})
    assert any("the cluster" in hit for hit in scene.run(clean))
    assert "Let in whom there is room for" in scene.printed()
    (Path(scene.site.playbooks.folder) / f"run-{scene.runs}" / "output").write_text(f"x{secret}", encoding="utf-8")
    assert list(scene.searcher.hits("it", scene.printed())) == ["password of HP in it"]


@pytest.mark.parametrize("secret", MARKERS.values())
def test_a_secret_is_found_in_every_form(secret: str) -> None:
    """Also within a longer text in base64."""
    searcher = Searcher({"it": secret})
    for before in ("", "a", "ab", "abc", "user:"):
        assert list(searcher.hits("there", b"..." + base64.b64encode(f"{before}{secret}/more".encode()) + b"..."))
    assert all(list(searcher.hits("there", form)) for form in forms(secret))
    assert not list(searcher.hits("there", secret[:-1]))
