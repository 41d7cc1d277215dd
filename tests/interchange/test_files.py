"""Captures from disk and text to disk: whole, or not there."""

import io
import os
import sys

import pytest
import zstandard

from recorder import capture
from recorder.errors import InputError
from recorder.interchange.files import Capture, files_in, same_file, write_all
from recorder.model import Header, Note
from recorder.sinks.capture_file import CaptureFile

HEADER = Header(format=capture.FORMAT, run="r", recorder="0")
NOTES = [Note(text="one"), Note(text="two")]
DATA = b"".join(map(capture.dump, (HEADER, *NOTES)))


def pack(data):
    """Compressed, as one frame."""
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize("data", [DATA, pack(DATA), pack(DATA[:40]) + pack(DATA[40:])], ids=["plain", "zst", "frames"])
def test_a_capture_is_read_plain_or_compressed(tmp_path, data):
    """By its first bytes, not its name; of several compressed frames too; and as often as one likes."""
    path = tmp_path / "x"
    path.write_bytes(data)
    opened = Capture(path)
    assert opened.header == HEADER
    assert list(opened) == NOTES
    assert list(opened) == NOTES


@pytest.mark.parametrize("data", [DATA[:-3], pack(DATA[:-3])], ids=["plain", "zst"])
def test_a_torn_last_line_is_said_once_and_left_out(tmp_path, data):
    """Its recorder was killed: what stands before it is whole."""
    warnings = []
    (tmp_path / "x").write_bytes(data)
    opened = Capture(tmp_path / "x", warnings.append)
    assert [list(opened), list(opened)] == [NOTES[:1]] * 2
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{tmp_path / 'x'}:3: the last line is incomplete")


def test_a_torn_line_that_nobody_asked_about_is_left_out(tmp_path):
    """The Python interface has no terminal to warn on."""
    (tmp_path / "x").write_bytes(DATA[:-3])
    assert list(Capture(tmp_path / "x")) == NOTES[:1]


def test_a_truncated_compressed_capture_is_read_as_far_as_it_goes(tmp_path):
    """A copy that was cut off gives the events that arrived, and a warning."""
    many = [Note(text=f"{number}-{os.urandom(40).hex()}") for number in range(5000)]
    packed = pack(b"".join(map(capture.dump, (HEADER, *many))))
    (tmp_path / "x").write_bytes(packed[: len(packed) // 2])
    warnings = []
    events = list(Capture(tmp_path / "x", warnings.append))
    assert 0 < len(events) < len(many)
    assert events == many[: len(events)]
    assert len(warnings) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"# A title\n", "not a capture"),
        (b"\x28\xb5\x2f\xfdrubbish", "cannot read on"),
        (b'{"format":99,"run":"r","recorder":"9"}\n', "format 99 is newer"),
        (b'{"jsonrpc":"2.0"}\n', "no format version"),
    ],
)
def test_what_is_no_capture_is_refused(tmp_path, data, words):
    """With the file's name and what to do."""
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        Capture(tmp_path / "x")
    assert caught.value.file == str(tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent", "cannot read: No such file"),
        ("absent/x", "cannot read: No such file"),
        (".", "is a folder; name a file"),
    ],
)
def test_what_cannot_be_read_is_said_in_the_systems_words(tmp_path, name, words):
    """Of a folder, what to do."""
    with pytest.raises(InputError, match=words):
        Capture(tmp_path / name)


def test_a_file_that_fails_while_it_is_read_is_said_so():
    """A disk error is one line too; this process's own memory has none at address 0."""
    with pytest.raises(InputError, match="cannot read on: "):
        Capture("/proc/self/mem")


def test_standard_input_is_read_once(monkeypatch):
    """It cannot be rewound: what needs it twice says so."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(pack(DATA)))))
    opened = Capture("-")
    assert list(opened) == NOTES
    with pytest.raises(InputError, match="only once; give a file"):
        iter(opened)


def test_texts_are_written_with_their_folders(tmp_path):
    """As they are: no newline translated, UTF-8, and the modes that new files have."""
    target = tmp_path / "new" / "x.md"
    assert write_all([(target, ["é\r\n", "b\u2028"])]) == [target]
    assert target.read_bytes() == "é\r\nb\u2028".encode()
    (tmp_path / "other").touch()
    assert target.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert list(target.parent.iterdir()) == [target]


def test_when_one_text_fails_no_file_changes(tmp_path):
    """All or none: the old files stand, and nothing is left lying about."""

    def fails():
        yield "half"
        raise InputError("stop")

    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    with pytest.raises(InputError, match="stop"):
        write_all([(tmp_path / "a", ["new"]), (tmp_path / "b", fails())])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "old"}


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path):
    """A private transcript stays private."""
    (tmp_path / "a").touch(0o600)
    write_all([(tmp_path / "a", ["new"])])
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(tmp_path):
    """What it points to is written, be it there or not."""
    for name in ("there", "absent"):
        (tmp_path / f"{name}-link").symlink_to(tmp_path / name)
    (tmp_path / "there").write_text("old")
    write_all((tmp_path / f"{name}-link", ["new"]) for name in ("there", "absent"))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_symlink()) == ["absent-link", "there-link"]
    assert (tmp_path / "there").read_text() == (tmp_path / "absent").read_text() == "new"


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    """`-o /dev/stdout` prints, and nobody loses /dev/null."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_all([(pipe, ["text"])])
    assert os.read(reader, 100) == b"text"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_capture_that_is_being_recorded_is_not_replaced(tmp_path):
    """Its recorder would go on writing where nobody reads."""
    file = CaptureFile(tmp_path / "run.jsonl", HEADER)
    with pytest.raises(InputError, match="a recorder is writing this capture"):
        write_all([(tmp_path / "run.jsonl", ["x"])])
    file.close()
    write_all([(tmp_path / "run.jsonl", ["x"])])


@pytest.mark.parametrize("name", ["file/x.md", "file/a/x.md", "a" * 300])
def test_what_cannot_be_written_is_said_in_the_systems_words(tmp_path, name):
    """A path under a file; a name too long."""
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write: "):
        write_all([(tmp_path / name, ["x"])])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_folder_is_no_file(tmp_path):
    """It is left as it is."""
    with pytest.raises(InputError, match="is a folder; name a file"):
        write_all([(tmp_path, ["x"])])


def test_the_files_of_a_folder_are_found_at_any_depth(tmp_path):
    """By the ends of their names, in order; nothing hidden, and no packages."""
    for name in ("b.jsonl", "a/c.JSONL.zst", "a.txt", ".b.jsonl", ".git/d.jsonl", "a/node_modules/x/e.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files_in(tmp_path, (".jsonl", ".jsonl.zst")) == [
        str(tmp_path / name) for name in ("a/c.JSONL.zst", "b.jsonl")
    ]
    assert files_in(tmp_path / "none", (".jsonl",)) == []


def test_a_file_is_the_same_by_any_name(tmp_path):
    """Through links of both kinds; what does not exist is no file's other name."""
    one, other = tmp_path / "one", tmp_path / "other"
    assert not same_file(one, one)
    one.write_text("x")
    assert not same_file(one, other)
    other.write_text("x")
    assert not same_file(one, other)
    (tmp_path / "hard").hardlink_to(one)
    (tmp_path / "soft").symlink_to(one)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    assert [same_file(one, tmp_path / name) for name in ("hard", "soft", "circle")] == [True, True, False]
