# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: selectors, pages, versions, Tables, and deleting many."""
from __future__ import annotations

from ..asking import TABLE, Ask
from .definitions import GROUP
from .objects import namespace, widget

HERE = f"/apis/{GROUP}/v1/namespaces/lists/widgets"
ALL = f"/apis/{GROUP}/v1/widgets"
NAMES = ("items.0.metadata.name", "items.1.metadata.name", "items.2.metadata.name", "items.3.metadata.name", "items.4.metadata.name")
PAGE = (*NAMES, "metadata.remainingItemCount")
_SELECTORS = (
    "n=1", "n==1", "n!=1", "n", "!n", "n in (1,2)", "n notin (1,2)", "n,odd=true", "odd,n!=1", "n>1", "n<2", "odd=", "n=1,n=2", "no/such=x", "n in ()", "n = 1",
)
_BAD_SELECTORS = ("n=a b", "=1", "n in 1", "(", "n>x")
_FIELDS = (
    "metadata.name=a", "metadata.name!=a", "metadata.namespace=lists", "metadata.namespace=other", "spec.color=green", "spec.color!=green",
    "spec.color=green,metadata.name=b", "status.phase=Done", "status.phase=", "status.phase!=Done",
)

CASES: list[Ask] = [
    Ask("a namespace for lists", "POST", "/api/v1/namespaces", namespace("lists"), only=("metadata.name",)),
    Ask("an empty list", "GET", HERE),
    *(Ask(f"create {name}", "POST", HERE, widget(name, {"size": number, "color": "green" if name in "bd" else "red"}, labels={
        "n": str(number), **({"odd": "true"} if number % 2 else {})}), only=("metadata.name",))
      for number, name in enumerate("abcde", 1)),
    Ask("a phase", "PATCH", f"{HERE}/c/status", {"status": {"phase": "Done", "conditions": [{"type": "Other", "status": "False"}, {"type": "Ready",
        "status": "True"}]}},
        content="application/merge-patch+json", only=("status.phase",)),
    Ask("a list", "GET", HERE, save={"listed": "metadata.resourceVersion"}),
    Ask("a list over all namespaces", "GET", ALL, only=("kind", "apiVersion", "items.0.metadata.namespace", "items.0.metadata.name")),
    *(Ask(f"labels {text}", "GET", HERE, query={"labelSelector": text}, only=NAMES) for text in _SELECTORS),
    *(Ask(f"labels {text}", "GET", HERE, query={"labelSelector": text}, only=("code", "reason")) for text in _BAD_SELECTORS),
    *(Ask(f"fields {text}", "GET", HERE, query={"fieldSelector": text}, only=NAMES) for text in _FIELDS),
    Ask("a field that is not selectable", "GET", HERE, query={"fieldSelector": "spec.size=1"}),
    Ask("a field selector that is none", "GET", HERE, query={"fieldSelector": "spec.color"}),
    Ask("fields of Secrets", "GET", "/api/v1/secrets", query={"fieldSelector": "spec.color=x"}),
    Ask("both selectors", "GET", HERE, query={"fieldSelector": "spec.color=red", "labelSelector": "odd"}, only=NAMES),
    # pages
    Ask("the first page", "GET", HERE, query={"limit": "2"}, only=PAGE, save={"page": "metadata.continue", "pageversion": "metadata.resourceVersion"}),
    Ask("one goes meanwhile", "DELETE", f"{HERE}/c", only=("status",)),
    Ask("one comes meanwhile", "POST", HERE, widget("cc"), only=("metadata.name",)),
    Ask("the second page is of the same moment", "GET", HERE, query={"limit": "2", "continue": "{page}"}, only=(*PAGE, "metadata.resourceVersion"),
        save={"page2": "metadata.continue"}),
    Ask("the last page", "GET", HERE, query={"limit": "2", "continue": "{page2}"}, only=(*PAGE, "metadata.continue")),
    Ask("a page with a selector has no count", "GET", HERE, query={"limit": "1", "labelSelector": "odd"}, only=PAGE),
    Ask("a limit that is enough", "GET", HERE, query={"limit": "10"}, only=(*PAGE, "metadata.continue")),
    Ask("continue with a version", "GET", HERE, query={"limit": "2", "continue": "{page}", "resourceVersion": "{listed}"}, only=("code", "reason")),
    Ask("continue that is none", "GET", HERE, query={"limit": "2", "continue": "nonsense"}, only=("code", "reason")),
    Ask("a limit that is none", "GET", HERE, query={"limit": "many"}, only=("code", "reason")),
    # versions
    Ask("exactly an old version", "GET", HERE, query={"resourceVersion": "{listed}", "resourceVersionMatch": "Exact"}, only=(*NAMES,
        "metadata.resourceVersion")),
    Ask("not older than a version", "GET", HERE, query={"resourceVersion": "{listed}", "resourceVersionMatch": "NotOlderThan"}, only=NAMES),
    Ask("any version", "GET", HERE, query={"resourceVersion": "0"}, only=NAMES),
    Ask("a version that is none", "GET", HERE, query={"resourceVersion": "abc"}, only=("code", "reason")),
    Ask("a match without a version", "GET", HERE, query={"resourceVersionMatch": "Exact"}),
    Ask("a match that is none", "GET", HERE, query={"resourceVersionMatch": "Sometimes", "resourceVersion": "{listed}"}, only=("code", "reason")),
    Ask("exactly version zero", "GET", HERE, query={"resourceVersion": "0", "resourceVersionMatch": "Exact"}, only=("code", "reason")),
    Ask("an expired page", "GET", HERE, query={"limit": "2", "continue": "{page}"}, compact=True, only=("kind", "status", "reason", "code")),
    Ask("an expired version", "GET", HERE, query={"resourceVersion": "{listed}", "resourceVersionMatch": "Exact"}, only=("reason", "code")),
    # tables
    Ask("a Table", "GET", HERE, accept=TABLE),
    Ask("a Table with whole objects", "GET", HERE, accept=TABLE, query={"includeObject": "Object", "limit": "1"}, only=("rows.0.object",
        "rows.0.cells", "metadata.remainingItemCount")),
    Ask("a Table without objects", "GET", HERE, accept=TABLE, query={"includeObject": "None", "limit": "1"}, only=("rows",)),
    Ask("a Table of one", "GET", f"{HERE}/a", accept=TABLE, only=("kind", "apiVersion", "rows.0.cells", "rows.0.object.kind")),
    Ask("a Table of Secrets", "GET", "/api/v1/namespaces/lists/secrets", accept=TABLE, only=("columnDefinitions.0.name", "columnDefinitions.1.name",
        "columnDefinitions.2.name", "rows")),
    # many
    Ask("delete many", "DELETE", HERE, query={"labelSelector": "n in (1,2)"}, only=("kind", "items.0.metadata.name", "items.1.metadata.name")),
    Ask("the rest is there", "GET", HERE, only=NAMES),
]
