# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One or two elements of an answer become something that such a system never sends there: another type, nothing, too much, other bytes. Pure.

What another inventory might hold as well (a list with fewer elements, another MAC) is no mutation: it would have another right answer.
"""
from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from tests.simulators.documents import is_xml, read, written
from tests.simulators.serving import Reply

Step = tuple[Any, ...]
RAW = re.compile(r'"@@raw:([^"]*)@@"')          # a JSON literal that json.dumps would not write
LONG = "x" * 100_000
DEPTHS = (50, 3_000, 200_000)
NUMBERS = ("1e999", "-1e999", "NaN", "Infinity", "-7", "0.5", str(2 ** 70), "9" * 5_000)
TEXTS = ("\u0000", "\ud800", "{{ 7 * 7 }}", "' or '1'='1", "<b>", "::", "0.0.0.0", "-", " ", LONG)
JSON_TYPES: tuple[Any, ...] = (None, True, False, 7, -1, 0.5, "text", [], {}, [None], ["text"], [[]], {"x": 1}, [{"x": 1}])
OTHER_DOCUMENTS = (
    b"", b" ", b"null", b"{}", b"[]", b"7", b'"text"', b'{"message": "maintenance"}', b'{"members": [], "total": 1000}', b'{"value": [], "@odata.count": 1000}',
    b"<html><body>Sign in</body></html>", b"<!DOCTYPE html><html></html>", b"<rss/>", b"<lsServer/>",
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>',
    b'<aaaKeepAlive cookie="" response="yes"/>', b'<configResolveClass cookie="" response="yes"/>',
    b'<configResolveClass response="yes"><outConfigs/></configResolveClass>',
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b'<?xml version="1.0" encoding="utf-7"?><a/>', b"\xff\xfe\x00", b"\x1f\x8b\x08\x00", b"(" * 100_000,
)
STATUSES = (100, 199, 201, 202, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 418, 425, 429, 451,
            500, 501, 502, 503, 504, 599)
HEADERS: tuple[dict[str, str], ...] = (
    {"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT"}, {"Retry-After": "1e999"}, {"Retry-After": "-5"}, {"Retry-After": "nan"}, {"Retry-After": "9" * 400},
    {"Location": "https://elsewhere.invalid/"}, {"Content-Type": "text/html; charset=nonsense"}, {"Set-Cookie": "a=" + "b" * 5_000})


def mutate(reply: Reply, chance: random.Random) -> tuple[Reply, str]:
    """Another answer, and what is other about it."""
    kinds: list[Callable[[Reply, random.Random], tuple[Reply, str]]] = [_elements] * 12 + [_bytes] * 3 + [_document] * 2 + [_http] * 2
    return chance.choice(kinds)(reply, chance)


# --- elements -----------------------------------------------------------------------------------------------------------------------------


def _elements(reply: Reply, chance: random.Random) -> tuple[Reply, str]:
    """One or two elements are something else."""
    if not reply.body:
        return _document(reply, chance)
    data, told = read(reply.body), []
    for _element in range(chance.choice((1, 1, 2))):
        ways = list(_ways(data, ()))
        if not ways:
            break
        way = chance.choice(ways)
        value, in_list = _at(data, way), isinstance(_at(data, way[:-1]), list)
        change, what = _xml_value(value, chance) if is_xml(reply.body) else _json_value(value, chance, in_list)
        data = _changed(data, way, change)
        told.append(f"{'.'.join(map(str, way))}: {what}")
    body = written(reply.body, data)
    if not is_xml(reply.body):
        body = RAW.sub(lambda found: found.group(1), body.decode()).encode()
    return replace(reply, body=body), "; ".join(told)


GONE, TWICE = object(), object()


def _json_value(value: Any, chance: random.Random, in_list: bool) -> tuple[Any, str]:
    kind = chance.choice(("type", "type", "type", "gone", "null", "number", "text", "nested", "twice", "many"))
    match kind:
        case "gone" if not in_list:
            return GONE, "taken away"
        case "null":
            return None, "null"
        case "number":
            number = chance.choice(NUMBERS)
            return f"@@raw:{number}@@", f"number {number[:20]}"
        case "text" if not isinstance(value, str):
            return chance.choice(TEXTS), "an odd text"
        case "nested":
            depth = chance.choice(DEPTHS)
            return f"@@raw:{'[' * depth}{']' * depth}@@", f"nested {depth} deep"
        case "twice" if in_list:
            return TWICE, "there twice"
        case "many" if isinstance(value, list):
            return value * 300, "300 times"
    other = chance.choice([one for one in JSON_TYPES if type(one) is not type(value) or one is None])
    return other, f"{json.dumps(other)} instead of {type(value).__name__}"


def _xml_value(value: Any, chance: random.Random) -> tuple[Any, str]:
    """Attributes are texts; elements are there twice."""
    if isinstance(value, dict):
        return TWICE, "there twice"
    if chance.random() < 0.3:
        return GONE, "taken away"
    text = chance.choice((*TEXTS[2:], "", *NUMBERS))
    return text, f"odd text {text[:20]!r}"


def _ways(value: Any, path: Step) -> Iterator[Step]:
    if path and path[-1] != "tag" and not (path[-1] in ("attributes", "children") and isinstance(value, (dict, list))):
        yield path
    if isinstance(value, (dict, list)):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _ways(one, (*path, name))


def _at(value: Any, path: Step) -> Any:
    for step in path:
        value = value[step]
    return value


def _changed(value: Any, path: Step, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        if not rest and new is TWICE:
            return [*value[:step + 1], *value[step:]]
        return [_changed(one, rest, new) if at == step else one for at, one in enumerate(value)]
    if not rest and new is GONE:
        return {name: one for name, one in value.items() if name != step}
    return {name: _changed(one, rest, new) if name == step else one for name, one in value.items()}


# --- bytes, documents, HTTP ---------------------------------------------------------------------------------------------------------------


def _bytes(reply: Reply, chance: random.Random) -> tuple[Reply, str]:
    body = bytearray(reply.body or b"{}")
    at = chance.randrange(len(body))
    match chance.choice(("cut", "flip", "null", "utf-8", "bom", "inside", "tail")):
        case "cut":
            return replace(reply, body=bytes(body[:at])), f"cut at {at}"
        case "flip":
            body[at] ^= 0x80
            return replace(reply, body=bytes(body)), f"byte {at} flipped"
        case "null":
            body[at] = 0
            return replace(reply, body=bytes(body)), f"byte {at} is 0"
        case "utf-8":
            return replace(reply, body=bytes(body[:at] + b"\xc3\x28" + body[at:])), f"no UTF-8 at {at}"
        case "bom":
            return replace(reply, body=b"\xef\xbb\xbf" + bytes(body)), "a byte order mark"
        case "inside":
            return replace(reply, body=bytes(body[:at] + b"\x07" + body[at:])), f"a control character at {at}"
    return replace(reply, body=bytes(body) + b"\n<!-- ok -->"), "a tail"


def _document(reply: Reply, chance: random.Random) -> tuple[Reply, str]:
    body = chance.choice([one for one in OTHER_DOCUMENTS if one != reply.body])
    status = chance.choice((reply.status, 200, 500, 503))
    return replace(reply, status=status, body=body), f"HTTP {status} with {body[:60]!r}"


def _http(reply: Reply, chance: random.Random) -> tuple[Reply, str]:
    match chance.choice(("status", "status", "header", "encoding", "bomb")):
        case "status":
            status = chance.choice([one for one in STATUSES if one >= 200 and one != reply.status])
            headers = {"Location": "https://elsewhere.invalid/"} if 300 <= status < 400 else {}
            return replace(reply, status=status, headers={**reply.headers, **headers}), f"HTTP {status} with the same body"
        case "header":
            header = chance.choice(HEADERS)
            status = chance.choice((reply.status, 503, 429)) if "Retry-After" in header else reply.status
            return replace(reply, status=status, headers={**reply.headers, **header}), f"HTTP {status}, {next(iter(header))}"
        case "encoding":
            return replace(reply, headers={**reply.headers, "Content-Encoding": chance.choice(("gzip", "deflate"))}), "an encoding that it has not"
    return replace(reply, body=_bomb(), headers={**reply.headers, "Content-Encoding": "gzip"}), "70 MB out of 300 kB"


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (70 << 20) + b"{}", 1, mtime=0)
