"""The passive reader: exactly the messages sent, however sent; total and linear on anything else."""

from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from recorder.close_codes import parse_close
from recorder.journal.session import WireMessage
from recorder.wire import (
    Deflate,
    Reader,
    close_frame,
    parse_deflate,
    unmask,
)

KINDS = {1: "text", 2: "binary", 9: "ping", 10: "pong", 8: None}
MESSAGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([1, 2]), st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.booleans()),
        st.tuples(
            st.sampled_from([8, 9, 10]), st.lists(st.binary(max_size=125), min_size=1, max_size=1), st.just(False)
        ),
    ),
    max_size=12,
)


def deflate(compressor, data, *, takeover):
    """One message's payload as RFC 7692 sends it, and the compressor for the next."""
    packed = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return packed[:-4], compressor if takeover else zlib.compressobj(wbits=-15)


def framed(payload, opcode=1, *, fin=True, compressed=False, masked=False):
    """A frame as the `websockets` library writes it; the bit of compression is set after its own checks."""
    data = Frame(Opcode(opcode), payload, fin).serialize(mask=masked)
    return bytes([data[0] | 0x40 * compressed]) + data[1:]


def build(messages, *, masked, takeover):
    """The bytes of these messages, and what a reader must say of them."""
    compressor, stream, expected = zlib.compressobj(wbits=-15), b"", []
    for opcode, parts, compressed in messages:
        expected.append(WireMessage(KINDS[opcode], b"".join(parts), len(parts)))
        pieces = parts
        if compressed:
            packed, compressor = deflate(compressor, b"".join(parts), takeover=takeover)
            cut = len(packed) // len(parts)
            pieces = [packed[n * cut : (n + 1) * cut] for n in range(len(parts) - 1)] + [
                packed[(len(parts) - 1) * cut :]
            ]
        for number, piece in enumerate(pieces):
            first, last = number == 0, number == len(pieces) - 1
            kind = opcode if first else 0
            stream += framed(piece, kind, fin=last, compressed=compressed and first, masked=masked)
    return stream, expected


def feed(reader, stream, cuts):
    """Everything a reader says of a stream cut at these places."""
    said, at = [], 0
    for cut in sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)}):
        said += reader.feed(stream[at:cut])
        at = cut
    return said


@given(MESSAGES, st.booleans(), st.booleans(), st.lists(st.integers(0, 4000), max_size=30))
def test_any_messages_in_any_pieces(messages, masked, takeover, cuts):
    """Random messages, fragments, masks, compression and TCP splits give exactly the messages sent."""
    stream, expected = build(messages, masked=masked, takeover=takeover)
    reader = Reader(masked=masked, deflate=Deflate(takeover=takeover))
    assert feed(reader, stream, cuts) == expected
    assert reader.at_boundary
    assert reader.rest() == []


@pytest.mark.untraced
@given(MESSAGES, st.booleans(), st.binary(min_size=1, max_size=400), st.lists(st.integers(0, 4000), max_size=20))
def test_arbitrary_bytes_never_raise_and_are_never_lost(messages, masked, noise, cuts):
    """After any messages any bytes may follow: the messages are kept, and once the reader is broken, so is every byte."""
    messages = [(opcode, parts, False) for opcode, parts, _ in messages]
    stream, expected = build(messages, masked=masked, takeover=True)
    reader = Reader(masked=masked)
    said = feed(reader, stream + noise, cuts)
    said += reader.rest()
    assert said[: len(expected)] == expected
    if reader.broken:
        whole, one = stream + noise, Reader(masked=masked)
        broke = next(at for at in range(len(whole)) if one.feed(whole[at : at + 1]) is not None and one.broken)
        raw = b"".join(message.payload for message in said if message.opcode == "raw")
        assert raw.endswith(whole[broke:])
        assert reader.feed(b"more") == [WireMessage("raw", b"more")]
        assert not reader.at_boundary


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=10))
def test_noise_that_is_no_compression_is_kept(noise, cuts):
    """A payload that does not inflate is kept as raw bytes."""
    stream = framed(b"\xff" + noise, compressed=True)
    assert feed(Reader(masked=False, deflate=Deflate()), stream, cuts) == [WireMessage("raw", b"\xff" + noise)]


