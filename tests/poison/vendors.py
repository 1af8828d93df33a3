# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Poison in what management systems answer: every element about one server, in every answer of every vendor, as its real reader gets it over the wire."""
from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from ansible_collections.baremetal.generator.plugins.module_utils import managers
from ansible_collections.baremetal.generator.plugins.module_utils.guard import where
from ansible_collections.baremetal.generator.plugins.module_utils.http import Answer, HttpSession
from ansible_collections.baremetal.generator.plugins.module_utils.managers import ManagerConfig, Outcome, Wanted, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.fixtures.asking import config
from tests.model.mutants import replaced
from tests.simulators.documents import read, written
from tests.simulators.inventory import FOUND, generate
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_central import UcsSystem

from .fields import VALUES, shown
from .others import Flaw
from .running import SECRET_VALUE, Harm

KINDS = ("oneview", "ome", "ucs")
SERVERS = 8
SPECIAL = 5
MOST_HOLDERS = 4                # elements that have a text in common and are about one server: its profile, its hardware, its ports
GONE = object()
TWICE = object()
Step = tuple[Any, ...]


@dataclass(frozen=True)
class Place:
    """An element about the victim in an answer: of which request, and the way to it."""

    kind: str
    request: str
    path: Step


@dataclass
class System:
    """A simulated management system, and what everybody is answered without poison."""

    config: ManagerConfig
    names: list[str]
    victim: str
    base: dict[str, Outcome]
    places: list[Place]


class Wire:
    """Every answer on its way to a reader."""

    change: Callable[[str, Any], Any] | None = None
    seen: dict[str, bytes] = {}


@contextmanager
def tapped() -> Iterator[None]:
    """Answers are seen, and changed where a case wants it."""
    real = HttpSession._once

    def once(session: HttpSession, method: str, path: str, *rest: Any, **more: Any) -> Answer:
        answer = real(session, method, path, *rest, **more)
        text = next((one for one in rest if isinstance(one, bytes) and one.startswith(b"<")), b"")      # JSON is told apart by its path
        request = f"{method} {path.partition('://')[2].partition('/')[2] or path} {_call(text)}".strip()
        Wire.seen[request] = answer.content
        if Wire.change is not None:
            answer = replace(answer, content=Wire.change(request, answer.content))
        return answer

    HttpSession._once = once            # type: ignore[method-assign]
    try:
        yield
    finally:
        HttpSession._once = real        # type: ignore[method-assign]


def _call(text: bytes) -> str:
    """A call of UCS without its session."""
    if not text:
        return ""
    element = ElementTree.fromstring(text)
    for one in ("cookie", "inCookie", "inPassword"):
        element.attrib.pop(one, None)
    return ElementTree.tostring(element).decode()


