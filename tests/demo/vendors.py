# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five simulated management systems of the demo: processes on loopback, with TLS from an authority made for the run."""
from __future__ import annotations

import json
import secrets
import ssl
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.demo.processes import Processes
from tests.simulators.certificates import Authority

PYTHON = sys.executable
READY_SECONDS = 30
USER = "svc-generator"


class Vendors:
    """Starts them, and knows what they know."""

    def __init__(self, folder: Path, processes: Processes, authority: Authority) -> None:
        self._processes, self._authority = processes, authority
        self._certificate = authority.issue()
        self._password_file = folder / "vendor-password"
        self.password = secrets.token_urlsafe(12)
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(self.password)
        self.urls: dict[str, str] = {}
        self._trust = ssl.create_default_context(cafile=str(authority.ca_pem_path))

    def start(self) -> None:
        """OneView, OME, UCS Central with two UCS Managers."""
        self.urls["oneview"] = self._start("oneview", "oneview", "--prefix", "hpe-rack")["url"]
        self.urls["ome"] = self._start("ome", "ome", "--prefix", "dell-rack")["url"]
        ucs = self._start("ucs", "ucs_central", "--prefix", "ucs-blade", "--domains", "2")
        self.urls["ucs"] = ucs["url"]
        self.urls.update(ucs["domains"])

    def _start(self, name: str, module: str, *options: str) -> dict[str, Any]:
        argv = [PYTHON, "-m", f"tests.simulators.{module}", "--port", "0", "--servers", "40", "--seed", "7", "--odd",
                "--certificate", str(self._certificate.certificate), "--key", str(self._certificate.key),
                "--username", USER, "--password-file", str(self._password_file), *options]
        return self._processes.start(name, argv, ready_seconds=READY_SECONDS)

    def _ask(self, url: str, what: str) -> Any:
        with urllib.request.urlopen(f"{url}/_simulator/{what}", timeout=10, context=self._trust) as answer:
            return json.load(answer)

    def servers(self) -> dict[str, list[dict[str, Any]]]:
        """What they know of their servers, by vendor."""
        return {vendor: self._ask(self.urls[name], "servers") for vendor, name in (("HP", "oneview"), ("DELL", "ome"), ("CISCO", "ucs"))}

    def open_sessions(self) -> dict[str, int]:
        """By system, each UCS Manager too."""
        return {name: self._ask(url, "counters")["open_sessions"] for name, url in self.urls.items()}

    def variables(self) -> dict[str, Any]:
        """As a user writes them down."""
        common = {"username": USER, "password": self.password, "ca_path": str(self._authority.ca_pem_path)}
        managers: list[dict[str, Any]] = [{"name": f"{kind}-demo", "type": kind, "url": self.urls[kind], **common} for kind in ("oneview", "ome", "ucs")]
        managers[2].update(domain_username=USER, domain_password=self.password)
        login = {"username": "admin", "password": secrets.token_urlsafe(12)}
        return {"generator_managers": managers, "generator_bmc_credentials": {vendor: login for vendor in ("HP", "DELL", "CISCO")}}
