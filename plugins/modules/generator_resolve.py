#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks servers up and puts their generators into the line."""
from __future__ import annotations

DOCUMENTATION = r"""
module: generator_resolve
short_description: Look up the servers of all due BareMetalHostGenerators, and put them into the line
version_added: 0.1.0
description:
  - Asks the management systems for the servers of all generators that are new, changed, due for another try or to be redeployed, all names at once.
  - Writes what it found into each generator's status as soon as its management system has answered, makes its NMStateConfig when one is asked for, and
    puts it into the line of its buffer.
  - A generator whose server is not found fails for itself, with a sentence in its status, and not the task.
  - Where the task is plainly local (no become, environment, async or other interpreter), an action plugin of the same name does the work inside
    ansible-playbook, which saves the start of a Python process. Options and results are the same.
  - A login that a management system refuses is tried at most three times in 15 minutes, by all runs together, since directories lock accounts. The tries
    are remembered in the cluster, in objects of kind C(BareMetalHostManager) without any user or password. Where that kind is missing, or a right
    on it, there is a warning, and logins are tried by every run.
options:
  login_now:
    description:
      - Log in at once although logins were refused so often that they pause, after user or password have been corrected. Generators that failed with
        C(LoginRefused) are looked up again. When the login goes well, the refused ones are forgotten.
    type: bool
    default: false
notes:
  - Servers that a management system had no time for within O(manager_seconds) are not failed. Their generators say C(NotAsked), are due at once and asked
    for first next time.
  - The environment variables E(ONEVIEW_IP), E(ONEVIEW_USERNAME), E(ONEVIEW_PASSWORD) and those of E(OME_IP) and E(UCS_CENTRAL_IP) alike stand in
    for O(managers). A file is safer, since others may read the environment of a process.
extends_documentation_fragment:
  - baremetal.generator.kubernetes
  - baremetal.generator.kubernetes.planning
  - baremetal.generator.managers
attributes:
  check_mode:
    description: >-
      The management systems are asked, the server checks what would be written, and nothing is kept but the logins that were refused, since
      the logins are real.
    support: full
  diff_mode:
    description: Shows each object before and after.
    support: full
requirements:
  - kubernetes
  - urllib3
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.buffer_admit
  - module: baremetal.generator.generator_info
"""

EXAMPLES = r"""
- name: Look up what is due
  baremetal.generator.generator_resolve:
    managers: "{{ generator_managers }}"
    profiles: "{{ generator_profiles }}"
  register: resolved

- name: Show what happened
  ansible.builtin.debug:
    msg: "{{ resolved.summary }}"
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
        - What was done. V(enqueued), its server was found and it stands in the line. V(completed), its host was there already and is taken over.
          V(redeployed), its host is to be made anew. V(updated), its labels were put on its host. V(mended), what could not be read was taken out of its
          status. V(waiting), it is tried again without anybody's doing. V(failed), somebody has to do what the message says.
      type: str
      sample: enqueued
    reason:
      description:
        - Why, in one word, such as V(NotFound), V(Ambiguous) or V(ManagerUnreachable); empty when all is well.
        - The page docs/lifecycle.md of this collection lists all of them, with what to do.
      type: str
      sample: ''
    message:
      description: Why, in one sentence.
      type: str
      sample: Waits in the line of buffer default for a free slot.
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
  sample: ["metal/rf-node-01: enqueued. Waits in the line of buffer default for a free slot."]
assumed:
  description: In check mode, the objects as this stage would have left them, for O(baremetal.generator.buffer_admit#module:assume).
  returned: check mode
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import RESOLVE_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.resolve import resolve


def main() -> None:
    """Ends with what happened, or with the one sentence why nothing could."""
    module = Module(argument_spec=RESOLVE_ARGS, supports_check_mode=True)
    result = attempt(resolve, module.params, module.check_mode, module._diff, module.argument_spec)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
