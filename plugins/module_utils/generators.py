# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator asks for, whether it is due, and where it stands in its line: pure."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import names
from .cluster import Object
from .guard import one_by_one
from .models import SLOW_REASONS, Reason
from .nics import INTERFACE, INTERFACE_LENGTH, NicPolicy, name_fault
from .profiles import Profile, Profiles
from .readable import GENERATOR_SPEC, faults_of
from .server_names import LONGEST_HOST_NAME, LONGEST_SERVER_NAME, host_name_of, server_name_fault
from .times import is_far_ahead, normal, parse_time
from .webhook import device_name_fault

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
VLAN_ID = re.compile(r"[0-9]{1,4}")
MAC_INDEX = re.compile(r"first|last|[0-9]{1,3}")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
BOOT_MODES = ("UEFI", "UEFISecureBoot", "legacy")
ROLES = ("master", "worker", "arbiter", "auto-assign")     # that a user can give, in the assisted installer
CLEANING_MODES = ("disabled", "metadata")
MOST_NICS = 8
LONGEST_TOKEN = 4096
LAST_PLACE = ("~",)
MOST_LABELS = 64
HOST_WISHES = ("role", "clusterReference", "rootDeviceHints", "bootMode", "automatedCleaningMode", "bmcCredentials")


@dataclass(frozen=True)
class Request:
    """What a generator asks for, in either dialect."""

    server_name: str
    host_namespace: str
    host_name: str
    infra_env: str
    vendor: str | None
    buffer: str
    labels: Mapping[str, str]
    vlan_id: int | None
    nics: NicPolicy
    own_nics: bool                    # the generator names the NICs itself, no profile does
    host: Mapping[str, Any]
    profile: Profile = field(default_factory=Profile)

    @property
    def key(self) -> str:
        """namespace/name of the host to be."""
        return f"{self.host_namespace}/{self.host_name}"

    @property
    def other_server_name(self) -> str:
        """The server's name where the host cannot have it; the host remembers which server it is. "" where it has it."""
        return "" if self.server_name.lower() == self.host_name else self.server_name


class _Refused(Exception):
    """One sentence about a field that cannot be used. of_variables: other variables could take it."""

    def __init__(self, sentence: str, of_variables: bool = False) -> None:
        super().__init__(sentence)
        self.of_variables = of_variables


def asks(generator: Object, profiles: Profiles | None = None, host_namespaces: Iterable[str] = ()) -> Request | Reason:
    """What the generator asks for, or InvalidSpec with one sentence."""
    try:
        return _request(generator, profiles or Profiles(), tuple(host_namespaces))
    except _Refused as refused:
        return Reason("InvalidSpec", str(refused), refused.of_variables)


def _request(generator: Object, profiles: Profiles, host_namespaces: tuple[str, ...]) -> Request:
    metadata, spec = generator["metadata"], generator.get("spec") or {}
    fault = next(iter(faults_of(GENERATOR_SPEC, spec, "spec")), None)
    if fault is not None:
        raise _Refused(f"{fault}; correct it.")
    server_name = _server_name(spec.get("serverName"), metadata["name"])
    vendor = _vendor(generator)
    profile = profiles.for_name(server_name, vendor)
    network = _network(spec)
    pairs, own_nics = _nics(network, profile)
    vlan_id = _vlan_id(network, metadata.get("annotations") or {})
    fault = name_fault(pairs.names, vlan_id)
    if fault is not None:
        raise _Refused(f"{'nicName' if own_nics else 'nic_name of its profile'} cannot be used: {fault}.", of_variables=not own_nics)
    return Request(
        server_name=server_name,
        host_namespace=_host_namespace(spec.get("namespace"), metadata["namespace"], host_namespaces),
        host_name=_host_name(server_name, metadata["name"]),
        infra_env=_infra_env(spec.get("infraEnv")),
        vendor=vendor or profile.server_vendor or None,
        buffer=_buffer(spec.get("buffer")),
        labels=_labels(spec.get("labels")),
        vlan_id=vlan_id,
        nics=pairs,
        own_nics=own_nics,
        host=_host(spec.get("host")),
        profile=profile,
    )


def _server_name(given: Any, own: str) -> str:
    if given is None:
        return own
    if server_name_fault(given):
        raise _Refused(f"serverName must be 1 to {LONGEST_SERVER_NAME} printable characters that neither begin nor end with a blank, "
                       f"not {_short(given)}; write it as the manager shows it.")
    return str(given)


def _host_name(server_name: str, own: str) -> str:
    name = host_name_of(server_name, own)
    if len(name) > LONGEST_HOST_NAME:
        raise _Refused(f"without a spec.serverName that is a DNS name of at most {LONGEST_HOST_NAME} characters the host takes the name of this object, "
                       f"which must not be longer than {LONGEST_HOST_NAME} characters; give the generator a shorter name.")
    return name


