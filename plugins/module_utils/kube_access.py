# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the cluster is and who we are there: options, K8S_AUTH_* variables, a kubeconfig, or the service account of this pod."""
from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import kubeconfig, login as logins, proxies
from .errors import InvalidArgument
from .http_proxy import Proxy
from .login import Login
from .tls import client_context

# The names that kubernetes.core uses, so that a platform's own credential for clusters works here as well.
ENVIRONMENT = {
    "kubeconfig": "K8S_AUTH_KUBECONFIG",
    "context": "K8S_AUTH_CONTEXT",
    "host": "K8S_AUTH_HOST",
    "api_key": "K8S_AUTH_API_KEY",
    "username": "K8S_AUTH_USERNAME",
    "password": "K8S_AUTH_PASSWORD",
    "validate_certs": "K8S_AUTH_VERIFY_SSL",
    "ca_cert": "K8S_AUTH_SSL_CA_CERT",
    "client_cert": "K8S_AUTH_CERT_FILE",
    "client_key": "K8S_AUTH_KEY_FILE",
    "proxy": "K8S_AUTH_PROXY",
    "no_proxy": "K8S_AUTH_NO_PROXY",
    "impersonate_user": "K8S_AUTH_IMPERSONATE_USER",
    "impersonate_groups": "K8S_AUTH_IMPERSONATE_GROUPS",
}
NOT_TAKEN = {
    "K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH": "write user and password into the URL of the proxy, http://USER:PASSWORD@HOST:PORT",
    "K8S_AUTH_PROXY_HEADERS_BASIC_AUTH": "give K8S_AUTH_USERNAME and K8S_AUTH_PASSWORD, or a token",
}
FALSE_WORDS = frozenset({"false", "no", "off", "0", "n", "f"})
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass
class Connection:
    """The address of the API server, whom to trust there, who we are, and the way to it."""

    host: str
    login: Login
    verify_ssl: bool = True
    ca_path: str | None = None
    ca_data: bytes | None = None
    tls_server_name: str | None = None
    proxy: Proxy | None = None

    @property
    def shown(self) -> str:
        """The address for sentences, with the proxy that is on the way."""
        return f"{self.host} (through the proxy {self.proxy.url})" if self.proxy else self.host

    def tls(self) -> ssl.SSLContext:
        """Trust and our certificate; in memory from here on."""
        try:
            context = client_context(self.verify_ssl, self.ca_path, self.ca_data)
        except InvalidArgument as error:
            raise InvalidArgument(f"The certificates for the Kubernetes API at {self.host} cannot be used ('ca_cert' or kubeconfig): {error}") from error
        if self.login.certificate:
            with ExitStack() as files:
                names = [files.enter_context(_as_file(part)) for part in (self.login.certificate, self.login.key) if part]
                try:
                    context.load_cert_chain(*names, password=_no_password)
                except (ssl.SSLError, ValueError):
                    raise InvalidArgument(
                        f"The certificates for the Kubernetes API at {self.host} cannot be used: client certificate and key are not PEM, or do not "
                        "belong together.") from None
        return context


def read_configuration(params: Mapping[str, Any]) -> Connection:
    """How the cluster is reached. Raises InvalidArgument, naming what is wrong, and Unauthorized for a login helper that fails; the cluster is not asked."""
    for variable, instead in NOT_TAKEN.items():
        if os.environ.get(variable):
            raise InvalidArgument(f"{variable} is not taken: {instead}, and unset it.")
    wanted = {name: _given(params, name) for name in ENVIRONMENT}
    logs_in = wanted["api_key"] or wanted["client_cert"] or wanted["username"] and wanted["password"]
    connection, cluster_proxy = (Connection("", Login()), None) if wanted["host"] and logs_in else _find(wanted)
    _override(connection, wanted)
    connection.host = _address(connection.host)
    setting = "proxy" if wanted["proxy"] else "proxy-url of the kubeconfig"
    connection.proxy = proxies.choose(connection.host, wanted["proxy"] or cluster_proxy, wanted["no_proxy"], os.environ, setting)
    connection.login.prepare()
    return connection


def authorization(connection: Connection) -> dict[str, str]:
    """The header that says who we are; asked for with each request, since tokens of pods and of login helpers are renewed."""
    value = connection.login.authorization()
    return {"Authorization": value} if value else {}


def _given(params: Mapping[str, Any], name: str) -> Any:
    value = params.get(name)
    if value is None:
        value = os.environ.get(ENVIRONMENT[name])
    return None if value in ("", []) else value


