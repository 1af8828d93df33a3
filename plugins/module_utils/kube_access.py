# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cluster is and who we are there: options, K8S_AUTH_* variables, a kubeconfig, or the service account of this pod."""
from __future__ import annotations

import os
import ssl
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import InvalidArgument

try:
    from kubernetes import client, config
    from kubernetes.client.rest import RESTClientObject
    from kubernetes.config.config_exception import ConfigException
    from yaml import YAMLError
    KUBERNETES_IMPORT_ERROR = None
except ImportError:
    KUBERNETES_IMPORT_ERROR = traceback.format_exc()

# The names that kubernetes.core uses, so that a platform's own credential for clusters works here as well.
ENVIRONMENT = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "proxy": "K8S_AUTH_PROXY",
}
FALSE_WORDS = frozenset({"false", "no", "off", "0", "n", "f"})


def read_configuration(params: Mapping[str, Any]) -> client.Configuration:
    """Address, trust and credentials of the cluster. Raises InvalidArgument, naming what is wrong; the cluster is not asked."""
    if KUBERNETES_IMPORT_ERROR is not None:
        raise InvalidArgument("The Python package kubernetes is missing: install it where this runs (pip install kubernetes).")
    wanted = {name: _given(params, name) for name in ENVIRONMENT}
    configuration = client.Configuration()
    if wanted["host"] and (wanted["api_key"] or wanted["client_cert"]):
        configuration.host = str(wanted["host"]).rstrip("/")
    else:
        _load(configuration, wanted)
    _override(configuration, wanted)
    return configuration


def authorization(configuration: client.Configuration) -> dict[str, str]:
    """The headers that say who we are; asked for with each request, since tokens of pods and of login helpers are renewed."""
    settings = configuration.auth_settings().values()
    return {one["key"].title(): str(one["value"]) for one in settings if one.get("in") == "header" and one.get("value")}


def open_connections(configuration: client.Configuration) -> Any:
    """The client's pool of connections. Certificates and keys are in memory, and what the client wrote for them has gone, before anything is asked."""
    pool = RESTClientObject(configuration).pool_manager
    if configuration.host.lower().startswith("https:"):
        try:
            _load_certificates(pool.connection_pool_kw, bool(configuration.proxy))
        except OSError as error:
            raise InvalidArgument(f"The certificates for the Kubernetes API at {configuration.host} cannot be used: {_first_line(error)}.") from error
        finally:
            forget_files()
    return pool


def _load_certificates(settings: dict[str, Any], with_proxy: bool) -> None:
    """Once for all connections."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = settings["cert_reqs"] == ssl.CERT_REQUIRED
    context.verify_mode = settings["cert_reqs"]
    authorities, certificate, key = (settings.pop(name, None) for name in ("ca_certs", "cert_file", "key_file"))
    if authorities:
        context.load_verify_locations(authorities)
        if with_proxy:
            settings["ca_cert_data"] = b"".join(context.get_ca_certs(binary_form=True))      # an https proxy is trusted by them, too
    elif not settings.get("ca_cert_data"):
        context.load_default_certs()
    if certificate:
        context.load_cert_chain(certificate, key)
    settings["ssl_context"] = context


def forget_files() -> None:
    """Delete what the client wrote out of a kubeconfig, keys among it, once nothing is going to connect.

    A forked worker ends without the client's own cleaning.
    """
    if KUBERNETES_IMPORT_ERROR is None:
        config.kube_config._cleanup_temp_files()  # pylint: disable=protected-access  # there is no other way


def _given(params: Mapping[str, Any], name: str) -> Any:
    value = params.get(name)
    if value is None:
        value = os.environ.get(ENVIRONMENT[name])
    return None if value == "" else value


def _load(configuration: client.Configuration, wanted: Mapping[str, Any]) -> None:
    """From a kubeconfig; inside a pod, where neither a kubeconfig nor a context is named, as its service account."""
    kubeconfig, context = wanted["kubeconfig"], wanted["context"]
    if not kubeconfig and not context and not os.environ.get("KUBECONFIG"):
        try:
            config.load_incluster_config(client_configuration=configuration)
            return
        except ConfigException:
            pass    # not in a pod
    where = str(kubeconfig or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    if not any(Path(part).expanduser().is_file() for part in where.split(os.pathsep) if part):
        raise InvalidArgument(f"There is no kubeconfig at {where}: give kubeconfig, or host and api_key, or set K8S_AUTH_KUBECONFIG.")
    try:
        config.load_kube_config(os.path.expanduser(where), context=context, client_configuration=configuration)
    except ConfigException as error:
        raise InvalidArgument(f"The kubeconfig {where} cannot be used: {_first_line(error)}.") from error
    except YAMLError as error:
        raise InvalidArgument(f"The kubeconfig {where} is not valid YAML.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"The kubeconfig {where} cannot be read: {_first_line(error)}.") from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        # What the client raises when the file is YAML of another shape; its text may quote the file, credentials and all.
        raise InvalidArgument(f"The kubeconfig {where} is not a kubeconfig.") from error


def _override(configuration: client.Configuration, wanted: Mapping[str, Any]) -> None:
    """What was given by name wins over what the kubeconfig says."""
    if wanted["host"]:
        configuration.host = str(wanted["host"]).rstrip("/")
    if wanted["api_key"]:
        configuration.api_key = {"authorization": str(wanted["api_key"])}
        configuration.api_key_prefix = {"authorization": "Bearer"}
        configuration.refresh_api_key_hook = None
    if wanted["ca_cert"]:
        configuration.ssl_ca_cert = _file("ca_cert", wanted["ca_cert"])
    if wanted["client_cert"]:
        configuration.cert_file = _file("client_cert", wanted["client_cert"])
    if wanted["client_key"]:
        configuration.key_file = _file("client_key", wanted["client_key"])
    if wanted["proxy"]:
        configuration.proxy = str(wanted["proxy"])
    if wanted["validate_certs"] is not None:
        configuration.verify_ssl = str(wanted["validate_certs"]).strip().lower() not in FALSE_WORDS


def _file(option: str, path: Any) -> str:
    found = os.path.expanduser(str(path))
    if not os.path.isfile(found):
        raise InvalidArgument(f"There is no file {found}, which {option} names.")
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
