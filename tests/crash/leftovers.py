# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a killed process leaves behind outside of the cluster: files, and sessions of management systems."""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .world import World


def files_of(folder: Path) -> set[Path]:
    """All files below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}


def files_with(paths: Iterable[Path], secrets: Iterable[str]) -> list[Path]:
    """Those in which a secret stands."""
    words = [secret.encode() for secret in secrets]
    return [path for path in paths if any(word in path.read_bytes() for word in words)]


class Leftovers:
    """Looked at when somebody has just been killed, and once more when all is done."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        self._files, self._sessions = files_of(folder), set(world.sessions())

    @property
    def sessions(self) -> int:
        """How many sessions the killed process left open."""
        return len(self._sessions)

    def what_is_wrong(self, told: Iterable[Path] = ()) -> list[str]:
        """Secrets in files (in those that tell what was done, too), more than one session, and whatever an ordinary run left."""
        world = self._world
        wrong = [f"{path} holds a secret" for path in files_with([*files_of(self._folder), *told], world.secrets)]
        wrong += [f"an ordinary run left {path}" for path in files_of(self._folder) - self._files]
        if len(self._sessions) > 1:
            wrong.append(f"{len(self._sessions)} sessions were open at once")
        if set(world.sessions()) != self._sessions:
            wrong.append("an ordinary run left its session open")
        world.clock.ahead += world.oneview.quirks.idle_seconds + 1
        if world.sessions():
            wrong.append("a session is open past its own expiry")
        return wrong
