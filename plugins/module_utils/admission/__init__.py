# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission and lifecycle: who gets a slot, how an entry becomes a host, how both go; exact, with no lock held.

words, claims, aside           the words; what a fault means for the one that it is about
into_the_line                  enqueue, adopt
out_of_the_line                admit, pick
materializing, secrets         materialize
settling                       finish, cancel, collect
sweeping                       sweep
redeploying, editing, removing redeploy, edit, delete
"""
from __future__ import annotations

from .aside import mend_statuses
from .into_the_line import adopt, enqueue
from .out_of_the_line import AdmitResult, admit, pick
from .materializing import materialize
from .redeploying import redeploy
from .removing import remove
from .settling import cancel, collect, finish
from .sweeping import sweep, sweep_when_due
from .words import Entry, Outcome, Policy, Resolved, Run

__all__ = [
    "AdmitResult", "Entry", "Outcome", "Policy", "Resolved", "Run",
    "admit", "adopt", "cancel", "collect", "enqueue", "finish", "materialize", "mend_statuses", "pick", "redeploy", "remove", "sweep", "sweep_when_due",
]
