# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth: admission with one step left out, for each row of what broke without it. Made by replacing small functions, never by a switch of the product.

python -m tests.model.mutants N=3000 [ONLY=part-of-a-name]
"""
from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import availability, generators, manifests, names
from ansible_collections.baremetal.generator.plugins.module_utils.admission import (
    into_the_line, materializing, out_of_the_line, redeploying, secrets, settling, sweeping, words,
)
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET, Object
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ObjectNotFound, WriteConflict

from . import directed
from .interleavings import History, Script
from .invariants import Broken

PRODUCT = availability.__name__.rpartition(".")[0]
EARLY = "2020-01-01T00:00:00.000000Z"
Change = tuple[ModuleType, str, Callable[[Any], Any]]      # where, which function, and what stands in for it


@contextmanager
def replaced(changes: list[Change]) -> Iterator[None]:
    """Everywhere in the product where the function is known by its name."""
    with ExitStack() as stack:
        for module, name, make in changes:
            original = getattr(module, name)
            stand_in = make(original)
            for one in list(sys.modules.values()):
                if getattr(one, "__name__", "").startswith(PRODUCT) and getattr(one, name, None) is original:
                    setattr(one, name, stand_in)
                    stack.callback(setattr, one, name, original)
        yield


@dataclass
class Mutant:
    """One step left out."""

    name: str
    changes: list[Change]
    script: Script | None = None                            # for what random histories hardly ever reach
    expects: str = ""                                       # a part of the complaint, where another one would prove nothing


def always(value: Any) -> Callable[[Any], Any]:
    """A function that answers only this."""
    return lambda original: lambda *args, **kwargs: value


# --- what stands in -----------------------------------------------------------------------------------------------------------------------


def active_at_once(original: Any) -> Any:
    """The host is created as it is to be; there is nothing to activate."""
    def inert_host(request: Any, found: Any, generator: Object, rid: str) -> Object:
        body = original(request, found, generator, rid)
        body["metadata"]["annotations"].pop(names.PAUSED)
        body["metadata"]["labels"][names.INFRAENV_LABEL] = request.infra_env
        return body
    return inert_host


def hosts_first(original: Any) -> Any:
    """LIST hosts, then buffers."""
    def look(run: Any) -> Any:
        hosts = run.cluster.list(HOST)
        seen = original(run)
        return out_of_the_line.Seen(seen.buffers, hosts, seen.generators, seen.agents, seen.now)
    return look


def without_entries(original: Any) -> Any:
    """Only hosts are counted."""
    return lambda buffer, occupying: original({**buffer, "status": {}}, occupying)


def by_uid_alone(original: Any) -> Any:
    """DELETE whatever the host has become."""
    def delete_orphan(run: Any, grant: Any) -> None:
        metadata = grant.host["metadata"]
        try:
            run.cluster.delete(HOST, metadata["namespace"], metadata["name"], metadata["uid"])
        except (ObjectNotFound, WriteConflict):
            pass
    return delete_orphan


def inert_is_free(original: Any) -> Any:
    """Only active hosts are counted."""
    return lambda buffer, hosts, agents=(), now=None: original(buffer, [host for host in hosts if not availability.is_inert(host)], agents, now)


def label_later(original: Any) -> Any:
    """The buffer label comes with the activation."""
    def inert_host(request: Any, found: Any, generator: Object, rid: str) -> Object:
        body = original(request, found, generator, rid)
        body["metadata"]["labels"].pop(names.BUFFER_LABEL)
        return body
    return inert_host


def label_at_last(original: Any) -> Any:
    """See label_later."""
    def activation(request: Any, inert: Object) -> Object:
        body = original(request, inert)
        body["metadata"]["labels"][names.BUFFER_LABEL] = request.buffer
        return body
    return activation


def own_buffer_only(original: Any) -> Any:
    """A generator is passed over only for an entry in the buffer it is in now."""
    def passed_over(run: Any, generator: Object, seen: Any) -> Any:
        here = [buffer for buffer in seen.buffers if buffer["metadata"]["name"] == generators.buffer_of(generator)]
        kept, seen.with_entry = seen.with_entry, {entry["generator"]["uid"] for buffer in here for entry in availability.entries_of(buffer)}
        try:
            return original(run, generator, seen)
        finally:
            seen.with_entry = kept
    return passed_over


def rivals_by_value(original: Any) -> Any:
    """Another entry of the same generator is no rival."""
    return lambda other, entry: other["generator"]["uid"] != entry["generator"]["uid"] and original(other, entry)


def any_generation(original: Any) -> Any:
    """A generator is taken as it stands."""
    def is_here(generator: Object, entry: Any, buffer_name: str) -> bool:
        metadata = generator["metadata"]
        return not metadata.get("deletionTimestamp") and metadata["uid"] == entry["generator"]["uid"]
    return is_here


def goes_on(original: Any) -> Any:
    """A step that is left out."""
    return lambda batch, grant: grant


def not_under_way(original: Any) -> Any:
    """The request is not written down."""
    def changed(generator: Object, fields: Any, *rest: Any) -> Any:
        return original(generator, {key: value for key, value in fields.items() if key != "redeploying"}, *rest)
    return changed


def annotation_at_last(original: Any) -> Any:
    """The annotation is still there when the old host goes."""
    def passed_over(run: Any, generator: Object, seen: Any) -> Any:
        marks = {key: value for key, value in availability.annotations(generator).items() if key != names.REDEPLOY}
        return original(run, {**generator, "metadata": {**generator["metadata"], "annotations": marks}}, seen)
    return passed_over


def stop_when_held(original: Any) -> Any:
    """An old host in use is waited for, with the slot held."""
    def old_host_gone(batch: Any, grant: Any) -> Any:
        verdict = original(batch, grant)
        return secrets.Stop("its old host") if isinstance(verdict, materializing.Cancel) else verdict
    return old_host_gone


def by_host_uid(original: Any) -> Any:
    """Only the ledger knows whose host it is."""
    return lambda host, entry: host["metadata"]["uid"] == entry.get("hostUid")


def sweep_hosts_first(original: Any) -> Any:
    """LIST hosts, buffers, generators, then Secrets."""
    def sweep(cluster: Any, policy: Any) -> list[str]:
        run = words.Run(cluster, policy)
        taken = {availability.key(host) for host in cluster.list(HOST)}
        reserved = {entry["key"] for buffer in cluster.list(BUFFER) for entry in availability.entries_of(buffer)}
        living = words.by_uid(cluster.list(GENERATOR))
        for item in cluster.list(SECRET, label_selector=names.GENERATOR_UID):
            if not generators.is_deleting(item) and sweeping.is_unneeded(item, sweeping.host_key(item), living, reserved | taken):
                words.delete_as_seen(run, SECRET, item)
        return []
    return sweep


def kept_as_it_is(original: Any) -> Any:
    """A kept Secret gets no new resourceVersion."""
    def body_metadata(body: Object) -> Any:
        kept = original(body)
        return {**kept, "annotations": {key: value for key, value in kept["annotations"].items() if key != names.RID}}
    return body_metadata


def without_version(original: Any) -> Any:
    """DELETE of a Secret by uid alone."""
    def delete_as_seen(run: Any, kind: Any, item: Object) -> bool:
        if kind is not SECRET:
            return original(run, kind, item)
        try:
            run.cluster.delete(kind, item["metadata"]["namespace"], item["metadata"]["name"], item["metadata"]["uid"])
        except (ObjectNotFound, WriteConflict):
            pass
        return True
    return delete_as_seen


def tickets_by_the_clock(original: Any) -> Any:
    """Each from what it has listed, written nowhere."""
    def draw_tickets(run: Any, buffer_name: str, newcomers: list[Object], everyone: Any) -> dict[str, str]:
        cluster = run.cluster
        kept = cluster.replace_status
        cluster.replace_status = lambda kind, body: body
        get = cluster.get

        def without_ledger(kind: Any, namespace: str | None, name: str) -> Object | None:
            buffer = get(kind, namespace, name)
            return {**buffer, "status": {"lastTicket": EARLY}} if buffer else None

        cluster.get = without_ledger
        try:
            return original(run, buffer_name, newcomers, everyone)
        finally:
            cluster.replace_status, cluster.get = kept, get
    return draw_tickets


def in_place_by_key(original: Any) -> Any:
    """A redeploy in place takes its slot along even if its name changes; counted by keys alone, its old host is forgotten."""
    def used_keys(buffer: Object, occupying: Any) -> set[str]:
        replacing = [entry for entry in availability.entries_of(buffer) if entry.get("replaces")]
        return original({**buffer, "status": {"reservations": [one for one in availability.entries_of(buffer) if one not in replacing]}}, occupying)
    return used_keys


MUTANTS = [
    Mutant("inert step", [(manifests, "inert_host", active_at_once)]),
    Mutant("ledger read before hosts", [(out_of_the_line, "look", hosts_first)], expects="cap"),
    Mutant("counting entries", [(availability, "used_keys", without_entries)], expects="cap"),
    Mutant("resourceVersion on DELETE after the CAS finds no rid", [(materializing, "delete_orphan", by_uid_alone)], expects="active host"),
    Mutant("exact comparison in cancel", [(settling, "is_unchanged", always(True))], directed.exact_comparison),
    Mutant("inert hosts count until gone", [(availability, "occupants", inert_is_free)], directed.inert_counts, expects="cap"),
    Mutant("buffer label at CREATE", [(manifests, "inert_host", label_later), (manifests, "activation", label_at_last)], directed.label, expects="live inert"),
    Mutant("one entry per generator over all buffers", [(out_of_the_line, "passed_over", own_buffer_only), (materializing, "are_rivals", rivals_by_value)],
           directed.moved),
    Mutant("resolvedGeneration and generation in the entry",
           [(words, "is_here", any_generation), (generators, "is_resolved", always(True)), (out_of_the_line, "facts_fit", always(True))]),
    Mutant("claim looked at again in admit, entries and hosts of others in materialize",
           [(out_of_the_line, "claim_of_others", always(None)), (materializing, "without_rivals", goes_on)],
           directed.twins, expects="one MAC"),
    Mutant("entries and hosts of others in materialize", [(materializing, "without_rivals", goes_on)], directed.rivals, expects="one MAC"),
    Mutant("redeploying", [(redeploying, "changed", not_under_way)]),
    Mutant("annotation off before the old host goes", [(out_of_the_line, "passed_over", annotation_at_last)], directed.annotation_off),
    Mutant("not written if `replaces` is this very host", [(settling, "waits_to_replace", always(False))], directed.newer_redeploy, expects="redeploy"),
    Mutant("replaced host and entry are one slot", [(availability, "used_keys", in_place_by_key)], directed.renamed_redeploy, expects="cap"),
    Mutant("old host in use: cancel", [(materializing, "old_host_gone", stop_when_held)], directed.taken_before_redeploy, expects="open entry"),
    Mutant("own active host counts as success", [
        (materializing, "is_finished_host", by_host_uid), (out_of_the_line, "has_its_own_host", always(False)), (into_the_line, "is_adoptable", always(False)),
    ], directed.lost_ledger),
    Mutant("Secret with a dead owner made anew", [(secrets, "has_dead_owner", always(False)), (secrets, "secret_stands", always(True))],
           directed.dead_owner, expects="Secret"),
    Mutant("order of the sweep's lists", [(sweeping, "sweep", sweep_hosts_first)], directed.sweep_order, expects="Secret"),
    Mutant("PATCH of a kept Secret", [(secrets, "body_metadata", kept_as_it_is)], directed.stale_delete, expects="Secret"),
    Mutant("resourceVersion on the Secret's DELETE", [(words, "delete_as_seen", without_version)], directed.stale_delete, expects="Secret"),
    Mutant("finalizer off a Secret whose owners are gone", [(secrets, "free_deleted_secret", always(None))], directed.stuck_secret),
    Mutant("bufferedAt and generation compared before Failed", [(settling, "is_the_one_granted", always(True))], directed.failed_late, expects="Failed"),
    Mutant("tickets by CAS", [(into_the_line, "draw_tickets", tickets_by_the_clock)], directed.drawn_at_once, expects="jumps"),
]


def killed_by(mutant: Mutant, seeds: range) -> str | None:
    """The seed, or the directed schedule, that notices it."""
    with replaced(mutant.changes):
        if mutant.script is not None and _breaks(History(1, script=mutant.script), mutant):
            return f"schedule {mutant.script.__name__}"
        for seed in seeds:
            if _breaks(History(seed), mutant):
                return f"seed {seed}"
    return None


def _breaks(history: History, mutant: Mutant) -> bool:
    try:
        history.run()
    except Broken as broken:
        return mutant.expects in str(broken)
    return False


def main(arguments: list[str]) -> int:
    """One line for each mutant, one line of figures."""
    given = dict(one.split("=", 1) for one in arguments)
    budget, began, survivors, chosen = int(given.get("N", 3000)), time.monotonic(), [], given.get("ONLY", "")
    for mutant in MUTANTS:
        if chosen in mutant.name:
            killer = killed_by(mutant, range(1, budget + 1))
            print(f"  without {mutant.name}: {'killed by ' + killer if killer else 'SURVIVES'}", flush=True)
            survivors += [] if killer else [mutant.name]
    print(f"mutants: {len(MUTANTS) - len(survivors)} of {len(MUTANTS)} killed, {time.monotonic() - began:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
