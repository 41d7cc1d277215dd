"""Messages on a stream of bytes: found whatever the pieces, told by their first bytes, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.framing import Framing, PipeMessage, encode

A, B = b'{"jsonrpc":"2.0","id":1,"method":"a"}', b'{"jsonrpc":"2.0","id":1,"result":"\xc3\xa4"}'
PRINTED = b'{\r\n  "id": 1,\n\t"result": [\n    {}\n  ]\n}'
"""JSON over several lines."""

JSON = b"application/vscode-jsonrpc; charset=utf-8"


def framed(payload, *further):
    """A message behind its length."""
    return b"".join([b"Content-Length: %d\r\n" % len(payload), *further, b"\r\n", payload])


def headers(payload, *further):
    """What stood before it."""
    return (("Content-Length", str(len(payload))), *further)


def read(stream, cuts=()):
    """What is found in a stream that comes in pieces, and what is left of it."""
    framing, found, at = Framing(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        found += framing.feed(stream[at:cut])
        at = cut
    lines, rest = framing.end()
    return found + lines, rest


@pytest.mark.parametrize(
    ("stream", "messages", "rest"),
    [
        (b"", [], b""),
        (A + b"\n" + B + b"\n", [PipeMessage(A), PipeMessage(B)], b""),
        (A + b"\r\n", [PipeMessage(A)], b""),
        (A, [PipeMessage(A)], b""),
        (b"  " + A + b" \n", [PipeMessage(A)], b""),
        (A + B + b"[" + A + b"]", [PipeMessage(A), PipeMessage(B), PipeMessage(b"[" + A + b"]")], b""),
        (A + b" " + B + b" text\n", [PipeMessage(A), PipeMessage(B), PipeMessage(b" text")], b""),
        (b"{no} " + A + b"\n", [PipeMessage(b"{no} " + A)], b""),
        (A + b"{\xff}\n", [PipeMessage(A), PipeMessage(b"{\xff}")], b""),
        (b"[1]" + A + b"\n", [PipeMessage(b"[1]" + A)], b""),
        (PRINTED + b"\n\n" + PRINTED, [PipeMessage(PRINTED), PipeMessage(PRINTED)], b""),
        (PRINTED + PRINTED + A, [PipeMessage(PRINTED), PipeMessage(PRINTED), PipeMessage(A)], b""),
        (b"{\n  no\n}\n" + A, [PipeMessage(b"{"), PipeMessage(b"  no"), PipeMessage(b"}"), PipeMessage(A)], b""),
        (b"{\n" + A + b"\n", [PipeMessage(b"{"), PipeMessage(A)], b""),
        (b"{\n  ", [PipeMessage(b"{")], b""),
        (b"\n \r\n" + A + b"\n\n", [PipeMessage(A)], b""),
        (framed(A) + framed(B), [PipeMessage(A, headers(A)), PipeMessage(B, headers(B))], b""),
        (
            framed(A, b"Content-Type: %s\r\n" % JSON),
            [PipeMessage(A, headers(A, ("Content-Type", JSON.decode())))],
            b"",
        ),
        (b"content-length:%d\n\n%s" % (len(A), A), [PipeMessage(A, (("content-length", str(len(A))),))], b""),
        (b"X-One: 1\n" + framed(A), [PipeMessage(b"X-One: 1"), PipeMessage(A, headers(A))], b""),
        (b"Content-Length: 0\r\n\r\n" + A + b"\n", [PipeMessage(b"", headers(b"")), PipeMessage(A)], b""),
        (framed(b"one\ntwo\r\n\r\n"), [PipeMessage(b"one\ntwo\r\n\r\n", headers(b"one\ntwo\r\n\r\n"))], b""),
        (b"INFO: listening\n" + framed(A), [PipeMessage(b"INFO: listening"), PipeMessage(A, headers(A))], b""),
        (b"Content-Length: many\r\n\r\n" + A + b"\n", [PipeMessage(b"Content-Length: many"), PipeMessage(A)], b""),
        (b"Content-Type: x\nnot a header\n", [PipeMessage(b"Content-Type: x"), PipeMessage(b"not a header")], b""),
        (framed(A)[:-1], [], framed(A)[:-1]),
        (
            A + b"\nContent-Len: 1\nContent-Length: 1",
            [PipeMessage(A), PipeMessage(b"Content-Len: 1")],
            b"Content-Length: 1",
        ),
        (b"Content-Length: 5\r\nX", [], b"Content-Length: 5\r\nX"),
        (b"\xff\xfe\x00\n", [PipeMessage(b"\xff\xfe\x00")], b""),
    ],
)
def test_a_message_tells_how_it_is_framed(stream, messages, rest):
    """Behind its length or by its JSON, beside lines that are none; what is cut off is left as it came."""
    assert read(stream) == (messages, rest)


PIECES = st.lists(
    st.one_of(
        st.sampled_from([A, B, framed(A), framed(B), b"[" + A + b"]", PRINTED, b"Content-Length: 3\r\n", b"a: b\n"]),
        st.sampled_from([b"\n", b"\r\n", b"\r", b": ", b"{", b"}", b"[", b"]", b"{\n", b"}\n", b" ", b'"']),
        st.binary(max_size=12),
    ),
    max_size=12,
).map(b"".join)


@given(st.data())
def test_the_pieces_in_which_it_comes_change_nothing(data):
    """A message is found as in one piece, wherever a pipe has cut the stream."""
    stream = data.draw(PIECES)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    assert read(stream, cuts) == read(stream)


@given(PIECES)
def test_nothing_of_a_stream_is_lost_but_what_frames_it(stream):
    """Every byte stands in a message, in a header or in the rest, in its order; others are blanks around lines."""
    messages, rest = read(stream)
    at = 0
    for message in messages:
        for name, value in message.headers:
            for text in (name, value):
                found = stream.index(text.encode("latin-1"), at)
                assert stream[at:found].strip(b" \t\r\n\v\f:") == b""
                at = found + len(text.encode("latin-1"))
        found = stream.index(message.payload, at)
        assert stream[at:found].strip(b" \t\r\n\v\f:") == b""
        at = found + len(message.payload)
    assert stream[at:].removesuffix(rest).strip() == b""
    assert stream.endswith(rest)


@given(st.lists(st.tuples(st.binary(min_size=1), st.booleans()), max_size=8), st.lists(st.integers(0, 200)))
def test_what_is_encoded_is_read(messages, cuts):
    """Behind its length anything; on a line what has no line's end in it."""
    messages = [
        (payload, with_length or b"\n" in payload or b"\r" in payload or not payload.strip() or b":" in payload)
        for payload, with_length in messages
    ]
    stream = b"".join(encode(payload, with_length=with_length) for payload, with_length in messages)
    found, rest = read(stream, [min(cut, len(stream)) for cut in cuts])
    assert ([message.payload for message in found], rest) == ([payload for payload, _framed in messages], b"")
    assert [bool(message.headers) for message in found] == [with_length for _payload, with_length in messages]


def test_a_long_message_takes_linear_time():
    """Ten megabytes in small pieces, in either framing; a list may look whole after each of them."""
    text, objects = b'"' + b"x" * 10_000_000 + b'"', b"[{}" + b",{}" * 3_333_333 + b"]"
    for payload, with_length in ((text, True), (text, False), (objects, True), (objects, False)):
        stream = encode(payload, with_length=with_length)
        framing, found = Framing(), []
        for at in range(0, len(stream), 4096):
            found += framing.feed(stream[at : at + 4096])
        assert [message.payload for message in found] == [payload]
