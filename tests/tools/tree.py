# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of this clone, and a real copy of them at .../ansible_collections/baremetal/generator, as ansible-test wants it."""
from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.tools.places import CACHE, ROOT

TREE = CACHE / "tree"
COPY = TREE / "ansible_collections" / "baremetal" / "generator"


def files() -> list[str]:
    """What git knows or would take up: no caches, nothing that it ignores. Sorted, relative to the clone."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted({name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()})


def digest(names: list[str]) -> str:
    """A short word that changes when one of these files does."""
    total = hashlib.sha256()
    for name in names:
        total.update(f"{name}\0{(ROOT / name).stat().st_mode:o}\0".encode())
        total.update((ROOT / name).read_bytes() + b"\0")
    return total.hexdigest()[:16]


def refresh_copy() -> Path:
    """Bring the copy up to date; files that did not change keep their times, so that warm caches stay warm."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "tree.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _copy()
    return COPY


def _copy() -> None:
    wanted = set(files())
    for path in sorted(COPY.rglob("*"), reverse=True) if COPY.exists() else ():
        name = path.relative_to(COPY).as_posix()
        if name.startswith((".git/", "tests/output")) or name == ".git":
            continue
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif name not in wanted:
            path.unlink()
    for name in sorted(wanted):
        source, target = ROOT / name, COPY / name
        if not same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    if not (COPY / ".git").exists():
        # Without its own repository, ansible-test asks the clone's, which ignores everything here.
        subprocess.run(["git", "init", "--quiet", COPY], check=True)


def same(source: Path, target: Path) -> bool:
    """Whether the copy is the file."""
    return target.is_file() and source.stat().st_mode == target.stat().st_mode and source.read_bytes() == target.read_bytes()
