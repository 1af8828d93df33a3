#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the kinds of this collection."""
from __future__ import annotations

DOCUMENTATION = r"""
module: crds
short_description: Install the kinds of this collection into a cluster, or take them out
version_added: 0.1.0
description:
  - Brings the definitions of BareMetalHostGenerator, BareMetalHostBuffer and BareMetalHostManager into the cluster, and waits until its API server serves them.
  - Makes buffers that are absent and never changes one that is there, since its cap belongs to the operations team.
  - With O(state=absent) it refuses while a BareMetalHostGenerator exists. Hosts stay.
  - Role P(baremetal.generator.install#role) calls it with the files that come with the collection.
options:
  definitions:
    description:
      - The CustomResourceDefinitions.
    type: list
    elements: dict
    required: true
  manifests:
    description:
      - More objects, such as ServiceAccount, ClusterRole and ClusterRoleBinding, installed after the definitions.
      - Kinds that can be given are Namespace, ServiceAccount, Role, RoleBinding, ClusterRole, ClusterRoleBinding and CustomResourceDefinition.
      - With O(state=absent) they are deleted, except for a Namespace.
    type: list
    elements: dict
    default: []
  buffers:
    description:
      - Buffers to make where they are absent.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      max_available:
        description: Its cap, the most hosts that occupy a slot.
        type: int
        default: 20
  state:
    description:
      - V(present) installs, V(absent) takes out.
    type: str
    choices: [present, absent]
    default: present
  wait_seconds:
    description:
      - How many seconds the API server may take to serve the new kinds, or to drop them.
    type: float
    default: 60.0
extends_documentation_fragment:
  - baremetal.generator.kubernetes
attributes:
  check_mode:
    description: The server checks what would be written and keeps nothing.
    support: full
  diff_mode:
    description: Shows each object before and after.
    support: full
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.buffer_info
"""

EXAMPLES = r"""
- name: Install a definition from a file
  baremetal.generator.crds:
    definitions:
      - "{{ lookup('ansible.builtin.file', 'baremetalhostbuffers.yaml') | from_yaml }}"
    buffers:
      - name: default
        max_available: 20
"""

RETURN = r"""
installed:
  description: What is in the cluster now, or no longer with O(state=absent), each as kind and name.
  returned: success
  type: list
  elements: str
  sample: [CustomResourceDefinition baremetalhostbuffers.infra.example.com]
"""

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import CRDS_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.deadline import seconds_of
from ansible_collections.baremetal.generator.plugins.module_utils.installing import install, uninstall
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.recording import RecordingCluster
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt


def run(options: dict[str, Any], check_mode: bool, diff: bool) -> dict[str, Any]:
    """Brings the cluster to the wanted state."""
    wait_seconds = seconds_of(options, "wait_seconds")
    cluster = RecordingCluster(open_cluster(options), check_mode)
    definitions, manifests = options["definitions"], options["manifests"]
    if options["state"] == "present":
        install(cluster, definitions, manifests, options["buffers"], wait_seconds, check_mode)
    else:
        uninstall(cluster, definitions, manifests, wait_seconds, check_mode)
    named = [f"{one.get('kind')} {one['metadata']['name']}" for one in (*definitions, *manifests)]
    result: dict[str, Any] = {"changed": cluster.changed, "installed": named}
    if diff:
        result["diff"] = cluster.diff()
    return result


def main() -> None:
    """Ends with what is installed, or with the one sentence why it cannot be."""
    module = Module(argument_spec=CRDS_ARGS, supports_check_mode=True)
    result = attempt(run, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
