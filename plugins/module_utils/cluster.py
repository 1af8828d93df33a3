# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small interface through which admission and the stages see a cluster; kube.py, the check-mode overlay and the tests' model implement it."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from . import names

Object = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Kind:
    """One kind of the API: where its URL is."""

    kind: str
    plural: str
    group: str
    version: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}" if self.group else self.version


GENERATOR = Kind("BareMetalHostGenerator", "baremetalhostgenerators", names.GROUP, names.VERSION)
BUFFER = Kind("BareMetalHostBuffer", "baremetalhostbuffers", names.GROUP, names.VERSION, namespaced=False)
MANAGER = Kind("BareMetalHostManager", "baremetalhostmanagers", names.GROUP, names.VERSION, namespaced=False)
HOST = Kind("BareMetalHost", "baremetalhosts", "metal3.io", "v1alpha1")
NMSTATE = Kind("NMStateConfig", "nmstateconfigs", "agent-install.openshift.io", "v1beta1")
INFRAENV = Kind("InfraEnv", "infraenvs", "agent-install.openshift.io", "v1beta1")
AGENT = Kind("Agent", "agents", "agent-install.openshift.io", "v1beta1")
SECRET = Kind("Secret", "secrets", "", "v1")
EVENT = Kind("Event", "events", "", "v1")
NAMESPACE = Kind("Namespace", "namespaces", "", "v1", namespaced=False)
CRD = Kind("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io", "v1", namespaced=False)


class Cluster(Protocol):
    """Reads and conditional writes. Every failure is a ClusterError; nothing is retried here but what cannot have happened.

    Objects are plain dicts as the API gives them. Lists never use a cached resourceVersion, are paged, and fail loudly:
    KindMissing, Forbidden and ClusterUnavailable are raised, never answered with an empty list.
    """

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """All objects of the kind (of one namespace when given)."""

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """The object as it is now, or None when there is none."""

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """POST; namespace and name stand in metadata. Raises AlreadyExists. dry_run: everything is checked, nothing is kept."""

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """PUT of the status subresource with metadata.resourceVersion (the compare-and-swap). Raises WriteConflict, ObjectNotFound."""

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """JSON merge PATCH; metadata.uid and metadata.resourceVersion in the body are preconditions. Raises WriteConflict, ObjectNotFound."""

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """JSON merge PATCH of the status subresource, preconditions as in patch."""

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """DELETE with preconditions. Raises WriteConflict when they do not hold, ObjectNotFound when it is gone."""

    def now(self) -> datetime:
        """The API server's clock (UTC): the Date header of its newest answer plus the time gone since, or asked for."""

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """work(item) for all, in parallel where that helps; results in the order of items. `work` handles its own ClusterErrors."""
