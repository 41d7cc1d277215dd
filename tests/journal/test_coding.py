"""Bodies as their receivers read them, within bounds."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard

from recorder.journal import coding as codings
from recorder.journal.coding import decoded, undoing

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


@pytest.mark.parametrize("coding", CODINGS)
def test_a_coding_is_undone(coding):
    """What is recorded is what the receiver reads."""
    assert decoded(CODINGS[coding](BODY), coding.upper()) == BODY


def test_deflate_without_its_form():
    """Some send the bare data, and receivers read them."""
    assert decoded(BARE.compress(BODY) + BARE.flush(), "deflate") == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_the_bytes_that_it_is(coding, monkeypatch):
    """A body that grows beyond the bound is not read."""
    monkeypatch.setattr(codings, "MOST", len(BODY) - 1)
    raw = CODINGS[coding](BODY)
    assert decoded(raw, coding) == raw
    monkeypatch.setattr(codings, "MOST", len(BODY))
    assert decoded(raw, coding) == BODY


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "of their own"])
def test_what_is_not_coded_so_is_the_bytes_that_it_is(coding):
    """A header may claim what is not so, a coding may be unknown."""
    assert decoded(BODY, coding) == BODY


def test_what_can_be_undone_piece_by_piece():
    """A stream in another coding waits for its end."""
    assert {coding for coding in CODINGS if undoing(coding) is not None} == {"", "identity", "gzip", "x-gzip"}
