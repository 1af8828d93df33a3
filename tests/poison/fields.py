# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poison in fields: every field of every kind, by its schema, with values that an older CRD, another version or a hand may have put there."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, INFRAENV, NMSTATE, SECRET, Kind, Object
from tests.model.cluster import Store, copied
from tests.tools.places import ROOT

from .running import LIVES, Poison
from .world import VICTIM, VICTIM_AGENT, VICTIM_BUFFER, VICTIM_ENV, VICTIM_NAMESPACE, VICTIM_SERVER

DIGITS = "9" * 4301
TIMES = (
    "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+23:59", "2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
    "2026-02-30T25:61:61Z", "2026-01-01",
)
TEXTS = (
    "", " ", "x", "0", "-1", "²", "٣", DIGITS, "1e9", "a" * 300, "A/b", "../../etc", "a/b/c/d", "{{ lookup('env', 'HOME') }}",
    "\u202e\U0001f980", "new\nline",
    "nul\u0000", "True", "null", "first", "02:00:00:00:00:ZZ", "[::1", "300.1.2.3", *TIMES,
)
NUMBERS = (0, 1, -1, 5000, 2**63 - 1, -(2**63), 1.5, 1e308, -0.0)
OTHERS = (None, True, False, [], {}, [None], [{}], [[]], ["x", "x"], [1, 1.5], {"": ""}, {"a": None}, {"a": {"b": []}}, {"x" * 300: "x" * 300}, ["x"] * 300)
VALUES: tuple[Any, ...] = (*TEXTS, *NUMBERS, *OTHERS)
SCHEMAS = {
    GENERATOR: "roles/install/files/baremetalhostgenerators.yaml", BUFFER: "roles/install/files/baremetalhostbuffers.yaml",
    **{kind: f"{kind.group}_{kind.plural}.yaml" for kind in (HOST, AGENT, INFRAENV, NMSTATE)},
}
PLACES: dict[Kind, tuple[str, str]] = {
    GENERATOR: (VICTIM_NAMESPACE, VICTIM), BUFFER: ("", VICTIM_BUFFER), HOST: (VICTIM_NAMESPACE, VICTIM_SERVER), AGENT: (VICTIM_NAMESPACE, VICTIM_AGENT),
    INFRAENV: (VICTIM_NAMESPACE, VICTIM_ENV), NMSTATE: (VICTIM_NAMESPACE, f"nmstate-config-{VICTIM_SERVER}"),
    SECRET: (VICTIM_NAMESPACE, f"hp-cred-{VICTIM_SERVER}"),
}
LIVES_OF: dict[Kind, tuple[str, ...]] = {
    GENERATOR: LIVES, BUFFER: LIVES, HOST: ("inert", "completed", "deleting", "redeploying", "orphaned"), AGENT: ("completed",), INFRAENV: ("fresh", "granted"),
    NMSTATE: ("waiting", "completed", "deleting", "redeploying"), SECRET: ("granted", "completed", "deleting", "leaving"),
}
Path_ = tuple[Any, ...]             # the steps to a field; 0 is the first of a list


@cache
def schema_paths(kind: Kind) -> tuple[Path_, ...]:
    """Every field of spec and status."""
    file = ROOT / SCHEMAS[kind] if "/" in SCHEMAS[kind] else _crd(SCHEMAS[kind])
    crd = yaml.safe_load(file.read_text(encoding="utf-8"))
    schema = next(one for one in crd["spec"]["versions"] if one.get("storage"))["schema"]["openAPIV3Schema"]
    return tuple(path for path in _walk(schema, ()) if path[0] in ("spec", "status"))


def _crd(name: str) -> Path:
    published, ours = ROOT.parent / "shared" / "crds" / name, ROOT / "tests" / "simulators" / "crds" / name
    return published if published.is_file() else ours


