# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as Cisco UCS knows them: UCS Central and its domains, or one UCS Manager alone."""
from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..deadline import Deadline
from ..errors import GeneratorError, InvalidAnswer, ManagerError, ManagerUnreachable
from ..models import Reason
from ..names import CISCO
from ..parallel import each
from .base import Manager, Outcome
from .config import ManagerConfig, https_url
from .outcomes import ambiguous, failed, not_found, unassigned
from .ucs_reader import Reader
from .ucs_server import COMPUTE, Inventory, Source, is_complete, server
from .ucs_xml import CENTRAL, MANAGER, Mo, QueryRefused, XmlClient

SYSTEM = "computeSystem"            # a domain, as Central's inventory has it
CLIENT = "extpolClient"             # a domain, as it registered with Central
WELL = "registered"


@dataclass(frozen=True)
class Hit:
    """A wanted name's profile and hardware. profile_dn is "" where only the domain knows it; profile is None then as well."""

    name: str
    hardware_dn: str
    profile_dn: str
    profile: Mo | None

    @property
    def boot_policy_dn(self) -> str:
        return self.profile["operBootPolicyName"] if self.profile else ""

    @property
    def domain_dn(self) -> str:
        """compute/sys-1008: the domain that has the hardware; "" on a UCS Manager."""
        if self.profile and self.profile["domainDn"]:
            return self.profile["domainDn"]
        return "/".join(self.hardware_dn.split("/")[:2]) if self.hardware_dn.startswith("compute/") else ""

    @property
    def dn_in_domain(self) -> str:
        """What the domain itself calls the hardware."""
        return "/".join(["sys", *self.hardware_dn.split("/")[2:]])


