# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server -> Secret, NMStateConfig, BareMetalHost: pure."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import names
from .bmc import bmc_url, own_address_fault
from .cluster import HOST, NMSTATE, SECRET, Object
from .generators import Request
from .models import Reason, Server
from .nics import BOND, Choice, vlan_interface
from .readable import whole_number
from .selectors import selecting_labels
from .webhook import webhook_fault

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
NO_INSPECTION = "disabled"
LONGEST_FACT = 253          # characters of what a manager says about a server, as the CRD bounds it


@dataclass(frozen=True)
class Facts:
    """What was found out about a server; stands in the generator's status, so that admission needs no manager."""

    vendor: str
    bmc_address: str
    bmc_url: str
    macs: tuple[str, ...]             # the first one boots
    nic_names: tuple[str, ...] = ()
    mac_indices: tuple[str, ...] = ()
    vlan_id: int | None = None
    model: str = ""
    serial: str = ""
    manager: str = ""

    @property
    def mac(self) -> str:
        """By which the host is known."""
        return self.macs[0]

    def to_status(self, request: Request) -> dict[str, Any]:
        """Its fields in a status, the old singular ones too; None takes a field away."""
        return {
            "serverVendor": self.vendor, "serverModel": self.model or None, "serverSerial": self.serial or None, "manager": self.manager or None,
            "ipmiAddress": self.bmc_address, "bmcAddress": self.bmc_url,
            "macAddress": self.mac, "macAddresses": list(self.macs), "vlanId": self.vlan_id,
            "selectedNicNames": list(self.nic_names) or None, "selectedMacIndices": list(self.mac_indices) or None,
            "selectedNicName": self.nic_names[0] if self.nic_names else None, "selectedMacIndex": self.mac_indices[0] if self.mac_indices else None,
            "bmhName": request.host_name, "bmhNamespace": request.host_namespace,
        }

    @classmethod
    def from_status(cls, status: Mapping[str, Any]) -> Facts | None:
        """As to_status() wrote them, or the operator; None when they are not all there."""
        macs = tuple(str(mac).lower() for mac in status.get("macAddresses") or [status.get("macAddress")] if mac)
        bmc = str(status.get("ipmiAddress") or "")
        if not macs or not bmc or not status.get("serverVendor"):
            return None
        vlan = str(status.get("vlanId") or "")
        nics = status.get("selectedNicNames") or [status.get("selectedNicName")]
        indices = status.get("selectedMacIndices") or [status.get("selectedMacIndex")]
        return cls(
            vendor=str(status["serverVendor"]), bmc_address=bmc, bmc_url=str(status.get("bmcAddress") or ""), macs=macs,
            nic_names=tuple(str(one) for one in nics if one), mac_indices=tuple(str(one) for one in indices if one is not None),
            vlan_id=whole_number(vlan),
            model=str(status.get("serverModel") or ""), serial=str(status.get("serverSerial") or ""), manager=str(status.get("manager") or ""),
        )


def facts(request: Request, server: Server, choice: Choice) -> Facts | Reason:
    """What the request and the server make together, or why they do not."""
    address = bmc_url(server, request.profile)
    if isinstance(address, Reason):
        return address
    macs = tuple(nic.mac.lower() for nic in choice.nics)
    fault = next((mac for mac in macs if not MAC.fullmatch(mac)), None)
    if fault is not None:
        return Reason("NoMac", f"{server.manager} gives {fault!r} as MAC address of {server.name}; let it take the inventory of the server.")
    if len(set(macs)) < len(macs):
        return Reason("InvalidAnswer", f"{server.manager} gives one MAC address to two of the network ports of {server.name} that are chosen; correct it "
                                       "there, or choose others.")
    return Facts(
        vendor=server.vendor, bmc_address=server.bmc_address, bmc_url=address, macs=macs,
        nic_names=tuple(one.nic_name[:LONGEST_FACT] for one in choice.selected if one.nic_name), mac_indices=tuple(str(one.index) for one in choice.selected),
        vlan_id=request.vlan_id, model=server.model[:LONGEST_FACT], serial=server.serial[:LONGEST_FACT], manager=server.manager[:LONGEST_FACT],
    )


# --- names --------------------------------------------------------------------------------------------------------------------------------


