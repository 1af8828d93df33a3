# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The third stage: what deleted generators made is taken away."""
from __future__ import annotations

from .. import admission
from ..kube import open_cluster
from ..recording import RecordingCluster
from . import Options, Result
from .common import policy_of, told


def remove(options: Options, check_mode: bool, diff: bool) -> Result:
    """Every generator that is being deleted and ours goes as far as it can."""
    policy = policy_of(options)
    cluster = RecordingCluster(open_cluster(options), check_mode)
    return told(cluster, admission.remove(cluster, policy), diff)
