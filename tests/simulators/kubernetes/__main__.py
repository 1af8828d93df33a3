# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory Kubernetes API, alone: prints one line of JSON when it is ready, and serves until SIGTERM or SIGINT."""
from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
from pathlib import Path

from .rbac import User
from .simulator import KubernetesSimulator


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.kubernetes", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--kubeconfig", help="write the administrator's kubeconfig to this file (default: a temporary file)")
    parser.add_argument("--crd", action="append", default=[], metavar="FILE_OR_FOLDER", help="CRDs and other objects to begin with; may be given again")
    parser.add_argument("--tls", action="store_true", help="serve https with a certificate made for this run (kubectl sends tokens over https only)")
    parser.add_argument("--certificate", help="certificate file (with its chain): serve https")
    parser.add_argument("--key", help="key file of the certificate")
    parser.add_argument("--ca-cert", help="file of the authority, named in the kubeconfig")
    parser.add_argument("--user", action="append", default=[], metavar="NAME[:GROUP,...]=TOKEN_FILE", help="one more user, its bearer token in a file")
    parser.add_argument("--token-file", help="the administrator's bearer token in a file (default: a random one)")
    parser.add_argument("--window", type=int, default=100_000, help="how many changes a watch or an old list may go back (default: 100000)")
    parser.add_argument("--bookmark-seconds", type=float, default=60.0, help="pause between bookmarks (default: 60)")
    parser.add_argument("--no-history", action="store_true", help="do not keep every version of every object")
    return parser.parse_args()


def main() -> int:
    """Serve until told to stop."""
    options = _arguments()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: done.set())
    certificate = (options.certificate, options.key) if options.certificate else None
    token = Path(options.token_file).read_text(encoding="utf-8").strip() if options.token_file else None
    simulator = KubernetesSimulator(
        port=options.port, certificate=certificate, ca_cert=options.ca_cert, crds=options.crd, window=options.window,
        bookmark_seconds=options.bookmark_seconds, token=token, tls=options.tls)
    simulator.store.keep_history = not options.no_history
    for entry in options.user:
        who, _sign, file = entry.partition("=")
        name, _colon, groups = who.rpartition(":") if who.count(":") and not who.startswith("system:") else (who, "", "")
        simulator.add_user(User(name or who, tuple(group for group in groups.split(",") if group)), Path(file).read_text(encoding="utf-8").strip())
    with simulator, tempfile.TemporaryDirectory(prefix="kubernetes-simulator-") as folder:
        path = simulator.kubeconfig(options.kubeconfig or Path(folder) / "kubeconfig")
        print(json.dumps({"url": simulator.url, "kubeconfig": path}), flush=True)
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
