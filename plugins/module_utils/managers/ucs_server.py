# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From UCS objects to a server: its management address and its vNICs. Pure; the same for UCS Central and UCS Manager."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .. import addresses
from ..models import Nic, Reason, Server
from ..names import CISCO
from .elements import OddAnswer, needed, text
from .outcomes import no_bmc_address, no_mac
from .ucs_nics import nics_of
from .ucs_xml import Mo

COMPUTE = ("computeBlade", "computeRackUnit")
ADDRESSES = (
    "vnicIpV4StaticAddr", "vnicIpV4PooledAddr", "vnicIpV4ProfDerivedAddr", "vnicIpV4MgmtPooledAddr",
    "vnicIpV6StaticAddr", "vnicIpV6MgmtPooledAddr",
)
BOOT_PATH = "lsbootLanImagePath"
POLICY = "operBootPolicyName"
# All that is read of a domain in one sweep.
CLASSES = ("vnicEther", *ADDRESSES, "mgmtIf", BOOT_PATH, "adaptorHostEthIf", *COMPUTE)
STATES = {"enable": True, "enabled": True, "disable": False, "disabled": False}       # UCS Manager says the one, UCS Central the other
# Below these are the in-band addresses; static ones have the same class as those that are out of band.
IN_BAND = frozenset({"iface-in-band", "spiface-in-band"})
IN_BAND_CLASSES = frozenset({"vnicIpV4MgmtPooledAddr", "vnicIpV6MgmtPooledAddr"})
NO_MACS = "its vNICs have none yet; associate the service profile with a server, and give its MAC pool free addresses"
NO_VNICS = "its service profile has no vNICs; give it one"


class Inventory:
    """Objects of one system, found by where they are."""

    def __init__(self, objects: Iterable[Mo]) -> None:
        self.objects: dict[str, Mo] = {}
        self.doubled: set[str] = set()                                  # DNs of vNICs that are there twice, with another MAC
        for one in objects:
            other = self.objects.setdefault(one.dn, one)
            if one.kind == "vnicEther" and other["addr"] != one["addr"]:
                self.doubled.add(one.dn)
            self.objects[one.dn] = one
        # Whether profiles of this system show their boot policy.
        self.shows_policies = any(POLICY in one.attributes for one in self.objects.values() if one.kind == "lsServer")
        self.vnics: dict[str, list[Mo]] = defaultdict(list)             # by DN of the profile
        self.addresses: dict[str, list[Mo]] = defaultdict(list)         # by DN of the profile or the server
        self.boot_paths: dict[str, list[Mo]] = defaultdict(list)        # by DN of the profile or the boot policy
        self.host_ports: dict[str, Mo] = {}                             # by DN of the vNIC
        self.unread: set[str] = set()                                   # DNs of boot policies that could not be read
        self.without_boot_orders = False                                # nobody could read any
        for one in self.objects.values():
            if one.kind == "vnicEther":
                self.vnics[one.dn.rpartition("/")[0]].append(one)
            elif one.kind in ADDRESSES or one.kind == "mgmtIf":
                self.addresses[_owner(one.dn)].append(one)
            elif one.kind == BOOT_PATH:
                self.boot_paths[_boot_order(one.dn)].append(one)
            elif one.kind == "adaptorHostEthIf" and one["vnicDn"]:
                self.host_ports[one["vnicDn"]] = one


def _owner(dn: str) -> str:
    """The profile or server that an address belongs to: what stands before its management part."""
    for mark in ("/mgmt/", "/iface-in-band/"):
        if mark in dn:
            return dn.partition(mark)[0]
    return dn.rpartition("/")[0]


def _boot_order(dn: str) -> str:
    """The profile or boot policy that a boot path belongs to."""
    return dn.rpartition("/lan")[0].removesuffix("/boot-policy")


