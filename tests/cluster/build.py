# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m tests.cluster.build: build the programs of the real cluster now rather than when a test first needs them."""
from __future__ import annotations

import argparse
import sys

from .binaries import COLLECTOR, SERVERS, ClusterMissing, find_or_build


def main() -> int:
    """0 and one line for each program; 3 and one line when there is nothing to build with."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.build", description="Build etcd and kube-apiserver, once, into the cache.")
    parser.add_argument("--collector", action="store_true", help="also kube-controller-manager, for tests with the real garbage collector")
    options = parser.parse_args()
    names = (*SERVERS, COLLECTOR) if options.collector else SERVERS
    try:
        found = find_or_build(names)
    except ClusterMissing as error:
        print(error, file=sys.stderr)
        return 3
    for name, path in found.items():
        print(f"{name}: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
