#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells where generators stand."""
from __future__ import annotations

DOCUMENTATION = r"""
module: generator_info
short_description: Tell where BareMetalHostGenerators stand, and why they wait
version_added: 0.1.0
description:
  - Reads generators from the cluster and works out what their status does not say, because it changes without them, such as their place in line and
    how many slots are held.
options:
  namespace:
    description:
      - Only generators of this namespace; of all without it.
    type: str
  names:
    description:
      - Only generators of these names; all without it.
    type: list
    elements: str
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
  - module: baremetal.generator.buffer_info
  - module: baremetal.generator.generator_resolve
"""

EXAMPLES = r"""
- name: Look at all generators
  baremetal.generator.generator_info:
  register: found

- name: Show a line for each that is not ready
  ansible.builtin.debug:
    msg: "{{ found.generators | rejectattr('ready') | map(attribute='summary') | list }}"
"""

RETURN = r"""
generators:
  description: The generators, by namespace and name.
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
    server:
      description: Name of the server in its management system.
      type: str
      sample: rf-node-01
    vendor:
      description: Vendor of the server, empty before it is found.
      type: str
      sample: HP
    infra_env:
      description: InfraEnv that the host boots.
      type: str
      sample: site-a
    buffer:
      description: Buffer in whose line it waits.
      type: str
      sample: default
    phase:
      description: V(Processing), V(Buffered), V(Completed) or V(Failed); empty when nobody has looked at it yet.
      type: str
      sample: Buffered
    ready:
      description: Whether it has its host, and that host is as the generator asks for.
      type: bool
      sample: false
    reason:
      description:
        - Why it is not ready, in one word, such as V(Buffered), V(NotFound), V(HostGone) or V(SpecChanged); empty when it is, or when nobody has looked yet.
        - One in phase V(Completed) may have a reason too, when its host has gone or was edited since.
      type: str
      sample: Buffered
    deleting:
      description: Whether it is being deleted.
      type: bool
      sample: false
    message:
      description: What happened last, or what is waited for and why.
      type: str
      sample: Waits in the line of buffer default for a free slot.
    host_namespace:
      description: Namespace of its host.
      type: str
      sample: metal
    host:
      description: Name of its host.
      type: str
      sample: rf-node-01
    mac:
      description: MAC address of the NIC that boots.
      type: str
      sample: 9a:a0:22:90:00:01
    bmc:
      description: Address of the management controller.
      type: str
      sample: 192.0.2.21
    attempts:
      description: How often in a row the last step was tried in vain.
      type: int
      sample: 0
    next_attempt_at:
      description: When it is tried again, empty when nothing is to be tried again.
      type: str
      sample: ''
    conditions:
      description: Its conditions, as they stand in its status.
      type: list
      elements: dict
      sample: []
    faults:
      description: What of it cannot be read, each in words; empty when all can.
      type: list
      elements: str
      sample: []
    place:
      description: Its place in line, counted from 1; 0 when it stands in none.
      type: int
      sample: 4
    waiting:
      description: How many wait in that line.
      type: int
      sample: 17
    summary:
      description: All of it in one line for people.
      type: str
      sample: "metal/rf-node-01: Buffered. Waits in the line of buffer default for a free slot. 4th of 17 in line; 20 of 20 slots held."
"""

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import KUBERNETES_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.reading import read_generators, with_warnings
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.texts import texts

ARGUMENT_SPEC = texts({**KUBERNETES_ARGS, "namespace": {"type": "str"}, "names": {"type": "list", "elements": "str"}})


def look(options: dict[str, Any], _check_mode: bool, _diff: bool) -> dict[str, Any]:
    """The generators that were asked for."""
    cluster = open_cluster(options)
    return with_warnings(cluster, generators=read_generators(cluster, options["namespace"], options["names"]))


def main() -> None:
    """Ends with the generators, or with the one sentence why they cannot be read."""
    module = Module(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    result = attempt(look, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
