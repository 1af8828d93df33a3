# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second stage: free slots are granted to the head of each line, and hosts made."""
from __future__ import annotations

from .. import admission
from ..kube import open_cluster
from ..reading import read_buffers
from ..recording import RecordingCluster
from . import Options, Result
from .common import credentials_of, policy_of, told


def admit(options: Options, check_mode: bool, diff: bool) -> Result:
    """All buffers, or those that were named."""
    policy, credentials = policy_of(options), credentials_of(options)
    cluster = RecordingCluster(open_cluster(options, policy.deadline), check_mode, options["assume"] if check_mode else ())
    outcome = admission.admit(cluster, options["buffers"], credentials, policy)
    swept = admission.sweep_when_due(cluster, policy, always=options["sweep"])
    buffers = read_buffers(cluster, options["buffers"])
    return told(cluster, outcome.outcomes, diff, [*swept, *(one["summary"] for one in buffers)], buffers=buffers)
