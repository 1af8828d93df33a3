# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of an answer, read and unpacked piece by piece, never more of it than it may have."""
from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from .errors import InvalidAnswer
from .http_library import failures
from .http_pools import TooMuch

PIECE = 1 << 16
GZIP = 16 + zlib.MAX_WBITS


def body_of(response: Any, most: int, where: str) -> bytes:
    """All of it, unpacked; response is urllib3's, not read yet.

    Raises TooMuch beyond `most` bytes, InvalidAnswer when it is packed in a way that nobody asked for.
    """
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    pieces: Iterator[bytes] = response.stream(PIECE, decode_content=False)
    if coding in ("gzip", "x-gzip"):
        pieces = _unpacked(pieces, where)
    elif coding not in ("", "identity"):
        raise InvalidAnswer(f"{where} sends an answer that is packed as nobody asked for; check what lies between.")
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > most:
            raise TooMuch()
    return b"".join(parts)


def _unpacked(pieces: Iterator[bytes], where: str) -> Iterator[bytes]:
    """What was packed, a piece at a time however small it was packed."""
    unpacker = zlib.decompressobj(GZIP)
    begun = False
    try:
        for piece in pieces:
            begun = begun or bool(piece)
            while piece and not unpacker.eof:
                yield unpacker.decompress(piece, PIECE)
                piece = unpacker.unconsumed_tail
    except zlib.error as error:
        raise InvalidAnswer(f"{where} sends an answer that cannot be unpacked; check what lies between.") from error
    if begun and not unpacker.eof:
        raise failures.ProtocolError("The packed answer ends in the middle.")
