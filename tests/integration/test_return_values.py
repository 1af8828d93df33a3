# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of what modules return is true: for every module, through ansible-playbook, and for every word that a stage says."""
from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from tests.fixtures.documented import differences, documented, samples
from tests.fixtures.site import BMC_USER, NAMESPACE, PASSWORDS, Site
from tests.simulators.inventory import generate
from tests.simulators.ucs_central import UcsSystem
from tests.tools.places import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")
FILES = ROOT / "roles" / "install" / "files"
STAGES = ("generator_resolve", "buffer_admit", "generator_remove")


@pytest.mark.parametrize("module", MODULES)
def test_samples_are_what_they_are_samples_of(module: str) -> None:
    """Every key has one, of its type."""
    assert list(samples(documented(module))) == []


def task(module: str, **options: Any) -> dict[str, Any]:
    """One call of a module of ours."""
    return {"name": module, f"baremetal.generator.{module}": options}


def everything(site: Site, ucs: UcsSystem) -> list[dict[str, Any]]:
    """Every module, with something to return."""
    managers = site.variables["generator_managers"]
    logins = {one["name"]: {key: value for key, value in one.items() if key not in ("name", "type")} for one in managers}
    credentials = [{"name": vendor, "login": login} for vendor, login in site.variables["generator_bmc_credentials"].items()]
    crds = [yaml.safe_load((FILES / f"{name}.yaml").read_text(encoding="utf-8")) for name in ("baremetalhostgenerators", "baremetalhostbuffers")]
    hand_made = {"namespace": NAMESPACE, "name": "lab-01"}
    return [
        task("crds", definitions=crds, buffers=[{"name": "default"}], kubeconfig=site.admin_kubeconfig),
        task("server_info", managers=managers, names=["hpe-node-01", "dell-node-01", "nobody"]),
        task("oneview_server_info", names=["hpe-node-01", "nobody"], **logins["oneview"]),
        task("ome_server_info", names=["dell-node-01", "nobody"], **logins["ome"]),
        task("ucs_server_info", names=[ucs.inventory.names[0], "nobody"], url=ucs.central.url, username=ucs.central.username,
             password=ucs.central.password, ca_path=str(site.certificates.ca_pem_path)),
        task("bmc_secret", secrets=[{**hand_made, "username": BMC_USER, "password": PASSWORDS["HP"]}]),
        task("baremetal_host", hosts=[{
            **hand_made, "boot_mac": "9a:a0:22:90:00:99", "bmc_address": "ipmi://192.0.2.99", "bmc_credentials": "lab-01"}]),
        task("generator_remove"),
        task("generator_resolve", managers=managers, bmc_credentials=credentials),
        task("buffer_admit", bmc_credentials=credentials),
        *(task(module) for module in ("generator_info", "buffer_info", "baremetal_host_info")),
    ]


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_every_module_returns_what_it_documents(site: Site, door: str, check: bool) -> None:
    """No more, no less, of the documented types. Somebody is found, somebody is not, somebody waits and somebody goes."""
    site.buffer(cap=1)
    for name, server in (("first", "hpe-node-01"), ("leaving", "hpe-node-02"), ("nobody", "nobody"), ("second", "dell-node-01")):
        site.generator(name, {"serverName": server})
    site.run("onboard").succeeded()
    site.api.delete(GENERATOR, NAMESPACE, "leaving")
    site.generator("third", {"serverName": "hpe-node-03"})
    with UcsSystem(generate("ucs", 3), certificate=site.certificates.issue(), password=PASSWORDS["ome"]) as ucs:
        run = site.run(everything(site, ucs), door, *(["--check", "--diff"] if check else ["--diff"])).succeeded()
    results = {one.task: one.result for one in run.tasks}
    assert set(results) == set(MODULES)
    assert {module: found for module, result in results.items() if (found := differences(module, result, check))} == {}
    told = {one["name"] for stage in STAGES for one in results[stage]["generators"]}
    assert {"leaving", "third"} <= told and results["generator_info"]["generators"] and results["buffer_admit"]["buffers"]
    assert results["baremetal_host_info"]["hosts"]
    assert all(result["reasons"] and result["servers"] for module, result in results.items() if module.endswith("server_info"))


def test_a_difference_is_seen() -> None:
    """By the test above."""
    true = {"changed": False, "buffers": []}
    assert differences("buffer_info", true) == []
    assert differences("buffer_info", {"changed": False}) == ["buffers is documented and not returned"]
    assert differences("buffer_info", {**true, "more": 1}) == ["more is returned and not documented"]
    fields = documented("buffer_info")["buffers"]["contains"]
    buffer = {name: entry["sample"] for name, entry in fields.items()}
    assert differences("buffer_info", {"buffers": [buffer]}) == []
    assert differences("buffer_info", {"buffers": [{**buffer, "cap": "20", "line": [1]}]}) == [
        "buffers[0].cap is documented as int and is str", "buffers[0].line[0] is documented as str and is int"]
    assert differences("buffer_info", {"buffers": [{**buffer, "new": 1}]}) == ["buffers[0].new is returned and not documented"]
