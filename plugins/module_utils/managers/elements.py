# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a manager's answer, read with their types checked: what is odd about one server concerns that server alone. Pure."""
from __future__ import annotations

import math
import re
from typing import Any

from .. import addresses
from ..errors import InvalidAnswer

Json = dict[str, Any]

LONGEST_TEXT = 128          # characters of a serial number, a model, the name of a port
MOST_DIGITS = 9
LINK = re.compile(r"/[!-~]{1,999}")     # nothing that would have to be quoted


class OddAnswer(InvalidAnswer):
    """A part of an answer is of another type than such a system gives it. The text says which part, and what it is; never its value."""

    def told(self, where: str, what: str) -> str:
        """The sentence: who answered, about what, and what is odd there."""
        return f"{where} answered {what} in an odd way: {self}; correct it there, or report it with the version of that system."


def kind_of(value: object) -> str:
    """What a value of JSON is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return next((words for kind, words in kinds.items() if isinstance(value, kind)), "something else")


def elements(value: object, path: str) -> list[Any]:
    """A list, empty where nothing is given."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise OddAnswer(f"{path} is {kind_of(value)} instead of a list")
    return value


def objects(value: object, path: str) -> list[Json]:
    """A list of objects, empty where nothing is given."""
    found = elements(value, path)
    for at, element in enumerate(found):
        if not isinstance(element, dict):
            raise OddAnswer(f"{path}[{at}] is {kind_of(element)} instead of an object")
    return found


def object_at(value: object, path: str) -> Json:
    """An object, empty where nothing is given."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise OddAnswer(f"{path} is {kind_of(value)} instead of an object")
    return value


def text(value: object, path: str) -> str:
    """One printable line, "" where nothing is given; a number becomes its digits."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise OddAnswer(f"{path} is {kind_of(value)} instead of a text")
    if isinstance(value, float) and not math.isfinite(value):
        raise OddAnswer(f"{path} is a number without end")
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
    return line[:LONGEST_TEXT]


def whole_number(value: object, path: str) -> int | None:
    """A number without a fraction, also as digits in a text; None where nothing is given."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS:
        return int(value)
    raise OddAnswer(f"{path} is {kind_of(value)} instead of a whole number")


def needed(value: Any, path: str) -> Any:
    """A part that decides, and so is never left out."""
    if value is None or value == "":
        raise OddAnswer(f"{path} is missing")
    return value


def word(value: object, path: str) -> str:
    """A word that decides, lower case; a number is none."""
    return str(needed(text(only_text(value, path), path), path)).casefold()


def only_text(value: object, path: str) -> str:
    """A text, "" where nothing is given."""
    if value is not None and not isinstance(value, str):
        raise OddAnswer(f"{path} is {kind_of(value)} instead of a text")
    return value or ""


def mac_address(value: object, path: str) -> str:
    """The MAC address, "" while none is set, or something else that is no MAC of Ethernet."""
    return addresses.mac(only_text(value, path)) or ""


def ethernet_mac(value: object, path: str) -> str:
    """The MAC address of what can have no other, "" while none is set."""
    given = only_text(value, path).strip()
    found = mac_address(given, path)
    if given and not found and not addresses.is_unset_mac(given):
        raise OddAnswer(f"{path} is no MAC address")
    return found


def place(value: object, path: str) -> int:
    """A number by which things are ordered: whole, from 0, as small as such numbers are."""
    number = whole_number(needed(value, path), path)
    if number is None or not 0 <= number < 10 ** MOST_DIGITS:
        raise OddAnswer(f"{path} is no number from 0 to {10 ** MOST_DIGITS - 1}")
    return number


def link(value: object, path: str) -> str:
    """The path of another object, "" where there is none."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise OddAnswer(f"{path} is {kind_of(value)} instead of a text")
    if not LINK.fullmatch(value):
        raise OddAnswer(f"{path} is no path")
    return value
