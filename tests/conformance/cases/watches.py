# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches: from a version, from nothing, with selectors and bookmarks, and when the version is known no more."""
from __future__ import annotations

from ..asking import MERGE, Ask
from .definitions import GROUP
from .objects import namespace, widget

HERE = f"/apis/{GROUP}/v1/namespaces/watches/widgets"
_SHORT = {"watch": "true", "timeoutSeconds": "1"}


def _watch(what: str, path: str = HERE, only: tuple[str, ...] = (), **query: str) -> Ask:
    return Ask(what, "GET", path, query={**_SHORT, **query}, watch=True, only=only)


CASES: list[Ask] = [
    Ask("a namespace for watches", "POST", "/api/v1/namespaces", namespace("watches"), only=("metadata.name",)),
    Ask("where watches begin", "GET", HERE, save={"begin": "metadata.resourceVersion"}, only=("kind",)),
    Ask("one", "POST", HERE, widget("a", labels={"x": "1"}), only=("kind",), save={"made": "metadata.resourceVersion"}),
    Ask("two", "POST", HERE, widget("b", {"size": 1, "color": "green"}), only=("kind",)),
    Ask("one changes", "PATCH", f"{HERE}/a", {"metadata": {"labels": {"x": "2"}}}, content=MERGE, only=("kind",), save={"changed": "metadata.resourceVersion"}),
    Ask("one's status changes", "PATCH", f"{HERE}/a/status", {"status": {"phase": "New"}}, content=MERGE, only=("kind",)),
    Ask("two changes its color", "PATCH", f"{HERE}/b", {"spec": {"color": "red"}}, content=MERGE, only=("kind",)),
    Ask("one goes", "DELETE", f"{HERE}/a", only=("status",)),
    Ask("three is held", "POST", HERE, widget("c", finalizers=["probe.example.com/hold"]), only=("kind",)),
    Ask("three is to go", "DELETE", f"{HERE}/c", only=("kind",)),
    Ask("three goes", "PATCH", f"{HERE}/c", {"metadata": {"finalizers": []}}, content=MERGE, only=("kind",)),
    _watch("from a version", resourceVersion="{begin}"),
    _watch("from a later version", resourceVersion="{made}"),
    _watch("with a label", resourceVersion="{begin}", labelSelector="x=1"),
    _watch("with a field", resourceVersion="{begin}", fieldSelector="spec.color=green"),
    _watch("of one name", resourceVersion="{begin}", fieldSelector="metadata.name=b"),
    _watch("of another namespace", f"/apis/{GROUP}/v1/namespaces/lists/widgets", resourceVersion="{begin}"),
    _watch("of all namespaces", f"/apis/{GROUP}/v1/widgets", resourceVersion="{begin}"),
    _watch("from nothing: what is there comes first"),
    _watch("from zero", resourceVersion="0"),
    _watch("the old way", f"/apis/{GROUP}/v1/namespaces/watches/widgets/b", resourceVersion="0"),
    _watch("with initial events", sendInitialEvents="true", allowWatchBookmarks="true", resourceVersionMatch="NotOlderThan"),
    Ask("initial events without a match", "GET", HERE, query={**_SHORT, "sendInitialEvents": "true"}),
    Ask("a version that is none", "GET", HERE, query={**_SHORT, "resourceVersion": "abc"}, only=("code", "reason")),
    Ask("a selector that is none", "GET", HERE, query={**_SHORT, "fieldSelector": "spec.size=1"}),
    Ask("of a kind that is not there", "GET", f"/apis/{GROUP}/v1/gadgets", query=_SHORT),
    _watch("from a version that is known no more", resourceVersion="1", only=("0.type", "0.object.kind", "0.object.status", "0.object.reason",
                                                                              "0.object.code")),
    _watch("Secrets from a version", "/api/v1/namespaces/watches/secrets", resourceVersion="{begin}"),
]
