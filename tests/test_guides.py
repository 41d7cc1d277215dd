"""Documents on disk, and the captures near them that their pins name."""

from pathlib import Path

import pytest
from recorded import call, said

from recorder.capture import dump
from recorder.documents.pins import Pin, pinned
from recorder.errors import InputError
from recorder.guides import Pinned
from recorder.model import Header


@pytest.fixture
def guide(tmp_path):
    """A document with a capture in a folder beside its own."""
    capture = tmp_path / "captures" / "run.jsonl"
    capture.parent.mkdir()
    events = said((">", call("sum", {"a": 1, "b": [1, 2]}, id=1)))
    capture.write_bytes(b"".join(map(dump, [Header(format=2, run="x", recorder="0"), *events])))
    return tmp_path / "docs" / "guide.md"


def test_captures_are_found_from_the_documents_folder(guide):
    """Whatever the folder of the process; each is read once."""
    captures = Pinned()
    first = captures.of(guide).messages("../captures/run.jsonl")
    assert captures.of(guide.parent.parent / "x.md").messages("captures/run.jsonl") is first
    assert str(first[0].at) == f"{guide.parent.parent / 'captures' / 'run.jsonl'}:3"


def test_a_part_is_shown_as_transcripts_show_it(guide):
    """By the same paths; one that leads nowhere says so."""
    source = Pinned().of(guide)
    pin = Pin("../captures/run.jsonl", show=("params.b",))
    message = pinned(pin, source)
    assert source.excerpt(pin, message) == b'{"params":{"b":[1,2]}}'
    with pytest.raises(InputError, match=r"is at params\.c; correct the pin's show= or drop="):
        source.excerpt(Pin("x", drop=("params.c",)), message)


def test_what_is_no_capture_is_said():
    """With its path."""
    with pytest.raises(InputError, match=r"nowhere.jsonl: cannot read"):
        Pinned().of(Path("guide.md")).messages("nowhere.jsonl")
