#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes, rotates and deletes the Secrets of management controllers."""
from __future__ import annotations

DOCUMENTATION = r"""
module: bmc_secret
short_description: Make, rotate or delete Secrets with the credentials of management controllers
version_added: 0.1.0
description:
  - Brings Secrets to hold these credentials, in the form that Metal3 wants. Changing one makes Metal3 register the hosts that name it anew.
  - Finalizers and owners of a Secret are left alone.
options:
  secrets:
    description:
      - The Secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: Its namespace, which must be that of the hosts.
        type: str
        required: true
      name:
        description: Its name.
        type: str
        required: true
      username:
        description: User of the management controller. Needed with O(state=present).
        type: str
      password:
        description: Its password. Needed with O(state=present).
        type: str
      labels:
        description: More labels.
        type: dict
  state:
    description:
      - V(present) makes or changes the Secrets, V(absent) deletes them.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - baremetal.generator.kubernetes
notes:
  - Neither results nor differences show a user or a password, only whether they changed.
attributes:
  check_mode:
    description: The server checks what would be written and keeps nothing.
    support: full
  diff_mode:
    description: Shows each Secret before and after, its content hidden.
    support: full
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.baremetal_host
"""

EXAMPLES = r"""
- name: Rotate the credentials of one management controller
  baremetal.generator.bmc_secret:
    secrets:
      - namespace: metal
        name: lab-01-bmc
        username: root
        password: "{{ lab_bmc_password }}"
"""

RETURN = r"""
secrets:
  description: Which Secrets are as wanted, each as namespace/name.
  returned: success
  type: list
  elements: str
  sample: [metal/lab-01-bmc]
"""

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.applying import apply, remove
from ansible_collections.baremetal.generator.plugins.module_utils.arguments import SECRET_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.hosts import wanted_secret
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.recording import RecordingCluster
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt


def run(options: dict[str, Any], check_mode: bool, diff: bool) -> dict[str, Any]:
    """Brings every Secret to its state."""
    cluster = RecordingCluster(open_cluster(options), check_mode)
    if options["state"] == "present":
        wanted = [wanted_secret(one) for one in options["secrets"]]
        cluster.each(lambda one: apply(cluster, SECRET, one), wanted)
    else:
        cluster.each(lambda one: remove(cluster, SECRET, one["namespace"], one["name"]), options["secrets"])
    result: dict[str, Any] = {"changed": cluster.changed, "secrets": [f"{one['namespace']}/{one['name']}" for one in options["secrets"]]}
    if diff:
        result["diff"] = cluster.diff()
    return result


def main() -> None:
    """Ends with the names of the Secrets, or with the one sentence why they cannot be so."""
    module = Module(argument_spec=SECRET_ARGS, supports_check_mode=True)
    result = attempt(run, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
