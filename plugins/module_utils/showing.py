# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as results may show them: without secrets, whatever a user wrote where. Pure."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

HIDDEN = "(hidden)"
# Greedy, since a password may contain each of / : @.
USERINFO = re.compile(r"(?<=://)[^\s\"'<>]*@")


def without_userinfo(text: str) -> str:
    """A text in which no URL has a user or password."""
    return USERINFO.sub(f"{HIDDEN}@", text)


def secrets_of_urls(value: Any) -> Iterator[str]:
    """Users' passwords in URLs, wherever they stand in the options."""
    if isinstance(value, str):
        for userinfo in USERINFO.findall(value):
            yield userinfo
            yield userinfo[:-1].partition(":")[2]
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_of_urls(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secrets_of_urls(inner)


def shown(spec: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options for `invocation`. What the spec does not know (a misspelt password), keeps secret or does not describe is hidden."""
    return {str(name): _shown(spec.get(name), value) for name, value in options.items()}


def _shown(option: Mapping[str, Any] | None, value: Any) -> Any:
    if value is None:
        return None
    if option is None or option.get("no_log") or option.get("type", "str") in ("raw", "dict") and "options" not in option:
        return HIDDEN
    if isinstance(value, Mapping):
        return shown(option["options"], value) if "options" in option else HIDDEN
    if isinstance(value, (list, tuple)):
        element = {"type": option.get("elements", "str"), **({"options": option["options"]} if "options" in option else {})}
        return [_shown(element, inner) for inner in value]
    if "options" in option:
        return HIDDEN                   # a text where a mapping or a list of them has to be
    return without_userinfo(value) if isinstance(value, str) else value
