# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make lock`: requirements/*.txt anew from *.in, the versions of one environment agreeing with each other."""
from __future__ import annotations

import subprocess
import sys

from tests.tools.places import ROOT

# Name of the lock, and the one whose versions it must keep.
LOCKS = {"demo": None, "test": "demo", "java": None, "pip": None, "core-2.16": None}
OPTIONS = ("--quiet", "--upgrade", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-annotate", "--no-header",
           "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host")


def main() -> None:
    """All of them."""
    for name, kept in LOCKS.items():
        print(f"requirements/{name}.txt", flush=True)
        constraint = ("-c", f"{kept}.txt") if kept else ()
        subprocess.run([sys.executable, "-m", "piptools", "compile", *OPTIONS, *constraint, f"{name}.in"], cwd=ROOT / "requirements", check=True)


if __name__ == "__main__":
    main()
