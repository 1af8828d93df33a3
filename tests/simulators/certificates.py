# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for simulators: an authority made for one run, and certificates that nobody should accept."""
from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import trustme

from tests.simulators.serving import Certificate

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Authority:
    """A certificate authority whose files are in one folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = trustme.CA()
        self._issued = 0
        self.ca_pem_path = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_pem_path))

    def issue(self, hosts: Sequence[str] = LOOPBACK) -> Certificate:
        """A certificate for these names and addresses."""
        leaf = self._ca.issue_cert(*hosts)
        self._issued += 1
        files = Certificate(self._folder / f"server-{self._issued}.pem", self._folder / f"server-{self._issued}.key")
        for number, part in enumerate(leaf.cert_chain_pems):
            part.write_to_path(str(files.certificate), append=number > 0)
        _write_key(leaf.private_key_pem, files.key)
        return files

    def wrong_host(self) -> Certificate:
        """Rightly signed, but for another host."""
        return self.issue(["elsewhere.example.com"])


def authority(folder: Path | str) -> Authority:
    """A new authority with its files in this folder."""
    return Authority(Path(folder))


def self_signed(folder: Path | str) -> Certificate:
    """A certificate that only vouches for itself."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    own = trustme.CA()
    files = Certificate(folder / "self-signed.pem", folder / "self-signed.key")
    own.cert_pem.write_to_path(str(files.certificate))
    _write_key(own.private_key_pem, files.key)
    return files


def _write_key(key: trustme.Blob, path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    key.write_to_path(str(path))
