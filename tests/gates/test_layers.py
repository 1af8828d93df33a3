# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rulebook -> playbook -> role -> module or action -> module_utils <- event source; nothing points back."""
from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest
import yaml

from tests.gates.imports import Import, reach, read, read_all, sources
from tests.tools.places import ROOT

UTILS = "plugins.module_utils."
SOURCES = "extensions.eda.plugins.event_source."
VENDOR = re.compile(r"plugins\.module_utils\.managers\.(oneview|ome|ucs)(_\w+)?")
# Where a library comes in; everything else of module_utils does without.
DOORWAYS: dict[str, set[str]] = {
    "requests": set(),          # it follows redirects in thought, keeps cookies, and unpacks whatever comes
    "kubernetes": {"provider_login"},
    "oauthlib": {"provider_login"},
    "urllib3": {"http_library", "http_socks", "provider_login"},
    "socks": {"http_socks"},
    "yaml": {"kubeconfig"},
    "aiohttp": {"streams", "health"},
    "aiohttp_socks": {"streams"},
}
PURE = ("names", "errors", "models", "nics", "generators", "availability", "manifests", "profiles", "status", "admission")
IMPORTS = read_all()

Rule = Callable[[Import], bool]


def top(found: Import) -> str:
    """The first word of what is imported."""
    return found.module.split(".")[0]


def in_utils(found: Import) -> bool:
    """The importing file is in module_utils."""
    return found.by.startswith(UTILS)


def vendor(name: str) -> str | None:
    """The vendor that a file of managers/ is about."""
    match = VENDOR.fullmatch(name)
    return match[1] if match else None


# Each: what is forbidden, and a line of code that breaks it, in which file.
RULES: dict[str, tuple[Rule, str, str]] = {
    "module_utils imports its own relatively": (
        lambda found: in_utils(found) and found.is_ours and not found.is_relative,
        UTILS + "http", "from ansible_collections.baremetal.generator.plugins.module_utils.errors import ManagerError"),
    "elsewhere our own is imported by its full name": (
        lambda found: not in_utils(found) and found.is_relative, "plugins.modules.crds", "from ..module_utils.kube import open_cluster"),
    "module_utils imports nothing but module_utils": (
        lambda found: in_utils(found) and found.is_ours and not found.module.startswith("plugins.module_utils"),
        UTILS + "stages.admit", "from ...plugin_utils import door"),
    "in module_utils only arguments.py imports ansible": (
        lambda found: in_utils(found) and top(found) == "ansible" and found.by != UTILS + "arguments",
        UTILS + "kube", "from ansible.module_utils.basic import AnsibleModule"),
    "a file in module_utils takes along only what import statements name": (
        lambda found: in_utils(found) and top(found) in ("importlib", "pkgutil", "runpy"), UTILS + "managers", "import importlib"),
    "a library comes in through its one doorway": (
        lambda found: in_utils(found) and found.by.removeprefix(UTILS) not in DOORWAYS.get(top(found), {found.by.removeprefix(UTILS)}),
        UTILS + "managers.ome", "import requests"),
    "modules, actions and sources use no library directly": (
        lambda found: not in_utils(found) and top(found) in DOORWAYS and found.by not in ("plugins.plugin_utils.door", "plugins.filter.variables_file"),
        "plugins.modules.server_info", "import requests"),
    "vendors never import each other": (
        lambda found: bool(vendor(found.by) and vendor(found.module)) and vendor(found.by) != vendor(found.module),
        UTILS + "managers.ucs", "from .ome_server import to_server"),
    "modules never import each other": (
        lambda found: found.module.startswith("plugins.modules") and found.by != found.module,
        "plugins.action.buffer_admit", "from ansible_collections.baremetal.generator.plugins.modules.crds import main"),
    "a module needs module_utils only": (
        lambda found: found.by.startswith("plugins.modules.") and found.is_ours and not found.module.startswith("plugins.module_utils"),
        "plugins.modules.crds", "from ansible_collections.baremetal.generator.plugins.plugin_utils.door import StageAction"),
    "an event source needs module_utils only, and no ansible": (
        lambda found: found.by.startswith(SOURCES) and (
            top(found) in ("ansible", "kubernetes", "requests") or found.is_ours and not found.module.startswith("plugins.module_utils")),
        SOURCES + "generators", "from ansible.module_utils.basic import AnsibleModule"),
    "nothing imports an event source": (
        lambda found: found.module.startswith("extensions."), UTILS + "watch", "import extensions.eda.plugins.event_source.generators"),
    "the product never imports its tests": (
        lambda found: top(found) == "tests", UTILS + "http", "from tests.waiting import until"),
    "errors.py imports nothing of ours": (
        lambda found: found.by == UTILS + "errors" and found.is_ours, UTILS + "errors", "from .models import Server"),
    "models.py imports nothing of ours": (
        lambda found: found.by == UTILS + "models" and found.is_ours, UTILS + "models", "from .errors import ManagerError"),
}


@pytest.mark.parametrize("what", RULES)
def test_layers_are_kept(what: str) -> None:
    breaks, _by, _line = RULES[what]
    assert [str(found) for found in IMPORTS if breaks(found)] == []


@pytest.mark.parametrize("what", RULES)
def test_a_file_that_breaks_a_rule_is_found(what: str) -> None:
    breaks, by, line = RULES[what]
    planted = read(by, f"def later():\n    {line}\n", by == UTILS + "managers", frozenset(sources()))
    assert any(breaks(found) for found in planted)


@pytest.mark.parametrize("name", PURE)
def test_what_decides_brings_no_library_along(name: str) -> None:
    brought = {module.split(".")[0] for module in reach(UTILS + name, IMPORTS)}
    assert not brought & {*DOORWAYS, "ansible", "asyncio", "socket", "ssl", "subprocess"}


def test_only_modules_end_a_module() -> None:
    callers = {
        name for name, path in sources().items() for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("fail_json", "exit_json")}
    assert {name for name in callers if not name.startswith("plugins.modules.")} == set()


@pytest.mark.parametrize(("group", "fragment"), [("cluster", "kubernetes"), ("managers", "managers")])
def test_an_action_group_is_the_modules_that_share_the_options_of_a_fragment(group: str, fragment: str) -> None:
    members = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"][group]
    extends = re.compile(rf"^  - baremetal\.generator\.{fragment}$", re.MULTILINE)
    assert members == sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if extends.search(path.read_text(encoding="utf-8")))


def test_every_action_has_a_module_of_its_name() -> None:
    actions, modules = ({path.stem for path in (ROOT / "plugins" / kind).glob("*.py")} for kind in ("action", "modules"))
    assert actions <= modules
