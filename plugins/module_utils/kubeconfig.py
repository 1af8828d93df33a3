# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig as kubectl reads it: several files merged, nulls and nameless entries and all. What goes wrong is said without quoting the file."""
from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import InvalidArgument

try:
    import yaml
    YAML_MISSING = False
except ImportError:
    YAML_MISSING = True

SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}


@dataclass(frozen=True)
class Entry:
    """A cluster or a user of a kubeconfig; folder: where its relative paths begin."""

    what: str                                   # for sentences: user 'admin' of the kubeconfig /a/b
    values: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    def text(self, key: str) -> str:
        """The value, empty where it is missing or null."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InvalidArgument(f"In {self.what}, {key} is no text: put it in quotes.")
        return value

    def flag(self, key: str) -> bool:
        """Whether it is set."""
        value = self.values.get(key)
        if not isinstance(value, (bool, type(None))):
            raise InvalidArgument(f"In {self.what}, {key} must be true or false.")
        return bool(value)

    def texts(self, key: str) -> list[str]:
        """A list of text, empty where it is missing or null."""
        found = self.values.get(key) or []
        if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
            raise InvalidArgument(f"In {self.what}, {key} must be a list of text.")
        return found

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping, empty where it is missing or null."""
        found = self.values.get(key)
        if found is not None and not isinstance(found, dict):
            raise InvalidArgument(f"In {self.what}, {key} must be a mapping.")
        return found or {}

    def path(self, key: str) -> Path | None:
        """The file that it names."""
        named = self.text(key)
        return self.folder / named if named else None

    def content(self, key: str) -> bytes | None:
        """What KEY-data holds, else the file that KEY names."""
        data = self.text(f"{key}-data")
        try:
            if data:
                return base64.b64decode(data.encode(), validate=False)
            path = self.path(key)
            return path.read_bytes() if path else None
        except ValueError:
            raise InvalidArgument(f"In {self.what}, {key}-data is no base64.") from None
        except OSError as error:
            raise InvalidArgument(f"In {self.what}, the file that {key} names cannot be read: {error.strerror} ({error.filename}).") from error


@dataclass(frozen=True)
class Chosen:
    """What one context of a kubeconfig comes to."""

    cluster: Entry
    user: Entry
    where: str


def choose(where: str, context: str | None) -> Chosen:
    """The cluster and the user of the context, the current one unless one is named. where: a path, or several as KUBECONFIG has them."""
    if YAML_MISSING:
        raise InvalidArgument("The Python package PyYAML is missing: install it where this runs (pip install kubernetes brings it).")
    named: dict[str, dict[str, Entry]] = {section: {} for section in SECTIONS}
    current = context or ""
    for path in _files(where):
        body = _read(path)
        current = current or _head(body, path)
        for section, kind in SECTIONS.items():
            for name, entry in _entries(body, section, kind, path):
                named[section].setdefault(name, entry)          # the first file wins, as everywhere
    if current not in named["contexts"]:
        known = ", ".join(sorted(filter(None, named["contexts"]))) or "none"
        problem = f"it has no context {current!r}" if current else "it has no current context"
        raise InvalidArgument(f"The kubeconfig {where} cannot be used: {problem} (there is: {known}); set context.")
    chosen = named["contexts"][current]
    cluster = named["clusters"].get(chosen.text("cluster"))
    if cluster is None:
        raise InvalidArgument(f"The kubeconfig {where} cannot be used: its context {current!r} names a cluster that it does not have.")
    user = named["users"].get(chosen.text("user"), Entry(f"the kubeconfig {where}"))        # kubectl goes on without credentials, too
    return Chosen(cluster, user, where)


def _files(where: str) -> list[Path]:
    files = [path for path in (Path(part).expanduser() for part in where.split(os.pathsep) if part) if path.is_file()]
    if not files:
        raise InvalidArgument(f"There is no kubeconfig at {where}: give kubeconfig, or host and api_key, or set K8S_AUTH_KUBECONFIG.")
    return files


def _read(path: Path) -> dict[str, Any]:
    try:
        body = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, RecursionError, ValueError):
        raise InvalidArgument(f"The kubeconfig {path} is not valid YAML.") from None        # the error quotes the line
    except OSError as error:
        raise InvalidArgument(f"The kubeconfig {path} cannot be read: {error.strerror}.") from error
    if body is not None and not isinstance(body, dict):
        raise InvalidArgument(f"The kubeconfig {path} is not a kubeconfig.")
    return body or {}


def _head(body: dict[str, Any], path: Path) -> str:
    return Entry(f"the kubeconfig {path}", body).text("current-context")


def _entries(body: dict[str, Any], section: str, kind: str, path: Path) -> Iterator[tuple[str, Entry]]:
    """The named entries of a section; one without a name has the empty one, one without content is empty."""
    listed = body.get(section) or []
    if not isinstance(listed, list):
        raise InvalidArgument(f"The kubeconfig {path} is not a kubeconfig: {section} must be a list.")
    seen: set[str] = set()
    for number, item in enumerate(listed, 1):
        item = {} if item is None else item
        name = (item.get("name") if isinstance(item, dict) else None) or ""
        content = (item.get(kind) if isinstance(item, dict) else item) or {}
        if not isinstance(item, dict) or not isinstance(content, dict) or not isinstance(name, (str, int, float)):
            raise InvalidArgument(f"The kubeconfig {path} is not a kubeconfig: entry {number} of {section} is not a {kind} with a name.")
        if str(name) in seen:
            raise InvalidArgument(f"The kubeconfig {path} cannot be used: it has two {section} of one name (entry {number} is the second).")
        seen.add(str(name))
        yield str(name), Entry(f"{kind} {str(name)!r} of the kubeconfig {path}", content, path.absolute().parent)
