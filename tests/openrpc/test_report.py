"""Violations as people and programs read them."""

import json

from recorder.openrpc.checking import Violation
from recorder.openrpc.report import FORMATS, Checked, junit

SAME = [
    Violation(line, "m", "params", f"params[{line % 2}]", f"'{line}' is not of type 'integer'") for line in (3, 6, 9)
]
OTHER = Violation(7, "n", "error", "error.code", "8 is not documented; 7 is")
CHECKED = Checked("run.jsonl", [*SAME[:2], OTHER, SAME[2]], {"m": 5, "n": 2, "o": 1})


def test_the_same_violation_is_one_line():
    """With its number, and the place of the first; one that is there once is a line too."""
    assert [*FORMATS["text"](CHECKED)] == [
        "run.jsonl:3: m: params[1]: '3' is not of type 'integer' (3 times, first here)",
        "run.jsonl:7: n: error.code: 8 is not documented; 7 is",
        "8 messages of 3 methods: 4 violations",
    ]


def test_long_names_are_cut_and_controls_are_shown():
    """A name in traffic may be of any length, and hold anything."""
    one = Violation(3, "m" * 9000, "params", "params.\x1b[2J" + "x" * 9000, "is not in the document")
    line = next(FORMATS["text"](Checked("run.jsonl", [one], {"m": 1})))
    assert len(line) < 500
    assert "\x1b" not in line
    assert line.endswith("…: is not in the document")


def test_programs_get_each_violation():
    """GitHub's commands, SARIF, JSON, JUnit."""
    assert [*FORMATS["github"](CHECKED)][2] == (
        "::error file=run.jsonl,line=7,col=1,title=error::n: error.code: 8 is not documented; 7 is"
    )
    (run,) = json.loads(next(FORMATS["sarif"](CHECKED)))["runs"]
    assert run["tool"]["driver"]["name"] == "recorder check"
    assert [one["ruleId"] for one in run["results"]] == ["params", "params", "error", "params"]
    assert json.loads(next(FORMATS["json"](CHECKED)))[2] == {
        "file": "run.jsonl",
        "line": 7,
        "method": "n",
        "rule": "error",
        "path": "error.code",
        "text": "8 is not documented; 7 is",
    }
    assert 'tests="3" failures="2"' in junit(CHECKED)
    assert "run.jsonl:9: m: params[1]" in junit(CHECKED)
