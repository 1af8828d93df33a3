# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a stage does, given its options: called by the module and by the action plugin of its name, which return what it returns."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import GeneratorError
from ..guard import where
from ..stopping import stoppable
from ..texts import need_texts

Options = dict[str, Any]
Result = dict[str, Any]
Stage = Callable[[Options, bool, bool], Result]


def attempt(stage: Stage, options: Options, check_mode: bool, diff: bool, spec: Mapping[str, Any] | None = None) -> Result:
    """The result of stage(options, check_mode, diff), or `failed` with the sentence that says why. It never raises. spec: of the options."""
    try:
        with stoppable():
            need_texts(spec or {}, options)
            return stage(options, check_mode, diff)
    except GeneratorError as error:
        return {"failed": True, "msg": str(error)}
    except Exception as error:  # pylint: disable=broad-exception-caught  # Ansible would print what a foreign error says, secrets and all
        return {"failed": True, "msg": f"This is a bug in baremetal.generator, please report it: {type(error).__name__} at {where(error)}."}
