# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to objects: create, update, patch, delete, with the rules of the generic registry of a kube-apiserver."""
from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from . import admission, apply, builtin_kinds, errors, metadata, schema
from .admission import Admission
from .errors import ApiError, Cause
from .kinds import CRD, NAMESPACE, Kinds, Resource
from .store import Store, Stored, dump, key_of

Object = dict[str, Any]
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SYSTEM = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


@dataclass
class Options:
    """What a write was asked to be like; `warnings` go back in headers. user: who came over HTTP; what is written in process is not judged by policies."""

    field_validation: str = "Warn"
    dry_run: bool = False
    manager: str = "unknown"
    user: str = ""
    warnings: list[str] = field(default_factory=list)


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(timezone.utc)


class Objects:
    """The objects of one API, behind one lock."""

    def __init__(self, store: Store, kinds: Kinds, clock: Callable[[], datetime] = utc_now) -> None:
        self.store = store
        self.kinds = kinds
        self.clock = clock
        self.admission = Admission()
        self.lock = threading.RLock()
        self._random = random.Random()
        self._managers: dict[str, list[apply.Manager]] = {}                                         # uid -> owners of fields, as far as they were worked out
        self._writes: dict[str, list[tuple[Resource, apply.Manager, Object | None, Object]]] = {}   # uid -> writes since then

    # -- reading

    def get(self, resource: Resource, namespace: str, name: str) -> Stored:
        """The object, or 404."""
        stored = self.store.get(resource.table, key_of(namespace, name))
        if stored is None:
            raise errors.not_found(resource, name)
        return stored

    # -- writing

    def create(self, resource: Resource, namespace: str, body: Object, options: Options) -> Stored:
        """POST."""
        meta = self._decode(resource, namespace, body, options)
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + "".join(self._random.choices(_NAME_LETTERS, k=5))
        name = meta.get("name") or ""
        if meta.get("resourceVersion"):
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        self._refuse_closed_namespace(resource, namespace, name)
        for key in (*_SYSTEM, "resourceVersion", *(("managedFields",) if options.manager else ())):
            meta.pop(key, None)
        if resource.status and resource.custom:
            body.pop("status", None)
        meta.update(uid=str(uuid.uuid4()), creationTimestamp=self.timestamp())
        if resource.generation:
            meta["generation"] = 1
        builtin_kinds.prepare_create(resource, body, self.kinds)
        schema.default(body, resource.schema)
        self._refuse_invalid(resource, body, None)
        self._judge(options, admission.CREATE, resource, "", body, None)
        existing = self.store.get(resource.table, key_of(namespace, name))
        if existing:
            raise errors.already_exists(resource, name, "deletionTimestamp" in existing.object["metadata"])
        return self._put(resource, namespace, name, body, options)

    def update(self, resource: Resource, namespace: str, name: str, body: Object, options: Options, subresource: str = "") -> Stored:
        """PUT of the object or of its status."""
        meta = self._decode(resource, namespace, body, options)
        if (meta.get("name") or "") != name:
            raise errors.bad_request(f"the name of the object ({meta.get('name') or ''}) does not match the name on the URL ({name})")
        stored = self.get(resource, namespace, name)
        now = stored.object["metadata"]
        if meta.get("resourceVersion") and not meta["resourceVersion"].isdigit():
            raise ApiError(500, "", f'strconv.ParseUint: parsing "{meta["resourceVersion"]}": invalid syntax')
        if meta.get("uid") and meta["uid"] != now["uid"]:
            raise errors.conflict(
                resource, name, f"StorageError: invalid object, Code: 4, Key: {_storage_key(resource, namespace, name)}, ResourceVersion: 0, "
                f"AdditionalErrorMsg: Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {now['uid']}")
        if not meta.get("resourceVersion") and resource.custom:
            raise errors.no_version(resource, name)
        return self._replace(resource, stored, body, options, subresource)

    def patch(
        self, resource: Resource, namespace: str, name: str, change: Callable[[Object], Object], options: Options, subresource: str = "",
    ) -> Stored:
        """PATCH: `change` is given a copy of the object as it is now."""
        stored = self.get(resource, namespace, name)
        body = change(self.versioned(resource, stored.copy()))
        if not isinstance(body, dict):
            raise errors.bad_request("the patched object is no object")
        meta = self._decode(resource, namespace, body, options, patched=True)
        if (meta.get("name") or "") != name:
            raise errors.bad_request(f"the name of the object ({meta.get('name') or ''}) does not match the name on the URL ({name})")
        return self._replace(resource, stored, body, options, subresource)

    def apply(
        self, resource: Resource, namespace: str, name: str, applied: Object, options: Options, subresource: str = "", force: bool = False,
    ) -> tuple[Stored, bool]:
        """Server-side apply; the answer says whether the object is new."""
        meta = applied.setdefault("metadata", {})
        if meta.get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        if (meta.setdefault("name", name) or "") != name:
            raise errors.bad_request(f"the name of the object ({meta.get('name') or ''}) does not match the name on the URL ({name})")
        self._refuse_undeclared(resource, applied)
        self._decode(resource, namespace, applied, options)
        builtin_kinds.prepare_apply(resource, applied)
        writer = apply.Manager(options.manager, "Apply", resource.api_version, subresource, self.timestamp())
        stored = self.store.get(resource.table, key_of(namespace, name))
        if stored is None:
            if subresource:
                raise errors.not_found(resource, name)
            if meta.get("uid") or meta.get("resourceVersion"):
                raise errors.conflict(resource, name, "uid mismatch: the provided object specified uid "
                                      f"{meta.get('uid', '')}, and no existing object was found")
            return self._create_applied(resource, namespace, applied, options, writer), True
        uid = stored.object["metadata"]["uid"]
        managers = [replace(manager, paths=set(manager.paths)) for manager in self._fold(uid)]
        if subresource == "status":
            applied = {key: applied[key] for key in ("apiVersion", "kind", "metadata", "status") if key in applied}
        elif resource.status:
            applied.pop("status", None)
        body = apply.applied_over(resource, self.versioned(resource, stored.copy()), applied, managers, writer, force)
        if not options.dry_run:
            self._managers[uid] = managers
        return self._replace(resource, stored, body, replace(options, manager=""), subresource), False

    @staticmethod
    def _refuse_undeclared(resource: Resource, applied: Object) -> None:
        """Apply needs a type for each field, however strict the rest is to be."""
        unknown = schema.prune(json.loads(dump(applied)), resource.schema)
        if unknown:
            meta = applied["metadata"]
            who = f"{meta.get('namespace', '')}/{meta['name']}; {resource.group}/{resource.version}, Kind={resource.kind}"
            texts = [f".{path}: field not declared in schema" for path in unknown]
            why = texts[0] if len(texts) == 1 else "errors:\n" + "\n".join(f"  {text}" for text in texts)
            raise ApiError(500, "", f"failed to create typed patch object ({who}): {why}")

    def _create_applied(self, resource: Resource, namespace: str, applied: Object, options: Options, writer: apply.Manager) -> Stored:
        schema_of = apply.schema_of(resource)
        applied_paths = set(apply.leaves({key: value for key, value in applied.items() if key != "status" or not resource.status}, schema_of))
        if options.dry_run:
            return self.create(resource, namespace, applied, options)
        applied["metadata"]["managedFields"] = [replace(writer, paths=applied_paths).object()]
        stored = self.create(resource, namespace, applied, replace(options, manager=""))
        self._managers[stored.object["metadata"]["uid"]] = [replace(writer, paths=applied_paths)]
        return stored

    def _fold(self, uid: str) -> list[apply.Manager]:
        """The owners of an object's fields now."""
        managers = self._managers.setdefault(uid, [])
        for resource, writer, before, after in self._writes.pop(uid, ()):
            apply.record_update(managers, writer, before, after, apply.schema_of(resource))
        return managers

    def _wrote(self, resource: Resource, options: Options, before: Object | None, after: Object, subresource: str) -> None:
        """Remember who wrote; it is worked out only for objects that somebody applies."""
        if not options.manager:
            return
        writes = self._writes.setdefault(after["metadata"]["uid"], [])
        writes.append((resource, apply.Manager(options.manager, "Update", resource.api_version, subresource, self.timestamp()), before, after))
        if len(writes) > 50:
            self._fold(after["metadata"]["uid"])

    def delete(self, resource: Resource, namespace: str, name: str, options: Object, user: str = "") -> tuple[Stored, bool]:
        """DELETE; the answer says whether the object is gone already."""
        stored = self.get(resource, namespace, name)
        meta = stored.object["metadata"]
        wanted = options.get("preconditions") or {}
        if wanted.get("uid") and wanted["uid"] != meta["uid"]:
            raise errors.precondition(
                resource, name, f"the UID in the precondition ({wanted['uid']}) does not match the UID in record ({meta['uid']}). "
                "The object might have been deleted and then recreated")
        if wanted.get("resourceVersion") and wanted["resourceVersion"] != meta["resourceVersion"]:
            raise errors.precondition(
                resource, name, f"the ResourceVersion in the precondition ({wanted['resourceVersion']}) does not match the ResourceVersion in record "
                f"({meta['resourceVersion']}). The object might have been modified")
        builtin_kinds.refuse_delete(resource, name)
        dry = bool(options.get("dryRun"))
        self._judge(Options(dry_run=dry, user=user), admission.DELETE, resource, "", None, stored.object)
        body = stored.copy()
        finalizers = self._deletion_finalizers(body["metadata"].get("finalizers") or [], options)
        if resource is CRD and builtin_kinds.CLEANUP not in finalizers:
            finalizers = [*finalizers, builtin_kinds.CLEANUP]
        waits = bool(finalizers) or builtin_kinds.keeps(resource, body)
        if not waits:
            return (stored, True) if dry else (self._remove(resource, key_of(namespace, name)), True)
        if meta.get("deletionTimestamp"):
            if finalizers != (body["metadata"].get("finalizers") or []) and not dry:
                body["metadata"]["finalizers"] = finalizers
                return self.store.put(resource.table, key_of(namespace, name), body), False
            return stored, False
        body["metadata"]["deletionTimestamp"] = self.timestamp()
        if finalizers:
            body["metadata"]["finalizers"] = finalizers
        if resource not in (NAMESPACE, CRD):
            body["metadata"]["deletionGracePeriodSeconds"] = 0
            if body["metadata"].get("generation"):
                body["metadata"]["generation"] += 1
        builtin_kinds.begin_delete(resource, body)
        if dry:
            return Stored(body, dump(body), stored.version), False
        stored = self.store.put(resource.table, key_of(namespace, name), body)
        if resource is CRD:
            self._empty_crd(body)
        return stored, False

    def finalize_namespace(self, name: str, body: Object) -> Stored:
        """PUT of namespaces/NAME/finalize: the last finalizer off means that the namespace goes."""
        stored = self.get(NAMESPACE, "", name)
        asked = (body.get("metadata") or {}).get("resourceVersion")
        if asked and asked != stored.object["metadata"]["resourceVersion"]:
            raise errors.stale(NAMESPACE, name)
        new = stored.copy()
        new["spec"] = {"finalizers": list((body.get("spec") or {}).get("finalizers") or [])}
        if not new["spec"]["finalizers"]:
            new["spec"] = {}
        return self._settle(NAMESPACE, key_of("", name), stored, new)

    def versioned(self, resource: Resource, body: Object) -> Object:
        """The object as this version of the resource shows it (conversion strategy None)."""
        body["apiVersion"], body["kind"] = resource.api_version, resource.kind
        return body

    def timestamp(self) -> str:
        """Now, as metadata shows it."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    # -- inside

    def _decode(self, resource: Resource, namespace: str, body: Object, options: Options, patched: bool = False) -> Object:
        whole = dump(body) if patched and options.field_validation == "Strict" else ""
        if not resource.custom:
            body.setdefault("apiVersion", resource.api_version)
            body.setdefault("kind", resource.kind)
        meta = body.setdefault("metadata", {})
        if body.get("apiVersion") != resource.api_version or body.get("kind") != resource.kind:
            raise _other_kind(resource, body)
        if not isinstance(meta, dict):
            raise errors.bad_request("json: cannot unmarshal string into Go struct field .metadata of type v1.ObjectMeta")
        if complaint := metadata.wrong_types(meta):
            raise errors.bad_request(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {complaint}')
        unknown = metadata.unknown_fields(meta) + schema.prune(body, resource.schema)
        if not resource.custom and (bad := schema.wrong_type(body, resource.schema)):
            raise errors.bad_request(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: json: cannot unmarshal '
                                     f"into Go struct field {resource.kind}.{bad.field}: {bad.message}")
        if unknown and options.field_validation == "Strict":
            listed = ", ".join(f'unknown field "{path}"' for path in unknown)
            if patched:
                cause = Cause("patch", "FieldValueInvalid", f"Invalid value: {dump(whole)}: strict decoding error: {listed}")
                raise ApiError(422, "Invalid", f' "" is invalid: {cause.text()}', {"causes": [cause.object()]})
            raise errors.bad_request(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: strict decoding error: {listed}')
        if unknown and options.field_validation == "Warn":
            options.warnings += [f'unknown field "{path}"' for path in unknown]
        if resource.namespaced:
            if (meta.get("namespace") or namespace) != namespace:
                raise errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
            meta["namespace"] = namespace
        else:
            meta.pop("namespace", None)
        return meta

    def _refuse_closed_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        stored = self.store.get(NAMESPACE.table, key_of("", namespace))
        if stored is None:
            raise errors.not_found(NAMESPACE, namespace)
        if stored.object["metadata"].get("deletionTimestamp"):
            cause = {"reason": "NamespaceTerminating", "message": f"namespace {namespace} is being terminated", "field": "metadata.namespace"}
            raise errors.forbidden(resource, name, f"unable to create new content in namespace {namespace} because it is being terminated", [cause])

    def _refuse_invalid(self, resource: Resource, body: Object, old: Object | None, subresource: str = "") -> None:
        causes = metadata.complaints(body["metadata"], resource.kind)
        if resource.custom:
            causes = schema.validate(body, old, resource.schema, causes, subresource)
        else:
            causes += builtin_kinds.complaints(resource, body, old)
        if causes:
            raise errors.invalid(resource, body["metadata"].get("name") or "", causes)

    def _judge(self, options: Options, operation: str, resource: Resource, subresource: str, new: Object | None, old: Object | None) -> None:
        """Policies of others have the last word, dry runs included."""
        if options.user and not self.admission.is_idle:
            self.admission.judge(admission.review_of(operation, resource, subresource, new, old, options.dry_run))

    def _replace(self, resource: Resource, stored: Stored, new: Object, options: Options, subresource: str) -> Stored:
        old, meta = stored.object, new["metadata"]
        now, name = old["metadata"], old["metadata"]["name"]
        if meta.get("resourceVersion") and meta["resourceVersion"] != now["resourceVersion"]:
            raise errors.stale(resource, name)
        if meta.get("uid") and meta["uid"] != now["uid"]:
            raise errors.invalid(resource, name, 2 * [Cause("metadata.uid", "FieldValueInvalid", f'Invalid value: "{meta["uid"]}": field is immutable')])
        if subresource == "status":
            body = stored.copy()
            body.pop("status", None)
            if "status" in new:
                body["status"] = new["status"]
        else:
            body = new
            for key in _SYSTEM:
                meta.pop(key, None)
                if key in now:
                    meta[key] = now[key]
            if resource.status:
                body.pop("status", None)
                if "status" in old:
                    body["status"] = json.loads(dump(old["status"]))
            self._refuse_new_finalizers(resource, old, body)
        for key in ("labels", "annotations", "finalizers", "ownerReferences"):
            if key in body["metadata"] and not body["metadata"][key]:
                del body["metadata"][key]
        body["metadata"]["resourceVersion"] = now["resourceVersion"]
        body["metadata"].pop("managedFields", None)
        builtin_kinds.prepare_update(resource, body, old)
        schema.default(body, resource.schema)
        self._refuse_invalid(resource, body, self.versioned(resource, stored.copy()), subresource)
        if resource.generation and _spec_changed(resource, old, body):
            body["metadata"]["generation"] = now.get("generation", 0) + 1
        self._judge(options, admission.UPDATE, resource, subresource, body, old)
        if options.dry_run:
            return Stored(body, dump(body), stored.version)
        if "managedFields" in now or not options.manager:
            self._show_managers(resource, options, stored, body, subresource)
        after = self._settle(resource, key_of(now.get("namespace", ""), name), stored, body)
        if after is not stored and "managedFields" not in body["metadata"]:
            self._wrote(resource, options, old, body, subresource)
        return after

    def _show_managers(self, resource: Resource, options: Options, stored: Stored, body: Object, subresource: str) -> None:
        """An object that was applied once shows the owners of its fields from then on."""
        uid = stored.object["metadata"]["uid"]
        if options.manager:
            self._wrote(resource, options, stored.object, body, subresource)
        body["metadata"]["managedFields"] = [manager.object() for manager in self._fold(uid)]

    def _refuse_new_finalizers(self, resource: Resource, old: Object, body: Object) -> None:
        if not old["metadata"].get("deletionTimestamp"):
            return
        added = [entry for entry in body["metadata"].get("finalizers") or [] if entry not in (old["metadata"].get("finalizers") or [])]
        if added:
            shown = ", ".join(json.dumps(entry) for entry in added)
            raise errors.invalid(resource, old["metadata"]["name"], 2 * [Cause(
                "metadata.finalizers", "FieldValueForbidden",
                f"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}")])

    def _settle(self, resource: Resource, key: str, stored: Stored, body: Object) -> Stored:
        """Store the new version; nothing when nothing changed; out when it only waited for its last finalizer."""
        body["metadata"]["resourceVersion"] = stored.object["metadata"]["resourceVersion"]
        if body == stored.object:
            return stored
        if body["metadata"].get("deletionTimestamp") and not body["metadata"].get("finalizers") and not builtin_kinds.keeps(resource, body):
            gone = self._remove(resource, key)
            body["metadata"]["resourceVersion"] = str(gone.version)
            return Stored(body, dump(body), gone.version)
        after = self.store.put(resource.table, key, body)
        if resource is CRD:
            self.kinds.learn(after.copy())
        return after

    def _put(self, resource: Resource, namespace: str, name: str, body: Object, options: Options) -> Stored:
        if options.dry_run:
            return Stored(body, dump(body), self.store.version)
        stored = self.store.put(resource.table, key_of(namespace, name), body)
        self._wrote(resource, options, None, body, "")
        if resource is CRD:
            self.kinds.learn(stored.copy())
        return stored

    def _remove(self, resource: Resource, key: str) -> Stored:
        gone = self.store.remove(resource.table, key)
        self._managers.pop(gone.object["metadata"]["uid"], None)
        self._writes.pop(gone.object["metadata"]["uid"], None)
        if resource is CRD:
            self.kinds.forget(gone.object)
        elif resource.custom:
            crd = self.store.get(CRD.table, key_of("", f"{resource.plural}.{resource.group}"))
            if crd and crd.object["metadata"].get("deletionTimestamp"):
                self._empty_crd(crd.copy())
        return gone

    def _empty_crd(self, crd: Object) -> None:
        """A CRD that is being deleted takes its objects along, and goes when the last one is gone."""
        key = key_of("", crd["metadata"]["name"])
        resource = self.kinds.of_table((crd["spec"]["group"], crd["spec"]["names"]["plural"]))
        if resource:
            for one, stored in list(self.store.range(resource.table)):
                meta = stored.object["metadata"]
                if not meta.get("deletionTimestamp") and self.store.get(resource.table, one):
                    self.delete(resource, meta.get("namespace", ""), meta["name"], {})
            if self.store.count(resource.table):
                return
        if self.store.get(CRD.table, key):
            self._remove(CRD, key)

    @staticmethod
    def _deletion_finalizers(finalizers: list[str], options: Object) -> list[str]:
        policy = options.get("propagationPolicy") or ("Orphan" if options.get("orphanDependents") else "")
        if not policy:
            return finalizers
        kept = [entry for entry in finalizers if entry not in ("orphan", "foregroundDeletion")]
        return kept + {"Orphan": ["orphan"], "Foreground": ["foregroundDeletion"]}.get(policy, [])


def _spec_changed(resource: Resource, old: Object, new: Object) -> bool:
    ignored = {"metadata", "apiVersion", "kind", *(("status",) if resource.status else ())}
    return {key: value for key, value in old.items() if key not in ignored} != {key: value for key, value in new.items() if key not in ignored}


def _storage_key(resource: Resource, namespace: str, name: str) -> str:
    return "/".join(["/registry", *filter(None, (resource.group if resource.custom else "", resource.plural, namespace, name))])


def _other_kind(resource: Resource, body: Object) -> ApiError:
    kind, api_version = body.get("kind"), body.get("apiVersion")
    if not kind or not api_version:
        missing = "apiVersion" if kind else "Kind"
        return errors.bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): Object '{missing}' is missing in '{dump(body)}'")
    if api_version != resource.api_version:
        return errors.bad_request(f"the API version in the data ({api_version}) does not match the expected API version ({resource.api_version})")
    if resource.custom:
        cause = Cause("kind", "FieldValueInvalid", f'Invalid value: "{kind}": must be {resource.kind}')
        return errors.invalid(replace(resource, kind=kind), str(body["metadata"].get("name") or ""), [cause])
    return errors.bad_request(
        f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}: no kind "{kind}" is registered for version "{api_version}"')
