# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is meant as text and is none: YAML makes numbers, dates, true and false of what stands without quotes. Pure."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .errors import InvalidArgument

# How an entry of an option is called; others are called by the option.
WORDS = {"managers": "Manager", "secrets": "Secret", "bmc_credentials": "BMC credentials", "hosts": "Host", "buffers": "Buffer"}


class Text(str):
    """An option's type that takes a value as it came, so that it can be refused; documentation calls it str. Ansible would convert 0123 to "83"."""

    def __call__(self, value: Any) -> Any:
        """The same."""
        return value


TEXT = Text("str")


def texts(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The same argument spec, whose strings must be text from the start. Choices and mac_index may be numbers: nothing is lost by that."""
    return {name: option if name == "mac_index" or "choices" in option else _text_option(option) for name, option in spec.items()}


def _text_option(option: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(option)
    for field in ("type", "elements"):
        if changed.get(field) == "str":
            changed[field] = TEXT
    if "options" in changed:
        changed["options"] = texts(changed["options"])
    return changed


def need_texts(spec: Mapping[str, Any], values: Mapping[str, Any], place: str = "") -> None:
    """Raises InvalidArgument about the first value that is no text where the spec wants one. What has another shape is left to whoever checks shapes."""
    for name, option in spec.items():
        value = values.get(name)
        elements = value if isinstance(value, (list, tuple)) else ()
        if isinstance(option.get("type"), Text):
            need_text(place, name, value)
        elif isinstance(option.get("elements"), Text):
            for number, element in enumerate(elements, start=1):
                need_text(place, f"{name}, entry {number},", element)
        elif "options" in option:
            if isinstance(value, Mapping):
                need_texts(option["options"], value, place)
            for number, element in enumerate(elements, start=1):
                if isinstance(element, Mapping):
                    need_texts(option["options"], element, _called(name, element, number))


def need_text(place: str, field: str, value: Any) -> None:
    """Raises InvalidArgument, without the value, when it is neither text nor absent."""
    made = _made_of(value)
    if made:
        raise InvalidArgument(f"{place}{': ' if place else ''}{field} must be text, and YAML made {made} of it: put it in quotes.")


def _called(option: str, entry: Mapping[str, Any], number: int) -> str:
    name = entry.get("name")
    word = WORDS.get(option, option)
    return f"{word} {name!r}" if isinstance(name, str) and name else f"{word} {number}" if option in WORDS else f"{word}, entry {number}"


def _made_of(value: Any) -> str:
    if value is None or isinstance(value, str):
        return ""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, date):
        return "a date"
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, (list, tuple)) else f"something else ({type(value).__name__})"
