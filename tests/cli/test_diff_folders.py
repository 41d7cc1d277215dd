"""`recorder diff` of two folders: captures of the same name are compared."""

import json
import xml.etree.ElementTree as ET

import pytest
import zstandard

from recorder.capture import dump, frame
from recorder.model import Header, Opened

HEADER = Header(format=2, run="r", recorder="0")


@pytest.fixture
def write(tmp_path):
    """Writes a capture in which a client is told a number."""

    def _write(name, number=1):
        told = frame(b'{"jsonrpc":"2.0","method":"told","params":[%d]}' % number, session=1, direction="from_node")
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = b"".join(map(dump, [HEADER, Opened(session=1, party="client", url="ws://node/"), told]))
        path.write_bytes(zstandard.compress(data) if name.endswith(".zst") else data)

    return _write


def rows(out):
    """The rows of the table: the capture, how many differences, the verdict."""
    lines = out.splitlines()
    table = lines[next(at for at, line in enumerate(lines) if line.startswith("capture ")) + 1 :]
    return [(row[0], row[-2], row[-1]) for row in map(str.split, table)]


def test_captures_of_one_name_are_compared(run, write):
    """In folders below, too, and where one is compressed; exit code 0 if all are the same."""
    for folder, ending in (("old", ""), ("new", ".zst")):
        write(f"{folder}/a.jsonl{ending}")
        write(f"{folder}/below/b.jsonl")
    done = run("diff", "old", "new")
    assert (done.code, done.err) == (0, "")
    assert rows(done.out) == [("a.jsonl", "0", "same"), ("below/b.jsonl", "0", "same")]


def test_what_differs_is_told_with_its_capture(run, write, tmp_path):
    """With the rules beside it; exit code 1, and a report with a class for each capture."""
    for name in ("a", "b", "c"):
        write(f"old/{name}.jsonl")
        write(f"new/{name}.jsonl", number=2 if name != "a" else 1)
    (tmp_path / "old" / "c.rules.toml").write_text('[[rule]]\npath = "params"\nignore = true\n')
    done = run("diff", "old", "new", "--junit", "report.xml")
    assert (done.code, done.err) == (1, "")
    assert "old/b.jsonl:3 | new/b.jsonl:3: client <--- told changed\n  params[0]: 1 expected, 2 came" in done.out
    assert rows(done.out) == [("a.jsonl", "0", "same"), ("b.jsonl", "1", "differs"), ("c.jsonl", "0", "same")]
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert [(case.get("classname"), case.find("failure") is not None) for case in suite.iter("testcase")] == [
        ("a.jsonl", False),
        ("b.jsonl", True),
        ("c.jsonl", False),
    ]


def test_a_capture_that_only_one_folder_has_is_a_difference(run, write):
    """Whichever has it."""
    for name in ("old/a.jsonl", "new/a.jsonl", "old/gone.jsonl", "new/more.jsonl"):
        write(name)
    done = run("diff", "old", "new")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[:2] == [
        "old/gone.jsonl: new has no capture of this name",
        "new/more.jsonl: old has no capture of this name",
    ]
    found = json.loads(run("diff", "old", "new", "--json").out)
    assert (found["same"], [*found["captures"]], [*found["alone"]], found["errors"]) == (
        False,
        ["a.jsonl"],
        ["gone.jsonl", "more.jsonl"],
        {},
    )


def test_a_capture_that_cannot_be_read_holds_up_no_other(run, write, tmp_path):
    """It is told behind the table; exit code 2, and an error in the report."""
    for name in ("old/a.jsonl", "new/a.jsonl", "old/bad.jsonl", "new/bad.jsonl"):
        write(name)
    (tmp_path / "new" / "bad.jsonl").write_text("{\n")
    done = run("diff", "old", "new", "--junit", "report.xml")
    assert (done.code, done.out.splitlines()[-1].split()) == (2, ["a.jsonl", "1", "0", "same"])
    assert done.err.startswith("recorder: new/bad.jsonl:1: not a capture")
    suite = ET.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("errors")) == ("2", "1")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["old", "old/a.jsonl"], "old/a.jsonl: is no folder, as the other is; name two captures or two folders"),
        (["old/a.jsonl", "old"], "old/a.jsonl: is no folder, as the other is; name two captures or two folders"),
        (["old", "absent"], "absent: is no folder, as the other is; name two captures or two folders"),
        (["old", "empty"], "empty: has no capture (.jsonl, .jsonl.zst) in it"),
        (["old", "old", "--suggest-rules"], "--suggest-rules takes two captures; name one of each folder"),
        (
            ["old", "old", "--junit", "old/a.jsonl"],
            "old/a.jsonl: is read by this command; name another file with --junit",
        ),
    ],
)
def test_folders_that_cannot_be_compared(run, write, tmp_path, arguments, line):
    """One line says what to do, and exit code 2."""
    write("old/a.jsonl")
    (tmp_path / "empty").mkdir()
    done = run("diff", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"recorder: {line}\n")
