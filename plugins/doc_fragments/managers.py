# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which modules reach management systems."""
from __future__ import annotations


class ModuleDocFragment:
    """baremetal.generator.managers for a list of systems, and parts of it for modules that ask one."""

    DOCUMENTATION = r"""
options:
  managers:
    description:
      - The management systems to ask, any number of each type. They are asked in parallel, and a slow or dead one delays only its own servers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - What messages and results call this system. Each has a name of its own.
        type: str
        required: true
      type:
        description:
          - V(oneview) is HPE OneView, V(ome) is Dell OpenManage Enterprise.
          - V(ucs) is Cisco UCS Central, or a UCS Manager alone, whichever answers at O(managers[].url). V(ucsm) is a UCS Manager alone.
        type: str
        required: true
        choices: [oneview, ome, ucs, ucsm]
      url:
        description:
          - Where it answers, V(https://host) or V(https://host:port); V(https://) may be left out.
          - V(http://) is refused unless O(managers[].validate_certs=false), because it would send the password unprotected.
        type: str
        required: true
      username:
        description:
          - The user to log in as; a user who may only read is enough.
          - On OpenManage Enterprise a user of a directory is written V(DOMAIN\\user).
        type: str
        required: true
      password:
        description:
          - The password of that user.
        type: str
        required: true
      validate_certs:
        description:
          - Whether the certificate must be trusted and made for the host in O(managers[].url).
        type: bool
        default: true
      ca_path:
        description:
          - File (PEM) or folder of the certificate authorities to trust. Without it those of the system are trusted.
          - E(SSL_CERT_FILE) and E(SSL_CERT_DIR) name other files of the system. E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) are not looked at.
        type: path
      proxy:
        description:
          - URL of a proxy to go through, V(http://host:port). A host alone means http as well; C(https), C(socks5), C(socks5h), C(socks4) and
            C(socks4a) may stand for it, the last four with the Python library PySocks. User and password, where it wants them, stand before
            the host, as in V(http://user:password@host:port); they are never shown.
          - E(HTTPS_PROXY) and its like are not looked at.
        type: str
      login_domain:
        description:
          - Only for V(oneview). The directory that knows the user, V(LOCAL) for users of the appliance. Without it the appliance takes its default.
        type: str
      api_version:
        description:
          - Only for V(oneview). The API version to speak. Without it the appliance is asked, which takes one request more.
        type: int
      domain_username:
        description:
          - Only for V(ucs) with UCS Central. The user for the UCS Managers of its domains, when it is not O(managers[].username).
        type: str
      domain_password:
        description:
          - Only for V(ucs) with UCS Central. The password of O(managers[].domain_username).
        type: str
      domains:
        description:
          - Only for V(ucs) with UCS Central. Address of the UCS Manager of a domain, by the domain's name, where what UCS Central says cannot be
            reached from here.
        type: dict
      bmc_network:
        description:
          - Only for V(ucs) and V(ucsm). Which management address of a server is wanted, out of band or in band. The other one is taken when there is
            none of the wanted kind.
          - V(oob) unless said otherwise.
        type: str
        choices: [oob, inband]
  manager_seconds:
    description:
      - Seconds that each system has to answer. Names that it has not answered by then end as C(ManagerUnreachable).
    type: float
    default: 20.0
"""

    CONNECTION = r"""
options:
  names:
    description:
      - The servers to look for. Names are compared whole and without regard to case.
    type: list
    elements: str
    required: true
  nic_name:
    description:
      - What the operating system calls the chosen network port. It is returned as it is, and changes no choice.
    type: str
  mac_index:
    description:
      - Which network port to choose, V(first), V(last) or its position in RV(servers.nics) counted from 0.
      - Without it the port is chosen that the management system boots from, and the first one where it says nothing about that.
    type: str
  validate_certs:
    description:
      - Whether the certificate must be trusted and made for the host in O(url).
    type: bool
    default: true
  ca_path:
    description:
      - File (PEM) or folder of the certificate authorities to trust. Without it those of the system are trusted.
      - E(SSL_CERT_FILE) and E(SSL_CERT_DIR) name other files of the system. E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) are not looked at.
    type: path
  proxy:
    description:
      - URL of a proxy to go through, V(http://host:port). A host alone means http as well; C(https), C(socks5), C(socks5h), C(socks4) and
        C(socks4a) may stand for it, the last four with the Python library PySocks. User and password, where it wants them, stand before
        the host, as in V(http://user:password@host:port); they are never shown.
      - E(HTTPS_PROXY) and its like are not looked at.
    type: str
  manager_seconds:
    description:
      - Seconds that the system has to answer. Names that it has not answered by then end as C(ManagerUnreachable).
    type: float
    default: 20.0
"""
