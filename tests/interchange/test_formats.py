"""Which format a file is of, or is to be of: by what is in it, by its name, or as the user says."""

from pathlib import Path

import pytest

from recorder.errors import InputError
from recorder.interchange.formats import FORMATS, Source, format_for, format_of, named


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_what_the_table_says(name):
    """What is read recognises its files; what has names for files is written."""
    known = FORMATS[name]
    module = known.load()
    assert known.reads == hasattr(module, "read") == hasattr(module, "recognises")
    assert bool(known.suffixes) == hasattr(module, "write")


def test_a_transcript_is_recognised_by_its_headings_or_its_name(tmp_path):
    """What stands in it decides, also where it has another name."""
    (tmp_path / "a.txt").write_text("\n#### initiator ---> node\n")
    (tmp_path / "b.md").write_text("# Nothing of it\n")
    assert format_of(Source(tmp_path / "a.txt")) is format_of(Source(tmp_path / "b.md")) is FORMATS["transcript"]


def test_a_file_of_no_format_is_said_to_be_of_none(tmp_path):
    """With the names of those that are."""
    (tmp_path / "a").write_text("something else")
    with pytest.raises(InputError, match=r"a: is of no known format \(.*transcript, trace, log\); give --format"):
        format_of(Source(tmp_path / "a"))


def test_a_name_of_no_format_is_refused():
    """One that is read only cannot be written."""
    with pytest.raises(InputError, match=r"--format 'x': choose one of .*transcript"):
        named("x")
    with pytest.raises(InputError, match=r"--format 'transcript': choose one of"):
        named("transcript", written=True)


def test_a_name_of_a_file_that_says_no_format_is_refused():
    """It cannot be guessed what is wanted."""
    with pytest.raises(InputError, match=r"x.txt: its name says no format; end it with one of"):
        format_for(Path("x.txt"))
