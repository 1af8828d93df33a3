# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as Cisco UCS knows them: UCS Central and its domains, or one UCS Manager alone."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from ..deadline import Deadline
from ..errors import InvalidAnswer
from ..guard import one_by_one
from ..models import Reason
from ..names import CISCO
from ..parallel import each
from .base import Accounts, Manager, Outcome
from .config import ManagerConfig
from .elements import OddAnswer
from .logins import DOMAINS
from .outcomes import ambiguous, not_found, unassigned
from .ucs_domains import CLIENT, SYSTEM, Domains, open_client
from .ucs_hits import Hit, by_name, unreadable
from .ucs_reader import Reader
from .ucs_server import COMPUTE, Inventory, Source, is_complete, server
from .ucs_xml import CENTRAL, MANAGER, QueryRefused

First = TypeVar("First")
Second = TypeVar("Second")


class UcsManager(Manager):
    """UCS Central first, for all in one sweep, and a domain only for what Central does not know; or one UCS Manager."""

    vendor = CISCO

    def __init__(self, config: ManagerConfig, accounts: Accounts | None = None) -> None:
        super().__init__(config.name, config.where)
        self._config = config
        endpoints = (MANAGER,) if config.type == "ucsm" else (CENTRAL, MANAGER)
        self._client = open_client(config, config.name, config.url, endpoints, account=accounts(config, "") if accounts else None)
        self._reader = Reader(self._client)
        self._domains = Domains(config, self.left_open, accounts(config, DOMAINS) if accounts else None)

    def login(self) -> None:
        """Logs in to the system named by url; domains follow when they are needed."""
        self._client.login()

    def close(self) -> None:
        """Logs out of everything."""
        self._domains.close()
        self._client.logout()

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """What the first system knows comes first, then each domain as it answers."""
        self._client.start(deadline)
        self._client.login()
        wanted = list(dict.fromkeys(names))
        try:
            found, hits, inventory = self._look_up(wanted)
            yield found
            known = {hit.name: hit.seen_in(inventory) for hit in hits}
            whole = dict(one_by_one(known, lambda name: is_complete(known[name], self._config.bmc_network), lambda _name, _fault: True))
            missing = [hit for hit in hits if hit.domain_dn and not whole[hit.name]]
            waiting = {hit.name for hit in missing}
            yield self.each_name([name for name in known if name not in waiting], lambda name: self._outcome(name, [known[name]]))
        except QueryRefused as error:
            raise InvalidAnswer(str(error)) from error
        if missing:
            yield from self._domains.answers(missing, known, inventory, deadline)

    def _outcome(self, name: str, sources: Sequence[Source]) -> Outcome:
        return server(name, self.name, self.where, sources, self._config.bmc_network)

    def _look_up(self, wanted: list[str]) -> tuple[dict[str, Outcome], list[Hit], Inventory]:
        """Names that are settled already, the others' profile and hardware, and what is known around them."""
        central = self._client.is_central
        one_alone = len(wanted) == 1
        inventory = Inventory(())
        if one_alone:
            profiles, machines = _both(lambda: self._reader.profiles(wanted), lambda: self._reader.machines_of(wanted) if central else [])
        else:
            profiles, inventory = _both(lambda: self._reader.profiles(wanted), self._sweep)
            inventory = self._reader.know_policies(inventory, (profile["operBootPolicyName"] for profile in profiles))
            machines = [one for one in inventory.objects.values() if one.kind in COMPUTE] if central else []
        candidates = by_name(profiles, machines)
        doubt = unreadable(machines)
        outcomes = dict(one_by_one(wanted, lambda name: self._one(name, candidates.get(name.casefold(), []), doubt), self.of_one))
        hits = [outcome for outcome in outcomes.values() if isinstance(outcome, Hit)]
        found: dict[str, Outcome] = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Reason)}
        if one_alone and hits:
            hits, inventory = self._around(hits[0])
        return found, hits, inventory

    def _sweep(self) -> Inventory:
        return self._reader.sweep((SYSTEM, CLIENT) if self._client.is_central else ())

    def _around(self, hit: Hit) -> tuple[list[Hit], Inventory]:
        """What is known around the one server that is wanted, and around its domain."""
        more = [hit.domain_dn, f"extpol/reg/clients/client-{hit.domain_dn.rpartition('-')[2]}"] if hit.domain_dn else []
        try:
            inventory, profile_dn = self._reader.around(hit.profile_dn, hit.hardware_dn, more)
        except QueryRefused:
            inventory, profile_dn = self._reader.know_policies(self._sweep(), [hit.boot_policy_dn]), hit.profile_dn
        if not hit.domain_dn and not hit.seen_in(inventory).nics()[1]:
            inventory = self._reader.know_policies(self._sweep(), [hit.boot_policy_dn])      # a MAC that only the hardware's own port shows
        return [replace(hit, profile_dn=profile_dn)], inventory

    def _one(self, name: str, candidates: list[Hit], doubt: str) -> Hit | Reason:
        """doubt: what cannot be read of a machine that may be anybody's."""
        if not candidates and doubt:
            raise OddAnswer(doubt)
        if not candidates:
            return not_found(name, self.where)
        for hit in candidates:
            hit.checked()
        if len(candidates) > 1:
            apart = len({hit.profile_dn for hit in candidates}) == len(candidates)      # two domains may have profiles of one DN
            places = (hit.profile_dn if apart else hit.hardware_dn for hit in candidates)
            return ambiguous(name, self.where, places, remedy="ask for one of them by its DN, or rename all but one")
        if not candidates[0].hardware_dn:
            return unassigned(name, self.where, "service profile")
        return replace(candidates[0], name=name)


def _both(one: Callable[[], First], other: Callable[[], Second]) -> tuple[First, Second]:
    """Two reads at once, as many as a UCS system is asked for in parallel."""
    first, second = each(lambda read: read(), cast(list[Callable[[], Any]], [one, other]), 2)
    return first, second
