# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An in-memory Kubernetes API for demos, fault injection and fast tests; README.md says what it does not claim."""
from __future__ import annotations

from .admission import CREATE, DELETE, UPDATE, Policy, Review, Rule, Webhook
from .errors import ApiError
from .faults import Fault, Recorded
from .rbac import ADMIN, User
from .simulator import KubernetesSimulator

__all__ = [
    "ADMIN", "CREATE", "DELETE", "UPDATE", "ApiError", "Fault", "KubernetesSimulator", "Policy", "Recorded", "Review", "Rule", "User", "Webhook",
]
