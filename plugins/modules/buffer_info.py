#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells how full buffers are."""
from __future__ import annotations

DOCUMENTATION = r"""
module: buffer_info
short_description: Tell how full BareMetalHostBuffers are, and who waits
version_added: 0.1.0
description:
  - Reads buffers, hosts and generators from the cluster and counts as admission does, so that the numbers are those of this moment.
options:
  names:
    description:
      - Only buffers of these names; all without it.
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
  - module: baremetal.generator.generator_info
  - module: baremetal.generator.buffer_admit
"""

EXAMPLES = r"""
- name: Look at the default buffer
  baremetal.generator.buffer_info:
    names: [default]
  register: found

- name: Show it
  ansible.builtin.debug:
    msg: "{{ found.buffers | map(attribute='summary') | list }}"
"""

RETURN = r"""
buffers:
  description: The buffers, by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: default
    cap:
      description: The most hosts that may occupy a slot.
      type: int
      sample: 20
    used:
      description: Slots held by hosts and by open reservations, each host once.
      type: int
      sample: 20
    free:
      description: Slots that are free.
      type: int
      sample: 0
    occupied:
      description: Slots held by hosts alone.
      type: int
      sample: 20
    reserved:
      description: Open reservations.
      type: int
      sample: 0
    waiting:
      description: How many generators wait in line.
      type: int
      sample: 17
    in_error:
      description: Slots held by hosts in error.
      type: int
      sample: 3
    without_status:
      description: Slots held by hosts without any status, whose namespace Metal3 may not be watching.
      type: int
      sample: 0
    line:
      description: Who waits, head first, each as namespace/name.
      type: list
      elements: str
      sample: [metal/rf-node-21]
    faults:
      description: What of it cannot be read, each in words; empty when all can.
      type: list
      elements: str
      sample: []
    summary:
      description: All of it in one line for people.
      type: str
      sample: "default: 20 of 20 slots held, 3 of them by hosts in error; 17 wait in line."
"""

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import KUBERNETES_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.kube import open_cluster
from ansible_collections.baremetal.generator.plugins.module_utils.reading import read_buffers, with_warnings
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.texts import texts

ARGUMENT_SPEC = texts({**KUBERNETES_ARGS, "names": {"type": "list", "elements": "str"}})


def look(options: dict[str, Any], _check_mode: bool, _diff: bool) -> dict[str, Any]:
    """The buffers that were asked for."""
    cluster = open_cluster(options)
    return with_warnings(cluster, buffers=read_buffers(cluster, options["names"]))


def main() -> None:
    """Ends with the buffers, or with the one sentence why they cannot be read."""
    module = Module(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    result = attempt(look, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
