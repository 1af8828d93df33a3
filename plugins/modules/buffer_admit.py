#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Grants free slots and makes the hosts."""
from __future__ import annotations

DOCUMENTATION = r"""
module: buffer_admit
short_description: Grant the free slots of BareMetalHostBuffers to those who wait, and make their hosts
version_added: 0.1.0
description:
  - Counts the hosts that occupy a slot, grants the free slots to the head of the line, makes the Secret and the host of each, and finishes what
    another run began and did not end.
  - It is the only gate. Any number of runs may work at the same time, and no cap is passed.
  - Where the task is plainly local (no become, environment, async or other interpreter), an action plugin of the same name does the work inside
    ansible-playbook, which saves the start of a Python process. Options and results are the same.
options:
  buffers:
    description:
      - Only these buffers; all without it.
    type: list
    elements: str
  takeover_seconds:
    description:
      - How many seconds ago another run must have granted a slot for this run to finish what that one began. Younger grants are waited for.
      - V(0) finishes them at once, whatever their age. Nothing is made twice, but two runs then do the same work.
    type: float
    default: 15.0
  deadline_seconds:
    description:
      - After how many seconds this run begins nothing more. The next one goes on. It must be more than 0.
    type: float
    default: 300.0
  sweep:
    description:
      - Whether to look now for Secrets and NMStateConfigs whose generator is gone, and delete them. It lists all Secrets of this collection.
      - Without it a run does so when none has for 10 minutes, which C(status.sweptAt) of the first buffer tells.
    type: bool
    default: false
  assume:
    description:
      - In check mode, RV(baremetal.generator.generator_resolve#module:assumed) of the stage before, so that this one tells the whole story.
      - It has no effect in a real run.
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - baremetal.generator.kubernetes
  - baremetal.generator.kubernetes.planning
attributes:
  check_mode:
    description: The server checks what would be written, and nothing is kept.
    support: full
  diff_mode:
    description: Shows each object before and after; of Secrets only whether they changed.
    support: full
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.generator_resolve
  - module: baremetal.generator.buffer_info
"""

EXAMPLES = r"""
- name: Grant what is free
  baremetal.generator.buffer_admit:
    bmc_credentials: "{{ generator_bmc_credentials | dict2items(key_name='name', value_name='login') }}"
    profiles: "{{ generator_profiles }}"
  register: admitted

- name: Show what happened
  ansible.builtin.debug:
    msg: "{{ admitted.summary }}"
"""

RETURN = r"""
generators:
  description: What happened, for each generator that was due.
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
    action:
      description:
        - What was done. V(completed), its host is there. V(waiting), it is passed over, or something of it is not there yet, and a later run goes on.
          V(failed), somebody has to do what the message says; it holds no slot.
      type: str
      sample: completed
    reason:
      description:
        - Why, in one word, such as V(Conflict), V(HostInUse) or V(Denied); empty when all is well.
        - The page docs/lifecycle.md of this collection lists all of them, with what to do.
      type: str
      sample: ''
    message:
      description: Why, in one sentence.
      type: str
      sample: Host metal/rf-node-01 is there.
    changed:
      description: Whether anything was written for it.
      type: bool
      sample: true
objects:
  description: What was said about hosts, buffers, reservations and other objects that are no generators.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: Its kind.
      type: str
      sample: BareMetalHostBuffer
    namespace:
      description: Its namespace, empty for what belongs to the whole cluster.
      type: str
      sample: ''
    name:
      description: Its name.
      type: str
      sample: default
    action:
      description:
        - What was done. V(odd), it is taken as if it had not what cannot be read of it. V(kept), an entry of a buffer's ledger cannot be read
          and keeps its slot. V(dropped), an entry was taken out that names no host. V(failed), nothing could be done with it.
      type: str
      sample: dropped
    reason:
      description: Why, in one word, such as V(Unreadable), V(Denied) or V(Forbidden).
      type: str
      sample: Unreadable
    message:
      description: Why, in one sentence.
      type: str
      sample: "2 entries of its ledger name no host, and were dropped: they held no slot."
    changed:
      description: Whether anything was written for it.
      type: bool
      sample: true
buffers:
  description: The buffers after this run.
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
summary:
  description: The same in plain sentences, for people.
  returned: success
  type: list
  elements: str
  sample: ["metal/rf-node-01: completed. Host metal/rf-node-01 is there."]
assumed:
  description: In check mode, the objects as this stage would have left them, for O(baremetal.generator.buffer_admit#module:assume).
  returned: check mode
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.admit import admit


def main() -> None:
    """Ends with what happened, or with the one sentence why nothing could."""
    module = Module(argument_spec=ADMIT_ARGS, supports_check_mode=True)
    result = attempt(admit, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
