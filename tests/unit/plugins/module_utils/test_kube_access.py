# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kubeconfig comes to: read as kubectl reads it, and never quoted."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils import exec_login, kube_access
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterError, GeneratorError, InvalidArgument, Unauthorized
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import Connection, read_configuration
from ansible_collections.baremetal.generator.plugins.module_utils.kube_errors import Answer, Request, refusal
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST

SECRET = "marker-secret-4711"
SERVER = {"server": "https://api.example.com:6443"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine says of clusters and proxies."""
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("K8S_AUTH_", "KUBE")):
            monkeypatch.delenv(name)


def write(folder: Path, user: Any = None, **changes: Any) -> str:
    """A kubeconfig with this user."""
    cluster = changes.pop("cluster", SERVER)
    content = {
        "current-context": "c", "clusters": [{"name": "k", "cluster": cluster}], "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}], **changes}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def login(folder: Path, user: Any = None, **changes: Any) -> list[tuple[str, str]]:
    """The headers that it comes to."""
    return read_configuration({"kubeconfig": write(folder, user, **changes)}).login.headers()


@pytest.mark.parametrize("changes", [
    {"user": {"token": SECRET, "as-groups": None, "client-key-data": None, "exec": None, "auth-provider": None}},
    {"user": {"token": f"{SECRET}\n"}},
    {"user": {"token": SECRET}, "preferences": None, "extensions": None},
    {"users": [None, {"name": "u", "user": {"token": SECRET}}]},
    {"users": [{"name": None, "user": {"token": "other"}}, {"name": "u", "user": {"token": SECRET}}]},
    {"users": [{"user": {"token": SECRET}}], "contexts": [{"name": "c", "context": {"cluster": "k"}}]},
    {"users": [{"user": {"token": SECRET}}], "contexts": [{"name": "c", "context": {"cluster": "k", "user": None}}]},
    {"users": [{"name": "u", "user": {"token": SECRET}}],
     "contexts": [None, {"name": "d", "context": None}, {"name": "c", "context": {"cluster": "k", "user": "u"}}]},
])
def test_nulls_and_nameless_entries_are_read_as_kubectl_reads_them(changes: dict[str, Any], tmp_path: Path) -> None:
    assert login(tmp_path, **changes) == [("Authorization", f"Bearer {SECRET}")]


@pytest.mark.parametrize("changes", [{"user": None}, {"users": None}, {"users": []}, {"users": [{"name": "other", "user": {"token": SECRET}}]}])
def test_without_a_user_nothing_is_sent(changes: dict[str, Any], tmp_path: Path) -> None:
    assert login(tmp_path, **changes) == []


@pytest.mark.parametrize("changes", [
    {"user": {"token": [SECRET]}}, {"user": {"token": {SECRET: 1}}}, {"user": [SECRET]}, {"user": SECRET},
    {"user": {"client-key-data": SECRET + "!", "client-certificate-data": 5}}, {"user": {"exec": SECRET}}, {"user": {"exec": {"command": SECRET}}},
    {"users": [[SECRET]]}, {"users": {"u": {"token": SECRET}}}, {"users": [{"name": [SECRET], "user": {}}]},
    {"users": [{"name": "u", "user": {"token": SECRET}}, {"name": "u", "user": {"token": SECRET}}]},
    {"user": {"token": SECRET}, "cluster": None}, {"user": {"token": SECRET}, "clusters": None}, {"user": {"token": SECRET}, "current-context": None},
    {"user": {"token": SECRET}, "contexts": {"c": SECRET}}, {"user": {"as-groups": [SECRET]}}, {"user": {"token": SECRET + "\n\nä"}},
    {"user": {"auth-provider": {"name": "gcp", "config": {"access-token": None, "cmd-path": SECRET}}}},
    {"user": {"auth-provider": {"name": "oidc", "config": {"id-token": [SECRET]}}}}, {"user": {"auth-provider": {"name": SECRET}}},
    {"user": {"token": SECRET}, "cluster": {"server": f"https://user:{SECRET}@api.example.com"}},
    {"user": {"token": "x"}, "cluster": {**SERVER, "proxy-url": f"user:{SECRET}@proxy:3128"}},
])
def test_no_error_quotes_an_entry(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(GeneratorError) as raised:
        login(tmp_path, **changes)
    assert SECRET not in str(raised.value) and str(raised.value).endswith((".", "3128"))


def test_yaml_that_is_none_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(f"users: [{SECRET}\n  token: {SECRET}: x", encoding="utf-8")
    with pytest.raises(InvalidArgument, match="is not valid YAML") as raised:
        read_configuration({"kubeconfig": str(path)})
    assert SECRET not in str(raised.value)


def test_several_files_are_merged_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    one = write(first, clusters=None, contexts=None, users=[{"name": "u", "user": {"tokenFile": "token"}}])
    (first / "token").write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([one, str(tmp_path / "missing"), write(second, {"token": "other"})]))
    assert read_configuration({}).login.headers() == [("Authorization", f"Bearer {SECRET}")]


def test_a_token_file_is_read_with_each_request(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n", encoding="utf-8")
    connection = read_configuration({"kubeconfig": write(tmp_path, {"tokenFile": "token"})})
    (tmp_path / "token").write_text("second\n", encoding="utf-8")
    assert kube_access.authorization(connection) == {"Authorization": "Bearer second"}


def test_tokens_of_options_variables_and_pods_are_trimmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def given(**options: Any) -> Connection:
        return read_configuration({"host": "https://api.example.com", **options})
    assert given(api_key=f"{SECRET}\n").login.authorization() == f"Bearer {SECRET}"
    monkeypatch.setenv("K8S_AUTH_API_KEY", f"{SECRET}\n")
    assert given().login.authorization() == f"Bearer {SECRET}"
    monkeypatch.delenv("K8S_AUTH_API_KEY")
    monkeypatch.setattr(kube_access, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text(f"{SECRET}\n", encoding="utf-8")
    pod = read_configuration({})
    assert (pod.host, pod.login.authorization()) == ("https://[fd00::1]:443", f"Bearer {SECRET}")


def test_as_whom_we_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["a", "b"], "as-uid": "7", "as-user-extra": {"Example.com/Scope": ["x", "y"]}}
    assert login(tmp_path, user)[1:] == [
        ("Impersonate-User", "jane"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b"), ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-example.com%2Fscope", "x"), ("Impersonate-Extra-example.com%2Fscope", "y")]
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_USER", "joe")
    monkeypatch.setenv("K8S_AUTH_IMPERSONATE_GROUPS", "c, d")
    assert login(tmp_path, user)[1:] == [("Impersonate-User", "joe"), ("Impersonate-Group", "c"), ("Impersonate-Group", "d")]
    monkeypatch.delenv("K8S_AUTH_IMPERSONATE_USER")
    with pytest.raises(InvalidArgument, match="name the user as well"):
        login(tmp_path, user)


def test_user_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert login(tmp_path, {"username": "jane", "password": "pw"}) == [("Authorization", "Basic amFuZTpwdw==")]
    monkeypatch.setenv("K8S_AUTH_USERNAME", "jane")
    with pytest.raises(InvalidArgument, match="give both"):
        login(tmp_path, {"token": "x"})
    monkeypatch.setenv("K8S_AUTH_PASSWORD", "pw")
    assert read_configuration({"host": "https://h"}).login.headers() == [("Authorization", "Basic amFuZTpwdw==")]
    monkeypatch.setenv("K8S_AUTH_PROXY_HEADERS_BASIC_AUTH", f"user:{SECRET}")
    with pytest.raises(InvalidArgument, match="K8S_AUTH_PROXY_HEADERS_BASIC_AUTH is not taken"):
        login(tmp_path, {"token": "x"})


def helper(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    """A user with a login helper beside the kubeconfig."""
    path = folder / "helper"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./helper", "args": None, "env": None, **more}}


def answer(token: str, until: str = "2999-01-01T00:00:00Z") -> str:
    """What it prints."""
    return (f"""printf %s '{{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", """
            f""""status": {{"token": "{token}", "expirationTimestamp": "{until}"}}}}'""")


