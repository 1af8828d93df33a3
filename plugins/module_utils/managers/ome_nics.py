# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ethernet partitions of a server as OME's network inventory shows them, in the order in which they boot. Pure."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..models import Nic
from .elements import OddAnswer, mac_address, needed, object_at, objects, only_text, text

Json = dict[str, Any]

INVENTORY = "serverNetworkInterfaces"
CLASSES = ("integrated", "embedded", "mezzanine", "slot")       # of a NIC's name, in the order in which they boot
LINKS = {"up": True, "down": False}
FQDD = re.compile(r"[A-Za-z]+(\.[A-Za-z0-9]+)+(-[0-9]{1,9})*")     # NIC.Slot.8-1-1: class, slot, port, partition
UNSET = re.compile(r"[0:.\-\s]*")


def cards(body: object) -> list[Json]:
    """The cards of an inventory, none where it has not run. It comes bare, or in its envelope."""
    if body == []:
        raise OddAnswer("its network inventory is an empty list, perhaps because none has run")
    if isinstance(body, list):
        return objects(body, "InventoryInfo")
    envelope = object_at(body, "the inventory")
    if only_text(envelope.get("InventoryType"), "InventoryType") not in ("", INVENTORY):
        raise OddAnswer("it is an inventory of another kind")
    return objects(needed(envelope.get("InventoryInfo"), "InventoryInfo"), "InventoryInfo")


def nics(found: list[Json]) -> list[Nic]:
    """Every Ethernet partition, integrated ones first, numbers as numbers; the inventory has them in no order.

    One without a MAC keeps its position, so that no index means its neighbour.
    """
    by_name: dict[str, Nic] = {}
    for at, card in enumerate(found):
        for nic in _of_card(card, f"InventoryInfo[{at}]"):
            known = by_name.setdefault(nic.name.casefold(), nic)
            if known.mac != nic.mac:
                raise OddAnswer(f"InventoryInfo[{at}] shows a port again that has another MAC address elsewhere")
    return sorted(by_name.values(), key=lambda nic: _position(nic.name))


def _of_card(card: Json, path: str) -> Iterator[Nic]:
    name = _fqdd(card.get("NicId"), f"{path}.NicId")
    ports = objects(needed(card.get("Ports"), f"{path}.Ports"), f"{path}.Ports")
    if not ports and _is_nic(name):
        yield Nic(mac="", name=name)
    for at, port in enumerate(ports):
        yield from _of_port(port, text(card.get("VendorName"), f"{path}.VendorName"), f"{path}.Ports[{at}]")


def _of_port(port: Json, vendor: str, path: str) -> Iterator[Nic]:
    name = _fqdd(port.get("PortId"), f"{path}.PortId")
    location = (text(port.get("ProductName"), f"{path}.ProductName") or vendor).partition(" - ")[0]
    link = LINKS.get(text(port.get("LinkStatus"), f"{path}.LinkStatus").casefold())
    partitions = objects(needed(port.get("Partitions"), f"{path}.Partitions"), f"{path}.Partitions")
    if not partitions and _is_nic(name):
        yield Nic(mac="", name=name, location=location, link=link)
    for at, partition in enumerate(partitions):
        where = f"{path}.Partitions[{at}]"
        fqdd = _fqdd(partition.get("Fqdd"), f"{where}.Fqdd")
        mac, virtual = _mac(partition, where)
        if not _storage_only(partition, where) and (mac or _is_nic(fqdd)):
            yield Nic(mac=mac, name=fqdd, location=location, link=link, virtual=virtual)


def _mac(partition: Json, path: str) -> tuple[str, bool]:
    """What it sends, "" while that is not known, and whether a profile gives it. The hardware's own counts only where no profile gives another."""
    current, permanent, virtual = (_shown(partition.get(kind), f"{path}.{kind}") for kind in ("CurrentMacAddress", "PermanentMacAddress", "VirtualMacAddress"))
    if current:
        return current, current == virtual
    return (permanent or "", False) if current == virtual == "" else ("", bool(virtual))


def _shown(value: object, path: str) -> str | None:
    """A MAC address, "" where it is shown as unset, None where nothing can be said."""
    written = only_text(value, path)
    return mac_address(written, path) or ("" if value is not None and UNSET.fullmatch(written) else None)


def _storage_only(partition: Json, path: str) -> bool:
    """NicMode alone says nothing: ordinary ports show it as Disabled or Unknown. Where the answer hangs on a mode, that mode must be there."""
    nic, iscsi, fcoe = (None if partition.get(mode) is None else only_text(partition[mode], f"{path}.{mode}").casefold()
                        for mode in ("NicMode", "IscsiMode", "FcoeMode"))
    stores = "enabled" in (iscsi, fcoe)
    if stores and nic is None:
        raise OddAnswer(f"{path}.NicMode is missing")
    if nic == "disabled" and not stores and None in (iscsi, fcoe):
        raise OddAnswer(f"{path}.{'IscsiMode' if iscsi is None else 'FcoeMode'} is missing")
    return stores and nic == "disabled"


def _fqdd(value: object, path: str) -> str:
    """A name that says where something boots."""
    name = str(needed(only_text(value, path).strip(), path))
    if not FQDD.fullmatch(name):
        raise OddAnswer(f"{path} is no name of a port or card such as NIC.Slot.1-1-1")
    return name


def _is_nic(fqdd: str) -> bool:
    return fqdd.casefold().startswith("nic.")


def _position(fqdd: str) -> tuple[int, list[tuple[int, str]]]:
    """NIC.Slot.8-1-1: by class, then slot, port and partition."""
    kind = fqdd.casefold().split(".")[1]
    rank = CLASSES.index(kind) if _is_nic(fqdd) and kind in CLASSES else len(CLASSES)
    return rank, [(int((number or "0")[:9]), word) for number, word in re.findall(r"(\d+)|([^\d.-]+)", fqdd.casefold())]
