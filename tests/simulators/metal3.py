# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the baremetal operator, for who takes hosts, and for the garbage collector: a client of any API server.

It reacts to watches, never to knowledge of its own. Active hosts get their finalizer and go through registering, (inspecting,) preparing to available; their
Secret gets a finalizer and a non-controller owner. Deleted hosts are powered off, then go. Paused hosts are ignored altogether. With a collector, objects whose
owners are all gone are deleted by uid a moment later, and namespaces that are to go are emptied. A deploy (spec.image, spec.customDeploy) is never begun:
hosts are taken with `take` and given back with `give_back`.
"""
from __future__ import annotations

import argparse
import asyncio
import json
import signal
import ssl
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import kubernetes
import requests

Object = dict[str, Any]
Key = tuple[str, str]

PAUSED = "baremetalhost.metal3.io/paused"
HOST_FINALIZER = "baremetalhost.metal3.io"
SECRET_FINALIZER = "baremetalhost.metal3.io/secret"
HOSTS = "/apis/metal3.io/v1alpha1"
MERGE = "application/merge-patch+json"
COLLECTED = (
    ("/api/v1", "secrets"), ("/api/v1", "configmaps"), (HOSTS, "baremetalhosts"),
    ("/apis/agent-install.openshift.io/v1beta1", "nmstateconfigs"), ("/apis/infra.example.com/v1alpha1", "baremetalhostgenerators"),
)
SOON = 0.3          # pause before something that failed is tried again


class Refused(Exception):
    """The API said no; status is its code."""

    def __init__(self, status: int, body: Object) -> None:
        super().__init__(f"{status}: {body.get('message', '')}")
        self.status = status


class Access:
    """Where the API is and how to be let in, from a kubeconfig."""

    def __init__(self, kubeconfig: str) -> None:
        client = kubernetes.config.new_client_from_config(kubeconfig)
        configuration = client.configuration
        self.url: str = configuration.host
        self.headers = {entry["key"]: entry["value"] for entry in configuration.auth_settings().values() if entry["in"] == "header"}
        self.ca: str | None = configuration.ssl_ca_cert
        self.certificate = (configuration.cert_file, configuration.key_file) if configuration.cert_file else None
        self.verify: bool = configuration.verify_ssl

    def context(self) -> ssl.SSLContext | bool:
        """For aiohttp."""
        if not self.url.startswith("https"):
            return True
        context = ssl.create_default_context(cafile=self.ca)
        if not self.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        return context


class Api:
    """A thin asynchronous client."""

    def __init__(self, access: Access, session: aiohttp.ClientSession) -> None:
        self._access, self._session = access, session

    async def call(self, method: str, path: str, body: Object | None = None, content_type: str = "application/json") -> Object:
        """One call; raises Refused."""
        data = json.dumps(body) if body is not None else None
        async with self._session.request(method, self._access.url + path, data=data, headers={"Content-Type": content_type}) as response:
            text = await response.text()
            found = json.loads(text) if text.startswith("{") else {"message": text}
            if response.status >= 400:
                raise Refused(response.status, found)
            return found

    async def get(self, path: str) -> Object | None:
        """The object, or None."""
        try:
            return await self.call("GET", path)
        except Refused as error:
            if error.status != 404:
                raise
            return None

    async def watch(self, path: str, version: str) -> AsyncIterator[tuple[str, Object]]:
        """Events after a version, until the server ends the watch."""
        query = f"{path}?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion={version}"
        timeout = aiohttp.ClientTimeout(total=None, sock_read=330)
        async with self._session.get(self._access.url + query, timeout=timeout) as response:
            if response.status >= 400:
                raise Refused(response.status, {})
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise Refused(event["object"].get("code", 500), event["object"])
                yield event["type"], event["object"]


class Metal3:
    """Runs in a thread of its own between `with` and its end."""

    def __init__(self, kubeconfig: str, step_seconds: float = 0.2, collector_seconds: float | None = None) -> None:
        self._access = Access(kubeconfig)
        self._step, self._collector_seconds = step_seconds, collector_seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="metal3", daemon=True)
        self._ready = threading.Event()
        self._main: asyncio.Task[None] | None = None

    def __enter__(self) -> Metal3:
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._main:
            self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(10)

    @property
    def url(self) -> str:
        """The API it works on."""
        return self._access.url

    def take(self, name: str, namespace: str = "default", state: str = "provisioning") -> None:
        """Somebody uses the host now."""
        _take(self._access, name, namespace, state)

    def give_back(self, name: str, namespace: str = "default") -> None:
        """Nobody uses it any more: it is deprovisioned and then available."""
        _give_back(self._access, name, namespace)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._main = self._loop.create_task(self._work())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        finally:
            self._ready.set()
            self._loop.run_until_complete(_end_tasks())
            self._loop.close()

    async def _work(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._access.context(), limit=32)
        async with aiohttp.ClientSession(headers=self._access.headers, connector=connector, timeout=aiohttp.ClientTimeout(total=30)) as session:
            api = Api(self._access, session)
            operator = Operator(api, self._step)
            follow = [follow_kind(api, HOSTS, "baremetalhosts", operator.seen, self._ready.set), follow_kind(api, "/api/v1", "secrets", operator.secret_seen)]
            if self._collector_seconds is not None:
                collector = Collector(api, self._collector_seconds)
                follow += [follow_kind(api, root, plural, collector.handler(plural)) for root, plural in COLLECTED]
                follow.append(follow_kind(api, "/api/v1", "namespaces", collector.namespace_seen))
            async with asyncio.TaskGroup() as group:
                for work in follow:
                    group.create_task(work)


async def _end_tasks() -> None:
    """What was still under way ends before its loop does."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def follow_kind(
    api: Api, root: str, plural: str, handle: Callable[[str, Object], None], ready: Callable[[], None] = lambda: None,
) -> None:
    """Tell `handle` of every object and every change, for ever; what went while nobody looked is told as DELETED."""
    path = f"{root}/{plural}"
    known: dict[str, Object] = {}
    while True:
        try:
            listed = await api.call("GET", path)
            now = {item["metadata"]["uid"]: item for item in listed["items"]}
            for gone in [known[uid] for uid in known if uid not in now]:
                handle("DELETED", gone)
            for item in now.values():
                handle("ADDED", item)
            known, version = now, listed["metadata"]["resourceVersion"]
            ready()
            while True:
                async for kind, item in api.watch(path, version):
                    version = item["metadata"]["resourceVersion"]
                    if kind == "BOOKMARK":
                        continue
                    if kind == "DELETED":
                        known.pop(item["metadata"]["uid"], None)
                    else:
                        known[item["metadata"]["uid"]] = item
                    handle(kind, item)
        except (Refused, aiohttp.ClientError, TimeoutError, OSError):
            ready()
            await asyncio.sleep(SOON)


