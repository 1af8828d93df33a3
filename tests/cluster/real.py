# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Kubernetes API: etcd and kube-apiserver of this test run alone, in a temporary folder, on free ports."""
from __future__ import annotations

import argparse
import base64
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .binaries import COLLECTOR, SERVERS, ClusterMissing, Say, find_or_build, say_on_stderr
from .client import ApiClient, ApiRefused
from .crds import Crds
from .kubeconfig import write_kubeconfig, write_secret

HOST = "127.0.0.1"
ADMIN = "admin"
USER = "someone"
READY_SECONDS = 90.0
LOOK_SECONDS = 0.05


class ClusterFailed(Exception):
    """The servers were started and did not come up; the text ends with what they said last."""


class RealCluster:
    """Context manager. `url`, `token` (of the admin), `tokens` (of each user by name; plain users may do nothing until RBAC says so), `ca_cert`.

    Any number of them run side by side. With `collector` the garbage collector and the namespace controller run as well: then objects go
    with their owners, and namespaces end.
    """

    def __init__(self, collector: bool = False, users: Iterable[str] = (USER,), say: Say = say_on_stderr) -> None:
        self.collector = collector
        self.tokens = {name: secrets.token_urlsafe(24) for name in (ADMIN, *users)}
        self.token = self.tokens[ADMIN]
        self._say = say
        self._ports: list[socket.socket] = []
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RealCluster:
        programs = find_or_build((*SERVERS, COLLECTOR) if self.collector else SERVERS, self._say)
        self.folder = Path(tempfile.mkdtemp(prefix="real-cluster-"))
        try:
            self._start({name: str(program) for name, program in programs.items()})
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._guard is not None:
            self._guard.terminate()
            self._guard.wait()
            if self._guard.stdin:
                self._guard.stdin.close()
            self._guard = None
        for port in self._ports:
            port.close()
        self._ports.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- for tests ------------------------------------------------------------------------------------------------------------------------

    def kubeconfig(self, path: Path | str, token: str | None = None) -> Path:
        """Write a kubeconfig, of the admin unless another token is given."""
        target = Path(path)
        write_kubeconfig(target, self.url, token or self.token, self.ca_cert)
        return target

    def as_user(self, token: str) -> ApiClient:
        """A client with somebody's token."""
        return ApiClient(self.url, token, self.ca_cert)

    @property
    def guard_pid(self) -> int:
        """The process whose children the servers are."""
        assert self._guard is not None, "the cluster does not run"
        return self._guard.pid

    def compact(self) -> None:
        """Forget all history now, as a cluster does every few minutes: what was listed or watched before is answered 410."""
        written = self._etcd("kv/put", {"key": base64.b64encode(b"compacted").decode(), "value": ""})       # so that "now" is past all that was answered
        revision = int(written["header"]["revision"])
        self._etcd("kv/compaction", {"revision": str(revision), "physical": True})

    def _etcd(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._etcd_url}/v3/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read())

    # --- starting -------------------------------------------------------------------------------------------------------------------------

    def _free_port(self) -> int:
        """A port that stays ours: it is held, and the server may bind it as well (SO_REUSEPORT), while nobody else is given it."""
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, 0))
        self._ports.append(held)
        return int(held.getsockname()[1])

    def _start(self, programs: dict[str, str]) -> None:
        client, peer, secure = self._free_port(), self._free_port(), self._free_port()
        self._etcd_url, self.url = f"http://{HOST}:{client}", f"https://{HOST}:{secure}"
        self._write_certificates()
        commands = {
            "etcd": [
                programs["etcd"], "--data-dir=etcd", f"--listen-client-urls={self._etcd_url}", f"--advertise-client-urls={self._etcd_url}",
                f"--listen-peer-urls=http://{HOST}:{peer}", "--unsafe-no-fsync", "--socket-reuse-port", "--log-level=warn",
            ],
            "kube-apiserver": [
                programs["kube-apiserver"], f"--etcd-servers={self._etcd_url}", f"--bind-address={HOST}", f"--secure-port={secure}",
                "--permit-port-sharing", "--tls-cert-file=server.pem", "--tls-private-key-file=server.key", "--cert-dir=certificates",
                "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=accounts.key",
                "--service-account-signing-key-file=accounts.key", "--service-cluster-ip-range=10.0.0.0/24", "--authorization-mode=RBAC",
                "--token-auth-file=tokens.csv", "--disable-admission-plugins=ServiceAccount", "--enable-priority-and-fairness=false",
                "--endpoint-reconciler-type=none", "--feature-gates=ListFromCacheSnapshot=false",     # so that compact() is felt at once
            ],
        }
        if self.collector:
            self.kubeconfig(self.folder / "collector.kubeconfig")
            commands[COLLECTOR] = [
                programs[COLLECTOR], "--kubeconfig=collector.kubeconfig", "--controllers=garbage-collector-controller,namespace-controller",
                "--leader-elect=false", f"--bind-address={HOST}", "--secure-port=0",
            ]
        (self.folder / "commands.json").write_text(json.dumps(commands))
        guard = Path(__file__).with_name("guard.py")
        with (self.folder / "guard.log").open("wb") as log:
            self._guard = subprocess.Popen([sys.executable, "-I", "-S", str(guard), str(self.folder)], stdin=subprocess.PIPE, stdout=log, stderr=log)

    def _write_certificates(self) -> None:
        authority = trustme.CA()
        self.ca_cert = self.folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_cert)
        server = authority.issue_cert(HOST, "localhost")
        for number, blob in enumerate(server.cert_chain_pems):
            blob.write_to_path(self.folder / "server.pem", append=number > 0)
        write_secret(self.folder / "server.key", server.private_key_pem.bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        write_secret(self.folder / "accounts.key", key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))
        lines = [f'{token},{name},{name}' + (',"system:masters"' if name == ADMIN else "") for name, token in self.tokens.items()]
        write_secret(self.folder / "tokens.csv", "\n".join([*lines, ""]).encode())

    def _wait_until_ready(self) -> None:
        self.client = self.as_user(self.token)
        end = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self._guard is None or self._guard.poll() is not None:
                raise ClusterFailed(f"the real cluster ended while it started: {self._last_words()}")
            if time.monotonic() > end:
                raise ClusterFailed(f"the real cluster was not ready within {READY_SECONDS:.0f} s: {self._last_words()}")
            time.sleep(LOOK_SECONDS)

    def _is_ready(self) -> bool:
        """Ready, and with the namespace that everybody takes for granted (it is made a moment later)."""
        try:
            return self.client.request("GET", "/readyz") == "ok" and bool(self.client.request("GET", "/api/v1/namespaces/default"))
        except (OSError, ApiRefused):
            return False

    def _last_words(self) -> str:
        words = []
        for log in sorted(self.folder.glob("*.log")):
            words += [f"{log.stem}: {line}" for line in log.read_text(errors="replace").splitlines()[-3:]]
        return "; ".join(words)