def _find(wanted: Mapping[str, Any]) -> tuple[Connection, str | None]:
    """From a kubeconfig; inside a pod, where neither a kubeconfig nor a context is named, as its service account. With it, the proxy of the cluster."""
    named, context = wanted["kubeconfig"] or os.environ.get("KUBECONFIG"), wanted["context"]
    if not named and not context:
        pod = _in_pod()
        if pod is not None:
            return pod, None
    chosen = kubeconfig.choose(str(named or Path.home() / ".kube" / "config"), context)
    cluster = chosen.cluster
    if wanted["api_key"] or wanted["username"]:
        login = Login(certificate=chosen.user.content("client-certificate"), key=chosen.user.content("client-key"))    # the rest is not asked for
    else:
        login = logins.of_kubeconfig(chosen)
    connection = Connection(
        cluster.text("server"), login, not cluster.flag("insecure-skip-tls-verify"), ca_data=cluster.content("certificate-authority"),
        tls_server_name=cluster.text("tls-server-name") or None)
    if not connection.host and not wanted["host"]:
        raise InvalidArgument(f"The kubeconfig {chosen.where} cannot be used: {cluster.what.partition(' of the')[0]} has no server.")
    return connection, cluster.text("proxy-url") or None


def _in_pod() -> Connection | None:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    token, authority = SERVICE_ACCOUNT / "token", SERVICE_ACCOUNT / "ca.crt"
    if not host or not port or not token.is_file():
        return None
    trusted = str(authority) if authority.is_file() else None
    return Connection(f"https://{f'[{host}]' if ':' in host else host}:{port}", Login(token_file=token), ca_path=trusted)


def _override(connection: Connection, wanted: Mapping[str, Any]) -> None:
    """What was given by name wins over what the kubeconfig says."""
    login = connection.login
    if wanted["host"]:
        connection.host = str(wanted["host"])
    if wanted["api_key"]:
        login.token, login.token_file, login.helper = str(wanted["api_key"]).strip(), None, None
    if wanted["username"] or wanted["password"]:
        if not (wanted["username"] and wanted["password"]):
            raise InvalidArgument("username and password (K8S_AUTH_USERNAME, K8S_AUTH_PASSWORD) log in together: give both, or a token as api_key.")
        login.username, login.password = str(wanted["username"]), str(wanted["password"])
    if wanted["ca_cert"]:
        connection.ca_path, connection.ca_data = _file("ca_cert", wanted["ca_cert"]), None
    if wanted["client_cert"]:
        login.certificate = Path(_file("client_cert", wanted["client_cert"])).read_bytes()
        login.key = None        # it may stand in the same file
    if wanted["client_key"]:
        login.key = Path(_file("client_key", wanted["client_key"])).read_bytes()
    if wanted["validate_certs"] is not None:
        connection.verify_ssl = str(wanted["validate_certs"]).strip().lower() not in FALSE_WORDS
    if wanted["impersonate_user"] or wanted["impersonate_groups"]:
        groups = wanted["impersonate_groups"] or []
        groups = [group.strip() for group in groups.split(",")] if isinstance(groups, str) else [str(group) for group in groups]
        login.impersonation = logins.impersonation(str(wanted["impersonate_user"] or ""), filter(None, groups), what="impersonate_user and impersonate_groups")


def _address(host: str) -> str:
    """Without what must not be shown or would make another path; a host alone is one of https, as kubectl takes it."""
    text = host.strip()
    text = (text if "://" in text else f"https://{text}").rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0) and text.isprintable()
    except ValueError:
        usable = False
        parts = urlsplit("")
    if "@" in text or parts.query or parts.fragment or not usable or " " in text:
        shown = text.rpartition("@")[2]
        raise InvalidArgument(
            f"The address of the API server, {shown!r}, cannot be used: write https://HOST:PORT, without user and password, which username and password take.")
    return text


def _file(option: str, path: Any) -> str:
    found = os.path.expanduser(str(path))
    if not os.path.isfile(found):
        raise InvalidArgument(f"There is no file {found}, which {option} names.")
    if not os.access(found, os.R_OK):
        raise InvalidArgument(f"The file {found}, which {option} names, cannot be read by this user.")
    return found


def _no_password() -> str:
    """OpenSSL would ask at the terminal."""
    raise ValueError("the key is encrypted")


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A name under which OpenSSL can read this; where the system can, in no file that outlives a kill."""
    if hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd"):
        number = os.memfd_create("certificate")
        try:
            with os.fdopen(os.dup(number), "wb") as file:
                file.write(content)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name
