#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes away what deleted generators made."""
from __future__ import annotations

DOCUMENTATION = r"""
module: generator_remove
short_description: Take away what deleted BareMetalHostGenerators made
version_added: 0.1.0
description:
  - For every generator that is being deleted, deletes its host, then its Secret and its NMStateConfig, then takes off the finalizer that holds it.
  - A host in use is left alone until it is free, or until annotation C(infra.example.com/delete-in-use=true) of the generator says otherwise.
  - It never waits. What is still on its way out is written down and finished by a later run.
  - Where the task is plainly local (no become, environment, async or other interpreter), an action plugin of the same name does the work inside
    ansible-playbook, which saves the start of a Python process. Options and results are the same.
options:
  keep_resources:
    description:
      - Whether host, Secret and NMStateConfig stay. Only our annotations, labels and finalizer are taken off.
    type: bool
    default: false
extends_documentation_fragment:
  - baremetal.generator.kubernetes
attributes:
  check_mode:
    description: Nothing is deleted.
    support: full
  diff_mode:
    description: Shows each object before and after.
    support: full
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.generator_info
"""

EXAMPLES = r"""
- name: Take away what is to go
  baremetal.generator.generator_remove:
  register: removed

- name: Show what happened
  ansible.builtin.debug:
    msg: "{{ removed.summary }}"
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
        - What was done. V(removed), what was made for it is gone, and so is its finalizer. V(removing), something of it is still on its way out or must stay,
          and a later run goes on. V(waiting), the cluster failed, and a later run goes on.
      type: str
      sample: removed
    reason:
      description:
        - Why, in one word, such as V(HostInUse) or V(HostPaused); empty when all is well.
        - The page docs/lifecycle.md of this collection lists all of them, with what to do.
      type: str
      sample: ''
    message:
      description: Why, in one sentence.
      type: str
      sample: What was made for it is gone.
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
summary:
  description: The same in plain sentences, for people.
  returned: success
  type: list
  elements: str
  sample: ["metal/rf-node-01: removed. What was made for it is gone."]
assumed:
  description: In check mode, the objects as this stage would have left them.
  returned: check mode
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import REMOVE_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.remove import remove


def main() -> None:
    """Ends with what happened, or with the one sentence why nothing could."""
    module = Module(argument_spec=REMOVE_ARGS, supports_check_mode=True)
    result = attempt(remove, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