class UcsManager(Manager):
    """UCS Central first, for all in one sweep, and a domain only for what Central does not know; or one UCS Manager."""

    vendor = CISCO

    def __init__(self, config: ManagerConfig) -> None:
        super().__init__(config.name, config.where)
        self._config = config
        endpoints = (MANAGER,) if config.type == "ucsm" else (CENTRAL, MANAGER)
        self._client = self._open(config.name, config.url, config.username, config.password, endpoints)
        self._reader = Reader(self._client)
        self._domains: list[XmlClient] = []
        self._lock = threading.Lock()

    def _open(self, name: str, url: str, username: str, password: str, endpoints: Sequence[str], **more: str) -> XmlClient:
        return XmlClient(name, url, username, password, endpoints, validate_certs=self._config.validate_certs, ca_path=self._config.ca_path,
                         proxy=self._config.proxy, **more)

    def login(self) -> None:
        """Logs in to the system named by url; domains follow when they are needed."""
        self._client.login()

    def logout(self) -> None:
        """Logs out of everything."""
        with self._lock:
            clients = [self._client, *self._domains]
            self._domains = []
        each(self._leave, clients, len(clients))

    def _leave(self, client: XmlClient) -> None:
        try:
            client.logout()
        except ManagerError as error:
            self.left_open(error)

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """What the first system knows comes first, then each domain as it answers."""
        self._client.start(deadline)
        self._client.login()
        wanted = list(dict.fromkeys(names))
        try:
            found, hits, inventory = self._look_up(wanted)
            yield found
            known = {hit.name: self._source(hit, inventory) for hit in hits}
            missing = [hit for hit in hits if hit.domain_dn and not is_complete(known[hit.name], self._config.bmc_network)]
            waiting = {hit.name for hit in missing}
            yield {hit.name: self._outcome(hit.name, [known[hit.name]]) for hit in hits if hit.name not in waiting}
        except QueryRefused as error:
            raise InvalidAnswer(str(error)) from error
        if missing:
            yield from self._ask_domains(missing, known, inventory, deadline)

    def _outcome(self, name: str, sources: Sequence[Source]) -> Outcome:
        return server(name, self.name, self.where, sources, self._config.bmc_network)

    def _source(self, hit: Hit, inventory: Inventory) -> Source:
        return Source(inventory, hit.profile_dn, hit.hardware_dn, hit.boot_policy_dn)

    # --- the first system

    def _look_up(self, wanted: list[str]) -> tuple[dict[str, Outcome], list[Hit], Inventory]:
        """Names that are settled already, the others' profile and hardware, and what is known around them."""
        profiles = self._reader.profiles(wanted)
        central = self._client.is_central
        single = len(wanted) == 1
        inventory = None if single else self._reader.sweep((SYSTEM, CLIENT) if central else ())
        machines: list[Mo] = []
        if central:
            machines = self._reader.machines_of(wanted) if inventory is None else [one for one in inventory.objects.values() if one.kind in COMPUTE]
        found: dict[str, Outcome] = {}
        hits: list[Hit] = []
        by_name = _by_name(profiles, machines)
        for name in wanted:
            outcome = self._one(name, by_name.get(name.casefold(), []))
            if isinstance(outcome, Hit):
                hits.append(outcome)
            else:
                found[name] = outcome
        if inventory is None and hits:
            hits, inventory = self._around(hits[0], central)
        return found, hits, inventory or Inventory(())

    def _around(self, hit: Hit, central: bool) -> tuple[list[Hit], Inventory]:
        """What is known around the one server that is wanted."""
        number = hit.domain_dn.rpartition("-")[2]
        more = [hit.domain_dn, f"extpol/reg/clients/client-{number}"] if central and hit.domain_dn else []
        try:
            inventory, profile_dn = self._reader.around(hit.profile_dn, hit.hardware_dn, hit.boot_policy_dn, more)
        except QueryRefused:
            inventory, profile_dn = self._reader.sweep((SYSTEM, CLIENT) if central else ()), hit.profile_dn
        if not central and not self._source(hit, inventory).nics()[1]:
            inventory = self._reader.sweep()            # a MAC that only the hardware's own port shows
        return [replace(hit, profile_dn=profile_dn)], inventory

    def _one(self, name: str, candidates: list[Hit]) -> Hit | Reason:
        if not candidates:
            return not_found(name, self.where)
        if len(candidates) > 1:
            places = (hit.profile_dn or hit.hardware_dn for hit in candidates)
            return ambiguous(name, self.where, places, remedy="ask for one of them by its DN, or rename all but one")
        if not candidates[0].hardware_dn:
            return unassigned(name, self.where, "service profile")
        return replace(candidates[0], name=name)

    # --- domains

    def _ask_domains(self, hits: list[Hit], known: dict[str, Source], inventory: Inventory, deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Every domain in a thread of its own: a dead one delays only its own servers."""
        by_domain: dict[str, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_domain[hit.domain_dn].append(hit)
        heard: queue.SimpleQueue[dict[str, Outcome]] = queue.SimpleQueue()

        def ask(domain_dn: str, of_domain: list[Hit]) -> None:
            try:
                heard.put(self._ask_domain(domain_dn, of_domain, known, inventory, deadline))
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                what = f"{self.where}: domain {domain_dn} answered in an unforeseen way ({type(error).__name__}); report it with the version of that system."
                heard.put({hit.name: Reason("InvalidAnswer", what) for hit in of_domain})

        for domain_dn, of_domain in by_domain.items():
            threading.Thread(target=ask, args=(domain_dn, of_domain), daemon=True).start()
        for _domain in by_domain:
            yield heard.get()

    def _ask_domain(self, domain_dn: str, hits: list[Hit], known: dict[str, Source], inventory: Inventory, deadline: Deadline) -> dict[str, Outcome]:
        """The servers of one domain, with what its UCS Manager adds to what Central knows."""
        system = inventory.objects.get(domain_dn)
        client_dn = f"extpol/reg/clients/client-{domain_dn.rpartition('-')[2]}"
        registration = inventory.objects.get(client_dn)
        label = (system or registration or Mo("", "", {}))["name"] or domain_dn
        state = registration["operState"] if registration else ""
        try:
            address = self._address(label, system, registration)
            client = self._open(f"{self.name}, domain {label}", address, self._config.domain_username or self._config.username,
                                self._config.domain_password or self._config.password, (MANAGER,),
                                account="domain_username and domain_password of this manager")
            return self._read_domain(client, hits, known, deadline)
        except QueryRefused as error:
            reason = failed(InvalidAnswer(str(error)))
        except ManagerError as error:
            reason = failed(error)
        if state and state != WELL:
            reason = replace(reason, message=f"{reason.message} UCS Central says that this domain is {state}.")
        return dict.fromkeys((hit.name for hit in hits), reason)

    def _address(self, label: str, system: Mo | None, registration: Mo | None) -> str:
        """Where the domain's UCS Manager answers; the domain's name is no address."""
        given = {name.casefold(): address for name, address in self._config.domains.items()}.get(label.casefold())
        address = given or (system["address"] if system else "") or (registration["ip"] if registration else "")
        if address in ("", "0.0.0.0", "::"):
            raise ManagerUnreachable(f"{self.where} does not say where domain {label} answers; give its address in domains of this manager.")
        try:
            return https_url(label, address, validated=self._config.validate_certs)
        except GeneratorError as error:
            raise ManagerUnreachable(f"{self.where}: the address {address!r} of domain {label} cannot be used; give one in domains of this manager.") from error

    def _read_domain(self, client: XmlClient, hits: list[Hit], known: dict[str, Source], deadline: Deadline) -> dict[str, Outcome]:
        with self._lock:
            self._domains.append(client)
        client.start(deadline)
        reader = Reader(client)
        try:
            inventory = self._around_one(reader, hits[0].dn_in_domain) if len(hits) == 1 else None
            inventory = inventory or reader.sweep(("lsServer",))
        finally:
            self._leave(client)
        outcomes: dict[str, Outcome] = {}
        for hit in hits:
            hardware = inventory.objects.get(hit.dn_in_domain)
            profile_dn = hardware["assignedToDn"] if hardware else hit.profile_dn
            profile = inventory.objects.get(profile_dn)
            there = Source(inventory, profile_dn, hit.dn_in_domain, profile["operBootPolicyName"] if profile else "")
            outcomes[hit.name] = self._outcome(hit.name, [known[hit.name], there])
        return outcomes

    def _around_one(self, reader: Reader, hardware_dn: str) -> Inventory | None:
        """What is around one server; None when that does not show its MACs, or cannot be asked."""
        try:
            inventory, profile_dn = reader.around("", hardware_dn)
        except QueryRefused:
            return None
        return inventory if Source(inventory, profile_dn, hardware_dn).nics()[1] else None


def _by_name(profiles: Iterable[Mo], machines: Iterable[Mo]) -> dict[str, list[Hit]]:
    """Hits by name and by DN, both without regard to case. A machine stands for its profile where the system does not have the profile itself."""
    index: dict[str, list[Hit]] = defaultdict(list)
    hardware = set()
    for profile in profiles:
        hit = Hit("", profile["pnDn"], profile.dn, profile)
        hardware.add(profile["pnDn"])
        index[profile["name"].casefold()].append(hit)
        index[profile.dn.casefold()].append(hit)
    for machine in machines:
        if machine["assignedToDn"] and machine.dn not in hardware:
            hit = Hit("", machine.dn, machine["assignedToDn"], None)
            index[machine["assignedToDn"].rpartition("/ls-")[2].casefold()].append(hit)
            index[machine["assignedToDn"].casefold()].append(hit)
    return index
