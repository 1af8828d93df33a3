# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share: the collection under its full name, and the fixtures of tests/fixtures."""
from __future__ import annotations

from pathlib import Path

from tests.tools.places import ROOT, name_the_collection

name_the_collection()

pytest_plugins = [f"tests.fixtures.{path.stem}" for path in sorted(Path(ROOT, "tests", "fixtures").glob("*.py")) if path.stem != "__init__"]