class Keyed:
    """At most one task a key; a key that is announced meanwhile is looked at once more."""

    def __init__(self, work: Callable[[Any], Awaitable[None]]) -> None:
        self._work = work
        self._running: dict[Any, asyncio.Task[None]] = {}
        self._again: set[Any] = set()

    def announce(self, key: Any) -> None:
        """There may be something to do for this key."""
        self._again.add(key)
        if key not in self._running:
            self._running[key] = asyncio.get_running_loop().create_task(self._loop(key))

    async def _loop(self, key: Any) -> None:
        try:
            while key in self._again:
                self._again.discard(key)
                try:
                    await self._work(key)
                except (Refused, aiohttp.ClientError, TimeoutError, OSError) as error:
                    if not (isinstance(error, Refused) and error.status in (404, 409)):
                        await asyncio.sleep(SOON)
                    self._again.add(key)
        finally:
            del self._running[key]


def host_path(key: Key) -> str:
    """Where a host is."""
    return f"{HOSTS}/namespaces/{key[0]}/baremetalhosts/{key[1]}"


class Operator:
    """What the baremetal operator does with hosts."""

    def __init__(self, api: Api, step_seconds: float) -> None:
        self._api, self._step = api, step_seconds
        self._hosts = Keyed(self._host)
        self._by_secret: dict[Key, set[Key]] = {}

    def seen(self, kind: str, host: Object) -> None:
        """A host is new or changed."""
        key = (host["metadata"]["namespace"], host["metadata"]["name"])
        secret = ((host.get("spec") or {}).get("bmc") or {}).get("credentialsName")
        if secret:
            self._by_secret.setdefault((key[0], secret), set()).add(key)
        if kind != "DELETED":
            self._hosts.announce(key)

    def secret_seen(self, _kind: str, secret: Object) -> None:
        """A Secret came, changed or went: its hosts may register again."""
        for key in self._by_secret.get((secret["metadata"]["namespace"], secret["metadata"]["name"]), ()):
            self._hosts.announce(key)

    async def _host(self, key: Key) -> None:
        """Go on with a host, one step after the other, until there is nothing to do."""
        while True:
            host = await self._api.get(host_path(key))
            if host is None or PAUSED in (host["metadata"].get("annotations") or {}):
                return
            if not await self._advance(key, host):
                return

    async def _advance(self, key: Key, host: Object) -> bool:
        """One step; False when the host is where it belongs."""
        meta, state = host["metadata"], _state(host)
        if meta.get("deletionTimestamp"):
            return await self._delete(key, host)
        if HOST_FINALIZER not in (meta.get("finalizers") or []):
            await self._patch(key, host, {"metadata": {"finalizers": [*(meta.get("finalizers") or []), HOST_FINALIZER]}})
            return True
        if not (host["spec"].get("bmc") or {}).get("address"):
            if state == "unmanaged":
                return False
            await self._status(key, host, "unmanaged", operational="discovered")
            return True
        if state in ("", "unmanaged"):
            await self._status(key, host, "registering")
            await asyncio.sleep(self._step)
            return True
        if state == "registering":
            return await self._register(key, host)
        following = {"inspecting": "preparing", "preparing": "available", "deprovisioning": "available"}.get(state)
        if following is None:
            return False
        await self._status(key, host, following)
        if following != "available":
            await asyncio.sleep(self._step)
        return True

    async def _register(self, key: Key, host: Object) -> bool:
        name = host["spec"]["bmc"].get("credentialsName") or ""
        secret = await self._api.get(f"/api/v1/namespaces/{key[0]}/secrets/{name}") if name else None
        if secret is None or secret["metadata"].get("deletionTimestamp"):
            return await self._fail(key, host, "BMC CredentialsName secret doesn't exist")
        if not all((secret.get("data") or {}).get(field) for field in ("username", "password")):
            return await self._fail(key, host, "Missing BMC connection detail 'username' or 'password' in credentials")
        await self._own(host, secret)
        following = "preparing" if _inspection_disabled(host) else "inspecting"
        await self._status(key, host, following)
        await asyncio.sleep(self._step)
        return True

    async def _fail(self, key: Key, host: Object, message: str) -> bool:
        """An error leaves the state as it is; the Secret's next change is waited for."""
        if (host.get("status") or {}).get("errorMessage") == message:
            return False
        await self._status(key, host, _state(host), operational="error", error=message)
        return False

    async def _own(self, host: Object, secret: Object) -> None:
        meta = secret["metadata"]
        owners = meta.get("ownerReferences") or []
        labels = meta.get("labels") or {}
        finalizers = meta.get("finalizers") or []
        change: Object = {}
        if all(owner["uid"] != host["metadata"]["uid"] for owner in owners):
            change["ownerReferences"] = [*owners, {
                "apiVersion": host["apiVersion"], "kind": host["kind"], "name": host["metadata"]["name"], "uid": host["metadata"]["uid"],
                "blockOwnerDeletion": True}]
        if SECRET_FINALIZER not in finalizers:
            change["finalizers"] = [*finalizers, SECRET_FINALIZER]
        if labels.get("environment.metal3.io") != "baremetal":
            change["labels"] = {"environment.metal3.io": "baremetal"}
        if change:
            change |= {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
            await self._api.call("PATCH", f"/api/v1/namespaces/{meta['namespace']}/secrets/{meta['name']}", {"metadata": change}, MERGE)

    async def _delete(self, key: Key, host: Object) -> bool:
        state = _state(host)
        if HOST_FINALIZER not in (host["metadata"].get("finalizers") or []):
            return False
        following = {"provisioning": "deprovisioning", "provisioned": "deprovisioning", "deleting": None, "powering off before delete": "deleting"}.get(
            state, "powering off before delete")
        if following:
            await self._status(key, host, following)
            await asyncio.sleep(self._step)
            return True
        await self._release_secret(key, host)
        finalizers = [entry for entry in host["metadata"]["finalizers"] if entry != HOST_FINALIZER]
        await self._patch(key, host, {"metadata": {"finalizers": finalizers}})
        return False

    async def _release_secret(self, key: Key, host: Object) -> None:
        name = ((host["spec"].get("bmc") or {}).get("credentialsName")) or ""
        path = f"/api/v1/namespaces/{key[0]}/secrets/{name}"
        secret = await self._api.get(path) if name else None
        if secret is None or SECRET_FINALIZER not in (secret["metadata"].get("finalizers") or []):
            return
        meta = secret["metadata"]
        finalizers = [entry for entry in meta["finalizers"] if entry != SECRET_FINALIZER]
        await self._api.call("PATCH", path, {"metadata": {"finalizers": finalizers, "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}}, MERGE)

    async def _patch(self, key: Key, host: Object, change: Object) -> None:
        change["metadata"] |= {"uid": host["metadata"]["uid"], "resourceVersion": host["metadata"]["resourceVersion"]}
        await self._api.call("PATCH", host_path(key), change, MERGE)

    async def _status(self, key: Key, host: Object, state: str, operational: str = "OK", error: str = "") -> None:
        old = host.get("status") or {}
        identity = (old.get("provisioning") or {}).get("ID") or (str(uuid.uuid4()) if state not in ("", "registering", "unmanaged") else "")
        status = {
            "operationalStatus": operational, "errorMessage": error, "errorType": "registration error" if error else None,
            "errorCount": old.get("errorCount", 0) + 1 if error else 0, "poweredOn": state in ("available", "provisioning", "provisioned"),
            "provisioning": {"state": state, "ID": identity},
        }
        meta = {"uid": host["metadata"]["uid"], "resourceVersion": host["metadata"]["resourceVersion"]}
        await self._api.call("PATCH", host_path(key) + "/status", {"metadata": meta, "status": status}, MERGE)


def _state(host: Object) -> str:
    return ((host.get("status") or {}).get("provisioning") or {}).get("state") or ""


def _inspection_disabled(host: Object) -> bool:
    return (host["metadata"].get("annotations") or {}).get("inspect.metal3.io") == "disabled" or host["spec"].get("inspectionMode") == "disabled"


class Collector:
    """What the garbage collector and the namespace controller do, with a lateness that may be chosen."""

    def __init__(self, api: Api, seconds: float) -> None:
        self._api, self._seconds = api, seconds
        self._dependents: dict[str, dict[str, tuple[str, Object]]] = {}     # owner uid -> dependent uid -> (plural, dependent)
        self._gone: set[str] = set()                                        # uids of all that went: a dependent may be seen only afterwards
        self._roots = dict((plural, root) for root, plural in COLLECTED)
        self._plurals: dict[tuple[str, str], tuple[str, bool] | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._namespaces = Keyed(self._namespace)

    def handler(self, plural: str) -> Callable[[str, Object], None]:
        """What follow_kind tells of this kind."""
        def seen(kind: str, body: Object) -> None:
            meta = body["metadata"]
            if kind == "DELETED":
                self._gone.add(meta["uid"])
                for dependents in self._dependents.values():
                    dependents.pop(meta["uid"], None)
                for dependent in self._dependents.pop(meta["uid"], {}).values():
                    self._start(self._collect(*dependent))
                return
            owners = [owner["uid"] for owner in meta.get("ownerReferences") or []]
            for owner in owners:
                self._dependents.setdefault(owner, {})[meta["uid"]] = (plural, body)
            if owners and (kind == "ADDED" or self._gone.intersection(owners)):
                self._start(self._collect(plural, body))
            if meta.get("deletionTimestamp") and {"foregroundDeletion", "orphan"} & set(meta.get("finalizers") or []):
                self._start(self._let_go(plural, body))
        return seen

    def namespace_seen(self, kind: str, namespace: Object) -> None:
        """A namespace that is to go is emptied."""
        if kind != "DELETED" and namespace["metadata"].get("deletionTimestamp"):
            self._namespaces.announce(namespace["metadata"]["name"])

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _quietly(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (Refused, aiohttp.ClientError, TimeoutError, OSError):
            return                                  # gone, changed, or the API is away: the next event or list tells again

    async def _collect(self, plural: str, body: Object) -> None:
        """Are all owners gone? Then it goes, by its uid, a moment later: whoever owns it by then was too late."""
        meta = body["metadata"]
        path = f"{self._roots[plural]}/namespaces/{meta['namespace']}/{plural}/{meta['name']}"
        await asyncio.sleep(self._seconds / 2)
        live = await self._api.get(path)
        if live is None or live["metadata"]["uid"] != meta["uid"] or not live["metadata"].get("ownerReferences"):
            return
        for owner in live["metadata"]["ownerReferences"]:
            if await self._is_there(owner, meta["namespace"]):
                return
        await asyncio.sleep(self._seconds / 2)
        await self._api.call("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": meta["uid"]}})

    async def _is_there(self, owner: Object, namespace: str) -> bool:
        found = await self._plural(owner["apiVersion"], owner["kind"])
        if found is None:
            return True                             # a kind that nobody serves: the real one waits as well
        root = f"/apis/{owner['apiVersion']}" if "/" in owner["apiVersion"] else f"/api/{owner['apiVersion']}"
        plural, namespaced = found
        live = await self._api.get(f"{root}/namespaces/{namespace}/{plural}/{owner['name']}" if namespaced else f"{root}/{plural}/{owner['name']}")
        return live is not None and live["metadata"]["uid"] == owner["uid"]

    async def _plural(self, api_version: str, kind: str) -> tuple[str, bool] | None:
        if (api_version, kind) not in self._plurals:
            listed = await self._api.get(f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")
            self._plurals[(api_version, kind)] = next(
                ((entry["name"], entry["namespaced"]) for entry in (listed or {}).get("resources", []) if entry["kind"] == kind and "/" not in entry["name"]),
                None)
        return self._plurals[(api_version, kind)]

    async def _let_go(self, plural: str, body: Object) -> None:
        """Foreground and orphan deletion: the finalizers that stand for them come off."""
        meta = body["metadata"]
        await asyncio.sleep(self._seconds)
        kept = [entry for entry in meta["finalizers"] if entry not in ("foregroundDeletion", "orphan")]
        change = {"metadata": {"finalizers": kept, "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}}
        await self._api.call("PATCH", f"{self._roots[plural]}/namespaces/{meta['namespace']}/{plural}/{meta['name']}", change, MERGE)

    async def _namespace(self, name: str) -> None:
        """Delete all that is in a namespace; when it is empty, its finalizer comes off."""
        while True:
            left = 0
            for path in await self._namespaced_paths(name):
                listed = await self._api.call("GET", path)
                left += len(listed["items"])
                if any(not item["metadata"].get("deletionTimestamp") for item in listed["items"]):
                    await self._api.call("DELETE", path)
            namespace = await self._api.get(f"/api/v1/namespaces/{name}")
            if namespace is None:
                return
            if not left:
                namespace["spec"]["finalizers"] = [entry for entry in namespace["spec"].get("finalizers", []) if entry != "kubernetes"]
                await self._api.call("PUT", f"/api/v1/namespaces/{name}/finalize", namespace)
                return
            await asyncio.sleep(max(0.05, self._seconds))

    async def _namespaced_paths(self, namespace: str) -> list[str]:
        groups = await self._api.call("GET", "/apis")
        roots = ["/api/v1", *(f"/apis/{group['preferredVersion']['groupVersion']}" for group in groups["groups"])]
        found = []
        for root in roots:
            for entry in (await self._api.get(root) or {}).get("resources", []):
                if entry["namespaced"] and {"list", "delete", "deletecollection"} <= set(entry["verbs"]):
                    found.append(f"{root}/namespaces/{namespace}/{entry['name']}")
        return found


def take(kubeconfig: str, name: str, namespace: str = "default", state: str = "provisioning") -> None:
    """Somebody uses the host now."""
    _take(Access(kubeconfig), name, namespace, state)


def give_back(kubeconfig: str, name: str, namespace: str = "default") -> None:
    """Nobody uses the host any more."""
    _give_back(Access(kubeconfig), name, namespace)


def _take(access: Access, name: str, namespace: str, state: str) -> None:
    consumer = {"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "Metal3Machine", "name": f"machine-{name}", "namespace": namespace}
    _merge(access, host_path((namespace, name)), {"spec": {"consumerRef": consumer}})
    _merge(access, host_path((namespace, name)) + "/status", {"status": {"provisioning": {"state": state}}})


def _give_back(access: Access, name: str, namespace: str) -> None:
    _merge(access, host_path((namespace, name)), {"spec": {"consumerRef": None}})
    _merge(access, host_path((namespace, name)) + "/status", {"status": {"provisioning": {"state": "deprovisioning"}}})


def _merge(access: Access, path: str, change: Object) -> None:
    answer = requests.patch(
        access.url + path, data=json.dumps(change), headers={**access.headers, "Content-Type": MERGE}, timeout=30, cert=access.certificate,
        verify=(access.ca or True) if access.verify else False)
    if answer.status_code >= 400:
        raise Refused(answer.status_code, answer.json() if answer.text.startswith("{") else {"message": answer.text})


def main() -> int:
    """Work until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.metal3", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kubeconfig", required=True, help="kubeconfig of the API server")
    parser.add_argument("--step-seconds", type=float, default=0.2, help="how long a host stays in each state (default: 0.2)")
    parser.add_argument("--collector-seconds", type=float, help="collect objects without owners this much later, and empty namespaces (default: do not)")
    parser.add_argument("--collector", action="store_true", help="the same as --collector-seconds 0.3")
    options = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: done.set())
    collector_seconds = 0.3 if options.collector and options.collector_seconds is None else options.collector_seconds
    with Metal3(options.kubeconfig, options.step_seconds, collector_seconds) as metal3:
        print(json.dumps({"url": metal3.url}), flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
