# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from one UCS Central or UCS Manager: service profiles by name, and the objects around them."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from ..errors import InvalidAnswer
from ..parallel import each
from .ucs_hits import INSTANCE
from .ucs_server import BOOT_PATH, CLASSES, COMPUTE, Inventory
from .ucs_xml import CHUNK, PARALLEL, Mo, QueryRefused, XmlClient, any_of, caseless, values

SWEEP_ABOVE = 200                   # with more names than this, one query for all profiles is less than many with filters
# Below the management controller of a server.
MANAGEMENT = ("ipv4-static-addr", "ipv4-pooled-addr", "ipv4-prof-addr", "if-1", "if-2", "spiface-in-band/network/ipv4-pooled-addr",
              "spiface-in-band/network/ipv4-static-addr", "spiface-in-band/network/ipv6-pooled-addr", "spiface-in-band/network/ipv6-static-addr")


class Reader:
    """Queries of one system."""

    def __init__(self, client: XmlClient) -> None:
        self._client = client

    def profiles(self, names: Sequence[str]) -> list[Mo]:
        """Service profiles of these names, in any case; a name with a slash is a DN. The caller compares for itself."""
        if len(names) > SWEEP_ABOVE:
            found = self.all_of("lsServer")
        else:
            patterns = [("dn" if "/" in name else "name", caseless(name)) for name in names]
            try:
                found = self._filtered("lsServer", patterns, type=INSTANCE)
            except QueryRefused:
                found = self.all_of("lsServer")
        return list({one.dn: one for one in found if one.kind == "lsServer"}.values())

    def machines_of(self, names: Sequence[str]) -> list[Mo]:
        """Blades and rack servers that a profile of one of these names is assigned to, or of one of these DNs, as far as a domain reports them."""
        patterns = [("assignedToDn", caseless(name, start="^" if "/" in name else "/ls-")) for name in names]
        patterns += [("dn", caseless(name)) for name in names if "/" in name]
        try:
            return [one for part in each(lambda kind: self._filtered(kind, patterns), COMPUTE, PARALLEL) for one in part]
        except QueryRefused:
            return [one for kind in COMPUTE for one in self._all_or_none(kind) or ()]

    def _filtered(self, kind: str, patterns: Sequence[tuple[str, str]], **exact: str) -> list[Mo]:
        portions = [patterns[at:at + CHUNK] for at in range(0, len(patterns), CHUNK)]
        return [one for answer in each(lambda portion: self._of_class(kind, any_of(kind, portion, **exact)), portions, PARALLEL) for one in answer]

    def _of_class(self, kind: str, condition: Element | None = None) -> list[Mo]:
        """Objects of a class. An answer with nothing but others is none."""
        found = self._client.query("configResolveClass", {"classId": kind, "inHierarchical": "false"}, condition)
        if found and not any(one.kind == kind for one in found):
            raise InvalidAnswer(f"{self._client.where} answered a question for {kind} with other objects; check that url and type name the right system.")
        return found

    def all_of(self, kind: str) -> list[Mo]:
        """Every object of a class."""
        return self._of_class(kind)

    def _all_or_none(self, kind: str) -> list[Mo] | None:
        """The same; None where the system does not have the class."""
        try:
            return self.all_of(kind)
        except QueryRefused:
            if kind == "lsServer":
                raise
            return None

    def sweep(self, more: Iterable[str] = ()) -> Inventory:
        """Every object that matters, in one query; where that query is not known, in one for each class."""
        classes = [*CLASSES, *more]
        try:
            return Inventory(self._client.query("configResolveClasses", {"inHierarchical": "false"}, values("inIds", "classId", classes)))
        except QueryRefused:
            parts = dict(zip(classes, each(self._all_or_none, classes, PARALLEL)))
            inventory = Inventory(one for part in parts.values() for one in part or ())
            inventory.without_boot_orders = parts[BOOT_PATH] is None
            return inventory

    def around(self, profile_dn: str, hardware_dn: str, more: Sequence[str] = ()) -> tuple[Inventory, str]:
        """The same for one server, without reading the others; and the DN of its profile, which the hardware knows when the caller does not."""
        dns = [hardware_dn, *(f"{hardware_dn}/mgmt/{end}" for end in MANAGEMENT), *more]
        found = self._client.query("configResolveDns", {"inHierarchical": "false"}, values("inDns", "dn", dns))
        profile_dn = profile_dn or next((one["assignedToDn"] for one in found if one.dn == hardware_dn), "")
        if profile_dn:
            found += self._below(profile_dn)
            policy_dn = next((one["operBootPolicyName"] for one in found if one.dn == profile_dn), "")
            if policy_dn and not any(one.kind == BOOT_PATH for one in found):
                policy = self._below(policy_dn)
                return _with_unread(Inventory([*found, *policy]), {policy_dn} if not policy else ()), profile_dn
        return Inventory(found), profile_dn

    def know_policies(self, inventory: Inventory, policies: Iterable[str]) -> Inventory:
        """The same, in which those of these boot policies that nobody could read are marked: one query, only for those that show no boot order."""
        unknown = sorted({dn for dn in policies if dn and dn not in inventory.boot_paths and dn not in inventory.objects})
        if not unknown:
            return inventory
        try:
            found = self._client.query("configResolveDns", {"inHierarchical": "false"}, values("inDns", "dn", unknown))
        except QueryRefused:
            found = []
        return _with_unread(inventory, set(unknown) - {one.dn for one in found})

    def _below(self, dn: str) -> list[Mo]:
        return self._client.query("configResolveDn", {"dn": dn, "inHierarchical": "true"})


def _with_unread(inventory: Inventory, policies: Iterable[str]) -> Inventory:
    inventory.unread.update(policies)
    return inventory
