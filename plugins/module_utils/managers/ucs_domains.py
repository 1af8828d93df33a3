# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UCS Managers of UCS Central's domains, asked side by side for what Central does not know."""
from __future__ import annotations

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..deadline import Deadline
from ..errors import GeneratorError, InvalidAnswer, InvalidArgument, ManagerError, ManagerUnreachable
from ..guard import Fault, guarded, one_by_one
from ..http import CLOSING_SECONDS
from ..parallel import each
from .base import Account, Outcome
from .config import ManagerConfig, https_url
from .outcomes import failed, of_one
from .ucs_hits import Hit
from .ucs_reader import Reader
from .ucs_server import Inventory, Source, server
from .ucs_xml import MANAGER, Mo, QueryRefused, XmlClient

SYSTEM = "computeSystem"            # a domain, as Central's inventory has it
CLIENT = "extpolClient"             # a domain, as it registered with Central
WELL = "registered"


class Domains:
    """Opens a domain when it is needed, and closes it as soon as it has been read."""

    def __init__(self, config: ManagerConfig, left_open: Callable[[Fault], None], account: Account | None = None) -> None:
        self._config, self._account = config, account
        self._left_open = left_open
        self._clients: list[XmlClient] = []
        self._left: dict[XmlClient, threading.Event] = {}       # set when the logout has ended
        self._lock = threading.Lock()

    def close(self) -> None:
        """Logs out of those that are still being read."""
        with self._lock:
            clients, self._clients = self._clients, []
        each(self._leave, clients, max(1, len(clients)))

    def _leave(self, client: XmlClient) -> None:
        """Logs out, once; who comes later waits for the end of that, so that no warning of it comes too late."""
        with self._lock:
            first, ended = client not in self._left, self._left.setdefault(client, threading.Event())
        if not first:
            ended.wait(CLOSING_SECONDS)
            return
        guarded(XmlClient.logout, lambda _client, fault: self._left_open(fault))(client)
        ended.set()

    def answers(self, hits: list[Hit], known: dict[str, Source], inventory: Inventory, deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Every domain in a thread of its own: a dead one delays only its own servers."""
        by_domain: dict[str, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_domain[hit.domain_dn].append(hit)
        heard: queue.SimpleQueue[dict[str, Outcome]] = queue.SimpleQueue()

        def ask(domain_dn: str) -> dict[str, Outcome]:
            return self._ask(domain_dn, by_domain[domain_dn], known, inventory, deadline)

        def failed_as_a_whole(domain_dn: str, fault: Fault) -> dict[str, Outcome]:
            return {hit.name: of_one(hit.name, f"{self._config.where}, domain {domain_dn}", fault) for hit in by_domain[domain_dn]}

        for domain_dn in by_domain:
            threading.Thread(target=lambda domain_dn=domain_dn: heard.put(guarded(ask, failed_as_a_whole)(domain_dn)), daemon=True).start()
        for _domain in by_domain:
            yield heard.get()

    def _ask(self, domain_dn: str, hits: list[Hit], known: dict[str, Source], inventory: Inventory, deadline: Deadline) -> dict[str, Outcome]:
        """The servers of one domain, with what its UCS Manager adds to what Central knows."""
        system = inventory.objects.get(domain_dn)
        client_dn = f"extpol/reg/clients/client-{domain_dn.rpartition('-')[2]}"
        registration = inventory.objects.get(client_dn)
        label = (system or registration or Mo("", "", {}))["name"] or domain_dn
        state = registration["operState"] if registration else ""
        try:
            address = self._address(label, system, registration)
            client = open_client(self._config, f"{self._config.name}, domain {label}", address, (MANAGER,), domain=True, account=self._account)
            return self._read(client, hits, known, deadline)
        except QueryRefused as error:
            reason = failed(InvalidAnswer(str(error)))
        except ManagerError as error:
            reason = failed(error)
        except InvalidArgument as error:                # such as a file of authorities that is gone by now
            reason = failed(ManagerUnreachable(str(error)))
        if state and state != WELL:
            reason = replace(reason, message=f"{reason.message} UCS Central says that this domain is {state}.")
        return dict.fromkeys((hit.name for hit in hits), reason)

    def _address(self, label: str, system: Mo | None, registration: Mo | None) -> str:
        """Where the domain's UCS Manager answers; the domain's name is no address."""
        given = {name.casefold(): address for name, address in self._config.domains.items()}.get(label.casefold())
        address = given or (system["address"] if system else "") or (registration["ip"] if registration else "")
        if address in ("", "0.0.0.0", "::"):
            raise ManagerUnreachable(f"{self._config.where} does not say where domain {label} answers; give its address in domains of this manager.")
        if "://" not in address and self._config.url.startswith("http://"):
            address = f"http://{address}"                   # reached as Central itself is
        try:
            return https_url(label, address, validated=self._config.validate_certs)
        except GeneratorError as error:
            what = f"the address {address!r} of domain {label} cannot be used; give one in domains of this manager."
            raise ManagerUnreachable(f"{self._config.where}: {what}") from error

    def _read(self, client: XmlClient, hits: list[Hit], known: dict[str, Source], deadline: Deadline) -> dict[str, Outcome]:
        with self._lock:
            self._clients.append(client)
        client.start(deadline)
        reader = Reader(client)
        try:
            inventory = self._around_one(reader, hits[0].dn_in_domain) if len(hits) == 1 else None
            if inventory is None:
                swept = reader.sweep(("lsServer",))
                policies = (one["operBootPolicyName"] for one in swept.objects.values() if one.kind == "lsServer")
                inventory = reader.know_policies(swept, policies)
        finally:
            self._leave(client)

        def outcome(hit: Hit) -> Outcome:
            hardware = inventory.objects.get(hit.dn_in_domain)
            profile_dn = hardware["assignedToDn"] if hardware else hit.profile_dn
            profile = inventory.objects.get(profile_dn)
            there = Source(inventory, profile_dn, hit.dn_in_domain, profile["operBootPolicyName"] if profile else "")
            return server(hit.name, self._config.name, self._config.where, [known[hit.name], there], self._config.bmc_network)

        found = one_by_one(hits, outcome, lambda hit, fault: of_one(hit.name, client.where, fault))
        return {hit.name: one for hit, one in found}

    def _around_one(self, reader: Reader, hardware_dn: str) -> Inventory | None:
        """What is around one server; None when that does not show its MACs, or cannot be asked."""
        try:
            inventory, profile_dn = reader.around("", hardware_dn)
        except QueryRefused:
            return None
        return inventory if Source(inventory, profile_dn, hardware_dn).nics()[1] else None


def open_client(
    config: ManagerConfig, name: str, url: str, endpoints: tuple[str, ...], domain: bool = False, account: Account | None = None
) -> XmlClient:
    """A client of the system itself, or of one of its domains with the account for those."""
    username, password, remedy = config.username, config.password, "username and password of this manager"
    if domain:
        username, password = config.domain_username or username, config.domain_password or password
        remedy = "domain_username and domain_password of this manager"
    return XmlClient(
        name, url, username, password, endpoints, remedy, account, validate_certs=config.validate_certs, ca_path=config.ca_path, proxy=config.proxy)
