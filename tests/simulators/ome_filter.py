# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OData's $filter that OpenManage Enterprise takes."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
Test = Callable[[Json], bool]

TOKEN = re.compile(r"(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+)\b|(?P<word>[A-Za-z_][\w/]*)|(?P<sign>[(),])|(?P<space> +)|(?P<bad>.)", re.DOTALL)


class BadFilter(ValueError):
    """OME does not take this filter."""


class WrongType(BadFilter):
    """A text where a number must stand, or the other way round."""


class Filter:
    """Reads one filter: eq, ne, contains(), and, or, not, parentheses. attributes: what can be filtered, and its type."""

    def __init__(self, text: str, attributes: Mapping[str, type], case_sensitive: bool, or_on_names: bool) -> None:
        self._tokens = [(match.lastgroup or "", match[0]) for match in TOKEN.finditer(text) if match.lastgroup != "space"]
        self._attributes = attributes
        self._fold: Callable[[Any], Any] = (lambda value: value) if case_sensitive else (lambda value: value.casefold() if isinstance(value, str) else value)
        self._or_on_names = or_on_names
        self._place = 0
        self.test = self._either()
        if self._place < len(self._tokens):
            raise BadFilter(self._tokens[self._place][1])

    def _take(self, *wanted: str) -> str | None:
        """The next token if it is one of these."""
        if self._place < len(self._tokens) and self._tokens[self._place][1].lower() in wanted:
            self._place += 1
            return self._tokens[self._place - 1][1].lower()
        return None

    def _next(self, kind: str) -> str:
        if self._place >= len(self._tokens) or self._tokens[self._place][0] != kind:
            raise BadFilter("the end" if self._place >= len(self._tokens) else self._tokens[self._place][1])
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _must(self, sign: str) -> None:
        if self._take(sign) is None:
            raise BadFilter(f"no {sign}")

    def _either(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        if len(tests) > 1 and not self._or_on_names and any(kind == "text" for kind, _token in self._tokens):
            raise BadFilter("or")
        return lambda item: any(test(item) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            test = self._one()
            return lambda item: not test(item)
        if self._take("("):
            inner = self._either()
            self._must(")")
            return inner
        fold = self._fold
        if self._take("contains"):
            self._must("(")
            attribute = self._attribute()
            self._must(",")
            part = fold(self._value(attribute))
            self._must(")")
            return lambda item: part in fold(str(item.get(attribute) or ""))
        attribute = self._attribute()
        operator = self._take("eq", "ne")
        if operator is None:
            raise BadFilter("no operator")
        value = fold(self._value(attribute))
        return lambda item: (fold(item.get(attribute)) == value) == (operator == "eq")

    def _attribute(self) -> str:
        name = self._next("word")
        if name not in self._attributes:
            raise BadFilter(name)
        return name

    def _value(self, attribute: str) -> Any:
        wanted = self._attributes[attribute]
        if self._place < len(self._tokens) and {"text": int, "number": str}.get(self._tokens[self._place][0]) is wanted:
            raise WrongType(attribute)
        if wanted is int:
            return int(self._next("number"))
        return self._next("text")[1:-1].replace("''", "'")