def secret_name(request: Request, vendor: str) -> str:
    """The host's Secret is always ours: Metal3 makes the host an owner of the Secret that it names, so that both go together."""
    return own_secret_name(vendor, request.host_name)


def own_secret_name(vendor: str, host_name: str) -> str:
    """<vendor>-cred-<server>."""
    return f"{vendor.lower()}-cred-{host_name}"


def nmstate_name(host_name: str) -> str:
    """nmstate-config-<server>."""
    return f"nmstate-config-{host_name}"


def owner_annotations(generator: Object) -> dict[str, str]:
    """Who made it. Annotations: a name may be longer than a label may be."""
    metadata = generator["metadata"]
    return {
        names.GENERATOR_UID: metadata["uid"],
        names.GENERATOR_NAMESPACE: metadata["namespace"],
        names.GENERATOR_NAME: metadata["name"],
        names.GENERATOR_GENERATION: str(metadata.get("generation", 0)),
    }


# --- objects ------------------------------------------------------------------------------------------------------------------------------


def secret(request: Request, found: Facts, generator: Object, data: Mapping[str, str], rid: str) -> Object:
    """The BMC's credentials. data: base64. The rid makes each grant's PATCH a change, so that stale deletes fail."""
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.kind,
        "metadata": {
            "namespace": request.host_namespace,
            "name": secret_name(request, found.vendor),
            "labels": {names.SECRET_LABEL: "baremetal", names.GENERATOR_UID: generator["metadata"]["uid"]},
            "annotations": {**owner_annotations(generator), **_credentials_annotation(request), names.RID: rid},
        },
        "type": "Opaque",
        "data": dict(data),
    }


def inert_host(request: Request, found: Facts, generator: Object, rid: str) -> Object:
    """The host as it is created: paused by us, in no InfraEnv, so that nobody touches it."""
    spec: dict[str, Any] = {
        "online": True,
        "bootMACAddress": found.mac,
        "bmc": {
            "address": found.bmc_url,
            "credentialsName": secret_name(request, found.vendor),
            "disableCertificateVerification": not request.profile.bmc_validate_certs,
        },
        "bootMode": request.host.get("bootMode") or request.profile.boot_mode or "UEFI",
        "automatedCleaningMode": request.host.get("automatedCleaningMode") or request.profile.automated_cleaning_mode or "disabled",
    }
    if request.host.get("rootDeviceHints"):
        spec["rootDeviceHints"] = dict(request.host["rootDeviceHints"])
    if request.profile.inspection == NO_INSPECTION:
        spec["inspectionMode"] = NO_INSPECTION
    if request.profile.custom_deploy:
        spec["customDeploy"] = {"method": request.profile.custom_deploy}
    return {
        "apiVersion": HOST.api_version,
        "kind": HOST.kind,
        "metadata": {
            "namespace": request.host_namespace,
            "name": request.host_name,
            "labels": {names.BUFFER_LABEL: request.buffer, names.GENERATOR_UID: generator["metadata"]["uid"]},
            "annotations": {
                **owner_annotations(generator), **_credentials_annotation(request), **_host_annotations(request, found),
                names.RID: rid, names.PAUSED: names.PAUSED_BY_ADMISSION,
            },
        },
        "spec": spec,
    }


def _credentials_annotation(request: Request) -> dict[str, str]:
    """Whose credentials the host has, where they are those of a user's Secret."""
    users = request.host.get("bmcCredentials")
    return {names.BMC_CREDENTIALS: str(users)} if users else {}


def _host_annotations(request: Request, found: Facts) -> dict[str, str]:
    marks = {names.HOSTNAME: request.host_name, names.SERVER_VENDOR_INFO: found.vendor}
    optional = {
        names.SERVER_NAME_INFO: request.other_server_name,
        names.ROLE: request.host.get("role"), names.CLUSTER_REFERENCE: request.host.get("clusterReference"),
        names.SERVER_MODEL_INFO: found.model, names.SERVER_SERIAL_INFO: found.serial,
    }
    return {**marks, **{mark: str(value) for mark, value in optional.items() if value}}


