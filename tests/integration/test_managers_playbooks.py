# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is odd in a manager's answers and what its account refuses, as who runs the playbooks sees it, through both doors."""
from __future__ import annotations

import json

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import MANAGER
from tests.fixtures.site import NAMESPACE, PASSWORDS, Site
from tests.simulators.serving import Ask, Reply


def test_odd_answers_about_one_server_and_logouts_that_fail_stop_nobody_else(site: Site, door: str) -> None:
    hpe, dell = site.oneview.inventory, site.ome.inventory
    next(profile for profile in hpe.profiles if profile["name"] == "hpe-node-02")["connectionSettings"]["connections"].insert(0, None)
    target = next(profile["TargetId"] for profile in dell.profiles if profile["ProfileName"] == "dell-node-02")
    dell.network[target].insert(0, 7)
    for simulator in (site.oneview, site.ome):
        def busy(ask: Ask, honest=simulator.answer) -> Reply:
            return Reply(503, b'{"error": "busy"}') if ask.method == "DELETE" else honest(ask)
        simulator.answer = busy
    for vendor in ("hpe", "dell"):
        for number in range(1, 4):
            site.generator(f"{vendor}{number}", {"serverName": f"{vendor}-node-0{number}"})
    run = site.run("onboard", door).succeeded()
    phases = {name: site.status(name)["phase"] for name in (f"{vendor}{number}" for vendor in ("hpe", "dell") for number in range(1, 4))}
    assert phases == {"hpe1": "Completed", "hpe2": "Failed", "hpe3": "Completed", "dell1": "Completed", "dell2": "Failed", "dell3": "Completed"}
    for name, server, part in (("hpe2", "hpe-node-02", "connectionSettings.connections[0] is null"), ("dell2", "dell-node-02", "InventoryInfo[0] is a number")):
        status = site.status(name)
        reason = next(one["reason"] for one in status["conditions"] if one["type"] == "Resolved")
        assert reason == "InvalidAnswer" and f"answered about server '{server}' in an odd way: {part} instead of an object" in status["message"], status
        assert f"{NAMESPACE}/{name}: failed. {status['message']}" in run.told
    warnings = run.of("generator_resolve")["warnings"]
    assert len(warnings) == 2 and all("left open" in one for one in warnings), warnings


def test_a_refused_login_pauses_and_a_person_may_try_it_at_once(site: Site, door: str) -> None:
    """The third refusal begins the pause; -e generator_login_now=true with the right password ends it."""
    wrong = "wrong-6Tz"
    right = site.variables["generator_managers"]
    site.variables["generator_managers"] = [{**right[0], "password": wrong}]
    site.generator("g1", {"serverName": "hpe-node-01"})
    site.run("onboard", door).succeeded()
    (item,) = site.api.list(MANAGER)
    assert item["metadata"]["name"] == "oneview" and len(item["status"]["logins"]) == 1
    logins = [{**item["status"]["logins"][0], "actor": f"another-run-{number}"} for number in range(3)]
    site.api.patch(MANAGER, None, "oneview", {"status": {"logins": logins}}, "status")
    site.generator("g2", {"serverName": "hpe-node-02"})
    run = site.run("onboard", door).succeeded()
    assert site.oneview.counters.failed_logins == 1
    assert "refused the login of user 'automation' 3 times within 15 minutes" in site.status("g2")["message"]
    assert site.status("g2")["message"] in run.output and "-e generator_login_now=true" in run.output
    site.variables["generator_managers"] = right
    site.run("onboard", door, "-e", "generator_login_now=true").succeeded()
    assert [site.status(name)["phase"] for name in ("g1", "g2")] == ["Completed", "Completed"]
    written = json.dumps(site.api.list(MANAGER))
    assert wrong not in written and not any(password in written for password in PASSWORDS.values())
    assert site.oneview.counters.open_sessions == 0
