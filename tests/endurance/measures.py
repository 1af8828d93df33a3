# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rulebook at rest holds of the machine, and whether that grew in the course of its life."""
from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields

import psutil

from tests.bench.world import World
from tests.fixtures.rulebook import Rulebook

GROWTH = 1.10
PARTS = 6                   # of a life: the first is for warming up, the second is what the later ones are compared with


@dataclass(frozen=True)
class Sample:
    """Of the rulebook process, of its folders, and of the other ends of its connections."""

    memory: float           # MB, resident, without children
    open_files: int
    threads: int
    children: int
    files: int              # and folders, below its TMPDIR and its ANSIBLE_HOME
    watches: int            # open at the API, those of Metal3 too
    sessions: int           # open at the vendors


def sample(world: World, rulebook: Rulebook) -> Sample:
    """Now."""
    assert rulebook.process is not None
    process = psutil.Process(rulebook.process.pid)
    return Sample(
        memory=rulebook.memory(), open_files=process.num_fds(), threads=process.num_threads(), children=len(process.children(recursive=True)),
        files=len(rulebook.left_in_tmp()) + sum(1 for _path in (rulebook.folder / "home").rglob("*")),
        watches=world.api.open_watches, sessions=sum(counters["open_sessions"] for counters in world.counters().values()))


@dataclass(frozen=True)
class Course:
    """One measure over a life: the median of each part."""

    name: str
    medians: tuple[float, ...]

    @property
    def begin(self) -> float:
        """From the fifth minute to the tenth."""
        return self.medians[1]

    @property
    def most(self) -> float:
        """The highest of the later parts."""
        return max(self.medians[2:])

    @property
    def grew(self) -> bool:
        """By more than a tenth. Of a few files or threads one more is no tenth of them, but no growth either; of none it is."""
        one_more = self.begin + 1 if self.begin and self.name != "memory" else 0
        return self.most > max(self.begin * GROWTH, one_more)

    def __str__(self) -> str:
        unit = " MB" if self.name == "memory" else ""
        return f"{self.name.replace('_', ' ')} {self.begin:.0f} -> {self.most:.0f}{unit}"


def courses(samples: Sequence[Sample]) -> list[Course]:
    """Of every measure."""
    bounds = [len(samples) * part // PARTS for part in range(PARTS + 1)]
    parts = [samples[begin:end] for begin, end in zip(bounds, bounds[1:])]
    return [Course(one.name, tuple(statistics.median(getattr(each, one.name) for each in part) for part in parts)) for one in fields(Sample)]


def figures(samples: Sequence[Sample]) -> str:
    """All of them in one line."""
    return ", ".join(map(str, courses(samples)))
