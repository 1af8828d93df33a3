# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of custom resources stays text: whoever may write a generator must not thereby run commands where the playbooks run."""
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, CRD, GENERATOR
from tests.fixtures.site import NAMESPACE, Site

RULES = ("x-kubernetes-validations", "maxLength", "enum", "pattern", "maxItems", "maxProperties")


def without_rules(schema: Any) -> Any:
    """As an older or a careless installation may have it: any string goes."""
    if isinstance(schema, dict):
        return {name: without_rules(value) for name, value in schema.items() if name not in RULES}
    return [without_rules(one) for one in schema] if isinstance(schema, list) else schema


def planted(marker: Path, number: int) -> str:
    """A template that would leave a trace."""
    return "{{ lookup('pipe', 'touch " + f"{marker}{number}" + "') }}"


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Its path fits into fields of 63 characters."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        yield Path(folder)


def test_a_template_in_any_field_is_never_run(site: Site, door: str, short_folder: Path) -> None:
    """Planted in every field of spec, status and metadata that can hold it, alone and all together, in every playbook."""
    for kind in (GENERATOR, BUFFER):
        crd = site.api.get(CRD, None, f"{kind.plural}.{kind.group}")
        assert crd is not None
        site.api.apply({"apiVersion": CRD.api_version, "kind": CRD.kind, "metadata": {"name": crd["metadata"]["name"]}, "spec": without_rules(crd["spec"])})
    marker = short_folder / "m"
    bad = [planted(marker, number) for number in range(20)]
    network = {"nicNames": [bad[0]], "macIndices": [bad[1]]}
    host = {"role": bad[2], "clusterReference": bad[3], "rootDeviceHints": {"deviceName": bad[4], "model": bad[5]}, "bmcCredentials": bad[6]}
    fields: dict[str, dict[str, Any]] = {
        "server-name": {"serverName": bad[7]},
        "infra-env": {"serverName": "hpe-node-01", "infraEnv": bad[8]},
        "vendor": {"serverName": "hpe-node-02", "server_vendor": bad[9]},
        "namespace": {"serverName": "hpe-node-03", "namespace": bad[10]},
        "buffer": {"serverName": "hpe-node-04", "buffer": bad[11]},
        "labels": {"serverName": "hpe-node-05", "labels": {"rack": bad[12]}},
        "network": {"serverName": "hpe-node-06", "networkConfig": network},
        "host": {"serverName": "hpe-node-07", "host": host},
        "role": {"serverName": "hpe-node-08", "host": {"role": bad[2], "clusterReference": bad[3]}},
        "model": {"serverName": "hpe-node-11", "host": {"rootDeviceHints": {"model": bad[5]}}},
        "all": {
            "serverName": bad[7], "infraEnv": bad[8], "server_vendor": bad[9], "namespace": bad[10], "buffer": bad[11], "networkConfig": network, "host": host},
    }
    for name, spec in fields.items():
        site.generator(name, spec, annotations={"vlanId": bad[13], "redeploy": bad[14], "note": bad[15]} if name == "all" else {"note": bad[15]})
    site.generator("vlan", {"serverName": "hpe-node-09"}, annotations={"vlan_id": bad[13]})
    site.generator("told", {"serverName": "hpe-node-10"})
    site.api.patch(GENERATOR, NAMESPACE, "told", {"status": {"phase": "Failed", "message": bad[16], "conditions": [
        {"type": "Resolved", "status": "False", "reason": bad[17], "message": bad[18], "observedGeneration": 1}]}}, "status")
    outputs = []
    for playbook, arguments in (("reconcile", ["--check", "--diff"]), ("onboard", ["-vvv", "--diff"]), ("reconcile", []), ("buffer_check", []), ("remove", [])):
        run = site.run(playbook, door, *arguments).succeeded()
        outputs.append(run.output)
    assert site.status("role")["phase"] == "Failed" and "clusterReference must be NAMESPACE/NAME" in site.status("role")["message"]
    assert site.status("model")["phase"] == "Completed", site.status("model")["message"]
    assert bad[5] in str(site.hosts()["hpe-node-11"])
    assert any("lookup('pipe'" in output for output in outputs)         # it was shown, as text
    tasks = [
        {"baremetal.generator.generator_info": {}, "register": "found"},
        {"ansible.builtin.debug": {"msg": "{{ found.generators | map(attribute='summary') | list }}"}},
        {"ansible.builtin.debug": {"var": "found"}},
        {"baremetal.generator.baremetal_host_info": {}, "register": "hosts"},
        {"ansible.builtin.debug": {"msg": "{{ hosts.hosts }}"}},
    ]
    site.run(tasks, door).succeeded()
    assert list(short_folder.iterdir()) == []