def test_a_helper_logs_in_and_is_asked_again_when_its_token_ends(tmp_path: Path) -> None:
    count = f"echo x >> {tmp_path}/count\n"
    connection = read_configuration({"kubeconfig": write(tmp_path, helper(tmp_path, count + answer(f"{SECRET}\\n")))})
    assert [connection.login.authorization() for _time in range(3)] == [f"Bearer {SECRET}"] * 3
    assert (tmp_path / "count").read_text().count("x") == 1
    connection = read_configuration({"kubeconfig": write(tmp_path, helper(tmp_path, count + answer(SECRET, "2020-01-01T00:00:00.123456789Z")))})
    connection.login.authorization()
    assert (tmp_path / "count").read_text().count("x") == 3


@pytest.mark.parametrize(("script", "words"), [
    ("echo 'token expired, run: corp login' >&2; exit 3", "failed (exit code 3): token expired, run: corp login. Log in again"),
    ("exit 1", "it said nothing"),
    (f"echo 'cannot use password={SECRET} from '$OWN >&2; exit 1", "cannot use password=******** from ********"),
    ("echo 'Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.abcdefghijklm0123456789' >&2; exit 1", "Bearer ********"),
    (f"echo 'asked https://me:a/b@{SECRET}@host/ for one' >&2; exit 1", "asked https://********@host/ for one"),
    ("yes 'much to say' | head -c 100000 >&2; exit 1", "much to say"),
    ("echo hello", "no JSON"), ("echo '[]'", "no ExecCredential"), ("echo '{\"kind\": \"ExecCredential\", \"status\": null}'", "no ExecCredential"),
    (answer("").replace("/v1", "/v1beta1"), "correct apiVersion"), (answer(""), "without a token"), (answer("x", "soon"), "is no time"),
])
def test_a_helper_that_fails_is_told_with_what_it_said(script: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Unauthorized) as raised:
        login(tmp_path, helper(tmp_path, script, env=[{"name": "OWN", "value": f"{SECRET}x"}]))
    assert words in str(raised.value) and SECRET not in str(raised.value) and len(str(raised.value)) < 1000


