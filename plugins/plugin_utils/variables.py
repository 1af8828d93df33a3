# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that hold secrets, read text by text: what cannot be used is told by its place alone."""
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from math import isfinite
from typing import Any

from ansible.errors import AnsibleError
from ansible.utils.unsafe_proxy import AnsibleUnsafe
from jinja2 import Environment, TemplateSyntaxError, nodes
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.texts import need_text

try:
    from ansible.template import is_trusted_as_template     # since ansible-core 2.19
except ImportError:
    is_trusted_as_template = None       # type: ignore[assignment]

TEMPLATE = re.compile(r"\{[{%#]")
REFERENCE = re.compile(r"\s*\{\{\s*([A-Za-z_]\w*)\s*\}\}\s*")
NAMED = (nodes.Name, nodes.Call, nodes.Filter)
RAW = re.compile(r"\{%-?\s*raw\b")


class Variables:
    """What is defined where a lookup runs."""

    def __init__(self, defined: Mapping[str, Any], templar: Any) -> None:
        self._defined, self._templar = defined, templar

    def value(self, name: str, default: Any) -> Any:
        """Of a variable, every template in it evaluated; raises AnsibleError with one sentence."""
        if name not in self._defined:
            return default
        try:
            value = self._read(self._defined[name], name, "", ())
            if not isinstance(value, (Mapping, list, tuple)):
                need_text("", name, value)                  # a template gives a text, whatever it was
            return value
        except InvalidArgument as error:
            raise AnsibleError(str(error)) from None

    def _read(self, value: Any, place: str, field: str, through: tuple[str, ...]) -> Any:
        if isinstance(value, Mapping):
            within = _within(place, field)
            named = value.get("name")
            within = f"{within} {named!r}" if isinstance(named, str) and not TEMPLATE.search(named) else within
            return {self._read(key, within, "a name", through): self._read(inner, within, str(key), through) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._read(inner, f"{_within(place, field)}, entry {number}", "", through) for number, inner in enumerate(value, start=1)]
        if isinstance(value, date) or isinstance(value, float) and not isfinite(value):
            need_text(place, field or "it", value)          # older releases make one text of all of the variable where there is a date
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if not isinstance(value, str):
            return str(value)                               # vaulted
        return self._evaluated(value, place, field, through) if _is_template(value) else value

    def _evaluated(self, text: str, place: str, field: str, through: tuple[str, ...]) -> Any:
        reference = REFERENCE.fullmatch(text)
        if reference:
            name = reference[1]
            if name in self._defined and name not in through:
                return self._read(self._defined[name], place, field, (*through, name))
        if not _names_something(text):
            raise InvalidArgument(_refusal(place, field))
        try:
            return self._templar.template(text)
        except AnsibleError:
            raise InvalidArgument(_refusal(place, field)) from None


def _within(place: str, field: str) -> str:
    return f"{place}, {field}" if field else place


def _refusal(place: str, field: str) -> str:
    what = f"{place}: {field}" if field else f"{place}:"
    return (f"{what} contains {{{{, {{% or {{#, by which Ansible knows a template, and this one cannot be evaluated: "
            f"when it is meant as it stands, write it as !unsafe '...', else correct the template.")


def _is_template(text: str) -> bool:
    """Ansible would evaluate it."""
    if isinstance(text, AnsibleUnsafe) or not TEMPLATE.search(text):
        return False
    return is_trusted_as_template is None or is_trusted_as_template(text)


def _names_something(text: str) -> bool:
    """It is a template that somebody meant. One of constants alone, or a comment, is a password that would be used without a part of it."""
    try:
        tree = Environment().parse(str.__str__(text))       # only read: what is found in it is not run here
    except TemplateSyntaxError:
        return False
    return bool(RAW.search(text)) or next(tree.find_all(NAMED), None) is not None
