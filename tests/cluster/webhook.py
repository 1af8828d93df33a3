# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A validating admission webhook on 127.0.0.1 that answers as those made with controller-runtime do."""
from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from tests.simulators.kubernetes import Review, Webhook

Object = dict[str, Any]
HOST = "127.0.0.1"
PATH = "/validate"


class WebhookServer:
    """Context manager: serves a Webhook over HTTPS, with a certificate made for it."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self.ca_bundle = base64.b64encode(authority.cert_pem.bytes()).decode()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, key_type=trustme.KeyType.ECDSA).configure_cert(self._tls)
        self._server: _Listener | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> WebhookServer:
        self._listen(_bound((HOST, 0)))
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Whoever calls is refused the connection; then it is at the same address again."""
        assert self._server is not None
        address = self._server.socket.getsockname()
        self._stop()
        held = _bound(address)                        # bound, not listening: nobody else is given the port
        try:
            yield
        finally:
            self._listen(held)

    def _listen(self, at: socket.socket) -> None:
        self._server = _Listener(at, self._tls, self._webhook)
        self._webhook.url = f"https://{HOST}:{at.getsockname()[1]}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="webhook", daemon=True)
        self._thread.start()

    def _stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(10)
            self._server = None


class _Listener(ThreadingHTTPServer):
    """Knows its open connections, since an API server keeps them and would go on to be answered."""

    daemon_threads = True

    def __init__(self, at: socket.socket, tls: ssl.SSLContext, webhook: Webhook) -> None:
        super().__init__(at.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.tls, self.webhook = at, tls, webhook
        self._open: set[socket.socket] = set()
        self.server_activate()

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake is left to the thread of the connection."""
        plain, address = self.socket.accept()
        connection = self.tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """One connection less."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """And nobody is answered on an old one."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break; that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_POST(self) -> None:  # noqa: N802  # the name that http.server wants
        """One AdmissionReview."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.dumps(answer_to(self.server.webhook, asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin  # as http.server has it
        """Nothing is logged."""


def answer_to(webhook: Webhook, asked: Object) -> Object:
    """The AdmissionReview that goes back."""
    request = asked["request"]
    denied = webhook.denying(review_of(request))
    response: Object = {"uid": request["uid"], "allowed": denied is None}
    if denied is not None:
        rule, text = denied
        response["status"] = {"metadata": {}, "message": text, **({"code": rule.code} if rule.code else {}), **({"reason": rule.reason} if rule.reason else {})}
    return {"apiVersion": asked["apiVersion"], "kind": "AdmissionReview", "response": response}


def review_of(request: Object) -> Review:
    """What the API server asks, in the words that rules are written in."""
    resource = request["resource"]
    return Review(
        request["operation"], resource["group"], resource["resource"], request.get("subResource") or "", request.get("namespace") or "",
        request.get("name") or "", request.get("object"), request.get("oldObject"), bool(request.get("dryRun")))


def _bound(address: tuple[str, int]) -> socket.socket:
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(address)
    return held
