#!/usr/bin/python
# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds servers by name in Dell OpenManage Enterprise."""
from __future__ import annotations

DOCUMENTATION = r"""
module: ome_server_info
short_description: Find servers by name in Dell OpenManage Enterprise
version_added: 0.1.0
description:
  - Looks for profiles of these names, and where there is none, for devices by their service tag or name.
  - Returns the network ports of each server's inventory, integrated ones first.
options:
  url:
    description:
      - Where it answers, V(https://host) or V(https://host:port); V(https://) may be left out.
      - Taken from E(OME_IP) when it is not given.
    type: str
    required: true
  username:
    description:
      - The user to log in as; a user who may only read is enough.
      - Taken from E(OME_USERNAME) when it is not given.
    type: str
    required: true
  password:
    description:
      - The password of that user.
      - Taken from E(OME_PASSWORD) when it is not given.
    type: str
    required: true
extends_documentation_fragment:
  - baremetal.generator.managers.connection
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
  - module: baremetal.generator.server_info
"""

EXAMPLES = r"""
- name: Ask OpenManage Enterprise for a server, and take its third network port
  baremetal.generator.ome_server_info:
    url: https://ome.example.com
    username: automation
    password: "{{ ome_password }}"
    ca_path: /etc/pki/company-ca.pem
    names:
      - ome-node-01
    mac_index: "2"
  register: found
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
      sample: ome-node-01
    vendor:
      description: Whose server it is, V(HP), V(DELL) or V(CISCO).
      type: str
      sample: DELL
    manager:
      description: Name of the management system that knows it.
      type: str
      sample: ome
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
      sample: PowerEdge R660
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
          sample: NIC.Integrated.1-1-1
        location:
          description: More about where it is, or what it is for.
          type: str
          sample: Broadcom Adv. Dual 25Gb Ethernet
        link:
          description: Whether the link is up; none where the management system does not say.
          type: bool
          sample: true
        virtual:
          description: Whether the MAC address comes from a profile and not from the hardware.
          type: bool
          sample: false
        boot:
          description: Whether the management system boots the server from it.
          type: bool
          sample: false
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
      sample: "ome (https://ome.example.com) knows no server named 'node-9'; correct the name, or create the server there."
"""

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import MANAGER_OPTIONS, OME_ARGS, Module
from ansible_collections.baremetal.generator.plugins.module_utils.errors import GeneratorError
from ansible_collections.baremetal.generator.plugins.module_utils.http_library import URLLIB3_MISSING
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Wanted, read_managers
from ansible_collections.baremetal.generator.plugins.module_utils.server_info import ask
from ansible_collections.baremetal.generator.plugins.module_utils.stopping import stoppable
from ansible_collections.baremetal.generator.plugins.module_utils.texts import need_texts


def main() -> None:
    """Ends with the servers and the reasons, or with the one sentence why nobody can be asked."""
    module = Module(argument_spec=OME_ARGS, supports_check_mode=True)
    if URLLIB3_MISSING:
        module.fail_json(msg=missing_required_lib("urllib3"), exception=URLLIB3_MISSING)
    try:
        with stoppable():
            need_texts(module.argument_spec, module.params)
            entry = {"name": "ome", "type": "ome", **{option: module.params[option] for option in MANAGER_OPTIONS if option in module.params}}
            result = ask(read_managers([entry]), [Wanted(name) for name in module.params["names"]], module.params)
    except GeneratorError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
