# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options by which modules reach the cluster."""
from __future__ import annotations


class ModuleDocFragment:
    """baremetal.generator.kubernetes for the cluster; baremetal.generator.kubernetes.planning for what shapes a host."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig file. Without it, and without O(host), the service account of the pod is used where there is one,
        else E(KUBECONFIG) or C(~/.kube/config).
      - The environment variable E(K8S_AUTH_KUBECONFIG) stands in for it.
    type: path
  context:
    description:
      - Which context of the kubeconfig to use; its current one without this option.
      - The environment variable E(K8S_AUTH_CONTEXT) stands in for it.
    type: str
  host:
    description:
      - Address of the API server, such as V(https://api.example.com:6443). Together with O(api_key) no kubeconfig is needed.
      - The environment variable E(K8S_AUTH_HOST) stands in for it.
    type: str
  api_key:
    description:
      - Bearer token to log in with.
      - The environment variable E(K8S_AUTH_API_KEY) stands in for it.
    type: str
  username:
    description:
      - User to log in with, together with O(password); for clusters behind something that takes these, since Kubernetes itself no longer does.
      - The environment variable E(K8S_AUTH_USERNAME) stands in for it.
    type: str
  password:
    description:
      - Password of O(username).
      - The environment variable E(K8S_AUTH_PASSWORD) stands in for it.
    type: str
  validate_certs:
    description:
      - Whether the certificate of the API server must be trusted. Without this option, as the kubeconfig says, else yes.
      - The environment variable E(K8S_AUTH_VERIFY_SSL) stands in for it.
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description:
      - File of the certificate authority that the API server's certificate comes from. Without it, as the kubeconfig says, else the system's store.
      - The environment variable E(K8S_AUTH_SSL_CA_CERT) stands in for it.
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description:
      - File of the certificate to log in with.
      - The environment variable E(K8S_AUTH_CERT_FILE) stands in for it.
    type: path
  client_key:
    description:
      - File of the key of O(client_cert).
      - The environment variable E(K8S_AUTH_KEY_FILE) stands in for it.
    type: path
  proxy:
    description:
      - URL of the proxy on the way to the API server, such as V(http://proxy.example.com:3128), with V(https), V(socks5) and V(socks5h) as well.
        A SOCKS proxy needs the Python package PySocks, for event sources aiohttp-socks.
      - Without it C(proxy-url) of the kubeconfig counts, else E(HTTPS_PROXY) (or E(HTTP_PROXY), where the address begins so), in capital or small letters.
        By the last two this machine itself is never reached.
      - The environment variable E(K8S_AUTH_PROXY) stands in for it.
    type: str
  no_proxy:
    description:
      - What is reached without a proxy, separated by commas; V(*), names (with all below them), suffixes such as V(.example.com), addresses and CIDRs,
        perhaps with a port.
      - Without it E(NO_PROXY) or E(no_proxy) count.
      - The environment variable E(K8S_AUTH_NO_PROXY) stands in for it.
    type: str
  impersonate_user:
    description:
      - User to act as, if the one who logs in may do that. Without it, C(as) of the kubeconfig counts.
      - The environment variable E(K8S_AUTH_IMPERSONATE_USER) stands in for it.
    type: str
  impersonate_groups:
    description:
      - Groups to act as, together with O(impersonate_user).
      - The environment variable E(K8S_AUTH_IMPERSONATE_GROUPS) stands in for it, with commas between them.
    type: list
    elements: str
requirements:
  - kubernetes >= 29, not 36.0.0 or 36.0.1 (it brings urllib3 and PyYAML)
"""

    PLANNING = r"""
options:
  profiles:
    description:
      - What servers have in common, by a part of their name; a list, or a mapping whose key C(profiles) holds the list.
      - The first entry whose C(pattern) is part of the name counts, else the one with C(default=true).
      - Its keys are C(pattern), C(default), C(server_vendor), C(nic_name), C(mac_index), C(bmc_scheme), C(bmc_port), C(bmc_path),
        C(bmc_validate_certs), C(bmc_credentials), C(inspection), C(automated_cleaning_mode), C(boot_mode) and C(custom_deploy).
      - An unknown key fails the task.
    type: raw
  host_namespaces:
    description:
      - Namespaces in which a generator of another namespace may have its host made; V(*) is any. Without it, none.
    type: list
    elements: str
    default: []
  bmc_credentials:
    description:
      - User and password of the management controllers, for each vendor. A generator that names a Secret of its own does not need them.
      - A variable that maps vendors to credentials is handed over as V({{ generator_bmc_credentials | dict2items(key_name='name', value_name='login'\) }}).
      - The environment variables E(HP_BMC_USERNAME), E(HP_BMC_PASSWORD) and those of E(DELL_BMC_USERNAME) and E(CISCO_BMC_USERNAME) alike stand in
        for it. A file is safer, since others may read the environment of a process.
    type: list
    elements: dict
    suboptions:
      name:
        description: The vendor, V(HP), V(DELL) or V(CISCO); or a name that C(bmc_credentials) of a profile gives.
        type: str
        required: true
      login:
        description: The credentials.
        type: dict
        required: true
        suboptions:
          username:
            description: User of the management controller.
            type: str
            required: true
          password:
            description: Its password.
            type: str
            required: true
"""
