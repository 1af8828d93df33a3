# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig's login helper (`exec`): run without a terminal and for bounded seconds; when it fails, what it said is told, secrets left out."""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .errors import InvalidArgument, Unauthorized
from .kube_errors import quoted
from .kubeconfig import Entry
from .showing import USERINFO

SECONDS = 30.0              # for a helper to answer
EARLY_SECONDS = 10.0        # before its end a credential counts as used up
HIDDEN = "********"
_KIND = r"[\w-]*(?:token|passw(?:or)?d|secret|api[_-]?key|credentials?)"
_SECRET_WORD = re.compile(rf"""(?i)(\b(?:bearer|basic)\s+|--?{_KIND}\s+|\b{_KIND}["']?\s*[:=]\s*)("[^"]*"|'[^']*'|\S+)""")
_LONG_WORD = re.compile(r"(?=[\w+=.\-]*\d)[\w+=.\-]{32,}")      # a token, a key, a hash; not a path


@dataclass(frozen=True)
class Credential:
    """What a helper answered. certificate and key: PEM, where it logs in by them. until: a timestamp, None where it does not end."""

    token: str = ""
    certificate: bytes = b""
    key: bytes = b""
    until: float | None = None

    def is_fresh(self, now: float) -> bool:
        """It can be used for the next request."""
        return self.until is None or now < self.until - EARLY_SECONDS


def ask(user: Entry, cluster: Entry) -> Credential:
    """Run the helper that the user's entry names. Raises InvalidArgument for an entry that is none, Unauthorized for a helper that fails."""
    helper = Entry(f"exec of {user.what}", user.mapping("exec"), user.folder)
    command, version = helper.text("command"), helper.text("apiVersion")
    if not command or not version:
        raise InvalidArgument(f"In {helper.what}, command and apiVersion are needed.")
    if helper.text("interactiveMode") == "Always":
        raise InvalidArgument(f"The login helper {command} wants a terminal (interactiveMode: Always), and there is none: log in in another way.")
    own = dict(_environment(helper))
    program = str(helper.folder / command) if "/" in command else command
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False, **_cluster_info(helper, cluster)}}
    environment = {**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info, default=str)}
    arguments = helper.texts("args")
    code, output, said = _run([program, *arguments], environment, command, helper.text("installHint"))
    if code:
        words = _without_secrets(said, [*own.values(), *_secret_arguments(arguments)])
        raise Unauthorized(f"The login helper {command} of {user.what} failed (exit code {code}): {words or 'it said nothing'}. Log in again, or mend it.")
    return _credential(output, f"The login helper {command} of {user.what}", version)


def _run(arguments: list[str], environment: dict[str, str], command: str, hint: str) -> tuple[int, bytes, str]:
    """Exit code, output, and what it said on stderr."""
    try:
        process = subprocess.Popen(  # pylint: disable=consider-using-with  # ended below, whatever happens, with all that it started
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its arguments or environment cannot be passed on"
        raise InvalidArgument(f"The login helper {command} cannot be run: {why}. Install it, or correct the kubeconfig. {quoted(hint)}".rstrip()) from None
    try:
        output, said = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Unauthorized(f"The login helper {command} did not end within {SECONDS:g} s: does it wait for somebody? Log in with it by hand first.") from None
    finally:
        _end(process)
    return process.returncode, output, said.decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The helper, what it started, and our ends of its pipes."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _environment(helper: Entry) -> Iterator[tuple[str, str]]:
    listed = helper.values.get("env") or []
    for item in listed if isinstance(listed, list) else [None]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise InvalidArgument(f"In {helper.what}, env must be a list of name and value.")
        yield item["name"], "" if item.get("value") is None else str(item["value"])


def _cluster_info(helper: Entry, cluster: Entry) -> dict[str, Any]:
    """What the helper is told of the cluster, where it wants to know."""
    if not helper.flag("provideClusterInfo"):
        return {}
    kept = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
    told = {key: cluster.values[key] for key in kept if cluster.values.get(key) is not None}
    extensions = cluster.values.get("extensions")
    for item in extensions if isinstance(extensions, list) else ():
        if isinstance(item, dict) and item.get("name") == "client.authentication.k8s.io/exec":
            told["config"] = item.get("extension")
    return {"cluster": told}


def _credential(output: bytes, who: str, version: str) -> Credential:
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        raise Unauthorized(f"{who} answered with something that is no JSON.") from None
    status = answer.get("status") if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or answer.get("kind") != "ExecCredential" or not isinstance(status, dict):
        raise Unauthorized(f"{who} answered with something that is no ExecCredential with a status.")
    if answer.get("apiVersion") != version:
        raise Unauthorized(f"{who} answered in version {quoted(answer.get('apiVersion'))}, not in {version}: correct apiVersion in the kubeconfig.")
    token, certificate, key = (status.get(name) or "" for name in ("token", "clientCertificateData", "clientKeyData"))
    if not all(isinstance(part, str) for part in (token, certificate, key)) or bool(certificate) != bool(key) or not (token.strip() or certificate):
        raise Unauthorized(f"{who} answered without a token, and without a certificate and its key.")
    return Credential(token.strip(), certificate.encode(), key.encode(), _timestamp(status.get("expirationTimestamp"), who))


def _timestamp(text: object, who: str) -> float | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(re.sub(r"\.\d+", "", str(text)).replace("Z", "+00:00"))
    except ValueError:
        raise Unauthorized(f"{who} answered with an expirationTimestamp that is no time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _secret_arguments(arguments: list[str]) -> Iterator[str]:
    """Those that say that they are secret, or stand after one that does."""
    before = ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if equals and re.search(r"(?i)token|passw|secret|key", name):
            yield value
        elif re.search(r"(?i)^-.*(token|passw|secret|key)", before):
            yield argument
        before = argument


def _without_secrets(said: str, secrets: list[str]) -> str:
    """One line of it, without the secrets that are known and whatever looks like one."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) > 3:
            said = said.replace(secret, HIDDEN)
    said = _SECRET_WORD.sub(lambda found: f"{found[1]}{HIDDEN}", said[:10_000])
    said = USERINFO.sub(f"{HIDDEN}@", said)
    return quoted(_LONG_WORD.sub(HIDDEN, said))