@pytest.mark.parametrize(("change", "words"), [
    ({"command": "no-such-helper", "installHint": "get it from example.com"}, "cannot be run: No such file or directory. .* get it from example.com"),
    ({"interactiveMode": "Always"}, "wants a terminal"), ({"apiVersion": None}, "command and apiVersion are needed"), ({"env": ["A=b"]}, "env must be"),
])
def test_a_helper_that_cannot_be_run(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=words):
        login(tmp_path, helper(tmp_path, "exit 1", **change))


def test_a_helper_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_login, "SECONDS", 0.3)
    seconds = f"600.{os.getpid()}"          # no other process has this argument
    with pytest.raises(Unauthorized, match="did not end within 0.3 s"):
        login(tmp_path, helper(tmp_path, f"sleep {seconds} & wait"))
    alive = [one for one in psutil.process_iter(["cmdline", "status"]) if seconds in (one.info["cmdline"] or []) and one.info["status"] != psutil.STATUS_ZOMBIE]
    assert not alive


def test_a_helper_asks_nobody_and_learns_of_the_cluster(tmp_path: Path) -> None:
    script = f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; if read line; then exit 9; fi; ' + answer("x")
    assert login(tmp_path, helper(tmp_path, script, provideClusterInfo=True)) == [("Authorization", "Bearer x")]
    info = yaml.safe_load((tmp_path / "info").read_text())
    assert info["spec"] == {"interactive": False, "cluster": SERVER}


@pytest.mark.parametrize("status", [401, 403])
def test_whoever_the_api_sees_as_nobody_is_told_that_no_token_was_sent(status: int) -> None:
    body = b'{"kind": "Status", "message": "hosts is forbidden: User \\"system:anonymous\\" cannot list resource \\"hosts\\""}'
    error = refusal(Request("list", HOST, where="https://api"), Answer(status, body))
    assert isinstance(error, ClusterError) and error.ends_the_run and str(error).startswith("No token was sent to the Kubernetes API at https://api")


@pytest.mark.parametrize(("host", "taken"), [("api.example.com:6443", "https://api.example.com:6443"), ("https://h/path/", "https://h/path")])
def test_addresses(host: str, taken: str) -> None:
    assert read_configuration({"host": host, "api_key": "x"}).host == taken


@pytest.mark.parametrize("host", ["ftp://h", "https://", "https://h:port", "https://a b", f"https://u:{SECRET}@h", "https://h?x"])
def test_addresses_that_are_none(host: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be used: write https://HOST:PORT") as raised:
        read_configuration({"host": host, "api_key": "x"})
    assert SECRET not in str(raised.value)
