# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs that modules share. The only file of module_utils that imports ansible."""
from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from .showing import secrets_of_urls, shown
from .texts import texts


class Module(AnsibleModule):
    """A module that repeats no secret, not even one whose key is misspelt, to the person who asks for more verbosity nor to the system's log."""

    def _return_formatted(self, kwargs: dict[str, Any]) -> None:
        self.no_log_values.update(filter(None, secrets_of_urls(self.params)))
        kwargs.setdefault("invocation", {"module_args": shown(self.argument_spec, self.params)})
        super()._return_formatted(kwargs)

    def _log_invocation(self) -> None:
        """The system's log gets nothing of the options."""


# --- management systems -------------------------------------------------------------------------------------------------------------------

_OPTION = dict[str, Any]

# What every management system has; type, url and credentials differ in how they are asked for.
_TLS: dict[str, _OPTION] = {
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "proxy": {"type": "str"},
}
_ONEVIEW: dict[str, _OPTION] = {
    "login_domain": {"type": "str"},
    "api_version": {"type": "int"},
}
_UCS: dict[str, _OPTION] = {
    "domain_username": {"type": "str"},
    "domain_password": {"type": "str", "no_log": True},
    "domains": {"type": "dict"},
    "bmc_network": {"type": "str", "choices": ["oob", "inband"]},
}

MANAGER_TYPES = ["oneview", "ome", "ucs", "ucsm"]

# One list of management systems, as server_info and the stages take it.
MANAGER_ARGS: dict[str, _OPTION] = {
    "managers": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "required": True, "choices": MANAGER_TYPES},
            "url": {"type": "str", "required": True},
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            **_TLS,
            **_ONEVIEW,
            **_UCS,
        },
    },
    "manager_seconds": {"type": "float", "default": 20.0},
}

MANAGER_OPTIONS = tuple(option for option in MANAGER_ARGS["managers"]["options"] if option not in ("name", "type"))

# How one NIC is chosen from those of a server.
NIC_ARGS: dict[str, _OPTION] = {
    "nic_name": {"type": "str"},
    "mac_index": {"type": "str"},
}


def connection_args(url: str, username: str, password: str) -> dict[str, _OPTION]:
    """The options of a module that asks one management system; the arguments name the environment variables that stand in for options."""
    return {
        "url": {"type": "str", "required": True, "fallback": (env_fallback, [url])},
        "username": {"type": "str", "required": True, "fallback": (env_fallback, [username])},
        "password": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, [password])},
        **_TLS,
        "manager_seconds": {"type": "float", "default": 20.0},
        "names": {"type": "list", "elements": "str", "required": True},
        **NIC_ARGS,
    }


SERVER_INFO_ARGS: dict[str, _OPTION] = texts({
    **MANAGER_ARGS,
    "names": {"type": "list", "elements": "str", "required": True},
    "vendor": {"type": "str", "choices": ["HP", "DELL", "CISCO"]},
    **NIC_ARGS,
})
ONEVIEW_ARGS: dict[str, _OPTION] = texts({**connection_args("ONEVIEW_IP", "ONEVIEW_USERNAME", "ONEVIEW_PASSWORD"), **_ONEVIEW})
OME_ARGS: dict[str, _OPTION] = texts(connection_args("OME_IP", "OME_USERNAME", "OME_PASSWORD"))
UCS_ARGS: dict[str, _OPTION] = texts({
    **connection_args("UCS_CENTRAL_IP", "UCS_CENTRAL_USERNAME", "UCS_CENTRAL_PASSWORD"),
    **_UCS,
    "domain_username": {"type": "str", "fallback": (env_fallback, ["UCS_MANAGER_USERNAME"])},
    "domain_password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["UCS_MANAGER_PASSWORD"])},
})

# --- the cluster --------------------------------------------------------------------------------------------------------------------------

KUBERNETES_ARGS: dict[str, _OPTION] = {
    "kubeconfig": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG"])},
    "context": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_CONTEXT"])},
    "host": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_HOST"])},
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["K8S_AUTH_API_KEY"])},
    "username": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_USERNAME"])},
    "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["K8S_AUTH_PASSWORD"])},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"], "fallback": (env_fallback, ["K8S_AUTH_VERIFY_SSL"])},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"], "fallback": (env_fallback, ["K8S_AUTH_SSL_CA_CERT"])},
    "client_cert": {"type": "path", "fallback": (env_fallback, ["K8S_AUTH_CERT_FILE"])},
    "client_key": {"type": "path", "no_log": False, "fallback": (env_fallback, ["K8S_AUTH_KEY_FILE"])},
    "proxy": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_PROXY"])},
    "no_proxy": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_NO_PROXY"])},
    "impersonate_user": {"type": "str", "fallback": (env_fallback, ["K8S_AUTH_IMPERSONATE_USER"])},
    "impersonate_groups": {"type": "list", "elements": "str", "fallback": (env_fallback, ["K8S_AUTH_IMPERSONATE_GROUPS"])},
}

