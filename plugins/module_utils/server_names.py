# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of a server: whatever its manager shows, and the name of the host that it becomes. Pure."""
from __future__ import annotations

import re

LONGEST_SERVER_NAME = 255       # characters; a DN of UCS is one too
LONGEST_HOST_NAME = 63          # the host's name becomes the value of a label, and the machine's own name
_HOST_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*")


def server_name_fault(name: object) -> str:
    """Why no manager can have a server of this name, as the end of a sentence; "" when one can."""
    if not isinstance(name, str) or not name.strip():
        return "is empty"
    if len(name) > LONGEST_SERVER_NAME:
        return f"has {len(name)} characters, and {LONGEST_SERVER_NAME} are the most"
    if not name.isprintable():
        return "contains characters that cannot be printed"
    return "begins or ends with a blank" if name != name.strip() else ""


def host_name_of(server_name: str, own: str) -> str:
    """What the host is called: as the server where that is a DNS name of at most 63 characters, else as its generator (own)."""
    fits = len(server_name) <= LONGEST_HOST_NAME and _HOST_NAME.fullmatch(server_name)
    return server_name.lower() if fits else own
