# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts and their Secrets as a user describes them by hand, and what a host looks like to a user. Pure."""
from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from . import names
from .addresses import mac
from .availability import in_use, key, paused_by_others, state, use_of
from .cluster import HOST, SECRET, Object
from .errors import InvalidArgument
from .manifests import webhook_rules
from .models import Reason

SPEC_OF_OPTION = {"online": "online", "boot_mode": "bootMode", "automated_cleaning_mode": "automatedCleaningMode", "root_device_hints": "rootDeviceHints"}
# Of a host, before it is looked at.
NOTHING_KNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("state", "operational_status", "error", "consumer", "boot_mac", "bmc_address", "bmc_credentials", "infra_env", "buffer", "generator"), ""),
    **dict.fromkeys(("powered_on", "deleting", "in_use"), False), "paused": None,
}


def wanted_host(options: Mapping[str, Any]) -> Object:
    """The BareMetalHost that these options describe; fields that they do not name are left as they are."""
    spec: dict[str, Any] = {field: options[option] for option, field in SPEC_OF_OPTION.items() if options.get(option) is not None}
    if options.get("boot_mac"):
        spec["bootMACAddress"] = mac(options["boot_mac"]) or str(options["boot_mac"])
    bmc = {field: options[option] for option, field in (("bmc_address", "address"), ("bmc_credentials", "credentialsName")) if options.get(option)}
    if options.get("bmc_validate_certs") is not None:
        bmc["disableCertificateVerification"] = not options["bmc_validate_certs"]
    if bmc:
        spec["bmc"] = bmc
    labels = dict(options.get("labels") or {})
    if options.get("infra_env"):
        labels[names.INFRAENV_LABEL] = options["infra_env"]
    metadata = {"namespace": options["namespace"], "name": options["name"], "labels": labels, "annotations": dict(options.get("annotations") or {})}
    return {"apiVersion": HOST.api_version, "kind": HOST.kind, "metadata": metadata, "spec": spec}


def checked(wanted: Object) -> Object:
    """The wanted host as a new one; raises InvalidArgument when Metal3 would not accept it."""
    metadata, spec = wanted["metadata"], {"online": True, **wanted["spec"]}
    bmc = spec.get("bmc") or {}
    for field, option, other in (("address", "bmc_address", "credentialsName"), ("credentialsName", "bmc_credentials", "address")):
        if bmc.get(other) and not bmc.get(field):
            raise InvalidArgument(f"Host {metadata['namespace']}/{metadata['name']} is new: give its {option}, too; Metal3 needs both, or none.")
    whole = {**wanted, "spec": spec}
    fault = webhook_rules(whole)
    if fault is not None:
        raise InvalidArgument(f"Host {metadata['namespace']}/{metadata['name']}: {fault.message}")
    return whole


def wanted_secret(options: Mapping[str, Any]) -> Object:
    """A Secret with a BMC's credentials; blanks around them are trimmed, as Metal3 does."""
    where = f"{options['namespace']}/{options['name']}"
    data = {}
    for field in ("username", "password"):
        value = str(options.get(field) or "").strip()
        if not value:
            raise InvalidArgument(f"Secret {where}: {field} is missing; give it.")
        data[field] = base64.b64encode(value.encode()).decode()
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.kind,
        "metadata": {"namespace": options["namespace"], "name": options["name"], "labels": {names.SECRET_LABEL: "baremetal", **(options.get("labels") or {})}},
        "type": "Opaque",
        "data": data,
    }


def may_go(host: Object, even_in_use: bool) -> str | None:
    """Why this host must not be deleted, None when it may."""
    if in_use(host) and not even_in_use:
        return f"Host {key(host)} is in use ({consumer(host) or use_of(host)}): free it first, or set delete_in_use."
    if paused_by_others(host):
        return f"Host {key(host)} is paused, Metal3 would not let it go: take annotation {names.PAUSED} off first."
    return None


def consumer(host: Object) -> str:
    """Who took it, "" when nobody did, or when that cannot be read."""
    reference = (host.get("spec") or {}).get("consumerRef")
    return " ".join(str(reference[field]) for field in ("kind", "name") if reference.get(field)) if isinstance(reference, dict) else ""


def host_facts(host: Object, faults: Iterable[str] = ()) -> dict[str, Any]:
    """What a user wants to know of a host. faults: what of it cannot be read, each in words."""
    metadata, spec, status = host["metadata"], host.get("spec") or {}, host.get("status") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata.get("uid") or "",
        "state": state(host),
        "operational_status": status.get("operationalStatus") or "",
        "error": status.get("errorMessage") or "",
        "powered_on": bool(status.get("poweredOn")),
        "deleting": bool(metadata.get("deletionTimestamp")),
        "paused": annotations.get(names.PAUSED, "") if names.PAUSED in annotations else None,
        "consumer": consumer(host),
        "in_use": in_use(host),
        "boot_mac": spec.get("bootMACAddress") or "",
        "bmc_address": (spec.get("bmc") or {}).get("address") or "",
        "bmc_credentials": (spec.get("bmc") or {}).get("credentialsName") or "",
        "infra_env": labels.get(names.INFRAENV_LABEL) or "",
        "buffer": labels.get(names.BUFFER_LABEL) or names.DEFAULT_BUFFER,
        "generator": "/".join(filter(None, (annotations.get(names.GENERATOR_NAMESPACE), annotations.get(names.GENERATOR_NAME)))),
        "labels": labels,
        "faults": list(faults),
    }


def odd_host(host: Object, why: Reason) -> dict[str, Any]:
    """One about which nothing can be said but why. It is taken to be in use, so that nobody deletes it for this."""
    metadata = host["metadata"]
    return {
        **NOTHING_KNOWN, "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"], "in_use": True, "labels": {},
        "faults": [why.message]}