def _walk(schema: Object, path: Path_) -> Iterator[Path_]:
    if path:
        yield path
    for name, one in (schema.get("properties") or {}).items():
        yield from _walk(one, (*path, name))
    if schema.get("type") == "array":
        yield from _walk(schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _walk(schema["additionalProperties"], (*path, "some"))


def put(item: Any, path: Path_, value: Any) -> Any:
    """The object with this value there, whatever has to be made on the way."""
    if not path:
        return copied(value)
    step, *rest = path
    if step == 0:
        old = item if isinstance(item, list) else []
        return [put(old[0] if old else {}, tuple(rest), value), *old[1:]]
    old = item if isinstance(item, dict) else {}
    return {**old, step: put(old.get(step), tuple(rest), value)}


def spoiling(kind: Kind, change: Callable[[Object], Object], edited: bool = False) -> Callable[[Store], None]:
    """Changes the victim's object of this kind as it is stored, if it is there. edited: as an edit does, with a new generation."""
    def spoil(store: Store) -> None:
        place = Store.place(kind, *PLACES[kind])
        item = store.objects.get(place)
        if item is None:
            return
        after = change(copied(item))
        after["metadata"]["generation"] = item["metadata"]["generation"] + edited
        store.number += 1
        after["metadata"]["resourceVersion"] = str(store.number)
        store.objects[place] = after
    return spoil


def would_move(kind: Kind, life: str, path: Path_, value: Any) -> bool:
    """It makes the victim, or its host, one of buffer `default` before others, or its own cap a smaller one: then somebody waits by right."""
    if kind is BUFFER and path == ("spec", "maxAvailable"):
        return isinstance(value, int) and not isinstance(value, bool) and value in (0, 1)
    return kind is GENERATOR and ((path == ("spec", "buffer") and not value) or (path == ("spec",) and life != "fresh"))


def of_kind(kind: Kind) -> list[Poison]:
    """Every field with every value, each in every life in which the object is there."""
    found = []
    for number, path in enumerate(schema_paths(kind)):
        for at, value in enumerate(VALUES):
            for life in LIVES_OF[kind]:
                if would_move(kind, life, path, value):
                    continue
                edited = path[0] == "spec" and bool((number + at) % 2)
                what = f"{kind.kind} {life}: {'.'.join(map(str, path))} = {shown(value)}{' (edited)' if edited else ''}"
                found.append(Poison("fields", what, life, spoiling(
                    kind, lambda item, p=path, v=value: put(_asking_so(item, p), p, v), edited), of_buffer=kind is BUFFER))
    return found


def _asking_so(item: Object, path: Path_) -> Object:
    """A generator that asks for its NICs in the dialect of this field, so that no other rule refuses it first."""
    if path[:2] == ("spec", "network"):
        item["spec"]["network"] = item["spec"].pop("networkConfig")
    if len(path) > 2 and path[2] in ("nicNames", "macIndices"):
        item["spec"][path[1]] = {"vlanId": "107", "nicNames": ["eno1", "eno2"], "macIndices": ["0", "1"]}
    return item


def shown(value: Any) -> str:
    """Short."""
    text = repr(value)
    return text if len(text) < 60 else f"{text[:40]}... ({len(text)})"


# --- annotations and labels ---------------------------------------------------------------------------------------------------------------

MARKS = sorted({value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and name not in (
    "GROUP", "VERSION", "API_VERSION", "DEFAULT_BUFFER", "PROCESSING", "BUFFERED", "COMPLETED", "FAILED", "HP", "DELL", "CISCO")} | set(names.VLAN_IDS))
TAKEN_AWAY = object()


def marks() -> list[Poison]:
    """Every annotation and label of names.py, on everything of the victim: odd, empty, or not there."""
    found = []
    for kind in (GENERATOR, HOST, SECRET, NMSTATE, BUFFER):
        for mark in MARKS:
            for where in ("annotations", "labels"):
                for value in (TAKEN_AWAY, *TEXTS):
                    for life in LIVES_OF[kind]:
                        if mark == names.BUFFER_LABEL and (not value or value is TAKEN_AWAY):
                            continue                                # counts in buffer `default`, by right
                        text = "taken away" if value is TAKEN_AWAY else shown(value)
                        found.append(Poison("marks", f"{kind.kind} {life}: {where[:-1]} {mark} = {text}", life, spoiling(kind, _marking(where, mark, value)),
                                            of_buffer=kind is BUFFER))
    return found


def _marking(where: str, mark: str, value: Any) -> Callable[[Object], Object]:
    def change(item: Object) -> Object:
        kept = {name: one for name, one in (item["metadata"].get(where) or {}).items() if name != mark}
        item["metadata"][where] = kept if value is TAKEN_AWAY else {**kept, mark: value}
        return item
    return change


# --- the ledger ---------------------------------------------------------------------------------------------------------------------------

ENTRY = {
    "key": f"{VICTIM_NAMESPACE}/{VICTIM_SERVER}", "rid": "0123456789abcdef0123", "generator": {
        "namespace": VICTIM_NAMESPACE, "name": VICTIM, "uid": "uid-of-nobody", "generation": 1}, "bufferedAt": "2026-01-01T00:00:00.000001Z",
    "mac": "02:00:00:00:09:00", "bmc": "192.0.2.9", "state": "granted", "actor": "another-host-1-abcdef", "grantedAt": "2026-01-01T00:00:00.000000Z"}
FOREIGN = {**ENTRY, "key": "nowhere/nothing", "generator": {"namespace": "nowhere", "name": "nobody", "uid": "uid-00000", "generation": 1}}
LEDGERS: tuple[Any, ...] = (
    [{}], [None], [[]], ["x"], [1], [{}, {}, {}], [ENTRY, ENTRY], [FOREIGN], [FOREIGN, FOREIGN], [{"key": "site-c/venom-7"}], [{"key": "nowhere/nothing"}],
    [{"rid": "x"}], [{**ENTRY, "generator": None}], [{**ENTRY, "generator": {}}], [{**ENTRY, "unknown": {"a": [1]}}], [{**FOREIGN, "grantedAt": TIMES[0]}],
    [{**FOREIGN, "grantedAt": "2099-01-01T00:00:00Z"}], [{**FOREIGN, "state": "created", "hostUid": "x"}], [{**FOREIGN, "replaces": "x"}], [FOREIGN] * 200,
    {"0": ENTRY}, "none", 7,
)


def ledgers() -> list[Poison]:
    """Entries that are none, that are doubled, unknown, from the future, of nobody; and every field of a real one with every value."""
    found = []
    for life in LIVES:
        for value in LEDGERS:
            entries = len(value) if isinstance(value, list) else 0
            found.append(Poison("ledger", f"ledger {life}: {shown(value)}", life, of_buffer=True, entries=entries, spoil=spoiling(
                BUFFER, lambda item, v=value: put(item, ("status", "reservations"), v))))
            found.append(Poison("ledger", f"ledger {life}: and {shown(value)}", life, of_buffer=True, entries=entries, spoil=spoiling(
                BUFFER, lambda item, v=value: _besides(item, v))))
    for life in ("granted", "inert"):
        for field in [*((name,) for name in ENTRY), ("hostUid",), ("replaces",), *(("generator", name) for name in ENTRY["generator"])]:
            for value in VALUES:
                path = ("status", "reservations", 0, *field)
                found.append(Poison("ledger", f"entry {life}: {'.'.join(field)} = {shown(value)}", life, spoiling(
                    BUFFER, lambda item, p=path, v=value: put(item, p, v)), of_buffer=True))
    return found


def _besides(item: Object, more: Any) -> Object:
    old = (item.get("status") or {}).get("reservations") or []
    return put(item, ("status", "reservations"), [*old, *more] if isinstance(more, list) else more)
