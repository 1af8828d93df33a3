#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells about BareMetalHosts."""
from __future__ import annotations

DOCUMENTATION = r"""
module: baremetal_host_info
short_description: Tell about BareMetalHosts
version_added: 0.1.0
description:
  - Reads hosts from the cluster, whoever made them.
options:
  namespace:
    description:
      - Only hosts of this namespace; of all without it.
    type: str
  names:
    description:
      - Only hosts of these names; all without it.
    type: list
    elements: str
  label_selector:
    description:
      - Only hosts with these labels, such as V(infra.example.com/buffer=default).
    type: str
extends_documentation_fragment:
  - baremetal.generator.kubernetes
attributes:
  check_mode:
    description: Nothing is ever changed, so check mode is the same.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.baremetal_host
"""

EXAMPLES = r"""
- name: Look at the hosts of one InfraEnv
  baremetal.generator.baremetal_host_info:
    namespace: metal
    label_selector: infraenvs.agent-install.openshift.io=site-a
  register: found

- name: Show those in error
  ansible.builtin.debug:
    msg: "{{ found.hosts | selectattr('operational_status', 'equalto', 'error') | list }}"
"""

RETURN = r"""
hosts:
  description: The hosts, by namespace and name.
  returned: success
  type: list
  elements: dict
  contains:
    namespace:
      description: Its namespace.
      type: str
      sample: metal
    name:
      description: Its name.
      type: str
      sample: rf-node-01
    uid:
      description: Its UID.
      type: str
      sample: 3b1f0a44-0000-4000-8000-000000000001
    state:
      description: Its provisioning state, empty while Metal3 has not looked at it.
      type: str
      sample: available
    operational_status:
      description: Its operational status, such as V(OK), V(error) or V(detached).
      type: str
      sample: OK
    error:
      description: What Metal3 says is wrong with it.
      type: str
      sample: ''
    powered_on:
      description: Whether it is powered on.
      type: bool
      sample: true
    deleting:
      description: Whether it is being deleted.
      type: bool
      sample: false
    paused:
      description: Value of the annotation that pauses it; none when it is not paused.
      type: str
      sample: null
    consumer:
      description: Kind and name of what took it, empty when nobody did.
      type: str
      sample: ''
    in_use:
      description: Whether somebody works with it.
      type: bool
      sample: false
    boot_mac:
      description: MAC address of the NIC that boots.
      type: str
      sample: 9a:a0:22:90:00:01
    bmc_address:
      description: URL of its management controller.
      type: str
      sample: redfish-virtualmedia://192.0.2.21/redfish/v1/Systems/1
    bmc_credentials:
      description: Secret with the credentials of its management controller.
      type: str
      sample: hp-cred-rf-node-01
    infra_env:
      description: InfraEnv that it boots.
      type: str
      sample: site-a
    buffer:
      description: Buffer to whose pool it counts.
      type: str
      sample: default
    generator:
      description: Namespace and name of the generator that made it, empty when none did.
      type: str
      sample: metal/rf-node-01
    labels:
      description: Its labels.
      type: dict
      sample: {}
    faults:
      description: What of it cannot be read, each in words; empty when all can.
      type: list
      elements: str
      sample: []
"""

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import KUBERNETES_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.reading import read_hosts, with_warnings
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.texts import texts

ARGUMENT_SPEC = texts({
    **KUBERNETES_ARGS,
    "namespace": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "label_selector": {"type": "str"},
})


def look(options: dict[str, Any], _check_mode: bool, _diff: bool) -> dict[str, Any]:
    """The hosts that were asked for."""
    cluster = open_cluster(options)
    return with_warnings(cluster, hosts=read_hosts(cluster, options["namespace"], options["names"], options["label_selector"]))


def main() -> None:
    """Ends with the hosts, or with the one sentence why they cannot be read."""
    module = Module(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    result = attempt(look, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
