# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins by `auth-provider` of a kubeconfig, which Kubernetes has given up: the client library still knows some of them."""
from __future__ import annotations

from .errors import InvalidArgument, Unauthorized
from .kubeconfig import Chosen

try:
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException
    from oauthlib.oauth2 import OAuth2Error
    from urllib3.exceptions import HTTPError
    KUBERNETES_MISSING = False
except ImportError:
    KUBERNETES_MISSING = True


def token_of(chosen: Chosen) -> str:
    """The token that the provider of the user's entry gives. What the library says when it fails may quote the entry, so it is not repeated."""
    user = chosen.user
    if KUBERNETES_MISSING:
        raise InvalidArgument(f"{user.what} logs in by auth-provider, and the Python package kubernetes is missing: install it (pip install kubernetes).")
    whole = {
        "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://unused.invalid"}}],
        "users": [{"name": "u", "user": {"auth-provider": user.mapping("auth-provider")}}],
    }
    try:
        loader = config.kube_config.KubeConfigLoader(config_dict=whole, config_base_path=str(user.folder))
        loader.load_and_set(client.Configuration())
    except (ConfigException, HTTPError, OAuth2Error, OSError, ValueError, TypeError, AttributeError, LookupError):
        raise Unauthorized(f"The login by auth-provider of {user.what} failed: log in again, or use a login helper (exec) or a token.") from None
    finally:
        config.kube_config._cleanup_temp_files()  # pylint: disable=protected-access  # a CA that it wrote out
    token = str(getattr(loader, "token", "")).removeprefix("Bearer ").strip()
    if not token:
        raise InvalidArgument(f"The auth-provider of {user.what} is of a kind that is no longer known: use a login helper (exec) or a token.")
    return token