def _infra_env(name: Any) -> str:
    if not isinstance(name, str) or len(name) > 63 or not SUBDOMAIN.fullmatch(name):
        raise _Refused("infraEnv must be the name of an InfraEnv, 1 to 63 lower-case letters, digits, dashes or dots, "
                       f"beginning and ending with a letter or digit, not {_short(name)}; correct it.")
    return name


def _buffer(name: Any) -> str:
    if name is None:
        return names.DEFAULT_BUFFER
    if not isinstance(name, str) or len(name) > 63 or not SUBDOMAIN.fullmatch(name):
        raise _Refused("buffer must be the name of a BareMetalHostBuffer, 1 to 63 lower-case letters, digits, dashes or dots, "
                       f"beginning and ending with a letter or digit, not {_short(name)}; correct it.")
    return name


def _host_namespace(wanted: Any, own: str, allowed: tuple[str, ...]) -> str:
    if wanted in (None, "", own):
        return own
    if not isinstance(wanted, str) or len(wanted) > 63 or not NAMESPACE.fullmatch(wanted):
        raise _Refused("namespace must be 1 to 63 lower-case letters, digits or dashes, beginning and ending with a letter or digit, "
                       f"not {_short(wanted)}; correct it.")
    if wanted not in allowed and "*" not in allowed:
        raise _Refused(f"namespace {wanted} is not the generator's own ({own}) and generator_host_namespaces does not list it; "
                       "list it there, or leave the field out.", of_variables=True)
    return wanted


def _vendor(generator: Object) -> str | None:
    given = (generator.get("spec") or {}).get("server_vendor") or (generator["metadata"].get("annotations") or {}).get(names.SERVER_VENDOR)
    if given in (None, ""):
        return None
    vendor = str(given).upper()
    if vendor == "INTERSIGHT":
        raise _Refused("server_vendor must be HP, DELL or CISCO; INTERSIGHT comes with a later version of this collection.")
    if vendor not in names.VENDORS:
        raise _Refused(f"server_vendor must be HP, DELL or CISCO, not {_short(given)}; correct it, or leave it out to ask every manager.")
    return vendor


