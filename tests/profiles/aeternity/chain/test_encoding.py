"""Text encodings: prefixes, checksums, sizes, and what the node lets pass."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote

import base58
import pytest

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity.chain import PREFIXES, decode_text, encode_text, occurrences
from recorder.profiles.aeternity.chain.encoding import MAX_BASE58, base58_text, id_bytes, id_text

ACCOUNT = "ak_SeLqn3UAUoRymWmwW7axrzJK7JfNaBR2cHCryA6cFsgFkHEF"
BYTES = "ba_AQEBAQElvK2x"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_comes_back(prefix):
    """Each of the 27 prefixes writes bytes that it reads again."""
    data = bytes(range(PREFIXES[prefix].size or 5))
    assert decode_text(encode_text(prefix, data)) == (prefix, data)


def test_there_are_27_prefixes():
    """The table is complete."""
    assert len(PREFIXES) == 27


@pytest.mark.parametrize(("prefix", "data", "text"), [("ak", b"\1" * 32, ACCOUNT), ("ba", b"\1" * 5, BYTES)])
def test_texts_are_those_of_the_node(prefix, data, text):
    """Base58 and base64 texts carry the node's checksum."""
    assert encode_text(prefix, data) == text


def test_leading_zeros_are_kept():
    """Each leading zero byte is one leading 1 in base58."""
    text = encode_text("ak", bytes(32))
    assert text.startswith("ak_" + "1" * 32)
    assert decode_text(text).data == bytes(32)


@pytest.mark.parametrize(
    ("text", "reason", "offset"),
    [
        ("", "no prefix", 0),
        ("AQEBAQElvK2x", "no prefix", 0),
        ("xx_AQEBAQElvK2x", "unknown prefix", 0),
        ("BA_AQEBAQElvK2x", "unknown prefix", 0),
        (" " + BYTES, "unknown prefix", 0),
        ("ba_AQEBAQElvK2y", "wrong checksum", 3),
        ("ba_YWJj", "too short", 3),
        ("ba_", "too short", 3),
        ("ak_", "too short", 3),
        ("ba_AQEB-QElvK2x", "no base64", 7),
        ("ba_AQEBAQElvK2x_x", "no base64", 15),
        ("ba_AQEBAQElvK2", "no base64", 14),
        ("ba_AQEBAQElvé", "no base64", 12),
        (ACCOUNT.replace("S", "O", 1), "base58 character", 3),
        (ACCOUNT + " ", "base58 character", len(ACCOUNT)),
        ("nm_" + "1" * 193, "more than 192 characters", 3 + 192),
    ],
)
def test_broken_texts_are_errors(text, reason, offset):
    """What the node would not read names the reason and the place in the text."""
    with pytest.raises(DecodeError, match=reason) as caught:
        decode_text(text)
    assert caught.value.offset == offset


def test_size_is_checked_where_it_is_fixed():
    """An account of 31 bytes is an error, unless sizes are left alone."""
    text = base58_text("ak", bytes(31))
    with pytest.raises(DecodeError, match="holds 32 bytes, found 31"):
        decode_text(text)
    assert decode_text(text, any_size=True).data == bytes(31)
    assert decode_text(encode_text("nm", bytes(31))).data == bytes(31)


def test_whitespace_is_noted():
    """Whitespace inside base64 is read, and said."""
    notes: list[str] = []
    assert decode_text("ba_AQEB\nAQElvK2x\n", notes).data == b"\1" * 5
    assert "whitespace" in notes[0]


def test_unused_bits_are_noted():
    """Bits of the last base64 character that mean nothing may be set."""
    data = b"zzzzzzz"
    text = encode_text("ba", data)
    body, last = text[:-2], text[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    notes: list[str] = []
    changed = f"{body}{alphabet[alphabet.index(last) + 1]}="
    assert decode_text(changed, notes) == decode_text(text)
    assert "unused bits" in notes[0]
    assert decode_text(changed).data == data


def test_what_cannot_be_written_is_an_input_error():
    """An unknown prefix, a wrong size and base58 of any length are refused."""
    for prefix, data in (("xx", b""), ("ak", b""), ("nm", bytes(MAX_BASE58 + 1))):
        with pytest.raises(InputError):
            encode_text(prefix, data)


def test_base58_is_read_and_written_up_to_the_same_size():
    """The longest text that is written is read; one byte more is neither."""
    longest = b"\xff" * MAX_BASE58
    assert decode_text(encode_text("nm", longest)).data == longest
    beyond = (
        "nm_" + base58.b58encode(longest + b"\xff" + sha256(sha256(longest + b"\xff").digest()).digest()[:4]).decode()
    )
    with pytest.raises(DecodeError, match="more than 128 bytes"):
        decode_text(beyond)


def test_ids_have_a_byte_for_their_kind():
    """A serialized id is the tag of its prefix and 32 bytes."""
    assert id_bytes(ACCOUNT) == b"\1" * 33
    assert id_text(b"\1" * 33) == ACCOUNT
    assert id_text(b"\1" * 32) is None
    assert id_text(b"\7" * 33) is None


@pytest.mark.parametrize("text", [BYTES, "ak_x", base58_text("nm", bytes(31))])
def test_other_texts_are_no_ids(text):
    """Bytes, broken texts and names of another size are refused."""
    with pytest.raises(InputError, match="is not an id"):
        id_bytes(text)


LONG_BYTES = encode_text("ba", b"\xfb\xff\xbf" * 11)


@pytest.mark.parametrize(
    "source",
    [
        LONG_BYTES,
        f'{{"signed_tx": "{LONG_BYTES}"}}',
        f"ws://localhost:3014/channel?existing_fsm_id={LONG_BYTES}&role=initiator",
        f"see {LONG_BYTES}, and tx_hash",
        f"%22{LONG_BYTES}%22",
    ],
)
def test_a_string_is_found_wherever_it_stands(source):
    """Quotes, commas and percent-encoded characters bound a string."""
    (found,) = occurrences(source)
    assert found.text == source[found.start : found.end] == LONG_BYTES


def test_percent_encoded_strings_are_unquoted():
    """In the query of a URL, + / = are written %2B %2F %3D."""
    quoted = quote(LONG_BYTES, safe="")
    assert "%" in quoted
    source = f"ws://localhost/?offchain_tx={quoted}&x=1"
    (found,) = occurrences(source)
    assert found.text == LONG_BYTES
    assert source[found.start : found.end] == quoted


def test_several_are_found_in_order():
    """All strings of a text come in the order they stand in."""
    assert [found.text for found in occurrences(f"{ACCOUNT} {LONG_BYTES}/{ACCOUNT}")] == [ACCOUNT, LONG_BYTES, ACCOUNT]


@pytest.mark.parametrize(
    "source", ["tx_hash", "tx_type ak_invalid", ACCOUNT[:-1] + "1", f"x{ACCOUNT}", f"_{ACCOUNT}", ""]
)
def test_words_are_no_strings(source):
    """JSON words, broken checksums and longer words are left alone."""
    assert list(occurrences(source)) == []
