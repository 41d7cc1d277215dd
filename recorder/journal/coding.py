"""The bodies of HTTP messages as their receivers read them: with content codings undone, up to a bound.

Rule: a body that would be larger, or that is not in the coding it claims, is taken as the bytes that it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import brotli
import zstandard

MOST = 1 << 26
"""Bytes that a compressed body may have when it is read: as many as the largest frame that is tested."""

GZIP, ANY = zlib.MAX_WBITS | 16, zlib.MAX_WBITS | 32
STEP = 1 << 8  # compressed bytes read at once, where a library knows no bound

WHOLE = frozenset({"", "identity"})
PIECES: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "": lambda: bytes,
    "identity": lambda: bytes,
    "gzip": lambda: zlib.decompressobj(GZIP).decompress,
    "x-gzip": lambda: zlib.decompressobj(GZIP).decompress,
}
"""How content codings are undone piece by piece; a stream in any other is held until its end."""


def undoing(coding: str) -> Callable[[bytes], bytes] | None:
    """What undoes a content coding piece by piece; None where that cannot be done."""
    made = PIECES.get(coding.strip().lower())
    return None if made is None else made()


def decoded(raw: bytes, coding: str) -> bytes:
    """A body with its content coding undone."""
    coding = coding.strip().lower()
    if coding in WHOLE or (undo := WHOLES.get(coding)) is None:
        return raw
    try:
        read = undo(raw)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        return raw
    return raw if read is None else read


def _inflated(window: int) -> Callable[[bytes], bytes | None]:
    def inflate(raw: bytes) -> bytes | None:
        stream = zlib.decompressobj(window)
        read = stream.decompress(raw, MOST)
        return read if stream.eof else None

    return inflate


def _deflated(raw: bytes) -> bytes | None:
    """`deflate` is zlib's form (RFC 9110, section 8.4.1.2); some send the bare one."""
    try:
        return _inflated(ANY)(raw)
    except zlib.error:
        return _inflated(-zlib.MAX_WBITS)(raw)


def _brotli(raw: bytes) -> bytes | None:
    stream: Any = brotli.Decompressor()
    parts, size = [], 0
    for at in range(0, len(raw), STEP):
        parts.append(stream.process(raw[at : at + STEP]))
        size += len(parts[-1])
        if size > MOST:
            return None
    return b"".join(parts) if stream.is_finished() else None


def _zstandard(raw: bytes) -> bytes | None:
    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
        read = stream.read(MOST + 1)
    return read if len(read) <= MOST else None


WHOLES: dict[str, Callable[[bytes], bytes | None]] = {
    "gzip": _inflated(GZIP),
    "x-gzip": _inflated(GZIP),
    "deflate": _deflated,
    "br": _brotli,
    "zstd": _zstandard,
}
"""How a whole body's content coding is undone; None where it would be too large, or is cut off."""
