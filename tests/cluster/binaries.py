# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a real Kubernetes API: from KUBEBUILDER_ASSETS, from a cache, or built once with Go from the versions in go.mod and go.sum."""
from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
KUBERNETES_VERSION = "v1.36.3"
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
SERVERS = ("etcd", "kube-apiserver")
COLLECTOR = "kube-controller-manager"
MINUTES = {"etcd": "a minute", "kube-apiserver": "3 to 6 minutes", COLLECTOR: "1 to 2 minutes"}
NEEDS_GO = (1, 26)
NOT_RUN = "real cluster: not run, needs Go 1.26 or KUBEBUILDER_ASSETS"
PROGRESS_SECONDS = 10
TRUE_WORDS = frozenset({"1", "true", "yes"})
_VERSION = "k8s.io/component-base/version"
_LDFLAGS = f"-s -w -X {_VERSION}.gitVersion={KUBERNETES_VERSION} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36"

Say = Callable[[str], None]


class ClusterMissing(Exception):
    """There are no programs to run a real cluster with; the text is the one line for the closing summary."""


def in_ci() -> bool:
    """There a real cluster that does not run is a failure, elsewhere one line."""
    return os.environ.get("CI", "").lower() in TRUE_WORDS


def say_nothing(_line: str) -> None:
    """For who wants no progress."""


def say_on_stderr(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def find(names: tuple[str, ...] = SERVERS, environment: Mapping[str, str] | None = None) -> dict[str, Path] | None:
    """The programs where they are all there already, None where they would have to be built."""
    environment = os.environ if environment is None else environment
    assets = environment.get("KUBEBUILDER_ASSETS")
    found = {}
    for name in names:
        candidates = [Path(assets) / name] if assets else []
        if not assets or name == COLLECTOR:             # what people have in that folder seldom holds the collector
            candidates.append(cache_folder(environment) / name)
        there = [path for path in candidates if os.access(path, os.X_OK)]
        if not there and assets and name != COLLECTOR:
            raise ClusterMissing(f"real cluster: not run, KUBEBUILDER_ASSETS={assets} has no program {name}")
        if not there:
            return None
        found[name] = there[0]
    return found


def find_or_build(names: tuple[str, ...] = SERVERS, say: Say = say_on_stderr, environment: Mapping[str, str] | None = None) -> dict[str, Path]:
    """The programs; whatever is missing is built, which takes some minutes once. Raises ClusterMissing."""
    environment = os.environ if environment is None else environment
    found = find(names, environment)
    if found is not None:
        return found
    go = _go(environment)
    folder = cache_folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    with _one_builder(folder, say):
        for name in names:
            if not os.access(folder / name, os.X_OK):
                _build(go, name, folder, say, environment)
    found = find(names, environment)
    if found is None:
        raise ClusterMissing(f"real cluster: not run, what was built in {folder} cannot be executed")
    return found


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where built programs are kept: shared by all clones, one folder for each content of go.mod and go.sum."""
    environment = os.environ if environment is None else environment
    content = (HERE / "go.mod").read_bytes() + (HERE / "go.sum").read_bytes() + _LDFLAGS.encode()
    key = hashlib.sha256(content + platform.system().encode() + platform.machine().encode()).hexdigest()[:16]
    base = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "baremetal-generator" / "cluster" / key


def _go(environment: Mapping[str, str]) -> str:
    """The go command, new enough (or able to get itself a new enough toolchain)."""
    go = shutil.which("go", path=environment.get("PATH"))
    if go is None:
        raise ClusterMissing(NOT_RUN)
    asked = subprocess.run([go, "env", "GOVERSION"], cwd=HERE, env=_go_environment(environment), capture_output=True, text=True, check=False)
    version = re.match(r"go(\d+)\.(\d+)", asked.stdout.strip())
    if asked.returncode or version is None or tuple(map(int, version.groups())) < NEEDS_GO:
        raise ClusterMissing(NOT_RUN)
    return go


def _go_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "GOFLAGS": "-p=2 -mod=readonly -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}


@contextmanager
def _one_builder(folder: Path, say: Say) -> Iterator[None]:
    """Two test runs that need the programs at the same time build them once."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("real cluster: another run is building it, waiting for that one")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(go: str, name: str, folder: Path, say: Say, environment: Mapping[str, str]) -> None:
    """go build, with a line of progress now and then; the program appears in the folder only when it is whole."""
    package, part = PACKAGES[name], folder / f"{name}.part"
    say(f"real cluster: building {name} (once, {MINUTES[name]} on two cores)")
    nice = ["nice", "-n", "10"] if shutil.which("nice", path=environment.get("PATH")) else []
    command = [*nice, go, "build", "-v", "-trimpath", "-ldflags", _LDFLAGS, "-o", str(part), package]
    started = told = time.monotonic()
    compiled, last = 0, ""
    with subprocess.Popen(command, cwd=HERE, env=_go_environment(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stderr or ():
            compiled, last = compiled + 1, line.strip() or last
            if time.monotonic() - told >= PROGRESS_SECONDS:
                told = time.monotonic()
                say(f"real cluster: building {name}, {told - started:.0f} s, {compiled} packages")
    if process.returncode:
        part.unlink(missing_ok=True)
        raise ClusterMissing(f"real cluster: not run, go build of {name} failed: {last}")
    part.replace(folder / name)
    say(f"real cluster: built {name} in {time.monotonic() - started:.0f} s")