class Systems:
    """Of all vendors, started when first asked for."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(tapped())
        self._made: dict[str, System] = {}

    def close(self) -> None:
        """They end."""
        Wire.change = None
        self._stack.close()

    def of(self, kind: str) -> System:
        """One of them."""
        if kind not in self._made:
            self._made[kind] = self._start(kind)
        return self._made[kind]

    def _start(self, kind: str) -> System:
        inventory = generate(kind, SERVERS, odd=True)
        if isinstance(inventory, OneViewInventory):
            inventory.hardware_only("node-hardware-as-well")        # what is raised about one machine without a profile must not reach the next
        if kind == "ucs":
            given = config(kind, self._stack.enter_context(UcsSystem(inventory)).central)
        else:
            given = config(kind, self._stack.enter_context((OneViewSimulator if kind == "oneview" else OmeSimulator)(inventory)))
        names = [server.name for server in inventory.servers]
        victim = next(server.name for server in inventory.servers if server.outcome == FOUND)
        Wire.seen = {}
        base = ask(given, names)
        return System(given, names, victim, base, [Place(kind, request, path) for request, path in about(victim, names, Wire.seen)])


def ask(given: ManagerConfig, names: list[str]) -> dict[str, Outcome]:
    """Everybody, in one go."""
    with open_managers([given], 10) as managers:
        return managers.find(Wanted(name) for name in names)


# --- what is about the victim -------------------------------------------------------------------------------------------------------------


def about(victim: str, names: list[str], seen: dict[str, bytes]) -> list[tuple[str, Step]]:
    """The ways to everything that is about the victim alone: elements with its name, and those that share with them what no other element has."""
    others = {name.lower() for name in names} - {victim.lower()}
    outermost: dict[tuple[str, Step], set[str]] = {}
    own: dict[tuple[str, Step], set[str]] = {}
    for request, body in seen.items():
        for path, texts in _of_answer(request, body):
            within = any((request, path[:length]) in outermost for length in range(len(path)))
            if not within and not any(name in text for text in texts for name in others) and not _is_a_domain(_at(read(body), path)):
                outermost[(request, path)] = texts
                own[(request, path)] = _own_texts(_at(read(body), path), request)
    holders = Counter(text for texts in outermost.values() for text in texts)
    doubled = {text for request in seen for text, count in Counter(
        text for (asked, _path), texts in outermost.items() if asked == request for text in texts).items() if count > 1}
    marks, found = {victim.lower()}, set[tuple[str, Step]]()
    while True:
        fresh = {place for place, texts in outermost.items() if place not in found and marks & texts}
        if not fresh:
            break
        found |= fresh
        marks |= {text for place in fresh for text in own[place] if len(text) > 5 and holders[text] <= MOST_HOLDERS} - doubled
    return sorted(((request, way) for request, path in found for way in _ways(_at(read(seen[request]), path), path)), key=str)


def _of_answer(request: str, body: bytes) -> Iterator[tuple[Step, set[str]]]:
    """The answer to a question about one object as a whole; every item of every list; each with the texts in it."""
    data, number = read(body), re.search(r"\(([0-9]{4,})\)", request)
    if number:
        yield (), _texts(data) | {f"#{number.group(1)}"}
    for path, one in _elements(data, ()):
        yield path, _texts(one)


def _at(value: Any, path: Step) -> Any:
    for step in path:
        value = value[step]
    return value


def _elements(value: Any, path: Step) -> Iterator[tuple[Step, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _elements(one, (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield ((*path, at), one)
            yield from _elements(one, (*path, at))


@cache
def _lower(text: str) -> str:
    return text.lower()


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for one in value.values() for text in _texts(one)}
    if isinstance(value, list):
        return {text for one in value for text in _texts(one)}
    if isinstance(value, int) and not isinstance(value, bool):
        return {f"#{value}"} if value > 9999 else set()
    return {_lower(value)} if isinstance(value, str) else set()


def _is_a_domain(value: Any) -> bool:
    """Of many servers, not of one."""
    return isinstance(value, dict) and "address" in (value.get("attributes") or {}) and "pnDn" not in value["attributes"]


def _own_texts(value: Any, request: str) -> set[str]:
    """By which others may name it: what stands in no list in it."""
    fields = {**value, **(value.get("attributes") or {})} if isinstance(value, dict) else {}
    number = re.search(r"\(([0-9]{4,})\)", request)
    return {text for one in fields.values() if not isinstance(one, (dict, list)) for text in _texts(one)} | ({f"#{number.group(1)}"} if number else set())


def _ways(value: Any, path: Step) -> Iterator[Step]:
    yield path
    if isinstance(value, (dict, list)):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            if name == "tag":
                continue                        # else it is no XML any more
            yield from _ways(one, (*path, name))


# --- cases --------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Odd:
    """One element is something else."""

    place: Place
    value: Any

    @property
    def what(self) -> str:
        """In words."""
        words = "taken away" if self.value is GONE else "there twice" if self.value is TWICE else shown(self.value)
        return f"{self.place.kind}: {self.place.request[:100]}: {'.'.join(map(str, self.place.path))} = {words}"


def cases(systems: Systems) -> list[Odd]:
    """Everything about the victim, with every value."""
    return [Odd(place, value) for kind in KINDS for place in systems.of(kind).places for value in (GONE, TWICE, *VALUES)]


# What tells of a fault, in words: the boundary may count on it.
# A question about all names, and what keeps the elements of a list apart, are of many.
OF_MANY = frozenset({"regex", "key", "caseless", "any_of", "uri_of", "by_uri", "number_of"})
TELLING = OF_MANY | frozenset({"of_one", "failed", "not_found", "left_open", "logout", "close", "login", "token", "where", "failed_as_a_whole"})


@dataclass(frozen=True)
class Flawed:
    """A function of ours fails when it is about the victim."""

    kind: str
    owner: Any
    name: str
    special: int = 0            # 0: about the victim; else about another server that answers, whose data lie elsewhere

    @property
    def what(self) -> str:
        """In words."""
        whom = f" about special server {self.special}" if self.special else ""
        return f"{self.kind}: {self.owner.__name__.rpartition('module_utils.')[2]}.{self.name} raises{whom}"


def flaws() -> list[Flawed]:
    """Every function and method by which managers are read, one after the other."""
    package = managers.__name__
    found = []
    for one in pkgutil.iter_modules(managers.__path__):
        module = sys.modules.get(f"{package}.{one.name}")
        if module is None or one.name == "config":
            continue
        owners = [module, *(kind for _name, kind in inspect.getmembers(module, inspect.isclass) if kind.__module__ == module.__name__)]
        for owner in owners:
            for name, _function in inspect.getmembers(owner, inspect.isfunction):
                if getattr(_function, "__module__", "") == module.__name__ and name.lstrip("_") not in TELLING and not name.startswith("__"):
                    found += [Flawed(kind, owner, name, special) for kind in KINDS if _is_of(kind, module.__name__) for special in range(SPECIAL + 1)]
    return found


def _is_of(kind: str, module: str) -> bool:
    """This kind of manager uses this module."""
    last = module.rpartition(".")[2]
    return last.startswith(kind) or not last.startswith(KINDS)


def judged_flaw(systems: Systems, case: Flawed) -> str:
    """As judged()."""
    system = systems.of(case.kind)
    if case.special:
        answering = [name for name in system.names if not isinstance(system.base[name], Reason) and not name[-2:].isdigit()]
        system = replace(system, victim=answering[case.special % len(answering)])
    others = {name.lower() for name in system.names} - {system.victim.lower()}

    def make(original: Any) -> Any:
        def flawed(*args: Any, **kwargs: Any) -> Any:
            for texts in (_texts(one) for one in (*args, *kwargs.values()) if isinstance(one, (str, dict))):
                if system.victim.lower() in texts and not others & texts:
                    raise Flaw(SECRET_VALUE)
            return original(*args, **kwargs)
        return flawed

    original = inspect.getattr_static(case.owner, case.name)
    if isinstance(case.owner, ModuleType):
        with replaced([(case.owner, case.name, make)]):
            return _compared(system)
    setattr(case.owner, case.name, make(original) if not isinstance(original, staticmethod) else staticmethod(make(original.__func__)))
    try:
        return _compared(system)
    finally:
        setattr(case.owner, case.name, original)


def _changed(value: Any, path: Step, new: Any) -> Any:
    if not path:
        return value if new is GONE or new is TWICE else new
    if len(path) == 1 and (new is GONE or new is TWICE):
        if isinstance(value, list):
            return [*value[:path[0]], *([value[path[0]]] * 2 if new is TWICE else []), *value[path[0] + 1:]]
        return {name: one for name, one in value.items() if name != path[0] or new is TWICE}
    if isinstance(value, list):
        return [_changed(one, path[1:], new) if at == path[0] else one for at, one in enumerate(value)]
    return {name: _changed(one, path[1:], new) if name == path[0] else one for name, one in value.items()}


def judged(systems: Systems, case: Odd) -> str:
    """"named" or "harmless"; raises Harm where another server is answered otherwise."""
    system = systems.of(case.place.kind)

    def change(request: str, body: bytes) -> bytes:
        return written(body, _changed(read(body), case.place.path, case.value)) if request == case.place.request else body

    Wire.change = change
    try:
        return _compared(system, is_cut=case.value is GONE and any(isinstance(step, int) for step in case.place.path[-1:]))
    finally:
        Wire.change = None


# A whole manager may fail, or what it needs at its end: then those of other managers are answered as ever, and all of its own are answered at least.

@dataclass(frozen=True)
class Whole:
    """A method of this kind of manager, of its session or of its domains always fails."""

    kind: str
    owner: Any
    name: str

    @property
    def what(self) -> str:
        """In words."""
        return f"{self.kind} as a whole: {self.owner.__name__}.{self.name} raises"


def wholes() -> list[Whole]:
    """Every method of every class of a vendor, one after the other."""
    found = []
    for kind, start in (("oneview", "oneview"), ("ome", "ome"), ("ucs", "ucs")):
        for name, module in list(sys.modules.items()):
            if not name.startswith(f"{managers.__name__}.{start}"):
                continue
            for _name, owner in inspect.getmembers(module, inspect.isclass):
                if owner.__module__ == name:
                    found += [Whole(kind, owner, method) for method, one in vars(owner).items() if inspect.isfunction(one) and method != "__init__"]
    return found


def judged_whole(systems: Systems, case: Whole) -> str:
    """All managers are asked at once; of the failing one, every name has an answer."""
    original = vars(case.owner)[case.name]

    def fails(*_args: Any, **_kwargs: Any) -> Any:
        raise Flaw(SECRET_VALUE)

    made = [systems.of(kind) for kind in KINDS]
    vendor = {one.config.name: one.config.vendor for one in made}
    setattr(case.owner, case.name, fails)
    try:
        with open_managers([one.config for one in made], 3) as asked:
            found = asked.find(Wanted(name, vendor[one.config.name]) for one in made for name in one.names)
        warnings = asked.warnings
    except Exception as error:
        raise Harm(f"everybody fails: {type(error).__name__}: {str(error)[:200]} (at {where(error)})") from error
    finally:
        setattr(case.owner, case.name, original)
    for one in made:
        wrong = [name for name in one.names if name not in found or (one.config.type != case.kind and found[name] != one.base[name])]
        if wrong:
            raise Harm(f"{len(wrong)} servers of {one.config.type} are answered otherwise, such as {wrong[0]}: {str(found.get(wrong[0]))[:200]}")
    silent = [name for name, one in found.items() if isinstance(one, Reason) and "did not answer within" in one.message]
    if silent:
        raise Harm(f"{len(silent)} names are told nothing but silence, such as {silent[0]}")
    said = " ".join([*warnings, *(one.message for one in found.values() if isinstance(one, Reason))])
    if SECRET_VALUE in said:
        raise Harm("what a fault of ours said is told, values and all")
    as_ever = sum(found[name] == one.base[name] for one in made for name in one.names)
    return f"named, {as_ever} as ever" if "bug" in said else "harmless"


def _compared(system: System, is_cut: bool = False) -> str:
    """is_cut: a list shows fewer than it counts, which leaves open whom it does not show."""
    try:
        found = ask(system.config, system.names)
    except Exception as error:
        raise Harm(f"everybody fails: {type(error).__name__}: {str(error)[:200]} (at {where(error)})") from error
    others = [name for name in system.names if name != system.victim and found.get(name) != system.base[name]
              and not (is_cut and _leaves_open(found.get(name)))]
    if others:
        raise Harm(f"{len(others)} other servers are answered otherwise, such as {others[0]}: {str(found.get(others[0]))[:250]}")
    mine = found.get(system.victim)
    if isinstance(mine, Reason):
        if SECRET_VALUE in mine.message:
            raise Harm("what a fault of ours said is told, values and all")
        return "named"
    return "harmless"


def _leaves_open(outcome: Outcome | None) -> bool:
    return isinstance(outcome, Reason) and outcome.reason == "InvalidAnswer" and "does not show all" in outcome.message and "it counts" in outcome.message
