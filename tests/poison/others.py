# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poison that is no field: refused writes, what managers answer, what lists hold, and faults of our own code."""
from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields as fields_of, replace
from functools import cache
from types import ModuleType
from typing import Any

from ansible_collections.baremetal.generator.plugins import module_utils
from ansible_collections.baremetal.generator.plugins.module_utils import (
    availability, bmc, events, failing, generators, kube_errors, fairness, manifests, names, nics, reading, status, story, summaries, times,
)

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.stages import resolve as resolving
from tests.model.mutants import replaced

from .boundary import handlers
from .cluster import PoisonedCluster, Rule, no_answer, saying
from .fields import VALUES, put, shown, spoiling
from .running import LIVES, SECRET_VALUE, STAGES, Poison, copy_of, prelude, stage_runs
from .world import ALL_KINDS, VICTIM, VICTIM_BUFFER, VICTIM_NAMESPACE, VICTIM_SERVER

# --- writes -------------------------------------------------------------------------------------------------------------------------------

WEBHOOK = 'admission webhook "validate.example.com" denied the request: '
RBAC = '{plural}.{group} "{name}" is forbidden: User "onboarder" cannot {verb} resource "{plural}" in API group "{group}" in the namespace "{namespace}"'
SAYINGS: dict[str, Callable[..., Any]] = {
    "403 of a webhook": saying(403, f"{WEBHOOK}spec.rootDeviceHints.deviceName must be a path", "Forbidden"),
    "403 of a webhook that speaks like RBAC": saying(403, f'{WEBHOOK}User "onboarder" cannot patch resource "secrets"', "Forbidden"),
    "403 of Gatekeeper": saying(403, 'admission webhook "validation.gatekeeper.sh" denied the request: [must-have-owner] you must\n'
                                'provide labels: {"owner"}', "Forbidden"),
    "403 of a policy": saying(403, '{plural} "{name}" is forbidden: ValidatingAdmissionPolicy "p" with binding "b" denied request: no', "Forbidden"),
    "403 of a quota": saying(403, '{plural} "{name}" is forbidden: exceeded quota: q, requested: count/{plural}=1, used: 1, limited: 1', "Forbidden"),
    "403 of RBAC": saying(403, RBAC, "Forbidden"),
    "400": saying(400, "the server could not understand this", "BadRequest"),
    "409 for ever": saying(409, 'Operation cannot be fulfilled on {plural}.{group} "{name}": the object has been modified', "Conflict"),
    "413": saying(413, "Request entity too large", "RequestEntityTooLarge"),
    "422": saying(422, '{plural} "{name}" is invalid: spec: Invalid value: "x": must not be', "Invalid", ("FieldValueInvalid",)),
    "429": saying(429, "too many requests, please try again later", "TooManyRequests"),
    "500 for ever": saying(500, 'Internal error occurred: failed calling webhook "validate.example.com": connection refused', "InternalError"),
    "a 403 without a body": lambda request: kube_errors.refusal(request, kube_errors.Answer(403, b"")),
    "a page of HTML": lambda request: kube_errors.refusal(request, kube_errors.Answer(403, b"<html>" + b"no " * 3000 + b"</html>")),
    "no answer": no_answer,
}


class Noting(PoisonedCluster):
    """Remembers which writes to the victim's things there are."""

    def __init__(self, life: str) -> None:
        super().__init__(copy_of(prelude(life)), [], {}, 8000)
        self.writes: set[tuple[str, str, str, bool]] = set()

    def _write(self, request: Any, write: Any) -> Any:
        if request.namespace == VICTIM_NAMESPACE or request.name == VICTIM_BUFFER:
            if request.kind.plural in ALL_KINDS:
                self.writes.add((request.verb, request.kind.plural, request.name, request.subresource == "status"))
        return super()._write(request, write)


@cache
def writes(life: str) -> tuple[tuple[str, str, str, bool], ...]:
    """Every write to the victim's things on its way to the end."""
    cluster = Noting(life)
    for _round in range(3):
        cluster.store.clock += 30
        stage_runs(cluster.store, cluster, *STAGES)
    return tuple(sorted(cluster.writes))


def refusals() -> list[Poison]:
    """Every write of every life, refused in every way, for ever; and done although nobody says so."""
    found = []
    for life in LIVES:
        for verb, plural, name, status in writes(life):
            for words, say in SAYINGS.items():
                kind, everybody = ALL_KINDS[plural], words == "403 of RBAC" and ALL_KINDS[plural].namespaced
                for applied in (False, True) if words == "no answer" else (False,):
                    rule = Rule(verb, kind, VICTIM_NAMESPACE if kind.namespaced else "", "" if everybody else name, say, status, applied)
                    what = f"{life}: {verb} {plural}{'/status' if status else ''} {name}: {words}{', and yet it happened' if applied else ''}"
                    found.append(Poison("writes", what, life, rules=[rule], of_buffer=plural == BUFFER.plural))
    return found