@dataclass(frozen=True)
class Source:
    """One system's view of a server: what it knows, and where the profile and the hardware are in its tree."""

    inventory: Inventory
    profile_dn: str
    hardware_dn: str
    boot_policy_dn: str = ""

    def bmc_address(self, network: str) -> str | None:
        """The best address in the wanted network ("oob" or "inband")."""
        found = []
        for rank_owner, owner in enumerate((self.profile_dn, self.hardware_dn)):
            for one in self.inventory.addresses.get(owner, ()) if owner else ():
                address = _address(one)
                if address is None or _is_in_band(one) != (network == "inband"):
                    continue
                found.append((":" in address, one.kind == "mgmtIf", rank_owner, _kind_rank(one.kind), one.dn, address))
        return min(found)[-1] if found else None

    @property
    def policy_dn(self) -> str:
        """The boot policy that holds, "" where the profile's own boot order does."""
        profile = self.inventory.objects.get(self.profile_dn)
        return (profile[POLICY] if profile else "") or self.boot_policy_dn

    def nics(self) -> tuple[list[Nic], bool]:
        """The vNICs in order, and whether all have a MAC. Raises OddAnswer where the order, or which one boots, cannot be told."""
        vnics = self.inventory.vnics.get(self.profile_dn, [])
        for vnic in vnics:
            if vnic.dn.rpartition("/")[2] != f"ether-{vnic['name']}" or vnic.dn in self.inventory.doubled:
                raise OddAnswer(f"{text(vnic.dn, 'dn')} is there twice, or has another name")
        paths = self.inventory.boot_paths
        boot_paths = paths.get(self.profile_dn) or paths.get(self.policy_dn, [])
        if vnics and not boot_paths and not self._policy_is_known():
            raise OddAnswer(f"its boot policy {text(self.policy_dn, POLICY)} cannot be read")
        ports = {dn: port for dn, port in self.inventory.host_ports.items() if port.dn.startswith(f"{self.hardware_dn}/")}
        found = nics_of(vnics, ports, boot_paths)
        return found, bool(found) and all(nic.mac for nic in found)

    def _policy_is_known(self) -> bool:
        """There is none, or it was read and names no vNIC."""
        inventory, profile = self.inventory, self.inventory.objects.get(self.profile_dn)
        if inventory.without_boot_orders or self.policy_dn in inventory.unread:
            return False
        return not inventory.shows_policies or (profile is not None and POLICY in profile.attributes)

    def hardware(self) -> Mo | None:
        """The blade or rack server."""
        return self.inventory.objects.get(self.hardware_dn)


def is_complete(source: Source, network: str) -> bool:
    """Nobody else need be asked for this server."""
    return source.nics()[1] and source.bmc_address(network) is not None


def server(name: str, manager: str, where: str, sources: Sequence[Source], network: str) -> Server | Reason:
    """The server: each fact from the first system that knows it, NICs from the first that knows all of them.

    A server without an address in the preferred network is reached by the other one.
    """
    networks = (network, "oob" if network == "inband" else "inband")
    address = next((found for found in (source.bmc_address(one) for one in networks for source in sources) if found), None)
    if address is None:
        return no_bmc_address(name, where, "management controller")
    views = [source.nics() for source in sources]
    nics = next((found for found, whole in views if whole), None) or max((found for found, _whole in views), key=_macs)
    if not _macs(nics):
        return no_mac(name, where, NO_MACS if nics else NO_VNICS)
    hardware = next((found for found in (source.hardware() for source in sources) if found), None)
    return Server(
        name=name,
        vendor=CISCO,
        manager=manager,
        bmc_address=address,
        nics=tuple(nics),
        serial=text(hardware["serial"], "serial") if hardware else "",
        model=text(hardware["model"], "model") if hardware else "",
    )


def _macs(nics: Sequence[Nic]) -> int:
    return sum(bool(nic.mac) for nic in nics)


def _kind_rank(kind: str) -> int:
    return ADDRESSES.index(kind) if kind in ADDRESSES else len(ADDRESSES)


def _is_in_band(item: Mo) -> bool:
    """By what it is and where it stands; an organization or a profile may be called in-band."""
    return item.kind in IN_BAND_CLASSES or not IN_BAND.isdisjoint(item.dn.split("/"))


def _address(item: Mo) -> str | None:
    """None where none is set, or the interface is off."""
    where, attribute = text(item.dn, "dn"), "extIp" if item.kind == "mgmtIf" else "addr"
    if item.kind == "mgmtIf":
        state = needed(item["adminState"], f"adminState of {where}")
        if state not in STATES:
            raise OddAnswer(f"adminState of {where} is neither enable nor disable")
        if not STATES[state]:
            return None
    if attribute not in item.attributes:
        raise OddAnswer(f"{attribute} of {where} is missing")
    given = item[attribute].strip()
    if given and not addresses.is_ip(given):
        raise OddAnswer(f"{attribute} of {where} is no IP address")
    return addresses.ip(given)
