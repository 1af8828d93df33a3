# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users have it: its tarball, installed. Made once for each state of its files."""
from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.tools import tree
from tests.tools.places import CACHE

BUILDS = CACHE / "builds"
KEPT_SECONDS = 3600
NOT_PACKED = ("tests/", ".", "requirements/", "extensions/molecule/", "Makefile", "pytest.ini")


def galaxy(*arguments: str | Path) -> str:
    """ansible-galaxy of this environment, with nothing of the user's own settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment["ANSIBLE_HOME"] = str(CACHE / "ansible")
    command = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection", *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=CACHE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


def build() -> tuple[Path, Path]:
    """The tarball, and a collections folder in which it is installed."""
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (CACHE / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = BUILDS / tree.digest([name for name in tree.files() if not name.startswith(NOT_PACKED)])
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            # From a copy, so that what others write meanwhile, or left lying about, is not packed.
            galaxy("build", "--output-path", folder, tree.refresh_copy())
            galaxy("install", "--offline", "--force", tarball(folder), "-p", folder / "unfinished")
            (folder / "unfinished").rename(folder / "installed")
        os.utime(folder)
        for old in BUILDS.iterdir():
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    return tarball(folder), folder / "installed"


def tarball(folder: Path) -> Path:
    """The one tarball in a folder."""
    return next(folder.glob("baremetal-generator-*.tar.gz"))
