# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick door to the stage resolve; the module of this name documents it."""
from __future__ import annotations

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import RESOLVE_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.stages.resolve import resolve
from ansible_collections.baremetal.generator.plugins.plugin_utils.door import StageAction


class ActionModule(StageAction):
    """Runs the stage inside ansible-playbook where that is the same."""

    NAME = "generator_resolve"
    ARGUMENT_SPEC = RESOLVE_ARGS
    STAGE = staticmethod(resolve)
