# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make test`. A new one is one line in STEPS."""
from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.binaries import COLLECTOR, SERVERS
from tests.tools.places import OLD_CORE_VENV, VENV

OLD_CORE_PYTHON = (3, 12)       # the newest on which ansible-core 2.16 runs


@dataclass(frozen=True)
class Step:
    """One step: a lane of pytest when it has tests, else a tool."""

    name: str
    what: str
    tests: str = ""                      # a folder or file: pytest runs it
    command: tuple[str, ...] = ()        # the tool, its program from the environment
    in_copy: bool = False                # runs in the copy of the tree rather than in the clone
    workers: int = 0                     # of pytest-xdist; 0: none
    environment: Path = VENV
    cluster: str = ""                    # "real": its tests run there, whatever CLUSTER says, or not at all
    programs: tuple[str, ...] = ()       # of a real cluster: those that it starts
    quiet_machine: bool = False          # measures time: waits until the tools beside it are done
    old_core_too: bool = False           # needs the environment with ansible-core 2.16 besides its own
    newest_python: tuple[int, int] = (3, 14)
    seconds: int = 1500

    @property
    def is_lane(self) -> bool:
        """Whether pytest runs it, and counts."""
        return bool(self.tests)

    @property
    def beside(self) -> bool:
        """A tool that may run while tests do."""
        return not self.is_lane and not self.quiet_machine

    @property
    def packages(self) -> str:
        """The set of requirements/ that it needs."""
        return "core-2.16" if self.environment == OLD_CORE_VENV else "test"

    @property
    def all_packages(self) -> set[str]:
        """All sets of requirements/ that it needs."""
        return {self.packages, *(["core-2.16"] if self.old_core_too and sys.version_info[:2] <= OLD_CORE_PYTHON else [])}

    @property
    def needs_installed(self) -> bool:
        """Whether it uses the collection as users do."""
        return self.name not in ("sanity", "lint", "docs", "changelog", "layers", "unit", "resolver")

    def left_out(self) -> str:
        """Why it cannot run on this Python; empty when it can."""
        newest = ".".join(map(str, self.newest_python))
        return "" if sys.version_info[:2] <= self.newest_python else f"{self.name} needs Python {newest} or older"


STEPS = (
    Step("sanity", "ansible-test sanity, nothing ignored", command=("python", "-m", "tests.tools.sanity"), newest_python=(3, 13)),
    Step("lint", "ansible-lint, profile production", command=("ansible-lint", "--profile", "production", "--offline", "-q"), in_copy=True),
    Step("docs", "documentation of every plugin and role", command=("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."), in_copy=True),
    Step("changelog", "changelog fragments", command=("antsibull-changelog", "lint"), in_copy=True),
    Step("layers", "who may import whom", tests="tests/gates/test_layers.py"),
    Step("tarball", "what is packed, built and installed", tests="tests/gates/test_tarball.py"),
    Step("unit", "unit tests", tests="tests/unit", workers=2),
    Step("resolver", "requirements.txt beside ansible-rulebook 1.1.7, 1.2 and 1.3, and the event sources with each", tests="tests/resolver",
         newest_python=(3, 13)),
    Step("integration", "modules, roles and playbooks through ansible-playbook", tests="tests/integration", workers=2),
    Step("integration-2.16", "the same on ansible-core 2.16", tests="tests/integration", workers=2, environment=OLD_CORE_VENV,
         newest_python=OLD_CORE_PYTHON),
    Step("lifecycle", "redeploy, edit, delete, adoption, retries, pools; check mode against the real run", tests="tests/lifecycle", workers=2),
    Step("interleavings", "admission through random histories, and without each of its steps", tests="tests/model"),
    Step("poison", "one bad thing stops one thing: thousands in process, forty through playbooks and rulebook; and without the boundary", tests="tests/poison",
         workers=2),
    Step("fuzz", "managers that answer with something else: the right MAC or a reason, three thousand times a vendor", tests="tests/fuzz"),
    Step("faults", "managers that fail at each request of each flow, one to eight times in a row", tests="tests/faults"),
    Step("leaks", "a marker for every credential: none is printed, left in a file or written to the cluster, but in the Secrets of BMCs", tests="tests/leaks",
         workers=2, old_core_too=True),
    Step("actors", "eight processes admit a thousand generators at once", tests="tests/actors"),
    Step("crash", "SIGKILL before and after every call of the API, then an ordinary run", tests="tests/crash", workers=2),
    Step("events", "event sources and rulebooks under ansible-rulebook", tests="tests/eda", workers=2, quiet_machine=True),
    Step("endurance", "one rulebook through thirty compressed minutes: it holds no more at their end", tests="tests/endurance", quiet_machine=True),
    Step("conformance", "the in-memory API against a real kube-apiserver", tests="tests/conformance", programs=SERVERS),
    Step("integration-real", "modules, roles and playbooks on a real kube-apiserver", tests="tests/integration", workers=2, cluster="real", programs=SERVERS),
    Step("poison-real", "forty bad things at once, stored on a real kube-apiserver with older CRDs", tests="tests/poison/test_crowd.py", cluster="real",
         programs=SERVERS),
    Step("collector", "Secrets beside the real garbage collector", tests="tests/collector", cluster="real", programs=(*SERVERS, COLLECTOR)),
    Step("events-real", "event sources and rulebooks on a real kube-apiserver", tests="tests/eda", cluster="real", programs=SERVERS, quiet_machine=True),
    Step("molecule", "a first install and onboarding as a user does it", command=("python", "-m", "tests.tools.molecule"), quiet_machine=True),
)
