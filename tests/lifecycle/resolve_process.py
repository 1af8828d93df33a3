# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One process that looks up what is due, once: python -m tests.lifecycle.resolve_process, options as JSON in its first line, go in its second."""
from __future__ import annotations

import json
import sys

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.generator.plugins.module_utils.arguments import RESOLVE_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.resolve import resolve


def main() -> int:
    """0 when the run went well."""
    options = ArgumentSpecValidator(RESOLVE_ARGS).validate(json.loads(sys.stdin.readline())).validated_parameters
    print("ready", flush=True)
    sys.stdin.readline()
    result = attempt(resolve, options, False, False)
    print(json.dumps({key: result.get(key) for key in ("failed", "msg", "generators", "warnings")}), flush=True)
    return 1 if result.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main())
