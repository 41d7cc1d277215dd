"""JSON values in a row, and what a line of text holds of a capture."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from recorder.capture import MAX_DEPTH, frame
from recorder.errors import InputError
from recorder.interchange import formats
from recorder.interchange.formats import Source
from recorder.interchange.lines import first_values, flat, values

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def of(path, text):
    """The values of a file."""
    path.write_bytes(text)
    return [tuple(value) for value in values(Source(path))]


def test_values_stand_on_a_line_each_or_over_several(tmp_path):
    """With the line where each begins; brackets in strings are none."""
    text = b'1\n\n{"a":"}{\\"["}\n{\n "b": [\n  1\n ]\n}\n  [2]  \r\n'
    assert of(tmp_path / "a", text) == [
        (1, b"1"),
        (3, b'{"a":"}{\\"["}'),
        (4, b'{\n "b": [\n  1\n ]\n}'),
        (9, b"[2]"),
    ]


@pytest.mark.parametrize("header", [b"Content-Length: 7", b"content-length:7\r\nContent-Type: x"])
def test_values_may_stand_behind_their_lengths(tmp_path, header):
    """As on a pipe: with the line where each ends."""
    text = header + b'\r\n\r\n{"a":1}'
    assert [one for _line, one in of(tmp_path / "a", text * 2)] == [b'{"a":1}'] * 2
    assert first_values(Source(tmp_path / "a")) == [b'{"a":1}']
    with pytest.raises(InputError, match=r"a:\d: this message is not whole; the file ends within it"):
        of(tmp_path / "a", text + text[:-1])


def test_values_may_begin_with_the_sign_of_a_sequence(tmp_path):
    """RFC 7464: on a line, or over several."""
    assert of(tmp_path / "a", b'\x1e{"a":1}\n\x1e{\n"b":2}\n') == [(1, b'{"a":1}'), (2, b'{\n"b":2}')]
    assert first_values(Source(tmp_path / "a")) == [b'{"a":1}']


@given(st.lists(st.tuples(ANY, st.sampled_from([-1, 0, 1, 4])), max_size=5))
def test_values_come_back_however_they_are_written(tmp_path_factory, written):
    """On a line, or over as many as a printer likes."""
    texts = [json.format(json.encode(value), indent=indent) for value, indent in written]
    found = of(tmp_path_factory.mktemp("v") / "a", b"\n".join(texts))
    assert [text for _line, text in found] == texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"a":1}\nhello\n', "a:2: is not JSON"),
        (b'{"a":1}\n{"a":\n1\n', "a:2: this JSON is not whole"),
        (b"NaN\n", "a:1: is not JSON"),
        (b'"\xff"\n', "a:1: is not JSON"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), f"a:1: is not JSON, or nested more than {MAX_DEPTH} deep"),
        (b"]\n", "a:1: is not JSON"),
    ],
)
def test_what_is_no_json_is_said_with_its_line(tmp_path, text, words):
    """Also what is not whole, or too deep."""
    with pytest.raises(InputError, match=words):
        of(tmp_path / "a", text)


def test_what_has_no_lines_is_not_held(tmp_path, monkeypatch):
    """Neither on one line nor over several: nobody's memory is for files of gigabytes."""
    monkeypatch.setattr(formats, "MOST", 1 << 10)
    with pytest.raises(InputError, match="a:1: this line has more than"):
        of(tmp_path / "a", b"[" + b"1," * (1 << 10))
    monkeypatch.setattr("recorder.interchange.lines.MOST", 1 << 10)
    with pytest.raises(InputError, match="a:1: is a value of more than"):
        of(tmp_path / "a", b"[" + b"1,\n" * (1 << 10))
    with pytest.raises(InputError, match="is a message of more than"):
        of(tmp_path / "a", b"Content-Length: 9999\r\n\r\n" + b"1,\n" * (1 << 10))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b' {"a":\n1} {"b":2}', [b'{"a":\n1}']),
        (b'[{"a":{}},{"b":2', [b'{"a":{}}']),
        (b"[1, [2]]", [b"1", b"[2]"]),
        (b"[]", []),
        (b'{"a":', []),
        (b"[" * 100_000, []),
        (b"\xff", []),
    ],
)
def test_the_first_values_of_a_file_are_found_whatever_follows(tmp_path, text, found):
    """Also in a list that is not whole."""
    (tmp_path / "a").write_bytes(text)
    assert first_values(Source(tmp_path / "a")) == found


def test_a_frame_is_flat_where_it_is_text():
    """Line breaks of JSON are spaces; other text needs to stand on one line."""

    def of_frame(payload, **fields):
        return flat(frame(payload, session=1, direction="to_node", **fields))

    assert of_frame(b'{"a":\r\n1}\n') == b'{"a":  1}'
    assert of_frame(b"plain") == b"plain"
    assert of_frame(b"{}", opcode="binary") == b"{}"
    assert [of_frame(payload) for payload in (b"two\nlines", b" space", b"", b"\xff")] == [None] * 4
    assert of_frame(b"x", opcode="ping") is None


def test_a_head_ends_with_its_last_whole_line(tmp_path, monkeypatch):
    """What goes on is not looked at, unless there is nothing else."""
    monkeypatch.setattr(formats, "HEAD", 4)
    for text, lines in ((b"a\nbcd\n", [b"a"]), (b"abcdef", [b"abcd"]), (b"a\n", [b"a", b""])):
        (tmp_path / "a").write_bytes(text)
        assert Source(Path(tmp_path / "a")).head_lines == lines
