# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for marker secrets in texts and files, as they are and as they may be written."""
from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus


def forms(secret: str) -> set[bytes]:
    """How a secret may stand somewhere: as it is, quoted for JSON or a URL, in hexadecimal, or in base64 at any place of a longer text."""
    raw = secret.encode()
    found = {raw, json.dumps(secret)[1:-1].encode(), quote(secret, safe="").encode(), quote_plus(secret).encode(), raw.hex().encode()}
    for before in range(3):
        text = base64.b64encode(b"x" * before + raw)
        first = -(-before * 8 // 6)                                  # characters in which something of what stands before is
        found.add(text[first:len(text.rstrip(b"=")) - 1])            # the last one may depend on what comes behind
    return found


class Searcher:
    """Of named secrets."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = {name: forms(secret) for name, secret in secrets.items()}
        self.secrets = len(secrets)

    def hits(self, place: str, content: str | bytes) -> Iterator[str]:
        """Which secrets stand there."""
        raw = content.encode(errors="surrogateescape") if isinstance(content, str) else content
        for name, written in self._forms.items():
            if any(form in raw for form in written):
                yield f"{name} in {place}"

    def hits_in_files(self, folders: Iterable[Path], but: Iterable[Path] = ()) -> Iterator[str]:
        """In names and contents of all files there, but what the user wrote."""
        written = {path.resolve() for path in but}
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                yield from self.hits(f"the name of {path}", str(path))
                if path.is_file() and path.resolve() not in written:
                    yield from self.hits(str(path), path.read_bytes())
