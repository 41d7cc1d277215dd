"""Encoded strings inside other text."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from recorder.profiles.aeternity.chain import encode_text, occurrences

ACCOUNT = encode_text("ak", b"\1" * 32)
BYTES = encode_text("ba", b"\xfb\xff\xbf" * 11)


@pytest.mark.parametrize(
    "source",
    [
        BYTES,
        f'{{"signed_tx": "{BYTES}"}}',
        f"ws://localhost:3014/channel?existing_fsm_id={BYTES}&role=initiator",
        f"see {BYTES}, and tx_hash",
        f"%22{BYTES}%22",
    ],
)
def test_a_string_is_found_wherever_it_stands(source):
    """Quotes, commas and percent-encoded characters bound a string."""
    (found,) = occurrences(source)
    assert found.text == source[found.start : found.end] == BYTES


def test_percent_encoded_strings_are_unquoted():
    """In the query of a URL, + / = are written %2B %2F %3D."""
    quoted = quote(BYTES, safe="")
    assert "%" in quoted
    source = f"ws://localhost/?offchain_tx={quoted}&x=1"
    (found,) = occurrences(source)
    assert found.text == BYTES
    assert source[found.start : found.end] == quoted


def test_several_are_found_in_order():
    """All strings of a text come in the order they stand in."""
    assert [found.text for found in occurrences(f"{ACCOUNT} {BYTES}/{ACCOUNT}")] == [ACCOUNT, BYTES, ACCOUNT]


@pytest.mark.parametrize(
    "source", ["tx_hash", "tx_type ak_invalid", ACCOUNT[:-1] + "1", f"x{ACCOUNT}", f"_{ACCOUNT}", ""]
)
def test_words_are_no_strings(source):
    """JSON words, broken checksums and longer words are left alone."""
    assert list(occurrences(source)) == []
