# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation of every module that needs a cluster work as they stand; only the folder of a file is added."""
from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import yaml

from tests.fixtures.site import Site
from tests.tools.places import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if not path.stem.endswith("server_info"))
FILES = ROOT / "roles" / "install" / "files"


def examples(module: str) -> list[dict[str, Any]]:
    """Its tasks."""
    text = import_module(f"ansible_collections.baremetal.generator.plugins.modules.{module}").EXAMPLES
    return yaml.safe_load(text.replace("'baremetalhostbuffers.yaml'", f"'{FILES / 'baremetalhostbuffers.yaml'}'"))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_work(module: str, site: Site) -> None:
    """On a cluster where two generators have their hosts and one waits; the kinds are installed by an administrator."""
    site.buffer(cap=2)
    for number in range(1, 4):
        site.generator(f"rf-node-{number:02d}", {"serverName": f"hpe-node-{number:02d}"})
    site.run("onboard").succeeded()
    tasks = examples(module)
    who = {"K8S_AUTH_KUBECONFIG": site.admin_kubeconfig if module == "crds" else site.kubeconfig}
    run = site.playbooks.run(tasks, {}, "action", ["-e", f"@{variables_file(site)}"], who).succeeded()
    assert [(task.task, task.outcome) for task in run.tasks] == [(task["name"], "ok") for task in tasks]
    assert any(f"baremetal.generator.{module}" in task for task in tasks)


def variables_file(site: Site) -> str:
    """What the examples name."""
    path = site.playbooks.folder / "named.yml"
    path.write_text(yaml.safe_dump({**site.variables, "generator_profiles": [], "lab_bmc_password": "a-new-one"}), encoding="utf-8")
    return str(path)
