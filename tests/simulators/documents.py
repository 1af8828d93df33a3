# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What management systems answer, as data that can be changed: JSON as it is, XML as tags, attributes and children."""
from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree


def is_xml(body: bytes) -> bool:
    """By its first sign."""
    return body.lstrip().startswith(b"<")


def read(body: bytes) -> Any:
    """JSON as it is; XML as attributes and children."""
    if is_xml(body):
        return _as_data(ElementTree.fromstring(body))
    return json.loads(body) if body else None


def written(body: bytes, data: Any) -> bytes:
    """As body was: JSON or XML."""
    return _as_xml(data).encode() if is_xml(body) else json.dumps(data).encode()


def _as_data(element: ElementTree.Element) -> dict[str, Any]:
    return {"tag": element.tag, "attributes": dict(element.attrib), "children": [_as_data(one) for one in element]}


def _as_xml(value: Any) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("tag"), str):
        return "<odd/>"
    attributes = value.get("attributes")
    element = ElementTree.Element(value["tag"], {str(name): _clean(one) for name, one in (attributes if isinstance(attributes, dict) else {}).items()})
    children = value.get("children")
    inner = "".join(_as_xml(one) for one in children) if isinstance(children, list) else ""
    empty = ElementTree.tostring(element, encoding="unicode", short_empty_elements=False)
    return empty.replace(f"</{value['tag']}>", f"{inner}</{value['tag']}>")


def _clean(value: Any) -> str:
    """What XML can carry."""
    text = value if isinstance(value, str) else json.dumps(value)
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")
