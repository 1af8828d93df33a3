# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process that admits again and again until nobody waits, and then says in one line of JSON what it did: python -m tests.actors.process OPTIONS.json

It looks once, says that it stands at the gate (a FIFO), and goes on when the gate is opened.
"""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.admit import admit

AT_THE_GATE = "at the gate"


def main() -> int:
    """0 when the line is empty, 1 when a run failed."""
    options = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    gate = Path(options.pop("gate"))
    one_run(options)
    print(AT_THE_GATE, flush=True)
    gate.read_bytes()
    runs, completed, waiting = 0, list[str](), True
    while waiting:
        result = one_run(options)
        runs += 1
        completed += [one["name"] for one in result["generators"] if one["action"] == "completed"]
        waiting = any(buffer["waiting"] for buffer in result["buffers"])
    print(json.dumps({"runs": runs, "completed": completed}), flush=True)
    return 0


def one_run(options: dict[str, Any]) -> dict[str, Any]:
    """The stage, as its module calls it."""
    result = attempt(admit, ArgumentSpecValidator(ADMIT_ARGS).validate(options).validated_parameters, False, False)
    if result.get("failed"):
        sys.exit(result["msg"])
    return result


if __name__ == "__main__":
    sys.exit(main())
