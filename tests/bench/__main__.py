# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: each figure of the design beside its budget. `python -m tests.bench [NAME...] [--quick] [--full]`."""
from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.tools.places import CACHE, ROOT, name_the_collection

sys.path.insert(0, str(name_the_collection()))

from tests.bench.actors import actors  # noqa: E402
from tests.bench.counts import counts  # noqa: E402
from tests.bench.figures import Book  # noqa: E402
from tests.bench.idle import idle  # noqa: E402
from tests.bench.line import line, many  # noqa: E402
from tests.demo.processes import DemoFailed, Processes  # noqa: E402

LOGS = CACHE / "bench-logs"
PARTS: dict[str, Callable[[Book, Path, Processes], None]] = {"counts": counts, "line": line, "idle": idle, "actors": actors, "many": many}

DEFAULT = [name for name in PARTS if name != "many"]
LEGEND = """the operator: the one that this collection replaces, as it was measured. budget: what ours must keep to, on two cores with nothing else to do,
with managers that take 200 ms for each request. Logs: .cache/bench-logs"""


def read_arguments() -> argparse.Namespace:
    """Which parts, and how big."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, and print each figure beside its budget. "
                                     "Exit code 1 when a figure is over its budget.")
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"parts to run: {', '.join(PARTS)} (default: all but many)")
    parser.add_argument("--quick", action="store_true", help="smaller numbers: a look, not a measurement")
    parser.add_argument("--full", action="store_true", help="also `many`: 10,000 generators at once")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; the parts are: {', '.join(PARTS)}")
    return arguments


def main() -> int:
    """0 when every figure is within its budget."""
    arguments = read_arguments()
    book = Book(arguments.quick, arguments.full)
    chosen = arguments.parts or (list(PARTS) if arguments.full else DEFAULT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    folder = Path(tempfile.mkdtemp(prefix="baremetal-generator-bench-"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    processes = Processes(LOGS, environment)
    failed: list[str] = []
    try:
        for name in chosen:
            with book.part(name):
                try:
                    PARTS[name](book, folder, processes)
                except (AssertionError, DemoFailed) as error:
                    failed.append(f"{name} did not end: {error}")
                    book.say(failed[-1])
                finally:
                    processes.stop_all()
    except KeyboardInterrupt:
        failed.append("interrupted")
    finally:
        processes.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    if book.figures:
        print(f"\n{book.table()}\n\n{LEGEND}")
    if book.busy:
        print(f"bench: others were at work on this machine ({', '.join(book.busy)}): times are too long, measure them again on a quiet one")
    for sentence in failed:
        print(f"bench: {sentence[:2000]}")
    if chosen == DEFAULT:
        print("bench: 10,000 generators at once are left out; make bench ARGS=--full measures them too, in some minutes more")
    print(f"bench: {len(book.figures)} figures, {len(book.over)} over budget" + (" (quick: smaller numbers)" if book.quick else ""), flush=True)
    return 1 if failed or book.over else 0


if __name__ == "__main__":
    sys.exit(main())