def _network(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    newer, older = spec.get("networkConfig"), spec.get("network")
    if newer is not None and older is not None and newer != older:
        raise _Refused("networkConfig and network (its older spelling) are both given and differ, keep one of them.")
    return newer or older or {}


def _vlan_id(network: Mapping[str, Any], annotations: Mapping[str, str]) -> int | None:
    given = next((value for value in (network.get("vlanId"), *(annotations.get(one) for one in names.VLAN_IDS)) if value not in (None, "")), None)
    if given is None:
        return None
    text = str(given).strip()
    if isinstance(given, bool) or not VLAN_ID.fullmatch(text) or not 1 <= int(text) <= 4094:
        raise _Refused(f"vlanId must be a VLAN from 1 to 4094, not {_short(given)}; correct it.")
    return int(text)


def _nics(network: Mapping[str, Any], profile: Profile) -> tuple[NicPolicy, bool]:
    name, index = network.get("nicName"), network.get("macIndex")
    nic_names, indices = network.get("nicNames"), network.get("macIndices")
    if (name is None) != (index is None):
        raise _Refused("nicName and macIndex go together, give both or none.")
    if (nic_names is None) != (indices is None):
        raise _Refused("nicNames and macIndices go together, give both or none.")
    if name is not None and nic_names is not None:
        raise _Refused("give either nicName and macIndex or nicNames and macIndices, not both.")
    if name is not None:
        nic_names, indices = [name], [index]
    if not nic_names and not indices:
        return NicPolicy((profile.nic_name,) if profile.nic_name else (), (profile.mac_index,) if profile.mac_index else ()), False
    if len(nic_names) != len(indices):
        raise _Refused(f"nicNames and macIndices must be equally long, but there are {len(nic_names)} and {len(indices)}; correct one of them.")
    if len(nic_names) > MOST_NICS:
        raise _Refused(f"nicNames and macIndices name at most {MOST_NICS} NICs, not {len(nic_names)}; take some out.")
    for one in nic_names:
        if not isinstance(one, str) or len(one) > INTERFACE_LENGTH or not INTERFACE.fullmatch(one):
            raise _Refused(f"nicName must be a Linux interface name, 1 to 15 letters, digits, dots, dashes or underscores, not {_short(one)}; correct it.")
    for one in indices:
        if isinstance(one, bool) or not MAC_INDEX.fullmatch(str(one)):
            raise _Refused(f'macIndex must be "first", "last" or a position counted from "0", not {_short(one)}; correct it.')
    if len(set(nic_names)) != len(nic_names):
        raise _Refused("nicNames must not name one interface twice.")
    if len({str(one) for one in indices}) != len(indices):
        raise _Refused("macIndices must not choose one NIC twice.")
    return NicPolicy(tuple(nic_names), tuple(str(one) for one in indices)), True


def _labels(given: Any) -> Mapping[str, str]:
    labels = given or {}
    if len(labels) > MOST_LABELS:
        raise _Refused(f"labels may be at most {MOST_LABELS}, not {len(labels)}; take some out.")
    for key, value in labels.items():
        if key == names.INFRAENV_LABEL or key.startswith(f"{names.GROUP}/"):
            raise _Refused(f"labels must not name {names.INFRAENV_LABEL} or any of {names.GROUP}, these are set for you; take {_short(key)} out.")
        if not LABEL_KEY.fullmatch(key) or len(key.partition("/")[0]) > 253:
            raise _Refused("one of labels cannot be the name of a label, at most 63 letters, digits, dashes, underscores or dots, "
                           f"with or without a prefix such as example.com/, not {_short(key)}; correct it.")
        if not isinstance(value, str) or len(value) > 63 or not LABEL_VALUE.fullmatch(value):
            raise _Refused("a label must be at most 63 letters, digits, dashes, underscores or dots, beginning and ending with a letter or digit, "
                           f"not {_short(value)}; correct it.")
    return labels


def _host(given: Any) -> Mapping[str, Any]:
    wishes = {wish: value for wish, value in (given or {}).items() if wish in HOST_WISHES and value is not None}
    if not _is_cluster(wishes.get("clusterReference", "")):
        raise _Refused("host.clusterReference must be NAMESPACE/NAME of a ClusterDeployment, lower-case letters, digits, dashes or dots, "
                       f"not {_short(wishes['clusterReference'])}; correct it.")
    for wish, allowed in (("role", (*ROLES, "")), ("bootMode", BOOT_MODES), ("automatedCleaningMode", CLEANING_MODES)):
        if wish in wishes and wishes[wish] not in allowed:
            raise _Refused(f"host.{wish} must be {' or '.join(filter(None, allowed))}, not {_short(wishes[wish])}; correct it.")
    fault = device_name_fault((wishes.get("rootDeviceHints") or {}).get("deviceName", "/dev/sda"))
    if fault is not None:
        raise _Refused(f"host.rootDeviceHints.{fault}; correct it.")
    secret = wishes.get("bmcCredentials", "none")
    if not isinstance(secret, str) or len(secret) > 253 or not SUBDOMAIN.fullmatch(secret):
        raise _Refused(f"bmcCredentials must be the name of a Secret, lower-case letters, digits, dashes or dots, not {_short(secret)}; correct it.")
    return {wish: value for wish, value in wishes.items() if value not in ("", {})}


def _is_cluster(reference: Any) -> bool:
    namespace, _slash, name = str(reference).partition("/")
    return not reference or bool(NAMESPACE.fullmatch(namespace) and SUBDOMAIN.fullmatch(name)) and len(namespace) <= 63 and len(name) <= 253


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(str(value))} characters)"


# --- where it stands ----------------------------------------------------------------------------------------------------------------------


def status_of(generator: Object) -> dict[str, Any]:
    """Its status, empty when there is none."""
    return generator.get("status") or {}


def phase(generator: Object) -> str:
    """Its phase, "" before the first."""
    return status_of(generator).get("phase") or ""


def is_deleting(item: Object) -> bool:
    """It has a deletionTimestamp: on its way out, though a finalizer may hold it."""
    return bool(item["metadata"].get("deletionTimestamp"))


def is_ours(generator: Object) -> bool:
    """It carries our finalizer, or the operator's, which is ours to take off."""
    return bool({names.FINALIZER, names.OPERATOR_FINALIZER} & set(generator["metadata"].get("finalizers") or []))


def is_waiting(generator: Object) -> bool:
    """It stands in a line."""
    return phase(generator) == names.BUFFERED and not is_deleting(generator)


def buffer_of(generator: Object) -> str:
    """In whose line it waits."""
    return str((generator.get("spec") or {}).get("buffer") or names.DEFAULT_BUFFER)


def is_resolved(generator: Object) -> bool:
    """The facts in its status were found for its spec as it is now."""
    return status_of(generator).get("resolvedGeneration") == generator["metadata"].get("generation")


def line_place(generator: Object) -> tuple[str, ...]:
    """By what a line is ordered: its ticket, or, where that cannot be read, when it was applied."""
    metadata = generator["metadata"]
    applied = metadata.get("creationTimestamp") or ""
    return (normal(status_of(generator).get("bufferedAt")) or normal(applied), applied, metadata["namespace"], metadata["name"])


