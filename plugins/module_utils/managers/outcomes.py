# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences for a wanted name without a server, and the decision between what several managers say about it."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Union

from ..errors import ManagerError
from ..guard import BUG, Fault
from ..models import Reason, Server
from ..names import CISCO
from ..server_names import server_name_fault
from .elements import OddAnswer

Outcome = Union[Server, Reason]

# Whoever says one of these does not know the name, or could not be asked; any other reason is about a server that is there.
NOT_FOUND = "NotFound"
NOT_ASKED = "NotAsked"
FAILURES = ("ManagerUnreachable", NOT_ASKED, "LoginRefused", "InvalidAnswer", BUG)
MOST_SHOWN = 5              # of several hits


def refused_name(name: str) -> Reason | None:
    """Why a name is not even asked for: no manager can have such a one, and no filter shall see it."""
    what = server_name_fault(name)
    if not what:
        return None
    shown = str(name)
    return Reason("InvalidSpec", f"The server name {(shown[:40] + '...' if len(shown) > 40 else shown)!r} {what}; write it as the manager shows it.")


def not_found(name: str, where: str) -> Reason:
    """Nobody of that name."""
    return Reason(NOT_FOUND, f"{where} knows no server named {name!r}; correct the name, or create the server there.")


def ambiguous(name: str, where: str, hits: Iterable[str], remedy: str = "rename all but one") -> Reason:
    """Two or more of that name."""
    known = sorted(hits)
    shown = ", ".join(known[:MOST_SHOWN]) + (f" and {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else "")
    return Reason("Ambiguous", f"{where} knows several servers named {name!r} ({shown}); {remedy}.")


def unassigned(name: str, where: str, what: str) -> Reason:
    """A profile without hardware."""
    return Reason("Unassigned", f"{where} has the {what} {name!r}, but no server is assigned to it; assign one.")


def no_bmc_address(name: str, where: str, what: str) -> Reason:
    """A server whose controller cannot be reached by what the manager knows."""
    return Reason(
        "NoBmcAddress", f"{where} knows no usable address of the {what} of {name!r}; give it one that is not link-local, then refresh the server there.")


def no_mac(name: str, where: str, why: str) -> Reason:
    """A server whose network ports the manager does not know. why: what is missing; what to do."""
    return Reason("NoMac", f"{where} knows no MAC address of {name!r}: {why}.")


def failed(error: ManagerError) -> Reason:
    """A manager that could not be asked."""
    return Reason(error.reason, str(error))


def not_asked(where: str, others: int, seconds: float) -> Reason:
    """The time was over before its turn came: nothing is wrong with it."""
    return Reason(NOT_ASKED, f"{where} was busy with {others} other{'s' if others != 1 else ''} for {seconds:g} s and did not come to this one.")


def of_one(name: str, where: str, fault: Fault) -> Reason:
    """What was raised about one name: an answer that is odd about this server, a failure of the manager, or a bug of ours."""
    if isinstance(fault.error, OddAnswer):
        return Reason(fault.error.reason, fault.error.told(where, f"about server {name!r}"))
    if isinstance(fault.error, (RecursionError, MemoryError)):
        return Reason("InvalidAnswer", f"{where} answered about server {name!r} with more than can be read here; report it with the version of that system.")
    return Reason(BUG, f"{fault.why.message} It was met while reading what {where} knows about {name!r}.") if fault.is_bug else fault.why


def not_heard(why: Reason) -> Reason:
    """Of a manager that answered nothing: a reason that says so, lest it pass for one about a server that is there."""
    return why if why.reason in FAILURES else Reason("ManagerUnreachable", why.message)


def decide(name: str, said: Mapping[str, Outcome], asked: Sequence[str], vendors: Mapping[str, str] | None = None) -> Outcome | None:
    """The outcome of a name from what the managers have said of it so far; None while one is missing that could change it.

    One hit counts when all others have said that they do not know the name. A hit while another could not be asked may be one of two: the name
    waits for the other manager, unless its vendor says whom to ask. Two managers may show one and the same server. vendors: of the managers.
    """
    hits = {manager: outcome for manager, outcome in said.items() if not (isinstance(outcome, Reason) and outcome.reason in (NOT_FOUND, *FAILURES))}
    if len(hits) > 1 and not _is_one_server(hits.values()):
        return _several(name, hits, vendors or {})
    if len(said) < len(asked):
        return None
    failures = {manager: outcome for manager, outcome in said.items() if isinstance(outcome, Reason) and outcome.reason in FAILURES}
    if failures:
        return _not_asked(name, hits, failures, len(asked))
    if hits:
        return hits[min(hits, key=list(asked).index)]
    if len(asked) == 1:
        return said[asked[0]]
    return Reason(NOT_FOUND, f"No manager knows a server named {name!r} (asked: {', '.join(asked)}); correct the name, or create the server.")


def _is_one_server(outcomes: Iterable[Outcome]) -> bool:
    """All that decides is the same, whoever was asked."""
    shown = {
        (one.vendor, one.serial, one.bmc_address, tuple((nic.mac, nic.name, nic.boot, nic.bootable) for nic in one.nics))
        if isinstance(one, Server) and one.serial else None for one in outcomes}
    return len(shown) == 1 and None not in shown


def _several(name: str, hits: Mapping[str, Outcome], vendors: Mapping[str, str]) -> Reason:
    """What tells them apart: their vendors, else their serial numbers, where the managers find servers by those."""
    known = " and ".join(sorted(hits))
    serials = {manager: hit.serial for manager, hit in hits.items() if isinstance(hit, Server) and hit.serial and hit.vendor != CISCO}
    if len({vendors.get(manager, manager) for manager in hits}) == len(hits):
        remedy = "name the vendor, or rename all but one"
    elif len(set(serials.values())) == len(hits):
        known = " and ".join(f"{manager} (serial {serials[manager]})" for manager in sorted(hits))
        remedy = "write the serial number of the one that is meant, or rename all but one"
    else:
        remedy = "rename all but one"
    return Reason("Ambiguous", f"Several managers know a server named {name!r}: {known}; {remedy}.")


def _not_asked(name: str, hits: Mapping[str, Outcome], failures: Mapping[str, Reason], asked: int) -> Reason:
    """One that may pass comes first: it is retried, and then the others are asked again as well."""
    _manager, worst = min(failures.items(), key=lambda item: (FAILURES.index(item[1].reason), item[0]))
    if asked == 1:
        return worst
    if hits:
        return Reason(
            worst.reason, f"{next(iter(hits))} knows {name!r}, but another may know it too: {worst.message} Or name the vendor, so that only one is asked.")
    return Reason(worst.reason, f"Nobody who could be asked knows {name!r}: {worst.message}")
