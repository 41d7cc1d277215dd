"""Pins are written for what is true, and are true from then on."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import Captures, call, fenced, recordings, said

from recorder.documents import check
from recorder.documents.placing import place
from recorder.documents.updating import update
from recorder.model import Scenario

LONG = "tx_" + "AbC1" * 30
STEPS = [
    *said(
        (">", call("sum", {"a": 1, "b": 2, "tx": LONG}, id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "result": {"sum": 3, "steps": [1, 2]}}),
        (">", call("sum", {"a": 4, "b": 2, "tx": LONG}, id=2)),
        ("<", call("odd [a-z]", {"at": 5})),
        (">", [call("one", id=3), call("two", id=4)]),
    )
]
RECORDED = recordings(STEPS)
SOURCE = Captures(**{"a b/run.jsonl": STEPS})
NAMES = {"run1.jsonl": "a b/run.jsonl"}


def placed(document, file="g.md"):
    """A document with pins, which are true; a second time nothing changes, and an update has nothing to do."""
    found = place(document, file, RECORDED, SOURCE, NAMES)
    again = place(found.text, file, RECORDED, SOURCE, NAMES)
    assert (again.text, again.pinned) == (found.text, [])
    after = [*check(found.text, file, RECORDED, SOURCE)]
    before = [*check(document, file, RECORDED, SOURCE)]
    assert sum(one.block.pin != other.block.pin for one, other in zip(before, after, strict=True)) == len(found.pinned)
    assert {one.verdict for one in after if one.block.pin is not None} <= {"true"}
    assert update(found.text, file, RECORDED, SOURCE).text == found.text or any(one.verdict != "true" for one in after)
    return found


PINS = {
    "a call": (STEPS[1], "party=client method=sum"),
    "the second of them": (STEPS[3], "party=client method=sum nth=2"),
    "an answer": (STEPS[2], "party=client method='result of sum'"),
    "a name that is a pattern": (STEPS[4], "line=6"),
    "one of a batch": (call("two", id=4), "party=client method=two"),
    "without its id": (call("sum", {"a": 4, "b": 2, "tx": LONG}), "party=client method=sum nth=2 drop='$.id'"),
    "a cut text": (
        call("sum", {"a": 4, "b": 2, "tx": f"{LONG[:9]}..."}, id=2),
        "party=client method=sum nth=2 elide=9",
    ),
    "members left out": (
        '{"jsonrpc": "2.0", "method": "sum", "params": {"a": 4, ...}, "id": 2}',
        "party=client method=sum nth=2 drop='$.params.b' drop='$.params.tx'",
    ),
}


@pytest.mark.parametrize("name", PINS)
def test_a_true_example_gets_a_pin(name):
    """In words where they lead to its frame, else by the line; and what is not shown of it."""
    value, pin = PINS[name]
    text = value if isinstance(value, str | dict) else json.loads(value.payload)
    before = fenced(text)
    found = placed(before)
    assert found.text == before.replace("```json", f"<!-- recorder: 'a b/run.jsonl' {pin} -->\n```json")


LEFT = {
    "other values": call("sum", {"a": 1, "b": 3, "tx": LONG}, id=1),
    "several messages": f"{json.dumps(call('one', id=3))}\n{json.dumps(call('two', id=4))}",
    "an untrue one": call("sum", {"a": "1", "b": 2, "tx": LONG}, id=1),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_no_frame_says_gets_none(name):
    """Nor what is not true."""
    document = fenced(LEFT[name])
    assert placed(document).text == document


def test_what_is_ignored_or_pinned_stays():
    """As it is."""
    document = fenced(call("one", id=3), before="<!-- recorder: ignore it -->")
    document += fenced(call("one", id=3), before="<!-- recorder: 'a b/run.jsonl' line=7 -->")
    assert placed(document).text == document


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("first", "further"), [("", ""), ("> ", "> "), ("- ", "  "), ("> 1. ", ">    "), ("  ", "  "), ("\t", "\t")]
)
def test_a_comment_stands_where_its_block_does(newline, first, further):
    """In whatever contains it, directly behind words too."""
    if first == "\t":
        first = "- x\n\n\t".replace("\n", newline)
    lines = ["~~~ json", *json.dumps(call("one", id=3), indent=2).split("\n"), "~~~", ""]
    before = newline.join(["x", "", first + lines[0], *(further + one if one else one for one in lines[1:]), "y"])
    comment = f"<!-- recorder: 'a b/run.jsonl' party=client method=one -->{newline}{further}"
    assert placed(before).text == before.replace("~~~ json", f"{comment}~~~ json")


def test_mdx_has_comments_of_its_own():
    """And nothing else that is no tag."""
    document = fenced(call("one", id=3), before="The client sends:").replace("\n\n", "\n")
    found = placed(document, "g.mdx").text
    assert found.split("\n")[1] == "{/* recorder: 'a b/run.jsonl' party=client method=one */}"


def test_the_capture_that_a_document_is_told_from_comes_first():
    """Where several have the frame."""
    source = Captures(one=STEPS, two=STEPS)
    recorded = recordings(STEPS, STEPS)
    for first, second in (("one", "two"), ("two", "one")):
        names = {"run1.jsonl": first, "run2.jsonl": second}
        found = place(fenced(call("one", id=3)), "g.md", recorded, source, names)
        assert f"<!-- recorder: {first} " in found.text


@pytest.mark.parametrize("scenario", ["it's", "a-->b", "two\nlines", "{/* x", "x */}", "-- ", "«ä»"])
def test_names_that_would_end_a_comment_are_left_to_the_line(scenario):
    """What is pinned is true, whatever a scenario is called."""
    events = [Scenario(name=scenario), *said((">", call("one", id=3)))]
    source, names = Captures(**{"x.jsonl": events}), {"run1.jsonl": "x.jsonl"}
    for file in ("g.md", "g.mdx"):
        found = place(fenced(call("one", id=3)), file, recordings(events), source, names)
        (after,) = check(found.text, file, recordings(events), source)
        assert (len(found.pinned), after.verdict, after.block.pin is not None) == (1, "true", True)
        assert place(found.text, file, recordings(events), source, names).text == found.text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=4) | st.just(LONG),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_what_is_pinned_is_true(values, data):
    """Whatever was recorded, and whatever of it is shown."""
    events = [*said(*((">", call("send", {"value": value}, id=number)) for number, value in enumerate(values)))]
    recorded, source = recordings(events), Captures(**{"x.jsonl": events})
    shown = call("send", {"value": data.draw(st.sampled_from(values))}, id=data.draw(st.integers(0, 3)))
    for name in data.draw(st.sets(st.sampled_from(["id", "params"]))):
        del shown[name]
    document = fenced(json.dumps(shown).replace(LONG, data.draw(st.sampled_from([LONG, "tx_A...", "..."]))))
    found = place(document, "x.md", recorded, source, {"run1.jsonl": "x.jsonl"})
    assert {one.verdict for one in check(found.text, "x.md", recorded, source) if one.block.pin} <= {"true"}
    assert place(found.text, "x.md", recorded, source, {"run1.jsonl": "x.jsonl"}).text == found.text
    assert (found.text == document) is (not found.pinned)