def line(generators: Iterable[Object], buffer: str) -> list[Object]:
    """Those who wait in the line of this buffer, head first; last come those whose place cannot be told."""
    return [one for one, _place in places_in_line(generators, buffer)]


def places_in_line(generators: Iterable[Object], buffer: str) -> list[tuple[Object, tuple[str, ...]]]:
    """The same with their places; one of whom nobody can say whether it waits does not."""
    waits_here = one_by_one(generators, lambda one: is_waiting(one) and buffer_of(one) == buffer, lambda _one, _fault: False)
    return by_place(one for one, waits in waits_here if waits)


def by_place(generators: Iterable[Object]) -> list[tuple[Object, tuple[str, ...]]]:
    """These with their places, in the order of a line."""
    return sorted(one_by_one(generators, line_place, lambda _one, _fault: LAST_PLACE), key=lambda pair: pair[1])


def redeploy_wanted(generator: Object) -> bool:
    """The redeploy annotation asks for something that is neither under way nor done."""
    if phase(generator) not in (names.COMPLETED, names.FAILED) or is_deleting(generator):
        return False
    token, status = redeploy_token(generator), status_of(generator)
    if token == "true":
        return status.get("redeploying") != "true"
    return bool(token) and token not in (status.get("redeploying"), status.get("redeployed"))


def redeploy_token(generator: Object) -> str:
    """The value of the redeploy annotation, as much of it as a status takes; "" without it."""
    return str((generator["metadata"].get("annotations") or {}).get(names.REDEPLOY) or "")[:LONGEST_TOKEN]


def redeploy_to_take_off(generator: Object) -> bool:
    """The annotation "true" was answered, and is still there."""
    return redeploy_token(generator) == "true" and not redeploy_wanted(generator)


def retry_wanted(generator: Object) -> bool:
    """Somebody annotated it to be tried at once."""
    return names.RETRY in (generator["metadata"].get("annotations") or {})


def is_time(generator: Object, now: datetime) -> bool:
    """nextAttemptAt has come, or there is none that a stage would have written."""
    moment = parse_time(status_of(generator).get("nextAttemptAt"))
    return moment is None or moment <= now or is_far_ahead(moment, now)


def condition(generator: Object, kind: str) -> dict[str, Any]:
    """One condition of its status, empty when it was never written."""
    return next((one for one in status_of(generator).get("conditions") or [] if one.get("type") == kind), {})


def due(generator: Object, now: datetime) -> set[str]:
    """Which stages have work with it: "resolve" (new, changed, retried, to redeploy, to adopt) or "remove"."""
    if is_deleting(generator):
        return {"remove"} if is_ours(generator) and _removal_is_due(generator, now) else set()
    return {"resolve"} if _resolve_is_due(generator, now) else set()


def _resolve_is_due(generator: Object, now: datetime) -> bool:
    if redeploy_wanted(generator) or redeploy_to_take_off(generator) or retry_wanted(generator):
        return True
    match phase(generator):
        case names.COMPLETED:
            return names.FINALIZER not in (generator["metadata"].get("finalizers") or []) or not _generation_is_seen(generator)
        case names.BUFFERED:
            return not is_resolved(generator) and (not was_tried(generator) or is_time(generator, now))
        case names.FAILED:
            return not was_tried(generator) or (_is_asked_again(generator) and is_time(generator, now))
        case _:
            return not was_tried(generator) or is_time(generator, now)


def _is_asked_again(generator: Object) -> bool:
    """It says when, or its reason is one of those that are: an older version, or a hand on its status, may have left out when."""
    why = condition(generator, "Ready").get("reason") or condition(generator, "Resolved").get("reason")
    return bool(status_of(generator).get("nextAttemptAt")) or why in SLOW_REASONS


def was_tried(generator: Object) -> bool:
    """Its server was looked for as it is now."""
    return condition(generator, "Resolved").get("observedGeneration") == generator["metadata"].get("generation")


def _generation_is_seen(generator: Object) -> bool:
    generation = generator["metadata"].get("generation")
    return generation in (status_of(generator).get("observedGeneration"), condition(generator, "Ready").get("observedGeneration"))


def _removal_is_due(generator: Object, now: datetime) -> bool:
    ready = condition(generator, "Ready")
    if ready.get("reason") == "HostInUse" and (generator["metadata"].get("annotations") or {}).get(names.DELETE_IN_USE) == "true":
        return True
    begun = ready.get("reason") in REMOVAL_REASONS
    return not begun or is_time(generator, now)


# Why a generator that is being deleted is still there.
REMOVAL_REASONS = frozenset({"Removing", "HostInUse", "HostPaused", "ClusterUnavailable", "Forbidden", "Denied", "Bug"})
