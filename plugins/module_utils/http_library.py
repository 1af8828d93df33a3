# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is used of urllib3. Without it everything can still be imported, so that a module can say what is missing instead of ending in a traceback."""
from __future__ import annotations

import traceback
from typing import Any

__all__ = [
    "URLLIB3_MISSING", "VERSION", "HTTPConnection", "HTTPConnectionPool", "HTTPHeaderDict", "HTTPSConnection", "HTTPSConnectionPool", "PoolManager",
    "ProxyManager", "Timeout", "failures"]

failures: Any
try:
    from urllib3 import PoolManager, ProxyManager, Timeout, exceptions as failures
    from urllib3 import __version__ as VERSION
    from urllib3._collections import HTTPHeaderDict     # urllib3 1.26 has no other name for it
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:
    URLLIB3_MISSING: str | None = traceback.format_exc()
    VERSION, failures = "", None
    HTTPHeaderDict = PoolManager = ProxyManager = Timeout = object  # type: ignore[assignment, misc]
    HTTPConnection = HTTPSConnection = HTTPConnectionPool = HTTPSConnectionPool = object  # type: ignore[assignment, misc]
else:
    URLLIB3_MISSING = None
