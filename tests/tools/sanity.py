# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.tools.sanity ARGUMENTS...`: ansible-test sanity on a copy of the clone, without containers and without a download of its own."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.tools.home import private_home
from tests.tools.places import ROOT
from tests.tools.tree import refresh_copy

# ansible-test fetches a script that installs pip into the environments of its tests, from a host that may be out of reach. This one does it with
# the wheel beside it, which comes from the package index and is checked against its hash.
BOOTSTRAP = '''import sys
sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main
sys.exit(main(["install", *(word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")), {wheel!r}]))
'''


def wanted_pip() -> str:
    """The version of pip that ansible-test installs."""
    found = find_spec("ansible_test")
    assert found is not None and found.submodule_search_locations
    text = Path(found.submodule_search_locations[0], "_internal", "python_requirements.py").read_text(encoding="utf-8")
    version = re.search(r"default_packages = dict\(\s*pip='([\d.]+)'", text)
    if not version:
        sys.exit("sanity: ansible-test no longer says which pip it installs; tests/tools/sanity.py must follow it")
    return version[1]


def bring_pip(home: Path) -> None:
    """The bootstrap script, where ansible-test looks for the one that it would download."""
    version, cache = wanted_pip(), home / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    lock = ROOT / "requirements" / "pip.txt"
    if f"pip=={version} " not in lock.read_text(encoding="utf-8"):
        sys.exit(f"sanity: ansible-test wants pip {version}: put it into requirements/pip.in and run `make lock`")
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "-r", lock, "-d", cache], check=True)
    wheel = next(cache.glob(f"pip-{version}-*.whl"))
    script.write_text(BOOTSTRAP.format(wheel=str(wheel)), encoding="utf-8")


def main() -> int:
    """Exit code of ansible-test."""
    home = private_home()
    bring_pip(home)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [str(Path(sys.executable).with_name("ansible-test")), "sanity", "--local", "--python", version, "--color", "no", *sys.argv[1:]]
    return subprocess.run(command, cwd=refresh_copy(), env={**os.environ, "HOME": str(home)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
