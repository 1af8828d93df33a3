# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: thirty servers of three vendors become hosts under a cap, driven by the real ansible-rulebook; and a check of every outcome."""
from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.demo.processes import DemoFailed, Processes
from tests.demo.screen import Screen
from tests.demo.story import Checks, Story
from tests.demo.view import Watcher
from tests.demo.world import World

LOGS = Path(".cache/demo-logs")


def read_arguments() -> argparse.Namespace:
    """--cluster and --hold, as the Makefile hands them on."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--cluster", choices=("memory", "real", "mine"), default="memory",
                        help="memory: an in-memory Kubernetes API; real: a kube-apiserver of its own; "
                             "mine: the cluster of your kubeconfig, in a namespace made for it")
    parser.add_argument("--hold", action="store_true", help="stay up at the end, with a kubeconfig to look around with, until Ctrl-C")
    return parser.parse_args()


def hold(world: World, screen: Screen) -> None:
    """Until Ctrl-C."""
    screen.close_table()
    print(f"\nEverything stays up until Ctrl-C. Look around in another terminal:\n\n    export KUBECONFIG={world.kubeconfig}\n"
          f"    kubectl get bmhgen,bmhbuf,bmh,secret -n {world.namespace}\n", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while not stop.wait(1):
        world.alive()


def play(arguments: argparse.Namespace, folder: Path, processes: Processes, screen: Screen, check: Checks) -> None:
    """The whole demo; raises DemoFailed."""
    with World(folder, processes, screen.say, arguments.cluster) as world:
        with Watcher(world.api, world.namespace, world.buffer, screen.changed) as watcher:
            screen.open_table()
            try:
                Story(world, watcher, screen, check).play()
            finally:
                screen.close_table()
            if arguments.hold:
                hold(world, screen)
            screen.say("stopping the rulebook")
            code = processes.stop("rulebook")
            check(code == 0, f"the rulebook did not end cleanly (exit code {code})")
            for manager, sessions in world.open_sessions().items():
                check(sessions == 0, f"{sessions} sessions are left open in {manager}", log=manager)
            left = sorted(path.name for path in (folder / "rulebook-tmp").iterdir())
            check(not left, f"the rulebook left in its temporary folder: {', '.join(left)}")


def main() -> int:
    """Exit code 0 when all checks hold."""
    arguments = read_arguments()
    begin, screen, check = time.monotonic(), Screen(), Checks()
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="baremetal-generator-demo-"))
    processes = Processes(LOGS.absolute(), World.environment(folder, arguments.cluster))
    failure: DemoFailed | None = None
    try:
        play(arguments, folder, processes, screen, check)
    except DemoFailed as error:
        failure = error
    except KeyboardInterrupt:
        failure = DemoFailed("interrupted")
    finally:
        processes.stop_all()
        left = processes.alive()
        shutil.rmtree(folder, ignore_errors=True)
    try:
        check(not left, f"{len(left)} processes are left")
        check(not folder.exists(), f"{folder} is left")
    except DemoFailed as error:
        failure = failure or error
    if failure:
        if failure.log:
            print(f"\nThe last lines of {LOGS / failure.log}.log:\n{processes.tail(failure.log)}")
        print(f"demo: FAILED: {failure}", flush=True)
        return 1
    print(f"demo: ok, {check.count} checks in {time.monotonic() - begin:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
