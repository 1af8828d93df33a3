# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty bad things at once beside good generators, on an API whose CRDs are older and let anything in; each of the forty is judged."""
from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, EVENT, GENERATOR, HOST, Kind, Object
from tests.cluster.api import KubernetesApi
from tests.fixtures.site import INFRA_ENV, NAMESPACE

from .fields import LEDGERS, MARKS, TEXTS, VALUES, put, schema_paths, shown
from .world import ready

MANY = 40
PRESENT = [one for one in VALUES if one is not None]         # what a merge patch can write
SHARE = {"spec": 11, "status": 11, "annotation": 8, "buffer": 5, "host": 5}
OF_OTHERS = (names.BUFFER_LABEL, names.GENERATOR_UID)      # of a good one's slot or host


@dataclass
class Bad:
    """One of them."""

    kind: Kind
    name: str
    what: str
    body: Object


def older(crd: Object) -> Object:
    """The same kind with a schema that knows nothing."""
    loose = copy.deepcopy(crd)
    for version in loose["spec"]["versions"]:
        for field in ("selectableFields", "additionalPrinterColumns"):
            version.pop(field, None)                    # they name fields
        version["schema"] = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return loose


def forty(seed: int, many: int = MANY) -> list[Bad]:
    """Drawn: fields of spec and status, annotations, buffers with their ledgers, hosts that seem to be ours."""
    chance, found = random.Random(seed), list[Bad]()
    paths = {part: [path for path in schema_paths(GENERATOR) if path[0] == part and path not in (("spec",), ("spec", "buffer"))] for part in ("spec", "status")}
    makers: dict[str, Callable[[int], Bad]] = {
        "spec": lambda number: _generator(number, paths["spec"][number * 7 % len(paths["spec"])], chance.choice(VALUES)),
        "status": lambda number: _generator(number, paths["status"][number * 5 % len(paths["status"])], chance.choice(PRESENT)),
        "annotation": lambda number: _marked(number, chance.choice(MARKS), chance.choice(TEXTS)),
        "buffer": lambda number: _buffer(number, chance),
        "host": lambda number: _host(number, chance),
    }
    for part, share in SHARE.items():
        for _one in range(max(1, share * many // MANY)):
            found.append(makers[part](len(found)))
    return found


def _plain(number: int) -> Object:
    return {
        "apiVersion": names.API_VERSION, "kind": GENERATOR.kind, "metadata": {"namespace": NAMESPACE, "name": f"bad-{number:02d}"},
        "spec": {"infraEnv": INFRA_ENV, "serverName": f"hpe-node-{10 + number % 20:02d}", "buffer": f"bad-line-{number:02d}", "server_vendor": "HP"}}


def _generator(number: int, path: tuple[Any, ...], value: Any) -> Bad:
    body = _plain(number)
    if path[0] == "status":
        body["status"] = {
            "phase": "Failed", "message": "It failed before.", "observedGeneration": 1, "nextAttemptAt": "2026-01-01T00:00:00.000000Z", "conditions": [
                {"type": "Resolved", "status": "False", "reason": "NotFound", "message": "x",
                 "lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 1}]}
    made = put(body, path, value)
    return Bad(GENERATOR, made["metadata"]["name"], f"{'.'.join(map(str, path))} = {shown(value)}", made)


def _marked(number: int, mark: str, value: str) -> Bad:
    body = _plain(number)
    body["metadata"]["annotations"] = {mark: value.replace("\0", "")}
    return Bad(GENERATOR, body["metadata"]["name"], f"annotation {mark} = {shown(value)}", body)


def _buffer(number: int, chance: random.Random) -> Bad:
    name, field = f"bad-line-{number:02d}", chance.choice([path for path in schema_paths(BUFFER) if path[0] == "spec" and len(path) > 1])
    body = {"apiVersion": names.API_VERSION, "kind": BUFFER.kind, "metadata": {"name": name}, "spec": {"maxAvailable": 2}}
    value, ledger = chance.choice(VALUES), chance.choice(LEDGERS)
    made = put(body, field, value) if number % 2 else {**body, "status": {"lastTicket": "9999-12-31T23:59:59-23:59", "reservations": ledger}}
    return Bad(BUFFER, name, f"{'.'.join(map(str, field))} = {shown(value)}" if number % 2 else f"ledger {shown(ledger)}", made)


def _host(number: int, chance: random.Random) -> Bad:
    name, mark, value = f"bad-host-{number:02d}", chance.choice([one for one in MARKS if one not in OF_OTHERS]), chance.choice(TEXTS).replace("\0", "")
    path = chance.choice([path for path in schema_paths(HOST) if path[0] == "status" and len(path) > 1])
    odd = chance.choice(PRESENT)
    body = {
        "apiVersion": HOST.api_version, "kind": HOST.kind, "metadata": {
            "namespace": NAMESPACE, "name": name, "labels": {names.BUFFER_LABEL: f"bad-line-{number:02d}"},
            "annotations": {names.GENERATOR_UID: "nobody", mark: value}},
        "spec": {"online": True, "bootMACAddress": f"02:00:00:bb:00:{number:02x}", "bmc": {"address": f"ipmi://192.0.2.{number}", "credentialsName": "x"}}}
    return Bad(HOST, name, f"{'.'.join(map(str, path))} = {shown(odd)}, {mark} = {shown(value)}", put(body, path, odd))


def apply(api: KubernetesApi, bad: list[Bad]) -> None:
    """All of them, as they are."""
    for one in bad:
        api.apply(one.body)


def verdicts(api: KubernetesApi, bad: list[Bad], said: str) -> dict[str, list[Bad]]:
    """named, harmless, or silent: nothing came of it and nobody was told. said: what the runs said."""
    events = {(event["involvedObject"].get("kind"), event["involvedObject"].get("name")) for event in api.list(EVENT)}
    found: dict[str, list[Bad]] = {"named": [], "harmless": [], "silent": []}
    for one in bad:
        item = api.get(one.kind, NAMESPACE if one.kind.namespaced else None, one.name) or {"metadata": {}}
        status, reason = ready(item)
        if one.kind is GENERATOR:
            told = status == "False" and reason not in ("Buffered", None)
            fine = not item["metadata"] or status == "True" or reason == "Buffered"
        else:
            told, fine = (one.kind.kind, one.name) in events or f"{one.kind.kind} {one.name}" in said or f"/{one.name}" in said, True
        found["named" if told else "harmless" if fine else "silent"].append(one)
    return found
