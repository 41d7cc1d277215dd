"""A picture of the page that `recorder render -t html` makes, in a browser without a window.

Rule: what is seen is the page as it opens. Run it to write the picture into a file: `python docs/making/page.py FILE.png`;
it needs `chromium`.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import recorder
from recorder.transcript import data_folder

CAPTURE = "two_withdrawals.jsonl"
WIDTH, HEIGHT = 1200, 800
"""Of the picture, in pixels."""

PATIENCE = 60
"""Seconds that the browser has."""

SIGNATURE, CHUNK = 8, struct.Struct(">I4s")
"""Of a PNG: the length of its beginning, and how each of its chunks begins (ISO/IEC 15948)."""

KEY = b"Source\0"
"""Which of the texts in the picture is the digest of the page."""


def page() -> str:
    """The page of a committed capture."""
    with recorder.load(data_folder("transcripts") / CAPTURE) as capture:
        return "".join(recorder.render(capture, "html"))


def digest(html: str) -> bytes:
    """The SHA-256 of a page, in hex: whether a picture is of it can be told without a browser."""
    return hashlib.sha256(html.encode()).hexdigest().encode()


def source(png: bytes) -> bytes:
    """The digest of the page that a picture is of; empty where it does not say."""
    place = SIGNATURE
    while place < len(png):
        length, kind = CHUNK.unpack_from(png, place)
        data = png[place + CHUNK.size :][:length]
        if kind == b"tEXt" and data.startswith(KEY):
            return data.removeprefix(KEY)
        place += CHUNK.size + length + 4
    return b""


def signed(png: bytes, digested: bytes) -> bytes:
    """A picture with the digest of its page, before the chunk that ends it."""
    data = KEY + digested
    chunk = CHUNK.pack(len(data), b"tEXt") + data + zlib.crc32(b"tEXt" + data).to_bytes(4, "big")
    end = len(png) - CHUNK.size - 4
    return png[:end] + chunk + png[end:]


def picture(html: str) -> bytes:
    """A PNG of the top of a page, with the page's digest in it."""
    with tempfile.TemporaryDirectory() as folder:
        shown, made = Path(folder) / "page.html", Path(folder) / "page.png"
        shown.write_text(html, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        command = ["chromium", *flags, f"--user-data-dir={folder}/profile", f"--screenshot={made}", shown.as_uri()]
        subprocess.run(command, check=True, timeout=PATIENCE, capture_output=True)
        return signed(made.read_bytes(), digest(html))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(picture(page()))
