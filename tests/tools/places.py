# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in a clone. Everything that commands write goes below .cache and .venv."""
from __future__ import annotations

import importlib
from pathlib import Path

ROOT = Path(__file__).absolute().parents[2]
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
OLD_CORE_VENV = CACHE / "venv-2.16"
RESULTS = CACHE / "results"


def name_the_collection() -> Path:
    """A folder in which this clone is known as ansible_collections.baremetal.generator, for Python's imports."""
    folder = CACHE / "collections"
    link = folder / "ansible_collections" / "baremetal" / "generator"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.resolve() != ROOT.resolve():
        link.unlink(missing_ok=True)
        try:
            link.symlink_to(ROOT, target_is_directory=True)
        except FileExistsError:
            pass                                   # another process of the same run was quicker
        importlib.invalidate_caches()              # the folder may be on the path since before it was there
    return folder
