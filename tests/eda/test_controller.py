# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook for an EDA controller launches job templates, and hands them nothing of the cluster."""
from __future__ import annotations

import json

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR

from tests.eda.controller import Controller
from tests.fixtures.rulebook import Rulebook
from tests.fixtures.site import NAMESPACE, Site
from tests.waiting import until


def test_each_kind_of_work_launches_its_job_template_without_events(site: Site, rulebook: Rulebook) -> None:
    rulebook.environment.update({"K8S_AUTH_KUBECONFIG": site.kubeconfig, "EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2", "EDA_CONTROLLER_TOKEN": "controller-token"})
    site.generator("going", finalizers=["infra.example.com/generator"])
    site.api.delete(GENERATOR, NAMESPACE, "going")
    site.generator("new", {"serverName": "hpe-node-01"})
    with Controller() as controller:
        rulebook.environment["EDA_CONTROLLER_URL"] = controller.url
        rulebook.start("baremetal.generator.generators_controller")
        wanted = {"baremetal.generator.onboard", "baremetal.generator.remove", "baremetal.generator.buffer_check"}
        until(lambda: {launch.template for launch in controller.launches} == wanted, 20, "each job template was launched")
        assert rulebook.stop() == 0
        assert rulebook.starts == [] and rulebook.alive() == []
        for launch in controller.launches:
            assert launch.authorization == "Bearer controller-token"
            assert launch.body.get("limit") == "localhost"
            assert "event" not in json.dumps(launch.body) and "hpe-node-01" not in json.dumps(launch.body)
        assert len(controller.launches) <= 4
