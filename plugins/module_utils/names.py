# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every name that objects in the cluster carry: groups, annotations, labels, finalizers, phases."""
from __future__ import annotations

GROUP = "infra.example.com"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
DEFAULT_BUFFER = "default"

# Ours, on generators
FINALIZER = f"{GROUP}/generator"
OPERATOR_FINALIZER = f"bmhgenerator.{GROUP}/finalizer"
REDEPLOY = "redeploy"
RETRY = "retry"
SERVER_VENDOR = "server_vendor"
VLAN_IDS = ("vlanId", "vlan_id")
DELETE_IN_USE = f"{GROUP}/delete-in-use"

# Ours, on buffers
BUFFER_FINALIZER = f"{GROUP}/open-reservations"

# Ours, on what a generator makes (hosts, Secrets, NMStateConfigs)
RID = f"{GROUP}/rid"
GENERATOR_UID = f"{GROUP}/generator-uid"                    # annotation and label
GENERATOR_NAMESPACE = f"{GROUP}/generator-namespace"        # annotation
GENERATOR_NAME = f"{GROUP}/generator-name"                  # annotation
GENERATOR_GENERATION = f"{GROUP}/generator-generation"      # annotation
ADOPTED = f"{GROUP}/adopted"                                # annotation: the host was there before us
BMC_CREDENTIALS = f"{GROUP}/bmc-credentials"                # annotation of a host and its Secret: the user's Secret whose credentials they have
BUFFER_LABEL = f"{GROUP}/buffer"
BUFFER_EXEMPT = f"{GROUP}/buffer-exempt"                    # annotation or label, "true"
SERVER_NAME_INFO = f"{GROUP}/server-name"                   # annotation: of a host that has another name than its server
SERVER_VENDOR_INFO = f"{GROUP}/server-vendor"
SERVER_MODEL_INFO = f"{GROUP}/server-model"
SERVER_SERIAL_INFO = f"{GROUP}/server-serial"

# Metal3 and the assisted installer
PAUSED = "baremetalhost.metal3.io/paused"
PAUSED_BY_ADMISSION = f"{GROUP}/admission"
DETACHED = "baremetalhost.metal3.io/detached"
SECRET_FINALIZER = "baremetalhost.metal3.io/secret"
HOST_FINALIZER = "baremetalhost.metal3.io"
INSPECT = "inspect.metal3.io"
SECRET_LABEL = "environment.metal3.io"
INFRAENV_LABEL = "infraenvs.agent-install.openshift.io"
HOSTNAME = "bmac.agent-install.openshift.io/hostname"
ROLE = "bmac.agent-install.openshift.io/role"
CLUSTER_REFERENCE = "bmac.agent-install.openshift.io/cluster-reference"
AGENT_HOST_LABEL = "agent-install.openshift.io/bmh"

# Phases of a generator
PROCESSING = "Processing"
BUFFERED = "Buffered"
COMPLETED = "Completed"
FAILED = "Failed"

# Vendors, as a generator names them
HP = "HP"
DELL = "DELL"
CISCO = "CISCO"
VENDORS = (HP, DELL, CISCO)