def test_a_cut_stream_leaves_its_rest():
    """What was begun and not completed is returned as raw bytes, once."""
    reader = Reader(masked=False)
    assert reader.feed(b"\x01\x03one\x80\x05th") == []
    assert reader.rest() == [WireMessage("raw", b"oneth")]
    assert reader.rest() == []


def test_lengths_beyond_the_standard_are_raw():
    """A frame longer than 2^63 - 1 bytes cannot be: it is a violation at once, and not waited for."""
    reader = Reader(masked=False)
    assert reader.feed(b"\x82\x7f" + b"\xff" * 8) == [WireMessage("raw", b"\x82\x7f" + b"\xff" * 8)]


def test_a_bomb_is_not_inflated(monkeypatch):
    """A small payload that would inflate beyond the bound is kept as it came."""
    monkeypatch.setattr("recorder.wire.MAX_INFLATED", 1000)
    packed, _ = deflate(zlib.compressobj(wbits=-15), b"x" * 5000, takeover=True)
    stream = framed(packed, compressed=True)
    assert Reader(masked=False, deflate=Deflate()).feed(stream) == [WireMessage("raw", packed)]


def test_a_final_deflate_block_ends_the_context():
    """A sender may finish its deflate stream (BFINAL): the next message begins a new one."""
    reader = Reader(masked=False, deflate=Deflate())
    for _ in range(2):
        finished = zlib.compressobj(wbits=-15)
        payload = finished.compress(b"hello") + finished.flush() + b"\x00"
        stream = framed(payload, compressed=True)
        assert reader.feed(stream) == [WireMessage("text", b"hello")]


def test_time_is_linear():
    """Four times the bytes, in small segments, take about four times as long."""

    def took(size):
        stream = Frame(Opcode.TEXT, b"x" * size).serialize(mask=True)
        reader, began = Reader(masked=True), time.perf_counter()
        for at in range(0, len(stream), 1000):
            reader.feed(stream[at : at + 1000])
        return time.perf_counter() - began

    took(100_000)
    assert took(8_000_000) < 12 * took(2_000_000) + 0.1


@given(st.binary(max_size=100), st.binary(min_size=4, max_size=4), st.integers(0, 100))
def test_unmask_goes_on_where_it_stopped(data, mask, cut):
    """Bytes unmasked in two pieces are those unmasked in one."""
    first, rest = unmask(data[:cut], mask)
    second, _ = unmask(data[cut:], rest)
    assert first + second == unmask(data, mask)[0]
    assert unmask(first + second, mask)[0] == data


@given(st.integers(1000, 4999), st.text(max_size=60), st.booleans())
def test_our_close_frames_read_back(code, reason, masked):
    """A Close frame of ours says what it was asked to, and fits a control frame whatever the reason."""
    (message,) = Reader(masked=masked).feed(close_frame(code, reason, masked=masked))
    read, text = parse_close(message.payload)
    assert read == code
    assert text == reason.encode()[:123].decode(errors="ignore")


def test_extensions():
    """Compression is as the answer to the handshake agrees, for each direction on its own."""
    assert parse_deflate("") == parse_deflate("x-other; a=1") == (None, None)
    to_node, from_node = parse_deflate(
        "x-other, permessage-deflate; Client_No_Context_Takeover; server_max_window_bits=10"
    )
    assert (to_node._takeover, from_node._takeover) == (False, True)


@given(st.binary(max_size=200), st.binary(max_size=20), st.booleans(), st.data())
def test_the_rest_of_a_frame_is_known_from_its_first_byte(payload, behind, masked, data):
    """However far a frame has come, the rest of it is told from what follows, and nothing of a next one with it."""
    frame = framed(payload, masked=masked)
    cut = data.draw(st.integers(0, len(frame) - 1))
    until = data.draw(st.integers(cut, len(frame)))
    reader = Reader(masked=masked)
    reader.feed(frame[:cut])
    assert reader.rest_of_frame(frame[cut:] + behind) == (len(frame) - cut if cut else 0)
    assert reader.rest_of_frame(frame[cut:until]) == (until - cut if cut else 0)
