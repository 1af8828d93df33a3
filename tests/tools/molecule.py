# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.tools.molecule ARGUMENTS...`: all scenarios of extensions/molecule, against the installed collection."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.tools.collection import build
from tests.tools.home import private_home
from tests.tools.places import CACHE, ROOT


def main() -> int:
    """Exit code of molecule."""
    environment = {
        **os.environ, "HOME": str(private_home()), "PYTHONPATH": str(ROOT), "ANSIBLE_HOME": str(CACHE / "ansible"),
        "GENERATOR_INSTALLED": os.environ.get("GENERATOR_INSTALLED") or str(build()[1]),
    }
    environment["ANSIBLE_COLLECTIONS_PATH"] = environment["GENERATOR_INSTALLED"]
    molecule = Path(sys.executable).with_name("molecule")
    return subprocess.run([molecule, "test", "--all", "--shared-state", "--report", *sys.argv[1:]], cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
