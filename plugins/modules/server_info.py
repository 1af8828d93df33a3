#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds servers by name in any management systems."""
from __future__ import annotations

DOCUMENTATION = r"""
module: server_info
short_description: Find servers by name in HPE OneView, Cisco UCS and Dell OpenManage Enterprise
version_added: 0.1.0
description:
  - Asks any number of management systems for any number of servers, all at once, and returns each server's network ports, the MAC address that it
    boots from, the address of its management controller, its serial number and model.
  - The vendor of a name may be left open. Then every system is asked, and two that know the name make it C(Ambiguous).
options:
  names:
    description:
      - The servers to look for. Names are compared whole and without regard to case.
    type: list
    elements: str
    required: true
  vendor:
    description:
      - Whose servers O(names) are. Only the systems of that vendor are asked; without it, all are.
    type: str
    choices: [HP, DELL, CISCO]
  nic_name:
    description:
      - What the operating system calls the chosen network port. It is returned as it is, and changes no choice.
    type: str
  mac_index:
    description:
      - Which network port to choose, V(first), V(last) or its position in RV(servers.nics) counted from 0.
      - Without it the port is chosen that the management system boots from, and the first one where it says nothing about that.
    type: str
extends_documentation_fragment:
  - baremetal.generator.managers
attributes:
  check_mode:
    description: Nothing is ever changed, so check mode is the same.
    support: full
  diff_mode:
    description: There is never a difference to show.
    support: none
notes:
  - A name without a server does not fail the task; look into RV(reasons). The task fails when an option cannot be used.
  - One login serves all names, and the session is closed on every way out, also when the task is stopped.
requirements:
  - urllib3
author:
  - The baremetal.generator contributors (@baremetal-generator)
seealso:
  - module: baremetal.generator.oneview_server_info
  - module: baremetal.generator.ome_server_info
  - module: baremetal.generator.ucs_server_info
"""

EXAMPLES = r"""
- name: Find servers wherever they are
  baremetal.generator.server_info:
    managers:
      - name: oneview-east
        type: oneview
        url: https://oneview.example.com
        username: automation
        password: "{{ oneview_password }}"
        ca_path: /etc/pki/company-ca.pem
      - name: ome
        type: ome
        url: https://ome.example.com
        username: automation
        password: "{{ ome_password }}"
        ca_path: /etc/pki/company-ca.pem
      - name: ucs
        type: ucs
        url: https://ucs-central.example.com
        username: automation
        password: "{{ ucs_password }}"
        ca_path: /etc/pki/company-ca.pem
        domains:
          site-a: 192.0.2.9
    names:
      - rf-node-01
      - ome-node-07
      - ucs-node-12
  register: found

- name: Show how each one boots
  ansible.builtin.debug:
    msg: "{{ item.key }}: {{ item.value.boot_mac }} ({{ item.value.why }}), BMC {{ item.value.bmc_address }}"
  loop: "{{ found.servers | dict2items }}"

- name: Stop when one is missing, and say why
  ansible.builtin.assert:
    that: found.reasons | length == 0
    fail_msg: "{{ found.reasons.values() | map(attribute='message') | join(' ') }}"
"""

RETURN = r"""
servers:
  description: The servers that were found, by the name that was asked for.
  returned: always
  type: dict
  contains:
    name:
      description: The name that was asked for.
      type: str
      sample: rf-node-01
    vendor:
      description: Whose server it is, V(HP), V(DELL) or V(CISCO).
      type: str
      sample: HP
    manager:
      description: Name of the management system that knows it.
      type: str
      sample: oneview-east
    bmc_address:
      description: Address of its management controller, an IP address without brackets or a DNS name.
      type: str
      sample: 192.0.2.21
    serial:
      description: Serial number or service tag, empty where the management system does not say.
      type: str
      sample: 2M0000AAA1
    model:
      description: Model, empty where the management system does not say.
      type: str
      sample: Synergy 480 Gen10
    boot_mac:
      description: MAC address of the chosen network port.
      type: str
      sample: 9a:a0:22:90:00:01
    nic_name:
      description: O(nic_name) as it was given.
      type: str
      sample: eno1
    mac_index:
      description: Position of the chosen port in RV(servers.nics), counted from 0.
      type: int
      sample: 0
    why:
      description: Why it was this port.
      type: str
      sample: the manager boots the server from it
    nics:
      description: Every network port, in the order of the hardware.
      type: list
      elements: dict
      contains:
        mac:
          description: MAC address, lower case with colons; empty while the port has none of its own.
          type: str
          sample: 9a:a0:22:90:00:01
        name:
          description: The management system's own name of the port.
          type: str
          sample: Mezz 3:1-a
        location:
          description: More about where it is, or what it is for.
          type: str
          sample: deploy
        link:
          description: Whether the link is up; none where the management system does not say.
          type: bool
          sample: true
        virtual:
          description: Whether the MAC address comes from a profile and not from the hardware.
          type: bool
          sample: true
        boot:
          description: Whether the management system boots the server from it.
          type: bool
          sample: true
        bootable:
          description: Whether it may be the one that boots when O(mac_index) does not name it.
          type: bool
          sample: true
reasons:
  description: Why there is no server, for every other name that was asked for.
  returned: always
  type: dict
  contains:
    reason:
      description:
        - V(NotFound), V(Ambiguous) (two servers of that name), V(Unassigned) (a profile without a server), V(NoBmcAddress), V(NoMac),
          V(ManagerUnreachable), V(LoginRefused), V(InvalidAnswer), or V(InvalidSpec) for a name, vendor or index that cannot be.
      type: str
      sample: NotFound
    message:
      description: One sentence that says what, where, and what to do.
      type: str
      sample: "oneview-east (https://oneview-east.example.com) knows no server named 'node-9'; correct the name, or create the server there."
"""

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import SERVER_INFO_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.errors import GeneratorError
from ansible_collections.baremetal.generator.plugins.module_utils.http_library import URLLIB3_MISSING
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Wanted, read_managers
from ansible_collections.baremetal.generator.plugins.module_utils.server_info import ask
from ansible_collections.baremetal.generator.plugins.module_utils.stopping import stoppable
from ansible_collections.baremetal.generator.plugins.module_utils.texts import need_texts


def main() -> None:
    """Ends with the servers and the reasons, or with the one sentence why nobody can be asked."""
    module = Module(argument_spec=SERVER_INFO_ARGS, supports_check_mode=True)
    if URLLIB3_MISSING:
        module.fail_json(msg=missing_required_lib("urllib3"), exception=URLLIB3_MISSING)
    try:
        with stoppable():
            need_texts(module.argument_spec, module.params)
            wanted = [Wanted(name, module.params["vendor"]) for name in module.params["names"]]
            result = ask(read_managers(module.params["managers"]), wanted, module.params)
    except GeneratorError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
