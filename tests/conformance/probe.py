# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m tests.conformance.probe: ask both servers the whole table, compare, and say how many answers were equal."""
from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.binaries import ClusterMissing
from tests.cluster.real import RealCluster
from tests.simulators.kubernetes import KubernetesSimulator

from .asking import SOMEONE, Ask, Asker, comparable, differences
from .cases import TABLE

WAIT_SECONDS = 10.0


class Memory(KubernetesSimulator):
    """The in-memory API under the names that the probe uses."""

    def __init__(self) -> None:
        super().__init__(tls=True)
        self.tokens = {"admin": self.token, SOMEONE: self.add_user(SOMEONE)}

    def compact(self) -> None:
        """Forget all history now."""
        with self.objects.lock:
            self.store.compact()


def run(table: list[Ask], verbose: bool = False) -> Iterator[tuple[Ask, list[str]]]:
    """Each request with the differences between the answers of both servers (none: equal)."""
    with Memory() as memory, RealCluster() as real, ThreadPoolExecutor(2) as both:
        askers = Asker(memory), Asker(real)
        for request in table:
            shown = list(both.map(_answer, askers, (request, request)))
            if verbose:
                print(f"    {request.what}\n        {json.dumps(shown[1], ensure_ascii=False)[:1500]}")
            yield request, list(differences(*shown))


def _answer(asker: Asker, request: Ask) -> object:
    end = time.monotonic() + WAIT_SECONDS
    while True:
        told = asker.ask(request)
        if not request.again or told.code == request.again or time.monotonic() > end:
            return comparable(told, request, asker.saved)
        time.sleep(0.1)


def main() -> int:
    """0 when all are equal, 1 when not, 3 when there is no real server to compare with."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.probe", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="show every answer of the real server")
    options = parser.parse_args()
    failed = 0
    try:
        for request, found in run(TABLE, options.verbose):
            if found:
                failed += 1
                print(f"{request.what}: {request.method} {request.path} {request.query or ''}", *(f"      {line}" for line in found), sep="\n")
    except ClusterMissing as error:
        print(error, file=sys.stderr)
        return 3
    if failed:
        print(f"conformance: {failed} of {len(TABLE)} requests are answered differently")
        return 1
    print(f"conformance: {len(TABLE)} requests, memory = real")
    return 0


if __name__ == "__main__":
    sys.exit(main())
