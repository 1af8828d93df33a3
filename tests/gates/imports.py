# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads who imports whom in the collection, from the source, without running it."""
from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from tests.tools.places import ROOT

PACKAGE = "ansible_collections.baremetal.generator."
FOLDERS = ("plugins", "extensions/eda/plugins")


@dataclass(frozen=True)
class Import:
    """One imported name. module: in full, as `ansible.module_utils.basic` or, when it is ours, `plugins.module_utils.http`."""

    by: str                  # the file's own dotted name, as plugins.modules.server_info
    module: str
    is_relative: bool
    line: int

    @property
    def is_ours(self) -> bool:
        """Something of this collection."""
        return self.module.startswith(("plugins.", "extensions."))

    def __str__(self) -> str:
        return f"{self.by}, line {self.line}, imports {self.module}"


def dotted(path: Path) -> str:
    """plugins/module_utils/managers/__init__.py -> plugins.module_utils.managers"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> dict[str, Path]:
    """Every Python file of the product by its dotted name."""
    return {dotted(path): path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))}


def read(name: str, text: str, is_package: bool, known: frozenset[str]) -> list[Import]:
    """All imports of one file, those inside functions and try too. `from x import y` is y's module when x.y is one of `known`."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [Import(name, alias.name.removeprefix(PACKAGE), False, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").removeprefix(PACKAGE)
            if node.level:
                here = name.split(".") if is_package else name.split(".")[:-1]
                base = ".".join([*here[:len(here) - node.level + 1], *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.append(Import(name, full if full in known else base, bool(node.level), node.lineno))
    return found


def read_all() -> list[Import]:
    """Of the whole product."""
    files = sources()
    known = frozenset(files)
    return [found for name, path in files.items() for found in read(name, path.read_text(encoding="utf-8"), path.name == "__init__.py", known)]


def reach(start: str, imports: list[Import]) -> set[str]:
    """Everything that comes along when this module is imported, foreign modules too."""
    seen, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        todo += [found.module for found in imports if found.by == name]
    return seen
