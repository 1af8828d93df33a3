# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The quick door to a stage: inside ansible-playbook where the task is plainly local, else through the module of the same name."""
from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.parent import ends_with_parent
from ansible_collections.baremetal.generator.plugins.module_utils.showing import secrets_of_urls, shown
from ansible_collections.baremetal.generator.plugins.module_utils.stages import Stage, attempt
from ansible_collections.baremetal.generator.plugins.module_utils.texts import need_texts
from ansible_collections.baremetal.generator.plugins.plugin_utils.output import threads_may_write

COLLECTION = "baremetal.generator"
PLAYBOOK = os.getpid()      # workers are forked from the process that imported this


class StageAction(ActionBase):
    """What the action plugins of the stages share. A subclass names its stage; the options are those of its module."""

    STAGE: ClassVar[Stage]
    NAME: ClassVar[str]
    ARGUMENT_SPEC: ClassVar[dict[str, Any]]

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The result of the stage, as its module would return it."""
        variables = task_vars or {}
        result = super().run(tmp, variables)
        try:
            need_texts(self.ARGUMENT_SPEC, plain(self._task.args, dates=True))      # a date would reach the module as text
        except InvalidArgument as error:
            return {**result, "failed": True, "changed": False, "msg": str(error)}
        if not self._plainly_local(variables):
            result.update(self._execute_module(
                module_name=f"{COLLECTION}.{self.NAME}", module_args=self._task.args, task_vars=variables, wrap_async=self._task.async_val))
            return result
        result.update(self._run_here())
        return result

    def _plainly_local(self, variables: Mapping[str, Any]) -> bool:
        """Nothing was asked for that would make the module run elsewhere, as someone else, with another Python or environment."""
        task = self._task
        if task.async_val or self._connection.transport != "local" or getattr(self._connection, "become", None) or task.become:
            return False
        if any(task.environment or []):
            return False
        if task.delegate_to:
            variables = {**variables, **(variables.get("ansible_delegated_vars") or {}).get(task.delegate_to, {})}
        interpreter = self._templar.template(variables.get("ansible_python_interpreter"))
        return bool(interpreter) and str(interpreter) == str(self._templar.template(variables.get("ansible_playbook_python")))

    def _run_here(self) -> dict[str, Any]:
        validated = ArgumentSpecValidator(self.ARGUMENT_SPEC).validate(plain(self._task.args))
        options = validated.validated_parameters
        # pylint: disable-next=protected-access  # AnsibleModule reads it in the same way
        secrets = {*validated._no_log_values, *filter(None, secrets_of_urls(options))}
        if validated.error_messages:
            message = str(validated.errors.msg)
            if isinstance(validated.errors[0], UnsupportedError):
                message = f"Unsupported parameters for ({COLLECTION}.{self.NAME}) module: {message}"
            outcome: dict[str, Any] = {"failed": True, "msg": message}
        else:
            with ends_with_parent(PLAYBOOK), threads_may_write():
                outcome = attempt(type(self).STAGE, options, bool(self._task.check_mode), bool(self._task.diff))
        outcome.setdefault("changed", False)
        outcome["invocation"] = {"module_args": shown(self.ARGUMENT_SPEC, options)}
        return remove_values(outcome, secrets)


def plain(value: Any, *, dates: bool = False) -> Any:
    """The same in Python's own types: Ansible marks strings, numbers and dates, and other libraries do not know its marks. dates: stay dates."""
    if value is None or isinstance(value, bool):
        return bool(value) if value is not None else None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(one, dates=dates) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one, dates=dates) for one in value]
    if isinstance(value, date):
        return value if dates else value.isoformat()
    return str.__str__(str(value))      # a vaulted string of older releases becomes its plain text here
