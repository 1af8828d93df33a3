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
from .elements import MOST_DIGITS, OddAnswer, text
from .outcomes import no_bmc_address, no_mac
from .ucs_xml import Mo

COMPUTE = ("computeBlade", "computeRackUnit")
ADDRESSES = (
    "vnicIpV4StaticAddr", "vnicIpV4PooledAddr", "vnicIpV4ProfDerivedAddr", "vnicIpV4MgmtPooledAddr",
    "vnicIpV6StaticAddr", "vnicIpV6MgmtPooledAddr",
)
BOOT_PATH = "lsbootLanImagePath"
# All that is read of a domain in one sweep.
CLASSES = ("vnicEther", *ADDRESSES, "mgmtIf", BOOT_PATH, "adaptorHostEthIf", *COMPUTE)
ENABLED = frozenset({"enable", "enabled"})          # UCS Manager says the one, UCS Central the other
IN_BAND = "in-band"                                 # only the DN tells; static addresses have the same class
LAST = 1 << 30                                      # where "any" and "unspecified" come in an order
NO_MACS = "its vNICs have none yet; associate the service profile with a server, and give its MAC pool free addresses"


class Inventory:
    """Objects of one system, found by where they are."""

    def __init__(self, objects: Iterable[Mo]) -> None:
        self.objects = {one.dn: one for one in objects}
        self.vnics: dict[str, list[Mo]] = defaultdict(list)             # by DN of the profile
        self.addresses: dict[str, list[Mo]] = defaultdict(list)         # by DN of the profile or the server
        self.boot_vnics: dict[str, str] = {}                            # by DN of the profile or the boot policy
        self.host_ports: dict[str, Mo] = {}                             # by DN of the vNIC
        for one in self.objects.values():
            if one.kind == "vnicEther":
                self.vnics[one.dn.rpartition("/ether-")[0]].append(one)
            elif one.kind in ADDRESSES or one.kind == "mgmtIf":
                self.addresses[_owner(one.dn)].append(one)
            elif one.kind == BOOT_PATH and one["type"] == "primary" and one["vnicName"]:
                self.boot_vnics[one.dn.rpartition("/lan")[0].removesuffix("/boot-policy")] = one["vnicName"]
            elif one.kind == "adaptorHostEthIf" and one["vnicDn"]:
                self.host_ports[one["vnicDn"]] = one


def _owner(dn: str) -> str:
    """The profile or server that an address belongs to: what stands before its management part."""
    for mark in ("/mgmt/", "/iface-in-band/"):
        if mark in dn:
            return dn.partition(mark)[0]
    return dn.rpartition("/")[0]


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
                address = addresses.ip(one["extIp"] if one.kind == "mgmtIf" else one["addr"])
                if address is None or (one.kind == "mgmtIf" and one["adminState"] not in ENABLED):
                    continue
                if (IN_BAND in one.dn) != (network == "inband"):
                    continue
                found.append((":" in address, one.kind == "mgmtIf", rank_owner, _kind_rank(one.kind), one.dn, address))
        return min(found)[-1] if found else None

    def nics(self) -> tuple[list[Nic], bool]:
        """The vNICs that have a MAC, in order, and whether all have one."""
        vnics = sorted(self.inventory.vnics.get(self.profile_dn, ()), key=lambda one: (
            *(_number(one, attribute) for attribute in ("operVcon", "operOrder", "order")), one["name"]))
        boots = self.inventory.boot_vnics.get(self.profile_dn) or self.inventory.boot_vnics.get(self.boot_policy_dn, "")
        found = []
        for vnic in vnics:
            port = self.inventory.host_ports.get(vnic.dn)
            virtual = addresses.mac(vnic["addr"])
            mac = virtual or (addresses.mac(port["mac"]) if port else None)
            if mac is not None:
                link = {"up": True, "down": False}.get(port["linkState"]) if port else None
                found.append(Nic(mac, text(vnic["name"], "the name of a vNIC"), location=f"fabric {vnic['switchId']}" if vnic["switchId"] else "", link=link,
                                 virtual=virtual is not None, boot=vnic["name"] == boots))
        return found, bool(vnics) and len(found) == len(vnics)

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
    nics = next((found for found, whole in views if whole), None) or max((found for found, _whole in views), key=len)
    if not nics:
        return no_mac(name, where, NO_MACS)
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


def _kind_rank(kind: str) -> int:
    return ADDRESSES.index(kind) if kind in ADDRESSES else len(ADDRESSES)


def _number(vnic: Mo, attribute: str) -> int:
    digits = vnic[attribute]
    if not (digits.isascii() and digits.isdigit()):
        return LAST
    if len(digits) > MOST_DIGITS:
        raise OddAnswer(f"{attribute} of {text(vnic.dn, 'dn')} is a number of {len(digits)} digits")
    return int(digits)
