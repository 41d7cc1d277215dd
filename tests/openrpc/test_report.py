"""Violations as people and programs read them."""

import json

from recorder.openrpc.checking import Violation
from recorder.openrpc.report import FORMATS, Kinds, junit, summary

SAME = [
    Violation(line, "m", "params", f"params[{line % 2}]", f"'{line}' is not of type 'integer'") for line in (3, 6, 9)
]
OTHER = Violation(7, "n", "error", "error.code", "8 is not documented; 7 is")
FOUND = [*SAME[:2], OTHER, SAME[2]]
METHODS = {"m": 5, "n": 2, "o": 1}


def kinds_of(found):
    """The kinds of violations."""
    kinds = Kinds()
    assert [*kinds.seen(found)] == found
    return kinds


def test_the_same_violation_is_one_line():
    """With its number, and the place of the first; one that is there once is a line too."""
    kinds = kinds_of(FOUND)
    assert [*kinds.lines("run.jsonl")] == [
        ("m", "run.jsonl:3: m: params[1]: '3' is not of type 'integer' (3 times, first here)"),
        ("n", "run.jsonl:7: n: error.code: 8 is not documented; 7 is"),
    ]
    assert summary(kinds, METHODS) == "8 messages of 3 methods: 4 violations"
    assert summary(kinds_of([]), {"m": 1}) == "1 message of 1 method: no violations"


def test_long_names_are_cut_and_controls_are_shown():
    """A name in traffic may be of any length, and hold anything."""
    one = Violation(3, "m" * 9000, "params", "params.\x1b[2J" + "x" * 9000, "is not in the document")
    ((_method, line),) = kinds_of([one]).lines("run.jsonl")
    assert len(line) < 500
    assert "\x1b" not in line
    assert line.endswith("…: is not in the document")


def test_programs_get_each_violation():
    """GitHub's commands, SARIF, JSON."""
    assert [*FORMATS["github"]("run.jsonl", FOUND)][2] == (
        "::error file=run.jsonl,line=7,col=1,title=error::n: error.code: 8 is not documented; 7 is"
    )
    (run,) = json.loads(next(FORMATS["sarif"]("run.jsonl", FOUND)))["runs"]
    assert run["tool"]["driver"]["name"] == "recorder check"
    assert [one["ruleId"] for one in run["results"]] == ["params", "params", "error", "params"]
    assert json.loads(next(FORMATS["json"]("run.jsonl", FOUND)))[2] == {
        "file": "run.jsonl",
        "line": 7,
        "method": "n",
        "rule": "error",
        "path": "error.code",
        "text": "8 is not documented; 7 is",
    }


def test_junit_has_a_case_for_each_method():
    """With what is wrong with it, each kind once."""
    written = junit("run.jsonl", kinds_of(FOUND), METHODS)
    assert 'tests="3" failures="2"' in written
    assert "run.jsonl:3: m: params[1]" in written
    assert "(3 times, first here)</failure>" in written
