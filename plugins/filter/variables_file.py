# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a file of variables before Ansible reads it."""
from __future__ import annotations

DOCUMENTATION = r"""
name: variables_file
short_description: Look at a file of variables before Ansible reads it
version_added: 0.1.0
description:
  - Returns the path of a file of variables as it is, and warns once when others may read a file that holds any.
  - A file that is no YAML, or has a tag that Ansible does not know, is refused with line and column. Ansible itself shows the line, which may be a password.
  - A file that is vaulted as a whole is taken as it is.
options:
  _input:
    description: Path of the file.
    type: path
    required: true
author:
  - The baremetal.generator contributors (@baremetal-generator)
"""

EXAMPLES = r"""
- name: Read variables
  ansible.builtin.include_vars:
    file: "{{ '/etc/generator/managers.yml' | baremetal.generator.variables_file }}"
"""

RETURN = r"""
_value:
  description: The path.
  type: path
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

OTHERS = 0o077
KNOWN_TAGS = ("!unsafe", "!vault", "!vault-encrypted", "tag:yaml.org,2002:")
display = Display()


@cache
def looked_at(path: str) -> tuple[str, bool]:
    """What is wrong with the file, and whether others may read its variables."""
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
        others = bool(place.stat().st_mode & OTHERS)
    except (OSError, UnicodeDecodeError):
        return "", False            # Ansible says so itself
    if text.startswith("$ANSIBLE_VAULT"):
        return "", False
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return _fault(error.problem_mark), others
    except yaml.YAMLError:
        return _fault(None), others
    tagged = _unknown_tag(root) if root is not None else None
    return _fault(tagged.start_mark) if tagged is not None else "", others and bool(getattr(root, "value", None))


def _unknown_tag(root: yaml.Node) -> yaml.Node | None:
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue                # an alias
        seen.add(id(node))
        if not node.tag.startswith(KNOWN_TAGS):
            return node
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [part for pair in node.value for part in pair]
    return None


def _fault(mark: yaml.Mark | None) -> str:
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return f"is no YAML that Ansible can read{where}: put passwords and other text in quotes."


def variables_file(path: str) -> str:
    """The path, when Ansible can read the file."""
    fault, others = looked_at(str.__str__(path))
    if others:
        display.warning(f"Others on this machine may read {path}: run chmod 600 {path}.")
    if fault:
        raise AnsibleFilterError(f"{path} {fault}")
    return path


class FilterModule:
    """{{ PATH | baremetal.generator.variables_file }}."""

    def filters(self) -> dict[str, Callable[[str], str]]:
        """By name."""
        return {"variables_file": variables_file}
