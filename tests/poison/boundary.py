# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where the boundary (guard.guarded, guard.one_by_one) is used, found in the product's own text, and the product without it at one of them."""
from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import guard
from tests.model.mutants import replaced
from tests.tools.places import ROOT

from .sources import plugin

FOLDERS = ("plugins/module_utils", "plugins/modules", "plugins/plugin_utils", "extensions/eda/plugins/event_source")
NAMES = ("guarded", "one_by_one")
PLUGINS = ("generators", "buffer_check")
COLLECTION = "/baremetal/generator/"


@dataclass(frozen=True, order=True)
class Place:
    """One call: its file, relative to the collection; its lines; the function that it is in."""

    file: str
    first: int
    last: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.first} {self.function}"


@cache
def places() -> tuple[Place, ...]:
    """All of them."""
    return tuple(sorted(place for place, _helper in _all_calls()))


@cache
def helpers() -> frozenset[tuple[str, str]]:
    """File and name of the functions that hand a work of their callers on to the boundary: each call of them is a place as well."""
    return frozenset((place.file, helper) for place, helper in _all_calls() if helper)


@cache
def handlers() -> frozenset[str]:
    """Names of the functions to which faults are handed: what tells of a fault is not guarded itself."""
    found: set[str] = set()
    for tree in _trees().values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES):
            for failed in call.args[1 if getattr(call.func, "id", "") == "guarded" else 2:]:
                found |= {node.id for node in ast.walk(failed) if isinstance(node, ast.Name)}
                found |= {node.attr for node in ast.walk(failed) if isinstance(node, ast.Attribute)}
    return frozenset(found)


@cache
def _trees() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
            for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if path.name != "guard.py"}


@cache
def _all_calls() -> frozenset[tuple[Place, str]]:
    trees = _trees()
    known: set[str] = set(NAMES)
    while True:
        found = frozenset(one for file, tree in trees.items() for one in _calls(file, tree, known))
        more = {helper for _place, helper in found if helper}
        if more <= known:
            return found
        known |= more


def _calls(file: str, tree: ast.Module, known: set[str]) -> Iterator[tuple[Place, str]]:
    """Each call, and the name of the function around it if that one is a helper."""
    for function, chain in _functions(tree, ()):
        own = {one.arg for one in function.args.args}
        for call in _own_calls(function):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
            if name not in known:
                continue
            work = call.args[1:2] if name == "one_by_one" else call.args[:1] if name == "guarded" else []
            is_helper = any(isinstance(one, ast.Name) and one.id in own for one in work)
            yield Place(file, call.lineno, call.end_lineno or call.lineno, ".".join((*chain, function.name))), function.name if is_helper else ""


def _functions(node: ast.AST, chain: tuple[str, ...]) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child, chain
            yield from _functions(child, (*chain, child.name))
        else:
            yield from _functions(child, (*chain, child.name) if isinstance(child, ast.ClassDef) else chain)


def _own_calls(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """Not those of a function within."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


# --- the product with a watched boundary, or without one ----------------------------------------------------------------------------------


class Watched:
    """Which places turned something into an outcome, and the one where the boundary is out."""

    def __init__(self, out: Place | None = None) -> None:
        self.out = out
        self.hits: set[Place] = set()
        self._lines: dict[str, list[Place]] = {}
        self._lock = threading.Lock()
        for place in places():
            self._lines.setdefault(place.file, []).append(place)

    def _here(self) -> list[Place]:
        frame, found = sys._getframe(2), list[Place]()
        while frame is not None:
            file = frame.f_code.co_filename.rpartition(COLLECTION)[2]
            found += [one for one in self._lines.get(file, ()) if one.first <= frame.f_lineno <= one.last]
            if not file.endswith("module_utils/guard.py") and (file, frame.f_code.co_name) not in helpers():
                break
            frame = frame.f_back                        # type: ignore[assignment]
        return found

    def guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Instead of guard.guarded."""
        def guarded(work: Callable[[Any], Any], failed: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
            here = self._here()
            if self.out in here:
                return work
            return original(work, self._noting(failed, here))
        return guarded

    def one_by_one(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Instead of guard.one_by_one."""
        def one_by_one(items: Any, work: Callable[[Any], Any], failed: Callable[[Any, Any], Any]) -> Iterator[tuple[Any, Any]]:
            here = self._here()
            if self.out in here:
                return ((item, work(item)) for item in items)
            return original(items, work, self._noting(failed, here))
        return one_by_one

    def _noting(self, failed: Callable[[Any, Any], Any], here: list[Place]) -> Callable[[Any, Any], Any]:
        def noting(item: Any, fault: Any) -> Any:
            with self._lock:
                self.hits.update(here)
            return failed(item, fault)
        return noting


@contextmanager
def watched(out: Place | None = None) -> Iterator[Watched]:
    """The product, with this one place unguarded."""
    one = Watched(out)
    with ExitStack() as stack:
        for name in NAMES:
            stand_in, original = getattr(one, name)(getattr(guard, name)), getattr(guard, name)
            for source in PLUGINS:                      # the engine loads them apart
                for function in ("main", "due_work", "look"):
                    space = getattr(plugin(source).get(function), "__globals__", {})
                    if space.get(name) is original:
                        space[name] = stand_in
                        stack.callback(space.__setitem__, name, original)
            stack.enter_context(replaced([(guard, name, lambda _original, new=stand_in: new)]))
        yield one