def doubles() -> list[Poison]:
    """Two at once: what the boundary does about the first fails as well."""
    found = []
    # Somebody takes the entry back while its host is made, and the host cannot be deleted.
    for words, say in SAYINGS.items():
        rule = Rule("delete", HOST, VICTIM_NAMESPACE, VICTIM_SERVER, say)
        found.append(Poison("writes", f"granted: the ledger is emptied, and delete {VICTIM_SERVER}: {words}", "granted", rules=[rule],
                            race=f"POST baremetalhosts {VICTIM_SERVER}"))
    told = Rule("update", GENERATOR, VICTIM_NAMESPACE, VICTIM, no_answer, True)
    for life in LIVES:
        for words, say in SAYINGS.items():
            unsaid, ledger = replace(told, say=say), Rule("update", BUFFER, "", VICTIM_BUFFER, say, True)
            found.append(Poison("writes", f"{life}: neither the ledger nor the status can be written: {words}", life, rules=[unsaid, ledger], of_buffer=True))
            for path, value in ((("status", "conditions"), "x"), (("status", "attempts"), ["x"]), (("status", "bufferedAt"), 7)):
                found.append(Poison("writes", f"{life}: {'.'.join(path)} = {value!r}, and the status cannot be written: {words}", life, rules=[unsaid],
                                    spoil=spoiling(GENERATOR, lambda item, p=path, v=value: put(item, p, v))))
    return found


# --- managers -----------------------------------------------------------------------------------------------------------------------------


def answers() -> list[Poison]:
    """Every field of what a manager says about the victim's server, and something else instead of it."""
    odd: list[Any] = [None, {}, [], "x", 7, Reason("", ""), Reason("Odd", "x\n" * 5000), Reason("NotFound", "{{ 7*7 }}"), Reason("Bug", "x")]
    changes: list[tuple[str, Callable[[Any], Any]]] = [(f"it is {shown(one)}", lambda _server, v=one: v) for one in odd]
    for name in (one.name for one in fields_of(Server)):
        changes += [(f"{name} = {shown(value)}", lambda server, n=name, v=value: replace(server, **{n: v})) for value in VALUES]
    for name in (one.name for one in fields_of(Nic)):
        changes += [
            (f"nics[0].{name} = {shown(value)}", lambda server, n=name, v=value: replace(
                server, nics=(replace(server.nics[0], **{n: v}), *server.nics[1:])))
            for value in VALUES]
    changes += [(f"nics = ({shown(value)},)", lambda server, v=value: replace(server, nics=(v,))) for value in (None, {}, "x", 7, ())]
    return [Poison("answers", f"{life}: {what}", life, answer=change) for what, change in changes for life in ("fresh", "failed")]


# --- lists --------------------------------------------------------------------------------------------------------------------------------

NO_OBJECTS: tuple[Any, ...] = (
    None, 1, "x", True, [], [None], {}, {"metadata": None}, {"metadata": []}, {"metadata": {}}, {"metadata": {"name": None}}, {"metadata": {"name": 5}},
    {"metadata": {"name": "odd"}}, {"metadata": {"name": "odd", "namespace": "site-c"}}, {"metadata": {"name": "", "uid": "u", "resourceVersion": "1"}},
    {"spec": {}}, {"metadata": {"namespace": "site-c", "uid": "u", "resourceVersion": "1"}}, {"kind": 5, "apiVersion": None, "metadata": "x"},
)


def _odd_object(**metadata: Any) -> dict[str, Any]:
    labels = {names.BUFFER_LABEL: VICTIM_BUFFER}              # else it would be a host of buffer `default`, and hold a slot there by right
    return {"metadata": {
        "name": "odd", "namespace": VICTIM_NAMESPACE, "uid": "u-odd", "resourceVersion": "1", "generation": 1, "labels": labels, **metadata}}


ODD_OBJECTS = tuple(_odd_object(**{name: value}) for name in (
    "labels", "annotations", "finalizers", "ownerReferences", "generation", "creationTimestamp") for value in (
    None, 5, "x", [], {}, [None], {"a": None}, {"a": 5}))


def lists() -> list[Poison]:
    """Every kind is listed with something among its objects that is none, or whose metadata is odd."""
    found = []
    for plural, kind in ALL_KINDS.items():
        for items in [[one] for one in NO_OBJECTS] + [[None, {}, None], list(NO_OBJECTS)]:
            found.append(Poison("lists", f"{plural} has {shown(items)}", "granted", odd={plural: items}, names=(kind.kind,),
                                must_tell=kind is not ALL_KINDS["agents"]
                                and plural in ("baremetalhostgenerators", "baremetalhostbuffers", "baremetalhosts")))
        for item in ODD_OBJECTS:
            if plural == HOST.plural and item["metadata"]["labels"] != {names.BUFFER_LABEL: VICTIM_BUFFER}:
                continue
            found.append(Poison("lists", f"{plural} has {shown(item)}", "granted", odd={plural: [item]}, names=("odd",)))
    return found


