# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of event sources: checked by hand, since the rulebook engine hands on whatever stands in the rulebook."""
from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InvalidArgument

# Argument of a source -> what read_configuration() calls it. `host` of a source is where it listens, as an EDA controller expects it.
CONNECTION = {
    "kubeconfig": "kubeconfig", "context": "context", "kubernetes_host": "host", "api_key": "api_key", "validate_certs": "validate_certs",
    "ca_cert": "ca_cert", "client_cert": "client_cert", "client_key": "client_key", "username": "username", "password": "password",
    "proxy": "proxy", "no_proxy": "no_proxy", "impersonate_user": "impersonate_user", "impersonate_groups": "impersonate_groups",
}
HIDDEN = ("api_key", "password", "proxy")       # shown in no error
SHARED = (*CONNECTION, "retry_seconds", "relist_seconds", "heartbeat_file", "host", "port")
OWN = {"generators": (), "buffer_check": ("interval_seconds",)}
VARIABLES = "GENERATOR_VARS"    # the environment variable that names the variables of the playbooks
FROM_THE_ENGINE = ("eda_feedback_queue",)
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class SourceOptions:
    """What a source was told, checked."""

    source: str
    connection: Mapping[str, Any]
    retry_seconds: float = 30
    relist_seconds: float = 600
    interval_seconds: float = 30
    heartbeat_file: str | None = None
    host: str = "127.0.0.1"
    port: int | None = None

    @classmethod
    def parse(cls, source: str, args: Mapping[str, Any]) -> SourceOptions:
        """Raises InvalidArgument: one sentence that names the source and the argument."""
        given = {name: value for name, value in args.items() if value is not None and value != "" and name not in FROM_THE_ENGINE}
        allowed = (*SHARED, *OWN[source])
        for name in given:
            if name not in allowed:
                raise InvalidArgument(f"{source}: there is no argument {name!r}: it takes {', '.join(sorted(allowed))}")
        read = _Reader(source, given)
        if "port" not in given and "host" in given:
            raise InvalidArgument(f"{source}: 'host' says where to listen and needs 'port' as well; the API server's address is 'kubernetes_host'")
        return cls(
            source=source,
            connection={inner: read.connection(name) for name, inner in CONNECTION.items() if name in given},
            retry_seconds=read.seconds("retry_seconds", cls.retry_seconds, 1),
            relist_seconds=read.seconds("relist_seconds", cls.relist_seconds, 10),
            interval_seconds=read.seconds("interval_seconds", cls.interval_seconds, 1),
            heartbeat_file=read.file("heartbeat_file"),
            host=read.text("host") if "host" in given else cls.host,
            port=read.port("port"),
        )


def make_variables_absolute() -> None:
    """GENERATOR_VARS for the playbooks, which run in another working directory. Raises InvalidArgument when it names no file that can be read."""
    given = os.environ.get(VARIABLES, "")
    if not given:
        return          # playbooks of an EDA controller run elsewhere
    path = os.path.abspath(os.path.expanduser(given))
    if not os.path.isfile(path) or not os.access(path, os.R_OK):
        raise InvalidArgument(f"{VARIABLES} names {path}, which is no file that can be read: correct it, or make that file readable for this user.")
    os.environ[VARIABLES] = path


class _Reader:
    def __init__(self, source: str, given: Mapping[str, Any]) -> None:
        self._source, self._given = source, given

    def _refuse(self, name: str, must: str) -> InvalidArgument:
        shown = "" if name in HIDDEN else f", not {str(self._given[name])[:80]!r}"
        return InvalidArgument(f"{self._source}: {name!r} must be {must}{shown}")

    def connection(self, name: str) -> str | bool:
        """An argument that says how the cluster is reached; groups with commas between them."""
        value = self._given[name]
        if name == "impersonate_groups" and isinstance(value, (list, tuple)) and all(isinstance(group, str) for group in value):
            return ",".join(value)
        return self.flag(name) if name == "validate_certs" else self.text(name)

    def text(self, name: str) -> str:
        value = self._given[name]
        if not isinstance(value, str):
            raise self._refuse(name, "a string")
        return value

    def flag(self, name: str) -> bool:
        value = self._given[name]
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word not in TRUE + FALSE:
            raise self._refuse(name, "true or false")
        return word in TRUE

    def seconds(self, name: str, default: float, least: float) -> float:
        if name not in self._given:
            return default
        value = self._number(name)
        if not value >= least or math.isinf(value):
            raise self._refuse(name, f"a number of seconds, {least:g} or more")
        return value

    def _number(self, name: str) -> float:
        value = self._given[name]
        try:
            return math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            return math.nan

    def port(self, name: str) -> int | None:
        if name not in self._given:
            return None
        value = self._number(name)
        if not 0 < value < 65536 or value != int(value):
            raise self._refuse(name, "a port from 1 to 65535")
        return int(value)

    def file(self, name: str) -> str | None:
        if name not in self._given:
            return None
        path = os.path.abspath(os.path.expanduser(self.text(name)))
        if not os.path.isdir(os.path.dirname(path)) or os.path.isdir(path):
            raise self._refuse(name, "a file in a folder that exists")
        return path
