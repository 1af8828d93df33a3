# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python3 -m tests.tools.inside demo ARGUMENTS...`: Python with these packages of requirements/, set up first where it must be."""
from __future__ import annotations

import os
import sys

from tests.tools.places import CACHE
from tests.tools.prepare import SetUpFailed, prepare, prepare_java


def main() -> None:
    """Set up, then become the command."""
    packages, *arguments = sys.argv[1:]
    try:
        python = prepare(packages)
        java = prepare_java()
    except SetUpFailed as failure:
        sys.exit(f"set-up: FAILED: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.environ.update(
        java,
        PATH=os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)]),
        VIRTUAL_ENV=str(python.parents[1]),
        ANSIBLE_HOME=str(CACHE / "ansible"),               # nothing of ours goes to ~/.ansible
        PYTHONPYCACHEPREFIX=str(CACHE / "pycache"),
    )
    os.environ.pop("PYTHONHOME", None)
    os.execv(python, [str(python), *arguments])


if __name__ == "__main__":
    main()