# --- the stages ---------------------------------------------------------------------------------------------------------------------------

_LOGIN: dict[str, _OPTION] = {
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
}


def managers_from_environment(*_names: str) -> list[dict[str, str]]:
    """The managers that the variables of older set-ups name, one of each type; none is said by whoever reads the list."""
    found = []
    for kind, prefix in (("oneview", "ONEVIEW"), ("ome", "OME"), ("ucs", "UCS_CENTRAL")):
        url, username, password = (os.environ.get(f"{prefix}_{part}") for part in ("IP", "USERNAME", "PASSWORD"))
        if url and username and password:
            found.append({"name": kind, "type": kind, "url": url, "username": username, "password": password})
    return found


def credentials_from_environment(*_names: str) -> list[dict[str, Any]]:
    """The BMC credentials that the variables of older set-ups hold."""
    found = []
    for vendor in ("HP", "DELL", "CISCO"):
        username, password = os.environ.get(f"{vendor}_BMC_USERNAME"), os.environ.get(f"{vendor}_BMC_PASSWORD")
        if username and password:
            found.append({"name": vendor, "login": {"username": username, "password": password}})
    if not found:
        raise AnsibleFallbackNotFound
    return found


_PLANNING: dict[str, _OPTION] = {
    "profiles": {"type": "raw"},
    "host_namespaces": {"type": "list", "elements": "str", "default": []},
    "bmc_credentials": {
        "type": "list",
        "elements": "dict",
        "no_log": False,        # its passwords are, each for itself
        "fallback": (credentials_from_environment, []),
        "options": {"name": {"type": "str", "required": True}, "login": {"type": "dict", "required": True, "options": _LOGIN}},
    },
}

RESOLVE_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    **MANAGER_ARGS,
    "managers": {**MANAGER_ARGS["managers"], "fallback": (managers_from_environment, [])},
    "login_now": {"type": "bool", "default": False},
    **_PLANNING,
})
ADMIT_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    **_PLANNING,
    "buffers": {"type": "list", "elements": "str"},
    "takeover_seconds": {"type": "float", "default": 15.0},
    "deadline_seconds": {"type": "float", "default": 300.0},
    "sweep": {"type": "bool", "default": False},
    "assume": {"type": "list", "elements": "dict", "default": []},
})
REMOVE_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    "keep_resources": {"type": "bool", "default": False},
})

# --- single kinds of the cluster ----------------------------------------------------------------------------------------------------------

_STATE: _OPTION = {"type": "str", "choices": ["present", "absent"], "default": "present"}
_OBJECT: dict[str, _OPTION] = {"namespace": {"type": "str", "required": True}, "name": {"type": "str", "required": True}}

HOST_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    "hosts": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            **_OBJECT,
            "boot_mac": {"type": "str"},
            "bmc_address": {"type": "str"},
            "bmc_credentials": {"type": "str"},
            "bmc_validate_certs": {"type": "bool"},
            "infra_env": {"type": "str"},
            "labels": {"type": "dict"},
            "annotations": {"type": "dict"},
            "online": {"type": "bool"},
            "boot_mode": {"type": "str", "choices": ["UEFI", "UEFISecureBoot", "legacy"]},
            "automated_cleaning_mode": {"type": "str", "choices": ["disabled", "metadata"]},
            "root_device_hints": {"type": "dict"},
        },
    },
    "state": _STATE,
    "delete_in_use": {"type": "bool", "default": False},
    "wait_seconds": {"type": "float", "default": 0.0},
})
SECRET_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    "secrets": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "no_log": False,        # its passwords are, each for itself
        "options": {**_OBJECT, "username": {"type": "str"}, "password": {"type": "str", "no_log": True}, "labels": {"type": "dict"}},
    },
    "state": _STATE,
})
CRDS_ARGS: dict[str, _OPTION] = texts({
    **KUBERNETES_ARGS,
    "definitions": {"type": "list", "elements": "dict", "required": True},
    "manifests": {"type": "list", "elements": "dict", "default": []},
    "buffers": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"name": {"type": "str", "required": True}, "max_available": {"type": "int", "default": 20}},
    },
    "state": _STATE,
    "wait_seconds": {"type": "float", "default": 60.0},
})
