# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom we trust over TLS: decided once for modules and event sources, for managers and the cluster, on every Python alike."""
from __future__ import annotations

import os
import re
import ssl

from .errors import InvalidArgument

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")        # how OpenSSL looks certificates up in a folder


def client_context(validate_certs: bool = True, ca_path: str | None = None, ca_data: str | bytes | None = None) -> ssl.SSLContext:
    """Trusts the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR name others), or just those of ca_path, a file or folder, and ca_data.

    Raises InvalidArgument where those cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As kubectl and browsers decide. Python 3.13 began to refuse authorities without keyUsage in some contexts; an intermediate that was named is an anchor.
    context.verify_flags = (context.verify_flags & ~ssl.VERIFY_X509_STRICT) | ssl.VERIFY_X509_PARTIAL_CHAIN
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if ca_path:
        _trust_path(context, ca_path)
    if ca_data:
        _trust_data(context, ca_data)
    if not ca_path and not ca_data:
        context.load_default_certs()
    return context


def _trust_path(context: ssl.SSLContext, ca_path: str) -> None:
    path = os.path.expanduser(ca_path)
    try:
        if not os.path.isdir(path):
            context.load_verify_locations(cafile=path)
            return
        if not any(map(_HASHED.fullmatch, os.listdir(path))):
            raise InvalidArgument(f"The folder {path} has no CA certificates under hashed names: run openssl rehash {path}, or name one file of PEM.")
        context.load_verify_locations(capath=path)
    except ssl.SSLError as error:
        raise InvalidArgument(f"The file {path} holds no CA certificates in PEM: name a file that does.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidArgument(f"The CA certificates at {path} cannot be read ({why}): correct the path, or make it readable for this user.") from error


def _trust_data(context: ssl.SSLContext, ca_data: str | bytes) -> None:
    """PEM with whatever remarks between, or DER."""
    if isinstance(ca_data, bytes) and b"-----BEGIN" not in ca_data:
        data: str | bytes = ca_data
    else:
        text = ca_data if isinstance(ca_data, str) else ca_data.decode("ascii", "ignore")
        data = text.encode("ascii", "ignore").decode("ascii")
    try:
        context.load_verify_locations(cadata=data)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidArgument("The CA certificates that were given are no certificates: give them in PEM.") from error
