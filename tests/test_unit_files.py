"""What is made of units, in a folder that several workers share."""

import json
from dataclasses import replace

import pytest

from recorder.errors import InputError
from recorder.fleet.units import Member, Session, Unit
from recorder.unit_files import UnitFiles

UNIT = Unit("shop", [Member(Session("a", 1), 3, closed=True), Member(Session("b", 2), 5)], 9, 0.0)
STREAM = "TRAFFIC of today"


@pytest.fixture
def made(tmp_path):
    """Makes files, by name and content."""
    (tmp_path / "made").mkdir()

    def _make(**contents):
        files = {}
        for name, content in contents.items():
            files[f"{name}.md"] = tmp_path / "made" / name
            files[f"{name}.md"].write_text(content)
        return files

    return _make


@pytest.fixture
def folder(tmp_path):
    """Where units are written to."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def contents(folder):
    """The files there, but for records."""
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix != ".json"}


def test_a_record_says_what_was_done(folder, made):
    """Of whom, up to which place of which stream, into which files."""
    files = UnitFiles(folder, "transcript")
    assert files.done(STREAM, UNIT) == 0
    assert files.put(STREAM, UNIT, made(one="1"), {"notes": ["a note"]})
    assert contents(folder) == {"one.md": "1"}
    assert json.loads((folder / "shop.json").read_text()) == {
        "unit": "shop",
        "channel": "shop",
        "sessions": [{"run": "a", "session": 1, "closed": True}, {"run": "b", "session": 2, "closed": False}],
        "stream": STREAM,
        "work": "transcript",
        "until": 9,
        "files": ["one.md"],
        "notes": ["a note"],
    }
    assert files.done(STREAM, UNIT) == 9


def test_work_of_another_kind_or_stream_is_not_done(folder, made):
    """Places of a stream that was made anew say nothing."""
    UnitFiles(folder, "transcript").put(STREAM, UNIT, made(one="1"), {})
    assert UnitFiles(folder, "summary").done(STREAM, UNIT) == 0
    assert UnitFiles(folder, "transcript").done("TRAFFIC of tomorrow", UNIT) == 0


def test_a_record_that_cannot_be_read_is_none(folder):
    """Whatever stands there."""
    for text in ("", "[]", '{"stream":1}', '{"stream":"x","work":"y","until":"9","files":[]}'):
        (folder / "shop.json").write_text(text)
        assert UnitFiles(folder, "transcript").record(UNIT) is None


def test_an_older_view_replaces_no_newer_one(folder, made):
    """Nor the same one: a worker that was slow has been overtaken."""
    files = UnitFiles(folder, "transcript")
    assert files.put(STREAM, UNIT, made(one="new"), {})
    for late in (UNIT, replace(UNIT, last=8)):
        assert not files.put(STREAM, late, made(one="old", two="old"), {})
    assert contents(folder) == {"one.md": "new"}


def test_files_that_a_newer_view_has_no_more_are_removed(folder, made):
    """And no others, whatever a record says."""
    files = UnitFiles(folder, "transcript")
    (folder.parent / "precious.md").write_text("mine")
    files.put(STREAM, UNIT, made(one="1", two="2"), {})
    record = json.loads((folder / "shop.json").read_text())
    (folder / "shop.json").write_text(json.dumps(record | {"files": ["one.md", "two.md", "../precious.md"]}))
    assert files.put(STREAM, replace(UNIT, last=10), made(two="2 again"), {})
    assert contents(folder) == {"two.md": "2 again"}
    assert (folder.parent / "precious.md").exists()


def test_all_is_written_or_nothing(folder, made):
    """Here the second file cannot be."""
    (folder / "two.md").mkdir()
    with pytest.raises(InputError, match=r"two\.md"):
        UnitFiles(folder, "transcript").put(STREAM, UNIT, made(one="1", two="2"), {})
    assert [path.name for path in folder.iterdir()] == ["two.md"]


def test_the_deaths_that_a_unit_has_cost_are_counted(folder, made):
    """Of this work on this stream, until something is written; who ends well leaves no mark."""
    files = UnitFiles(folder, "transcript")
    for before in (0, 1):
        with files.trying(STREAM, UNIT) as died:
            left = [*folder.iterdir()]
        assert died == before
        assert len([*folder.iterdir()]) == before
        for mark in left:  # as one who is killed in the block leaves it
            mark.touch()
    for other in (UnitFiles(folder, "summary").trying(STREAM, UNIT), files.trying("TRAFFIC of tomorrow", UNIT)):
        with other as died:
            assert died == 0
    files.put(STREAM, UNIT, made(one="1"), {})
    assert {path.name for path in folder.iterdir()} == {"one.md", "shop.json"}


def test_a_folder_that_cannot_be_written_is_said(folder):
    """Before a unit is begun."""
    files = UnitFiles(folder / "absent", "transcript")
    with pytest.raises(InputError, match="absent: cannot write: No such file"), files.trying(STREAM, UNIT):
        pass
