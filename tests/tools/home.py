# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A home folder inside .cache for tools that insist on writing to one; it leads to the user's own settings of pip, and to nothing else."""
from __future__ import annotations

from pathlib import Path

from tests.tools.places import CACHE

SHARED = (".config/pip", ".pip", ".netrc")


def private_home() -> Path:
    """The folder, made when it is not there."""
    home = CACHE / "home"
    for name in SHARED:
        mine, link = Path.home() / name, home / name
        if mine.exists() and mine != link and not link.is_symlink():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(mine)
    home.mkdir(parents=True, exist_ok=True)
    return home