def activation(request: Request, inert: Object) -> Object:
    """The merge patch that makes the inert host a living one: rid and paused off, the InfraEnv and the user's labels on.

    A BareMetalHost kind of before Metal3 0.12 has dropped inspectionMode when the host was created: there the annotation says it, as it did then.
    """
    dropped = request.profile.inspection == NO_INSPECTION and (inert.get("spec") or {}).get("inspectionMode") != NO_INSPECTION
    return {"metadata": {
        "annotations": {names.RID: None, names.PAUSED: None, **({names.INSPECT: NO_INSPECTION} if dropped else {})},
        "labels": {**request.labels, names.INFRAENV_LABEL: request.infra_env},
    }}


def nmstate_config(request: Request, found: Facts, generator: Object, infra_env: Object) -> Object | None:
    """VLAN, bond or both; None when neither is asked for. It carries every label by which the InfraEnv selects."""
    if not found.vlan_id and len(found.macs) < 2:
        return None
    nics = [(found.nic_names[at] if at < len(found.nic_names) else f"nic{at + 1}", mac) for at, mac in enumerate(found.macs)]
    interfaces: list[dict[str, Any]] = [
        {"name": name, "type": "ethernet", "state": "up", "mac-address": mac, "ipv4": {"enabled": False}, "ipv6": {"enabled": False}} for name, mac in nics
    ]
    top = nics[0][0]
    if len(nics) > 1:
        top = BOND
        interfaces.append({
            "name": top, "type": "bond", "state": "up", "ipv4": {"enabled": False}, "ipv6": {"enabled": False},
            "link-aggregation": {"mode": "802.3ad", "port": [name for name, _mac in nics], "options": {"miimon": "100", "lacp_rate": "fast"}},
        })
    if found.vlan_id:
        interfaces.append({"name": vlan_interface(top, found.vlan_id), "type": "vlan", "state": "up", "vlan": {"base-iface": top, "id": found.vlan_id}})
    interfaces[-1].update(
        ipv4={"enabled": True, "dhcp": True, "auto-dns": True, "auto-gateway": True, "auto-routes": True}, ipv6={"enabled": False})
    return {
        "apiVersion": NMSTATE.api_version,
        "kind": NMSTATE.kind,
        "metadata": {
            "namespace": request.host_namespace,
            "name": nmstate_name(request.host_name),
            "labels": selecting_labels(_selector(infra_env), _nmstate_labels(request, generator))[0],
            "annotations": owner_annotations(generator),
        },
        "spec": {"interfaces": [{"name": name, "macAddress": mac} for name, mac in nics], "config": {"interfaces": interfaces}},
    }


def _nmstate_labels(request: Request, generator: Object) -> dict[str, str]:
    return {names.INFRAENV_LABEL: request.infra_env, names.GENERATOR_UID: generator["metadata"]["uid"]}


def _selector(infra_env: Object) -> Mapping[str, Any]:
    return (infra_env.get("spec") or {}).get("nmStateConfigLabelSelector") or {}


def not_selected(request: Request, generator: Object, infra_env: Object) -> str | None:
    """Why the InfraEnv would not select this NMStateConfig, a sentence; an empty selector selects none."""
    selector = _selector(infra_env)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        return f"InfraEnv {request.infra_env} has no nmStateConfigLabelSelector: its hosts will not get the NMStateConfig."
    fault = selecting_labels(selector, _nmstate_labels(request, generator))[1]
    return f"InfraEnv {request.infra_env} does not select the NMStateConfig, its hosts will not get it: {fault}; correct its nmStateConfigLabelSelector." \
        if fault else None


def webhook_rules(host: Object) -> Reason | None:
    """What Metal3's admission webhook and its CRD would refuse, for both may be absent. For any host: what they accept is accepted."""
    return _refused(webhook_fault(host))


def own_rules(host: Object) -> Reason | None:
    """The same for a host that we are about to make ourselves, which has to name its MAC and a system of a BMC besides."""
    spec = host["spec"]
    fault = webhook_fault(host) or own_address_fault(spec["bmc"]["address"])
    if not fault and not MAC.fullmatch(spec["bootMACAddress"]):
        fault = f"bootMACAddress {spec['bootMACAddress']!r} is not six pairs of lower-case hexadecimal digits with colons"
    return _refused(fault)


def _refused(fault: str | None) -> Reason | None:
    return Reason("InvalidSpec", f"Metal3 would not accept the host: {fault}; correct it.", of_variables=True) if fault else None
