# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that only look tell when one object among many is not what anybody foresaw."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import reading
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Forbidden
from ansible_collections.baremetal.generator.plugins.module_utils.readable_cluster import ReadableCluster
from ansible_collections.baremetal.generator.plugins.module_utils.reading import read_buffers, read_generators, read_hosts, with_warnings

Object = dict[str, Any]


class Lists:
    """A cluster that has these."""

    def __init__(self, lists: dict[Kind, list[Any]]) -> None:
        self.lists = lists

    def list(self, kind: Kind, *_selection: str | None, **_selectors: str | None) -> list[Any]:
        return self.lists.get(kind, [])

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=timezone.utc)


def cluster(**more: list[Any]) -> ReadableCluster:
    """Three generators in line, two buffers, two hosts; more, by plural."""
    def made(kind: Kind, name: str, **fields: Any) -> Object:
        metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": "1", "creationTimestamp": "2026-02-01T00:00:00Z"}
        return {"metadata": {**metadata, **({"namespace": "metal"} if kind.namespaced else {})}, **fields}

    waiting = {"phase": "Buffered", "bufferedAt": "2026-02-01T00:00:00Z"}
    lists = {
        GENERATOR: [made(GENERATOR, name, spec={"infraEnv": "site-a"}, status=waiting) for name in ("c", "a", "b")],
        BUFFER: [made(BUFFER, name, spec={"maxAvailable": 5}) for name in ("default", "other")],
        HOST: [made(HOST, name, spec={}) for name in ("h2", "h1")]}
    return ReadableCluster(Lists({kind: [*items, *more.get(kind.plural, [])] for kind, items in lists.items()}))      # type: ignore[arg-type]


def broken(monkeypatch: pytest.MonkeyPatch, function: str, name: str, error: Exception) -> None:
    """This function of reading.py fails for the object of this name."""
    real: Callable[..., Any] = getattr(reading, function)

    def failing(item: Object, *rest: Any) -> Any:
        if item["metadata"]["name"] == name:
            raise error
        return real(item, *rest)

    monkeypatch.setattr(reading, function, failing)


BUG = "This is a bug in baremetal.generator, please report it: ZeroDivisionError at "


@pytest.mark.parametrize(("function", "read", "odd"), [
    ("generator_facts", read_generators, "b"), ("buffer_facts", read_buffers, "other"), ("host_facts", read_hosts, "h1")])
def test_what_is_raised_about_one_is_that_ones_entry(
    monkeypatch: pytest.MonkeyPatch, function: str, read: Callable[[ReadableCluster], list[Object]], odd: str,
) -> None:
    """With the keys of the others, which are as they were."""
    before = {one["name"]: one for one in read(cluster())}
    broken(monkeypatch, function, odd, ZeroDivisionError("5 / 0"))
    after = {one["name"]: one for one in read(cluster())}
    assert list(after) == list(before) == sorted(before)
    (fault,) = after[odd]["faults"]
    assert fault.startswith(BUG) and "5 / 0" not in str(after[odd])
    assert {key: type(value) for key, value in after[odd].items()} == {key: type(value) for key, value in before[odd].items()}
    assert {name: one for name, one in after.items() if name != odd} == {name: one for name, one in before.items() if name != odd}


def test_whose_place_cannot_be_told_stands_in_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is as long as it is without it."""
    broken(monkeypatch, "line_place", "a", OverflowError("date value out of range"))
    buffer = next(one for one in read_buffers(cluster()) if one["name"] == "default")
    assert buffer["line"] == ["metal/b", "metal/c"] and buffer["waiting"] == 2


def test_what_concerns_everything_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right that is missing for all is no entry."""
    error = Forbidden("A right is missing: list baremetalhosts.metal3.io in all namespaces.")
    error.ends_the_run = True
    broken(monkeypatch, "host_facts", "h1", error)
    with pytest.raises(Forbidden):
        read_hosts(cluster())


def test_what_is_no_object_is_passed_over_and_told() -> None:
    """As a warning; whoever has no name cannot be an entry."""
    seen = cluster(baremetalhosts=[None, {"metadata": None}, {"metadata": {"name": "x"}}])
    result = with_warnings(seen, hosts=read_hosts(seen))
    assert [one["name"] for one in result["hosts"]] == ["h1", "h2"]
    assert result["warnings"] == ["3 of the BareMetalHosts that the Kubernetes API listed have no name, uid or version, and were passed over: "
                                  "look at what lies between it and here."]
    assert "warnings" not in with_warnings(cluster(), hosts=[])