# --- bugs ---------------------------------------------------------------------------------------------------------------------------------

PURE = (generators, availability, bmc, failing, fairness, manifests, nics, reading, resolving, status, story, summaries, times, events)
ABOUT_ONE = ("Asked", "Object", "Request", "Server", "Facts", "Entry", "Arrival", "Grant", "Resolved", "Outcome", "Finish")
# What the boundary itself needs to tell of a fault: the handlers may count on these.
NEEDED_TO_TELL = frozenset({
    "generators.status_of", "generators.phase", "generators.condition", "generators.is_deleting", "generators.is_ours", "availability.key",
    "availability.annotations", "generators.buffer_of", "generators.retry_wanted", "reading._place",
})


# They compare two: a fault of theirs about one is met by the other as well.
OF_TWO = frozenset({"are_rivals", "is_the_same_server", "rivals_of"})


def functions() -> list[tuple[ModuleType, str]]:
    """Every function that is called for one generator, host, entry, server or buffer."""
    found = []
    for module in [*PURE, *_admission()]:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or f"{module.__name__.rpartition('.')[2]}.{name}" in NEEDED_TO_TELL or name in OF_TWO | handlers():
                continue
            if any(str(one.annotation) in ABOUT_ONE for one in inspect.signature(function).parameters.values()):
                found.append((module, name))
    return found


def _admission() -> list[ModuleType]:
    package = f"{module_utils.__name__}.admission"
    parts = [one.name for one in pkgutil.iter_modules(sys.modules[package].__path__) if one.name not in ("words",)]
    return [sys.modules[f"{package}.{name}"] for name in parts if f"{package}.{name}" in sys.modules]


OF_THE_VICTIM = frozenset({VICTIM, VICTIM_SERVER, f"hp-cred-{VICTIM_SERVER}", f"nmstate-config-{VICTIM_SERVER}"})
ITS_BUFFER = frozenset({VICTIM_BUFFER})


def is_about_the_victim(value: Any, whom: frozenset[str] = OF_THE_VICTIM) -> bool:
    """This argument is the victim, or something of it; or its buffer."""
    if isinstance(value, dict):
        metadata = value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        owner = value.get("generator")
        return name in whom or (isinstance(owner, dict) and owner.get("name") in whom)
    if whom is ITS_BUFFER:
        return False
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], dict):
        return is_about_the_victim(value[0])
    if isinstance(value, Server):
        return value.name == VICTIM_SERVER
    if getattr(value, "server_name", "") == VICTIM_SERVER:
        return True
    if not hasattr(value, "__dataclass_fields__"):
        return False
    return getattr(value, "name", "") == VICTIM or any(
        is_about_the_victim(getattr(value, one, None)) for one in ("generator", "request", "entry", "host", "grant"))


class Flaw(RuntimeError):
    """Nobody foresaw it."""


@contextmanager
def raising(module: ModuleType, name: str, whom: frozenset[str]) -> Iterator[None]:
    """This function fails when it is about the victim."""
    def make(original: Any) -> Any:
        def flawed(*args: Any, **kwargs: Any) -> Any:
            if any(is_about_the_victim(one, whom) for one in (*args, *kwargs.values())):
                raise Flaw(SECRET_VALUE)
            return original(*args, **kwargs)
        return flawed

    with replaced([(module, name, make)]):
        yield


def bugs() -> list[Poison]:
    """Each of these functions fails for the victim, or for its buffer; for the victim also where its host cannot be made, or cannot be deleted, just now."""
    busy = saying(500, "etcdserver: request timed out", "InternalError")
    beside: dict[str, list[Rule]] = {
        "": [], ", and its host cannot be made": [Rule("create", HOST, VICTIM_NAMESPACE, VICTIM_SERVER, busy)],
        ", and its host cannot be deleted": [Rule("delete", HOST, VICTIM_NAMESPACE, VICTIM_SERVER, busy)]}
    found = []
    for module, name in functions():
        place = f"{module.__name__.rpartition('module_utils.')[2]}.{name}"
        for life in LIVES:
            for words, rules in beside.items():
                found.append(Poison("bugs", f"{life}: {place} raises{words}", life, rules=rules,
                                    during=lambda m=module, n=name: raising(m, n, OF_THE_VICTIM)))
            found.append(Poison("bugs", f"{life}: {place} raises about its buffer", life, of_buffer=True,
                                during=lambda m=module, n=name: raising(m, n, ITS_BUFFER)))
    return found
