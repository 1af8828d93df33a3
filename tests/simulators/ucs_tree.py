# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed objects of Cisco UCS: a tree of distinguished names, how it is written as XML, and filters over it."""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

Test = Callable[["Mo"], bool]


class Mo:
    """One managed object. Its attributes are all text; dn is one of them on the wire."""

    __slots__ = ("_text", "attributes", "dn", "kind")

    def __init__(self, kind: str, dn: str, attributes: dict[str, str]) -> None:
        self.kind = kind
        self.dn = dn
        self.attributes = attributes
        self._text = ""

    def __getitem__(self, name: str) -> str:
        return self.dn if name == "dn" else self.attributes.get(name, "")

    def set(self, **attributes: str) -> None:
        """Changes attributes."""
        self.attributes.update(attributes)
        self._text = ""

    @property
    def rn(self) -> str:
        """Its name below its parent."""
        return self.dn.rpartition("/")[2]

    def start(self, below: bool = False) -> str:
        """The opening tag without its bracket; what stands below another object has no dn."""
        if not self._text:
            self._text = " ".join(f'{name}="{quoted(value)}"' for name, value in self.attributes.items())
        place = f'rn="{quoted(self.rn)}"' if below else f'dn="{quoted(self.dn)}"'
        return f"<{self.kind} {place} {self._text}"


class Tree:
    """All objects of one system."""

    def __init__(self) -> None:
        self.by_dn: dict[str, Mo] = {}
        self.by_kind: dict[str, list[Mo]] = defaultdict(list)
        self._children: dict[str, list[Mo]] = defaultdict(list)

    def add(self, kind: str, dn: str, **attributes: str) -> Mo:
        """A new object; its parent may come later."""
        mo = Mo(kind, dn, attributes)
        self.by_dn[dn] = mo
        self.by_kind[kind].append(mo)
        self._children[dn.rpartition("/")[0]].append(mo)
        return mo

    def remove(self, mo: Mo) -> None:
        """The object and all below it are gone."""
        for child in list(self._children[mo.dn]):
            self.remove(child)
        del self.by_dn[mo.dn]
        self.by_kind[mo.kind].remove(mo)
        self._children[mo.dn.rpartition("/")[0]].remove(mo)

    def to_front(self, mo: Mo) -> None:
        """The object is the first that a question for its class finds."""
        self.by_kind[mo.kind].remove(mo)
        self.by_kind[mo.kind].insert(0, mo)

    def children(self, dn: str, kind: str = "") -> list[Mo]:
        """Directly below a DN."""
        return [child for child in self._children.get(dn, ()) if not kind or child.kind == kind]

    def below(self, dn: str, kind: str = "") -> list[Mo]:
        """Anywhere below a DN."""
        found = []
        for child in self._children.get(dn, ()):
            if not kind or child.kind == kind:
                found.append(child)
            found += self.below(child.dn, kind)
        return found

    def written(self, objects: Iterable[Mo], hierarchical: bool = False) -> str:
        """The objects in XML; with all that is below them when hierarchical."""
        return " ".join(self._written(mo, hierarchical, below=False) for mo in objects)

    def _written(self, mo: Mo, hierarchical: bool, below: bool) -> str:
        children = self._children.get(mo.dn) if hierarchical else None
        if not children:
            return f"{mo.start(below)}/>"
        inner = "".join(self._written(child, True, below=True) for child in children)
        return f"{mo.start(below)}>{inner}</{mo.kind}>"


def quoted(value: str) -> str:
    """As an attribute's value."""
    return escape(value, {'"': "&quot;"})


class BadFilter(ValueError):
    """UCS does not take this filter."""


def filter_test(element: Element | None, most_components: int | None = None) -> Test:
    """The test that an inFilter stands for. most_components: how many parts one `and` or `or` may have."""
    if element is None or not len(element):
        return lambda _mo: True
    if len(element) > 1:
        raise BadFilter("more than one filter")
    return _test(element[0], most_components)


def _test(element: Element, most: int | None) -> Test:
    if element.tag in ("and", "or", "not"):
        tests = [_test(part, most) for part in element]
        if not tests or (most is not None and len(tests) > most) or (element.tag == "not" and len(tests) != 1):
            raise BadFilter(element.tag)
        if element.tag == "not":
            return lambda mo: not tests[0](mo)
        joined = all if element.tag == "and" else any
        return lambda mo: joined(test(mo) for test in tests)
    name, wanted = element.get("property"), element.get("value", "")
    if name is None or element.get("class") is None:
        raise BadFilter(element.tag)
    test = _leaf(element, wanted)
    return lambda mo: test(mo[name])


def _leaf(element: Element, wanted: str) -> Callable[[str], bool]:
    """What a value must be. `eq` sees the case; `wcard` finds anywhere."""
    match element.tag:
        case "eq":
            return lambda value: value == wanted
        case "ne":
            return lambda value: value != wanted
        case "gt":
            return lambda value: _ordered(value, wanted) > _ordered(wanted, value)
        case "ge":
            return lambda value: _ordered(value, wanted) >= _ordered(wanted, value)
        case "lt":
            return lambda value: _ordered(value, wanted) < _ordered(wanted, value)
        case "le":
            return lambda value: _ordered(value, wanted) <= _ordered(wanted, value)
        case "bw":
            first, second = element.get("firstValue", ""), element.get("secondValue", "")
            return lambda value: _ordered(first, value) <= _ordered(value, first) and _ordered(value, second) <= _ordered(second, value)
        case "anybit":
            return lambda value: bool(set(value.split(",")) & set(wanted.split(",")))
        case "allbits":
            return lambda value: set(wanted.split(",")) <= set(value.split(","))
        case "wcard":
            try:
                pattern = re.compile(wanted)
            except re.error as error:
                raise BadFilter(wanted) from error
            return lambda value: pattern.search(value) is not None
    raise BadFilter(element.tag)


def _ordered(value: str, other: str) -> tuple[int, str]:
    """Numbers as numbers when both are."""
    return (int(value), "") if value.isdigit() and other.isdigit() else (0, value)
