# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is let in, and who may do what."""
from __future__ import annotations

from ..asking import NOBODY, SOMEONE, WRONG, Ask
from .definitions import GROUP
from .objects import namespace, widget

HERE = f"/apis/{GROUP}/v1/namespaces/rights/widgets"
RBAC = "/apis/rbac.authorization.k8s.io/v1"

CASES: list[Ask] = [
    Ask("a namespace for rights", "POST", "/api/v1/namespaces", namespace("rights"), only=("metadata.name",)),
    Ask("an object", "POST", HERE, widget("a"), only=("metadata.name",)),
    Ask("a wrong token", "GET", HERE, user=WRONG),
    Ask("no token", "GET", HERE, user=NOBODY),
    Ask("no token, a path of nobody", "GET", "/nothing", user=NOBODY),
    Ask("a path of nobody", "GET", "/nothing"),
    Ask("no token for health", "GET", "/readyz", user=NOBODY),
    Ask("no token for the version", "GET", "/version", user=NOBODY, only=("major",)),
    Ask("no token for discovery", "GET", "/apis", user=NOBODY, only=("code", "reason", "message")),
    Ask("someone discovers", "GET", f"/apis/{GROUP}", user=SOMEONE, only=("name",)),
    Ask("someone lists", "GET", HERE, user=SOMEONE),
    Ask("someone lists everywhere", "GET", f"/apis/{GROUP}/v1/widgets", user=SOMEONE),
    Ask("someone reads", "GET", f"{HERE}/a", user=SOMEONE),
    Ask("someone watches", "GET", HERE, query={"watch": "true", "timeoutSeconds": "1"}, user=SOMEONE),
    Ask("someone creates", "POST", HERE, widget("b"), user=SOMEONE),
    Ask("someone changes a status", "PATCH", f"{HERE}/a/status", {"status": {}}, content="application/merge-patch+json", user=SOMEONE),
    Ask("someone puts a status", "PUT", f"{HERE}/a/status", widget("a"), user=SOMEONE),
    Ask("someone changes one", "PATCH", f"{HERE}/a", {"spec": {"size": 2}}, content="application/merge-patch+json", user=SOMEONE),
    Ask("someone deletes one", "DELETE", f"{HERE}/a", user=SOMEONE),
    Ask("someone tries to create", "POST", HERE, widget("b"), query={"dryRun": "All"}, user=SOMEONE),
    Ask("someone creates in a namespace that is not there", "POST", HERE.replace("rights", "nowhere"), widget("b"), user=SOMEONE),
    Ask("someone deletes many", "DELETE", HERE, user=SOMEONE),
    Ask("someone reads a Secret", "GET", "/api/v1/namespaces/rights/secrets/x", user=SOMEONE),
    Ask("someone lists Secrets", "GET", "/api/v1/namespaces/rights/secrets", user=SOMEONE),
    Ask("someone lists all Secrets", "GET", "/api/v1/secrets", user=SOMEONE),
    Ask("someone makes a Secret", "POST", "/api/v1/namespaces/rights/secrets", {"metadata": {"name": "x"}}, user=SOMEONE),
    Ask("someone reads a namespace", "GET", "/api/v1/namespaces/rights", user=SOMEONE),
    Ask("someone asks for a kind that is not there", "GET", f"/apis/{GROUP}/v1/gadgets", user=SOMEONE),
    Ask("a Role", "POST", f"{RBAC}/namespaces/rights/roles", {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "reads"}, "rules": [
            {"apiGroups": [GROUP], "resources": ["widgets"], "verbs": ["get", "list"]}]}),
    Ask("its binding", "POST", f"{RBAC}/namespaces/rights/rolebindings", {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "reads"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reads"},
        "subjects": [{"kind": "User", "name": SOMEONE, "apiGroup": "rbac.authorization.k8s.io"}]}),
    Ask("now someone reads", "GET", f"{HERE}/a", user=SOMEONE, only=("metadata.name",), again=200),
    Ask("and lists", "GET", HERE, user=SOMEONE, only=("items.0.metadata.name",)),
    Ask("but does not write", "POST", HERE, widget("b"), user=SOMEONE),
    Ask("nor elsewhere", "GET", f"/apis/{GROUP}/v1/namespaces/lists/widgets", user=SOMEONE),
    Ask("a ClusterRole", "POST", f"{RBAC}/clusterroles", {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "statuses"}, "rules": [
            {"apiGroups": [GROUP], "resources": ["widgets/status"], "verbs": ["*"], "resourceNames": ["a"]}]}, only=("metadata.name", "rules")),
    Ask("its binding everywhere", "POST", f"{RBAC}/clusterrolebindings", {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "statuses"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "statuses"},
        "subjects": [{"kind": "Group", "name": "system:authenticated", "apiGroup": "rbac.authorization.k8s.io"}]}, only=("metadata.name", "subjects",
                                                                                                                         "roleRef")),
    Ask("now someone changes a status", "PATCH", f"{HERE}/a/status", {"status": {"phase": "Done"}}, content="application/merge-patch+json", user=SOMEONE,
        only=("status",), again=200),
    Ask("not the object", "PATCH", f"{HERE}/a", {"spec": {"size": 2}}, content="application/merge-patch+json", user=SOMEONE),
    Ask("a method that is none", "PUT", HERE, widget("a"), only=("code", "reason")),
]
