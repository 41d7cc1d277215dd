"""RLP: what the library `rlp` writes is read, what is broken is an error, what nobody should write is noted."""

from __future__ import annotations

import subprocess
import sys

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st

from recorder.profiles.aeternity import chain
from recorder.profiles.rlp import (
    MAX_DEPTH,
    MAX_NOTES,
    Malformed,
    decode_head,
    decode_list,
    decode_string,
    encode,
    offset_after,
    payload_offset,
)

ACCOUNT = chain.account_of(bytes(32))
SPEND = {"sender_id": ACCOUNT, "recipient_id": ACCOUNT, "amount": 1, "fee": 1, "ttl": 0, "nonce": 1, "payload": ""}
ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=20)


@pytest.mark.untraced
@given(st.lists(ITEMS))
def test_what_is_written_is_read(item):
    """A list comes back, in the bytes an independent codec writes, without a note."""
    data = encode(item)
    notes: list[str] = []
    assert data == rlp.encode(item)
    assert decode_list(data, notes) == item
    assert notes == []


@given(st.binary(max_size=80))
def test_strictly_valid_bytes_are_read_alike(data):
    """Whatever an independent strict codec reads as a list is read, and nothing else without a note."""
    try:
        wanted = rlp.decode(data)
    except (rlp.exceptions.DecodingError, IndexError):
        wanted = None
    notes: list[str] = []
    try:
        found = decode_list(data, notes)
    except Malformed:
        found = None
    if isinstance(wanted, list):
        assert _lists(found) == _lists(wanted)
    elif found is not None:
        assert notes


@given(st.lists(ITEMS), st.data())
def test_what_is_cut_off_or_goes_on_is_an_error(item, drawn):
    """At any byte: nothing is read that is not there, and nothing is left unread."""
    data = encode(item)
    for broken in (data[: drawn.draw(st.integers(0, len(data) - 1))], data + drawn.draw(st.binary(min_size=1))):
        with pytest.raises(Malformed):
            decode_list(broken)


def _lists(item):
    return [_lists(part) for part in item] if isinstance(item, list | tuple) else item


@pytest.mark.parametrize("size", [0, 1, 55, 56, 255, 256, 65535, 65536])
def test_sizes_around_the_limits_come_back(size):
    """Byte strings and lists change their header at 56 bytes and each power of 256."""
    item = [b"\x80" * size, [b"\1"] * size]
    assert decode_list(encode(item)) == item


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        ("", "no bytes", 0),
        ("80", "found a byte string", 0),
        ("c000", "trailing bytes", 1),
        ("c2", "bytes missing", 0),
        ("c28301", "bytes missing", 1),
        ("c3c301", "bytes missing", 0),
        ("c2b9", "bytes missing", 0),
        ("c3b90002", "leading zero", 2),
        ("f90001c0", "leading zero", 1),
        ("c1b8", "bytes missing", 1),
        ("c281", "bytes missing", 0),
        ("c181", "bytes missing", 1),
    ],
)
def test_broken_bytes_are_errors(data, reason, offset):
    """What the node would not read names the reason."""
    with pytest.raises(Malformed, match=reason) as caught:
        decode_list(bytes.fromhex(data))
    assert caught.value.offset <= max(offset, 2)


@pytest.mark.parametrize(
    ("data", "item"), [("c28105", [b"\5"]), ("c3b80141", [b"A"]), ("c4b8028080", [b"\x80\x80"]), ("f801c0", [[]])]
)
def test_leniencies_are_noted(data, item):
    """Long forms of short things are read, and said."""
    notes: list[str] = []
    assert decode_list(bytes.fromhex(data), notes) == item
    assert "not canonical" in notes[0]
    assert decode_list(bytes.fromhex(data)) == item


def test_notes_are_bounded():
    """A thousand leniencies are told a few times."""
    notes: list[str] = []
    payload = b"\x81\x05" * 1000
    decode_list(b"\xf9" + len(payload).to_bytes(2, "big") + payload, notes)
    assert len(notes) == MAX_NOTES


def test_depth_is_bounded():
    """Lists nest as deep as any layout needs, and no deeper."""
    item: list = [b"x"]
    for _ in range(MAX_DEPTH - 1):
        item = [item]
    assert decode_list(encode(item)) == item
    with pytest.raises(Malformed, match="nested deeper"):
        decode_list(encode([item]))


def test_one_byte_string_is_read():
    """A byte string is read from its offset on, with the offset after it."""
    assert decode_string(b"\x00\x82ab\x01", 1) == (b"ab", 4)
    for data, offset in ((b"", 0), (b"\xc0", 0)):
        with pytest.raises(Malformed):
            decode_string(data, offset)


def test_the_head_of_a_list_is_read():
    """The first items are read without the rest, however long the list claims to be."""
    assert decode_head(bytes.fromhex("c80c01"), 2) == [b"\x0c", b"\1"]
    assert decode_head(bytes.fromhex("f8800c01"), 2) == [b"\x0c", b"\1"]
    for data in (b"", b"\x0c", b"\xc0"):
        with pytest.raises(Malformed):
            decode_head(data, 2)


def test_the_offset_of_an_item_is_found():
    """An item is found again by its indices, whatever stands before it."""
    data = encode([b"a" * 60, [b"b", [b"cd", b"ef" * 40]], b"g"])
    assert data[payload_offset(data, [1, 1, 1]) :].startswith(b"ef")
    assert data[payload_offset(data, [2]) :] == b"g"


@given(ITEMS, st.binary(max_size=8), st.binary(max_size=8))
def test_the_offset_after_an_item_is_found(item, before, after):
    """Whatever is in it, of which only the size is read."""
    data = before + encode(item) + after
    assert offset_after(data, len(before)) == len(data) - len(after)
    with pytest.raises(Malformed):
        offset_after(data, len(data))


def test_who_only_reads_does_not_pay_for_the_writer():
    """A transaction is decoded, its signatures held against keys and its hash said, without the library that writes."""
    text = chain.sign(chain.decode(chain.build("spend_tx", **SPEND)), [bytes(32)], "ae_dev")
    program = (
        "import sys; from recorder.profiles.aeternity.annotation import Annotator\n"
        f"assert 'th_' in Annotator().item({text!r}).tree; print('rlp' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "False"