def main() -> int:
    """Run one until it is told to end."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.cluster.real",
        description="Run a real Kubernetes API until SIGTERM or Ctrl-C. When it is ready, one JSON line says where it is: url and kubeconfig.")
    parser.add_argument("--kubeconfig", type=Path, help="file to write the admin's kubeconfig to (default: a file in its temporary folder)")
    parser.add_argument("--crd", type=Path, action="append", default=[], metavar="FILE_OR_FOLDER", help="CRDs to apply; may be given again")
    parser.add_argument("--collector", action="store_true", help="also run the garbage collector and the namespace controller")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        with RealCluster(options.collector) as cluster:
            Crds(read_crds(options.crd)).put(cluster.client)
            kubeconfig = cluster.kubeconfig(options.kubeconfig or cluster.folder / "kubeconfig")
            print(json.dumps({"url": cluster.url, "kubeconfig": str(kubeconfig)}), flush=True)
            stop.wait()
    except (ClusterMissing, ClusterFailed) as error:
        print(error, file=sys.stderr)
        return 3
    return 0


def read_crds(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Every CRD of the YAML files, folders taken as the files in them."""
    files = [file for path in paths for file in (sorted(path.glob("*.y*ml")) if path.is_dir() else [path])]
    documents = [document for file in files for document in yaml.safe_load_all(file.read_text())]
    return [document for document in documents if document and document["kind"] == "CustomResourceDefinition"]


if __name__ == "__main__":
    sys.exit(main())
