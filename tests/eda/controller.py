# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""So much of an automation controller's API as launching job templates needs; every launch is kept, nothing is run."""
from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TEMPLATES = ("baremetal.generator.onboard", "baremetal.generator.remove", "baremetal.generator.buffer_check")


@dataclass(frozen=True)
class Launch:
    """One job that was launched: of which template, with what, by whom."""

    template: str
    body: dict[str, Any]
    authorization: str


@dataclass
class Controller:
    """Listens on 127.0.0.1. Each job is successful at once."""

    launches: list[Launch] = field(default_factory=list)

    def __enter__(self) -> Controller:
        controller = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin  # the base class names it so
                """Nothing is printed."""

            def do_GET(self) -> None:
                """What exists."""
                self._answer(controller.read(self.path))

            def do_POST(self) -> None:
                """Launch."""
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
                self._answer(controller.launch(self.path, body, self.headers.get("Authorization", "")), 201)

            def _answer(self, found: dict[str, Any], status: int = 200) -> None:
                data = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def read(self, path: str) -> dict[str, Any]:
        """The answer to a GET."""
        where, query = urlsplit(path).path.rstrip("/"), parse_qs(urlsplit(path).query)
        if where.endswith("unified_job_templates"):
            return page([template(number, name) for number, name in enumerate(TEMPLATES, 1) if name in query.get("name", TEMPLATES)])
        if where.endswith("organizations"):
            return page([{"id": 1, "name": "Default"}])
        if where.endswith("labels"):
            return page([{"id": 1, "name": query.get("name", [""])[0]}])
        if where.endswith("jobs"):
            wanted = query.get("id__in", [""])[0].split(",")
            return page([self.job(int(number)) for number in wanted if number])
        if "/jobs/" in where:
            return self.job(int(where.rpartition("/")[2]))
        return {"version": "4.5.0", "results": []}

    def launch(self, path: str, body: dict[str, Any], authorization: str) -> dict[str, Any]:
        """One more job."""
        number = int(urlsplit(path).path.rstrip("/").split("/")[-2])
        self.launches.append(Launch(TEMPLATES[number - 1], body, authorization))
        return self.job(len(self.launches))

    def job(self, number: int) -> dict[str, Any]:
        """It went well."""
        return {"id": number, "url": f"/api/v2/jobs/{number}/", "status": "successful", "created": "2026-01-01T00:00:00Z", "artifacts": {}, "type": "job"}


def template(number: int, name: str) -> dict[str, Any]:
    """A job template that asks for everything on launch."""
    asks = {f"ask_{what}_on_launch": True for what in ("limit", "labels", "inventory", "variables")}
    return {
        "id": number, "type": "job_template", "name": name, "related": {"launch": f"/api/v2/job_templates/{number}/launch/"},
        "summary_fields": {"organization": {"id": 1, "name": "Default"}}, **asks}


def page(results: list[dict[str, Any]]) -> dict[str, Any]:
    """A list, in one page."""
    return {"count": len(results), "next": None, "previous": None, "results": results}
