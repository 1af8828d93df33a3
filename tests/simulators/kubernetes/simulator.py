# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory API as tests and the demo use it: started and stopped, with short ways to its objects."""
from __future__ import annotations

import copy
import json
import secrets
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import trustme
import yaml

from . import patches
from .api import Api, Target
from .errors import ApiError
from .faults import Faults, Recorded
from .kinds import Kinds, Resource
from .objects import Objects, Options, utc_now
from .rbac import ADMIN, User
from .server import Server
from .store import Backup, Change, Store

Object = dict[str, Any]
_FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class KubernetesSimulator:
    """A Kubernetes API on 127.0.0.1, in this process.

    certificate: (certificate file, key file) for https, and ca_cert the file of its authority, named in kubeconfigs; tls makes all three for itself.
    Without them it is plain http, where a call without a token is the administrator's: kubectl sends no token over plain http.
    tokens: bearer token -> User (or the name of a user without groups), beside the administrator's, which is `token`.
    crds: files or folders whose CRDs are there from the start. allow: a short cut past the Role objects, asked before them.
    """

    def __init__(
        self, port: int = 0, certificate: tuple[str | Path, str | Path] | None = None, ca_cert: str | Path | None = None,
        tokens: dict[str, User | str] | None = None, crds: Iterable[str | Path] = (), clock: Callable[[], datetime] = utc_now,
        allow: Callable[[User, str, Target], bool] | None = None, window: int = 100_000, bookmark_seconds: float = 60.0, token: str | None = None,
        tls: bool = False,
    ) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if tls and not certificate:
            self._folder = tempfile.TemporaryDirectory(prefix="kubernetes-simulator-")
            certificate, ca_cert = _own_certificate(Path(self._folder.name))
        self.token = token or secrets.token_hex(16)
        self.store = Store(window)
        self.kinds = Kinds()
        self.objects = Objects(self.store, self.kinds, clock)
        self.users: dict[str, User] = {self.token: ADMIN}
        for secret, user in (tokens or {}).items():
            self.users[secret] = user if isinstance(user, User) else User(user)
        self.faults = Faults()
        self.admission = self.objects.admission
        self.requests: list[Recorded] = []
        self.api = Api(self.objects, self.users, allow, anonymous=None if certificate else ADMIN)
        self.ca_cert = ca_cert
        self._port, self._certificate = port, certificate
        self._bookmark_seconds = bookmark_seconds
        self._server = self._new_server()
        for name in _FIRST_NAMESPACES:
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.load(crds)

    # -- running

    def __enter__(self) -> KubernetesSimulator:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _new_server(self) -> Server:
        return Server(self.api, self.faults, self.requests, self._bookmark_seconds)

    def start(self) -> KubernetesSimulator:
        """Listen."""
        self._server.start(self._port, self._context())
        return self

    def _context(self) -> ssl.SSLContext | None:
        if not self._certificate:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, self._certificate))
        return context

    @contextmanager
    def away(self) -> Iterator[None]:
        """While the server restarts: every connection breaks and nobody answers; then it is at the same address again, with every object as it was."""
        address = ("127.0.0.1", self._server.port)
        self._server.stop()
        held = socket.socket()                            # bound, not listening: nobody else is given the port
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
        try:
            yield
        finally:
            self._server = self._new_server()
            self._server.start(held, self._context())

    def stop(self) -> None:
        """Close everything."""
        self._server.stop()
        if self._folder:
            self._folder.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self._server.port}"

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return self._server.open_watches

    def drop_watches(self) -> None:
        """End every open watch without a word, as a restart of the server does."""
        self._server.drop_watches()

    def kubeconfig(self, path: str | Path, token: str | None = None, namespace: str = "default") -> str:
        """Write a kubeconfig for this token (the administrator's when none is given); the answer is its path."""
        cluster: Object = {"server": self.url}
        if self.ca_cert:
            cluster["certificate-authority"] = str(self.ca_cert)
        content = {
            "apiVersion": "v1", "kind": "Config", "current-context": "simulator",
            "clusters": [{"name": "simulator", "cluster": cluster}],
            "users": [{"name": "simulator", "user": {"token": token or self.token}}],
            "contexts": [{"name": "simulator", "context": {"cluster": "simulator", "user": "simulator", "namespace": namespace}}],
        }
        target = Path(path)
        target.touch(mode=0o600)
        target.write_text(yaml.safe_dump(content), encoding="utf-8")
        return str(target)

    def add_user(self, user: User | str, token: str | None = None) -> str:
        """Let one more user in; the answer is the token."""
        token = token or secrets.token_hex(16)
        self.users[token] = user if isinstance(user, User) else User(user)
        return token

    # -- objects, in process and past users and rights

    def load(self, paths: Iterable[str | Path]) -> None:
        """Apply every object of these YAML files, or of the YAML files of these folders; CRDs come first."""
        files: list[Path] = []
        for path in map(Path, paths):
            files += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        documents = [body for file in files for body in yaml.safe_load_all(file.read_text(encoding="utf-8")) if body]
        found = [item for body in documents for item in (body["items"] if body["kind"] == "List" else [body])]
        for body in sorted(found, key=lambda body: body["kind"] != "CustomResourceDefinition"):
            self.apply(body)

    def resource(self, kind: str) -> Resource:
        """The resource of a kind or plural, such as BareMetalHost or secrets."""
        for entry in self.kinds.all():
            if kind in (entry.kind, entry.plural):
                return entry
        raise KeyError(f"no kind {kind!r} is served")

    def _of(self, body: Object) -> tuple[Resource, str, str]:
        resource = self.kinds.of_object(body["apiVersion"], body["kind"])
        if resource is None:
            raise KeyError(f"{body['apiVersion']} {body['kind']} is not served")
        meta = body["metadata"]
        return resource, meta.get("namespace", "default") if resource.namespaced else "", meta.get("name", "")

    def create(self, body: Object) -> Object:
        """POST; a status in the body is written too."""
        resource, namespace, _name = self._of(body)
        with self.objects.lock:
            stored = self.objects.create(resource, namespace, copy.deepcopy(body), Options())
            if resource.custom and resource.status and "status" in body:
                name = stored.object["metadata"]["name"]
                return self.patch_status(resource.kind, namespace, name, body["status"])
            return stored.copy()

    def apply(self, body: Object) -> Object:
        """Create it, or merge it into what is there; a status in the body is written too."""
        resource, namespace, name = self._of(body)
        with self.objects.lock:
            if self.get(resource.plural, namespace, name) is None:
                return self.create(body)
            new = self.patch(resource.plural, namespace, name, {key: value for key, value in body.items() if key != "status"})
            if resource.custom and resource.status and "status" in body:
                return self.patch_status(resource.plural, namespace, name, body["status"])
            return new

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """A copy of the object, or None."""
        with self.objects.lock:
            try:
                return self.objects.get(self.resource(kind), namespace, name).copy()
            except ApiError as error:
                if error.code != 404:
                    raise
                return None

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        """Copies of all objects of a kind."""
        with self.objects.lock:
            return [stored.copy() for _key, stored in self.store.range(self.resource(kind).table, namespace)]

    def patch(self, kind: str, namespace: str, name: str, change: Object) -> Object:
        """JSON merge patch."""
        with self.objects.lock:
            return self.objects.patch(self.resource(kind), namespace, name, lambda body: patches.merge(body, copy.deepcopy(change)), Options()).copy()

    def patch_status(self, kind: str, namespace: str, name: str, status: Object) -> Object:
        """JSON merge patch of the status."""
        with self.objects.lock:
            return self.objects.patch(
                self.resource(kind), namespace, name, lambda body: patches.merge(body, {"status": copy.deepcopy(status)}), Options(), "status").copy()

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """DELETE without preconditions."""
        with self.objects.lock:
            self.objects.delete(self.resource(kind), namespace, name, {})

    def backup(self) -> Backup:
        """All objects as they are now."""
        with self.objects.lock:
            return self.store.backup()

    def restore(self, backup: Backup) -> None:
        """All objects as they were; who watches has to list again."""
        with self.objects.lock:
            self.store.restore(backup)
        self.drop_watches()

    @property
    def history(self) -> list[Change]:
        """Every version of every object since the start, in order."""
        return self.store.history

    def versions(self, kind: str, namespace: str, name: str) -> list[Object]:
        """Every version of one object, the last one being its going where it is gone."""
        table, key = self.resource(kind).table, f"{namespace}/{name}"
        return [json.loads(change.last.text) for change in self.history if change.table == table and change.key == key]


def _own_certificate(folder: Path) -> tuple[tuple[Path, Path], Path]:
    """A certificate for 127.0.0.1 from an authority made for this run."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    issued = authority.issue_cert("127.0.0.1", "localhost", key_type=trustme.KeyType.ECDSA)
    files = folder / "server.pem", folder / "server.key"
    for blob in issued.cert_chain_pems:
        blob.write_to_path(files[0], append=True)
    issued.private_key_pem.write_to_path(files[1])
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return files, folder / "ca.pem"
