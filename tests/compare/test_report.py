"""A comparison as text, table, JSON and JUnit's XML."""

import xml.etree.ElementTree as ET

from recorder.compare.findings import Comparison, Decision, Finding
from recorder.compare.report import cases, finding_lines, lines, table, value
from recorder.difference import Difference
from recorder.reporting import junit

DETAIL = Difference(("params", "amount"), "value", 1, 2)
CHANGED = Finding("changed", "deposit", "initiator", "channels.deposit", "--->", "a:2", "b:3", (DETAIL,))
MISSING = Finding("missing", "deposit", "responder", "close", recorded="a:9")
ORDER = Finding("order", "", "initiator", "a result", "<---", "a:4", "b:4", than="after a:3 channels.x")
BOTH = Comparison({"deposit": 2, "close": 1}, (CHANGED, MISSING), (Decision("bound", "ak: x recorded, y stands"),))
UNRECORDED = Comparison({"": 3}, (ORDER,))


def test_text():
    """Each finding with its places and details, then the sum."""
    assert list(lines(BOTH, explain=True)) == [
        "a:2 | b:3: initiator ---> channels.deposit changed",
        "  params.amount: 1 expected, 2 came (they must be equal)",
        "a:9: responder close missing: it was recorded, and never came",
        "bound: ak: x recorded, y stands",
        "2 differences in 3 frames",
    ]
    assert list(lines(UNRECORDED)) == [
        "a:4 | b:4: initiator <--- a result came in another order",
        "  should have come after a:3 channels.x",
        "1 difference in 3 frames",
    ]


def test_what_follows_a_missing_frame_is_counted():
    """In the same line."""
    (line,) = finding_lines(MISSING._replace(more=2))
    assert line == "a:9: responder close, with 2 frames after it, missing: it was recorded, and never came"


def test_long_texts_are_cut():
    """Only so many findings are told where a number is given."""
    assert list(lines(BOTH, most=1))[-2:] == ["and 1 more difference", "2 differences in 3 frames"]


def test_table():
    """A line for each scenario; what belongs to none is under the capture's name."""
    assert list(table({"run.jsonl": BOTH})) == [
        "scenario  frames  differences  verdict",
        "deposit        2            2  differs",
        "close          1            0  same",
    ]
    assert list(table({"run.jsonl": UNRECORDED}))[1] == "run.jsonl       3            1  differs"


def test_a_table_of_several_captures_names_them():
    """Scenarios of the same name are told apart."""
    assert list(table({"a/run.jsonl": BOTH, "b.jsonl": UNRECORDED})) == [
        "capture      scenario  frames  differences  verdict",
        "a/run.jsonl  deposit        2            2  differs",
        "a/run.jsonl  close          1            0  same",
        "b.jsonl      b.jsonl        3            1  differs",
    ]


def test_json():
    """Names as in the text."""
    found = value(BOTH)
    assert (found["same"], found["frames"]) == (False, {"deposit": 2, "close": 1})
    assert found["findings"][0]["details"][0]["path"] == "params.amount"
    inside = Difference(("a.b", 0, "transaction", "fee"), "value", 1, 2, 2, "close_tx")
    (finding,) = value(Comparison(findings=(CHANGED._replace(details=(inside,)),)))["findings"]
    assert finding["details"] == [
        {
            "path": '["a.b"][0].transaction.fee',
            "inside": "transaction.fee",
            "type": "close_tx",
            "rule": "value",
            "recorded": 1,
            "live": 2,
        }
    ]
    assert found["decisions"] == [{"what": "bound", "text": "ak: x recorded, y stands"}]


def test_junit():
    """Well-formed whatever was said, a failure for each scenario that differs."""
    odd = CHANGED._replace(step='<&">\x01')
    refused = Comparison({"deposit": 1}, (odd._replace(reason="node refuses"),))
    assert ET.fromstring(junit("run", cases(refused, "run")))[0][0].get("message") == "node refuses"
    suite = ET.fromstring(junit("run", cases(Comparison({"deposit": 1, "close": 1}, (odd,)), "run")))
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    deposit, close = suite
    assert '---> <&">\ufffd changed' in deposit[0].get("message")
    assert "params.amount: 1 expected" in deposit[0].text
    assert len(close) == 0


def test_what_was_not_reached_is_not_the_same():
    """A scenario in which nothing could happen any more; one with findings of its own differs."""
    found = Comparison({"a": 1, "b": 2, "c": 3}, (MISSING._replace(scenario="a"),), unreached=frozenset({"a", "b"}))
    assert [line.split()[-1] for line in table({"x": found})] == ["verdict", "differs", "run", "same"]
    suite = ET.fromstring(junit("x", cases(found, "x")))
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    assert [[child.tag for child in case] for case in suite] == [["failure"], ["skipped"], []]
    assert value(found)["unreached"] == ["a", "b"]
