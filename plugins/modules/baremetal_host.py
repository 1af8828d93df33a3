#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes, changes and deletes single BareMetalHosts."""
from __future__ import annotations

DOCUMENTATION = r"""
module: baremetal_host
short_description: Make, change or delete BareMetalHosts by hand
version_added: 0.1.0
description:
  - Brings hosts to be as described, past any buffer. Servers that shall wait for a free slot are asked for with a BareMetalHostGenerator instead.
  - What the options do not name is left as it is. A write fails rather than overwrite what somebody else changed in between.
options:
  hosts:
    description:
      - The hosts. Two of one namespace and name make the task fail.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: Its namespace.
        type: str
        required: true
      name:
        description: Its name.
        type: str
        required: true
      boot_mac:
        description:
          - MAC address of the NIC that boots, in any usual spelling (V(9a:a0:22:90:00:01), V(9A-A0-22-90-00-01), V(9aa0.2290.0001)). It cannot be
            changed later.
          - A new host needs it where it is not inspected, and always with a BMC address of scheme C(libvirt).
        type: str
      bmc_address:
        description:
          - URL of its management controller, such as V(redfish-virtualmedia://192.0.2.21/redfish/v1/Systems/1).
          - A new host without it, and without O(hosts[].bmc_credentials), is C(unmanaged), Metal3 only lists it.
          - Whatever Metal3 takes is taken, an address without scheme for one of C(ipmi).
        type: str
      bmc_credentials:
        description: Secret of the same namespace with the credentials of its management controller. It goes together with the address.
        type: str
      bmc_validate_certs:
        description: Whether the certificate of its management controller must be trusted.
        type: bool
      infra_env:
        description: InfraEnv that it boots.
        type: str
      labels:
        description: More labels.
        type: dict
      annotations:
        description: More annotations.
        type: dict
      online:
        description: Whether it shall be powered on. A new host is, unless said otherwise.
        type: bool
      boot_mode:
        description: How it boots.
        type: str
        choices: [UEFI, UEFISecureBoot, legacy]
      automated_cleaning_mode:
        description: Whether its disks are wiped between uses; V(metadata) wipes partition tables.
        type: str
        choices: [disabled, metadata]
      root_device_hints:
        description: Which disk to install to, as in BareMetalHost. Its C(deviceName) is C(/dev/NAME) or C(/dev/disk/by-path/NAME), Metal3 takes no other path.
        type: dict
  state:
    description:
      - V(present) makes or changes the hosts, V(absent) deletes them.
    type: str
    choices: [present, absent]
    default: present
  delete_in_use:
    description:
      - Whether a host that somebody uses may be deleted. Without it such a host makes the task fail.
    type: bool
    default: false
  wait_seconds:
    description:
      - With O(state=absent), how many seconds to wait until the hosts are gone; V(0) does not wait.
    type: float
    default: 0.0
extends_documentation_fragment:
  - baremetal.generator.kubernetes
attributes:
  check_mode:
    description: The server checks what would be written and keeps nothing.
    support: full
  diff_mode:
    description: Shows each host before and after.
    support: full
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.baremetal_host_info
  - module: baremetal.generator.bmc_secret
"""

EXAMPLES = r"""
- name: Register one host past the buffer
  baremetal.generator.baremetal_host:
    hosts:
      - namespace: metal
        name: lab-01
        boot_mac: "9a:a0:22:90:00:01"
        bmc_address: redfish-virtualmedia://192.0.2.21/redfish/v1/Systems/1
        bmc_credentials: lab-01-bmc
        infra_env: site-a

- name: Take it out again
  baremetal.generator.baremetal_host:
    hosts:
      - namespace: metal
        name: lab-01
    state: absent
    wait_seconds: 300
"""

RETURN = r"""
hosts:
  description: The hosts as they are now, in the order of O(hosts); empty with O(state=absent).
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

from ansible_collections.baremetal.generator.plugins.module_utils.applying import apply, remove, wait_until
from ansible_collections.baremetal.generator.plugins.module_utils.arguments import HOST_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, Cluster
from ansible_collections.baremetal.generator.plugins.module_utils.deadline import seconds_of
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.hosts import checked, host_facts, may_go, wanted_host
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.recording import RecordingCluster
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt


def run(options: dict[str, Any], check_mode: bool, diff: bool) -> dict[str, Any]:
    """Brings every host to its state."""
    keys = [(one["namespace"], one["name"]) for one in options["hosts"]]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise InvalidArgument(f"hosts names {'/'.join(twice)} twice; keep one of them.")
    wait_seconds = seconds_of(options, "wait_seconds")
    cluster = RecordingCluster(open_cluster(options), check_mode)
    if options["state"] == "present":
        hosts = cluster.each(lambda one: _make(cluster, one), options["hosts"])
    else:
        hosts = []
        cluster.each(lambda key: remove(cluster, HOST, *key, lambda found: may_go(found, options["delete_in_use"])), keys)
        if wait_seconds and not check_mode:
            wait_until(lambda: not any(cluster.get(HOST, *key) for key in keys), wait_seconds, "Some hosts are still being deleted by Metal3")
    result: dict[str, Any] = {"changed": cluster.changed, "hosts": [host_facts(one) for one in hosts]}
    if diff:
        result["diff"] = cluster.diff()
    return result


def _make(cluster: Cluster, options: dict[str, Any]) -> dict[str, Any]:
    wanted = wanted_host(options)
    if cluster.get(HOST, options["namespace"], options["name"]) is None:
        wanted = checked(wanted)
    return apply(cluster, HOST, wanted)


def main() -> None:
    """Ends with the hosts, or with the one sentence why they cannot be so."""
    module = Module(argument_spec=HOST_ARGS, supports_check_mode=True)
    result = attempt(run, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
