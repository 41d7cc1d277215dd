"""Bodies as their receivers read them, within bounds."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from mitmproxy import http

from recorder.proxy import content
from recorder.proxy.content import body_of, undoing

BODY = b'{"jsonrpc":"2.0","id":1,"method":"ask"}' * 9

BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)
CODINGS = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def body(raw, coding):
    """What is read of such a message."""
    return body_of(http.Response.make(200, raw) if not coding else packed(raw, coding))


def packed(raw, coding):
    """A message with a coded body, as it came."""
    message = http.Response.make(200, b"")
    message.headers["content-encoding"] = coding
    message.raw_content = raw
    return message


@pytest.mark.parametrize("coding", CODINGS)
def test_a_coding_is_undone(coding):
    """What is recorded is what the receiver reads."""
    assert body(CODINGS[coding](BODY), coding.upper()) == BODY


def test_deflate_without_its_form():
    """Some send the bare data, and receivers read them."""
    assert body(BARE.compress(BODY) + BARE.flush(), "deflate") == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_the_bytes_that_it_is(coding, monkeypatch):
    """A body that grows beyond the bound is not read."""
    monkeypatch.setattr(content, "MOST", len(BODY) - 1)
    raw = CODINGS[coding](BODY)
    assert body(raw, coding) == raw
    monkeypatch.setattr(content, "MOST", len(BODY))
    assert body(raw, coding) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "of their own"])
def test_what_is_not_coded_so_is_the_bytes_that_it_is(coding):
    """A header may claim what is not so, a coding may be unknown."""
    assert body(BODY, coding) == BODY


def test_what_can_be_undone_piece_by_piece():
    """A stream in another coding waits for its end."""
    assert {coding for coding in CODINGS if undoing(coding) is not None} == {"", "identity", "gzip", "x-gzip"}
