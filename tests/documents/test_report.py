"""What is printed of verdicts, in each format."""

import json

from recorded import CAPTURES, GENERIC, call, fenced

from recorder.documents import check
from recorder.documents.report import FORMATS, summary, text

DOCUMENT = (
    fenced(call("tick", {"at": 6}))
    + fenced(call("sum", {"a": 1, "b": 2}))
    + fenced(call("tick", {"att": 6}))
    + fenced('{"jsonrpc": "2.0", "method": "tick",\n "params": {"at": 1},}')
    + fenced(call("mul", {}))
    + fenced(call("sum"), before="<!-- recorder: ignore % later -->")
    + fenced(call("sum", {"a": 1, "b": 2}), before="The node sends:")
    + fenced("pip install", "sh")
)
RESULTS = [*check(DOCUMENT, "a,b.md", GENERIC, CAPTURES)]
STALE = "tick: params.att is called 'at' in what is recorded"


def printed(name):
    """The lines of a format."""
    return [*FORMATS[name](RESULTS)]


def test_each_finding_is_a_line_and_the_last_says_how_many():
    """File, line, column, verdict, why, and the nearest frame."""
    assert [*text(RESULTS)] == [
        f"a,b.md:31:5: stale: {STALE} (nearest: run1.jsonl:10)",
        "a,b.md:39:21: broken: tick: a comma before `}`; leave it out (nearest: run1.jsonl:10)",
        "a,b.md:46:13: unseen: no recording has mul",
        (
            "a,b.md:61:1: wrong direction: sum is recorded as client ---> node alone; the words before it name the sender"
            " (nearest: run1.jsonl:3)"
        ),
        "6 examples: 2 true, 1 stale, 1 broken, 1 wrong direction, 1 unseen, 1 left alone",
    ]


def test_with_verbose_what_is_true_is_a_line_too():
    """With its frame; what is left alone and what is no example with the reason; what is remarkable beside."""
    lines = [*text(RESULTS, verbose=True)]
    assert lines[0] == "a,b.md:3:1: true: tick (run1.jsonl:10)"
    assert "  sum: it has no id, and so asks for no answer; the recorded call has one" in lines
    assert "a,b.md:52:1: left alone: % later" in lines
    assert "a,b.md:72:1: no example: no JSON object in it, and no URL of a session" in lines
    assert lines[-1] == summary(RESULTS)


def test_what_is_not_looked_into_is_counted():
    """So that nobody believes it to be true; with verbose it has its line."""
    results = [*check(DOCUMENT + '\nAs `{"jsonrpc": "2.0"}` says.\n', "g.md", GENERIC, CAPTURES)]
    assert summary(results) == f"{summary(RESULTS)}, 1 not looked into"
    line = "g.md:76:1: no example: JSON-RPC in inline code is not looked into"
    assert line in text(results, verbose=True)


def test_json_is_a_list_of_examples():
    """Each with the first line of its block."""
    (line,) = printed("json")
    found = json.loads(line)
    assert [one["verdict"] for one in found] == ["true", "true", "stale", "broken", "unseen", "wrong direction"]
    assert found[2] == {
        "file": "a,b.md",
        "line": 26,
        "column": 1,
        "verdict": "stale",
        "message": STALE,
        "paths": ["params.att"],
        "frame": "run1.jsonl:10",
    }


def test_github_shows_findings_beside_the_line():
    """What nobody knows is a warning."""
    lines = printed("github")
    assert lines[0] == f"::error file=a%2Cb.md,line=31,col=5,title=stale::{STALE} (nearest: run1.jsonl:10)"
    assert lines[2].startswith("::warning file=a%2Cb.md,line=46,col=13,title=unseen::")
    assert len(lines) == 4


def test_sarif_names_each_rule():
    """And the place of each finding."""
    (line,) = printed("sarif")
    (run,) = json.loads(line)["runs"]
    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= {*rules}
    assert rules["unseen"] == "The example is in no recording."
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a,b.md"},
        "region": {"startLine": 31, "startColumn": 5},
    }


def test_nothing_is_nothing():
    """A document without examples has none."""
    assert summary([]) == "0 examples"


def test_a_line_tells_a_few_reasons():
    """A block of other things is not printed whole."""
    (found,) = check(fenced(call("tick", {})), "g.md", GENERIC, CAPTURES)
    for number in range(50):
        found.judged[0].because("stale", number, f"reason {number}")
    (line, _summary) = text([found])
    assert line.count(";") < 10
    assert " more" in line
