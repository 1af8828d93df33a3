# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a variable that holds secrets, text by text, so that no error shows more of it than a place."""
from __future__ import annotations

DOCUMENTATION = r"""
name: variable
short_description: Read a variable that holds secrets
version_added: 0.1.0
description:
  - Reads a variable whose texts may be passwords. A text that Ansible takes for a template and cannot evaluate is refused by its place, and nothing of
    the variable is shown, while Ansible itself shows the text, or all of the variable.
  - Templates that name a variable or a lookup are evaluated. Vaulted texts and those marked C(!unsafe) are taken as they are.
options:
  _terms:
    description: Names of variables.
    type: list
    elements: str
    required: true
  default:
    description: Stands in for a variable that is not defined.
    type: raw
author:
  - The baremetal.generator contributors (@baremetal-generator)
"""

EXAMPLES = r"""
- name: Look up what is due
  baremetal.generator.generator_resolve:
    managers: "{{ lookup('baremetal.generator.variable', 'generator_managers', default=[]) }}"
"""

RETURN = r"""
_raw:
  description: The value of each variable.
  type: list
  elements: raw
"""

from typing import Any

from ansible.plugins.lookup import LookupBase

from ansible_collections.baremetal.generator.plugins.plugin_utils.variables import Variables


class LookupModule(LookupBase):
    """{{ lookup('baremetal.generator.variable', NAME, default=VALUE) }}."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """The value of each variable that is named."""
        self.set_options(var_options=variables, direct=kwargs)
        read = Variables(variables or {}, self._templar)
        return [read.value(name, self.get_option("default")) for name in terms]
