# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims: of all generators that want one key, MAC or BMC address, who may have it."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .. import names
from ..addresses import comparable_mac
from ..availability import annotations, is_inert, key, mac_of
from ..bmc import bmc_host
from ..cluster import Object
from ..generators import is_deleting, phase, status_of
from ..guard import Fault, one_by_one
from .words import key_of

Value = tuple[str, str]
Noticed = Callable[[Object, Fault], None]       # told of one that cannot be looked at; it is left out


def unnoticed(_item: Object, _fault: Fault) -> None:
    """Somebody else tells."""


class Claims:
    """The one whose host exists holds the claim; without a host, the oldest by (creationTimestamp, uid)."""

    def __init__(self, generators: Iterable[Object], hosts: Iterable[Object], noticed: Noticed = unnoticed) -> None:
        owners = one_by_one(hosts, lambda host: None if is_inert(host) else annotations(host).get(names.GENERATOR_UID), lambda _host, _fault: None)
        self._with_host = {owner for _host, owner in owners if owner}
        self._holder: dict[Value, Object] = {}
        for _generator, _claimed in one_by_one(generators, self._claim, noticed):
            continue

    def _claim(self, generator: Object) -> None:
        if is_deleting(generator) or phase(generator) == names.FAILED:
            return
        for value in wanted(generator):
            holder = self._holder.get(value)
            if holder is None or self._rank(generator) < self._rank(holder):
                self._holder[value] = generator

    def _rank(self, generator: Object) -> tuple[bool, str, str]:
        metadata = generator["metadata"]
        return (metadata["uid"] not in self._with_host, metadata.get("creationTimestamp") or "", metadata["uid"])

    def rival(self, generator: Object) -> Object | None:
        """Who holds the claim instead; None when this generator may have its server."""
        for value in wanted(generator):
            holder = self._holder.get(value)
            if holder is not None and holder["metadata"]["uid"] != generator["metadata"]["uid"] and self._rank(holder) < self._rank(generator):
                return holder
        return None


def wanted(generator: Object) -> Iterator[Value]:
    """What its resolved facts give: key, MAC, BMC address."""
    status = status_of(generator)
    for kind, value in (
        ("key", key_of(generator)), ("mac", comparable_mac(status.get("macAddress"))), ("bmc", bmc_host(str(status.get("ipmiAddress") or ""))),
    ):
        if value:
            yield (kind, value)


def given(host: Object) -> Iterator[Value]:
    """The same of a host."""
    for kind, value in (
        ("key", key(host)), ("mac", mac_of(host)), ("bmc", bmc_host(str(((host.get("spec") or {}).get("bmc") or {}).get("address") or ""))),
    ):
        if value:
            yield (kind, value)


class Hosts:
    """Hosts by what they have, so that a batch finds its rivals at once."""

    def __init__(self, hosts: Iterable[Object], noticed: Noticed = unnoticed) -> None:
        self._by_value: dict[Value, list[Object]] = {}
        self.by_uid: dict[str, Object] = {}
        self.by_key: dict[str, Object] = {}
        self.by_generator: dict[str, Object] = {}
        for _host, _added in one_by_one(hosts, self._add, noticed):
            continue

    def _add(self, host: Object) -> None:
        self.by_uid[host["metadata"]["uid"]] = host
        self.by_key[key(host)] = host
        for value in given(host):
            self._by_value.setdefault(value, []).append(host)
        owner = annotations(host).get(names.GENERATOR_UID)
        if owner and not is_inert(host) and (owner not in self.by_generator or is_deleting(self.by_generator[owner])):
            self.by_generator[owner] = host

    def with_any(self, values: Iterable[Value]) -> Iterator[Object]:
        """Those that have one of these."""
        for value in values:
            yield from self._by_value.get(value, ())
