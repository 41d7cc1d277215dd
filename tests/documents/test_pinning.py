"""Pinned blocks: their one frame, to the value; written from it in the block's own style."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import CAPTURES, GENERIC, Captures, call, fenced, said

from recorder.documents import check
from recorder.documents.updating import update

SUM = call("sum", {"a": 1, "b": 2}, id=1)
LONG = "tx_" + "AbC1" * 30
SENT = Captures(**{"long.jsonl": [*said((">", call("send", {"tx": LONG, "logs": [1, 2]}, id=1)))]})


def pin(text="run.jsonl method=sum"):
    """The comment."""
    return f"<!-- recorder: {text} -->"


def held(text, comment=None, source=CAPTURES, language="json"):
    """A block's verdict and its reasons."""
    (found,) = check(fenced(text, language, comment or pin()), "g.md", GENERIC, source)
    return found.verdict, [reason.what for reason in found.reasons]


def test_what_the_frame_says_is_true():
    """However it is written, and with what is left out left out."""
    for text in (
        SUM,
        '{"params": {"b": 2, "a": 1}, "id": 1, "jsonrpc": "2.0", "method": "sum"}',
        '{"method": "sum", "params": {"a": <number>, ...}, ...}',
        '#### client ---> node\n{"method": "sum", ...}',
    ):
        assert held(text) == ("true", [])


def test_what_it_does_not_say_is_stale():
    """Values too, which are no finding without a pin."""
    assert held(call("sum", {"a": 1, "b": 3}, id=1)) == ("stale", ["params.b is 3; 2 is recorded"])


BROKEN = {
    "an unknown key": (SUM, pin("run.jsonl methd=sum"), "the pin has 'methd=sum'"),
    "no frame": (SUM, pin("run.jsonl method=mul"), "run.jsonl has none of what the pin asks for"),
    "no capture": (SUM, pin("nowhere.jsonl"), "nowhere.jsonl: cannot read"),
    "no such path": (SUM, pin("run.jsonl show=params.c"), "nothing in run.jsonl:3 is at params.c; correct"),
    "no path at all": (SUM, pin("run.jsonl show=a[[b"), "path 'a[[b'"),
    "two messages": (
        f"{json.dumps(SUM)}\n{json.dumps(SUM)}",
        pin(),
        "2 messages stand in the block; a pin is about one",
    ),
    "nothing": ("", pin(), "nothing of the pinned frame stands in the block"),
    "no JSON": (json.dumps(SUM)[:-1] + ",}", pin(), "a comma before `}`; leave it out"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_pin_that_cannot_be_followed_is_a_finding(name):
    """Which says what to do."""
    text, comment, what = BROKEN[name]
    verdict, (reason,) = held(text, comment)
    assert verdict == "broken"
    assert reason.startswith(what)


def test_another_sender_is_a_finding():
    """As of every example."""
    verdict, (reason,) = held(f"#### node ---> client\n{json.dumps(SUM)}")
    assert (verdict, reason) == (
        "wrong direction",
        "sum is sent by the other end; 'node ---> client' names the sender",
    )


def test_a_part_of_a_frame_is_held_against_that_part():
    """Which need not be a message; a long text at any length."""
    comment = pin("long.jsonl show=params.tx elide=8")
    assert held('{"params": {"tx": "tx_AbC1A…"}}', comment, SENT)[0] == "true"
    assert held('{"params": {"tx": "tx_AbC1Ab..."}}', comment, SENT)[0] == "true"
    assert held('{"params": {"tx": "tx_bC1..."}}', comment, SENT)[0] == "stale"
    assert held({"params": {"tx": LONG, "logs": [1, 2]}}, comment, SENT) == (
        "stale",
        ["params.logs is not in that frame"],
    )


def test_a_message_of_a_batch_is_pinned():
    """By its method, alone."""
    source = Captures(**{"b.jsonl": [*said((">", [call("x", id=1), call("y", id=2)]))]})
    assert held(call("y", id=2), pin("b.jsonl method=y show=$.id show=method show=jsonrpc"), source) == ("true", [])


def test_an_answer_that_is_not_pinned_is_of_the_pinned_request_before_it():
    """As of any request that was shown."""
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"sum": 4, "steps": [], "note": None}}
    _request, result = check(fenced(SUM, before=pin()) + fenced(answer), "g.md", GENERIC, CAPTURES)
    assert (result.verdict, result.told.name) == ("true", "result of sum")


def rewritten(document, source=CAPTURES):
    """A document after an update, which a second one leaves as it is, and a check finds true."""
    found = update(document, "g.md", GENERIC, source)
    assert found.left == []
    assert update(found.text, "g.md", GENERIC, source).text == found.text
    assert {one.verdict for one in check(found.text, "g.md", GENERIC, source)} == {"true"}
    return found.text


STYLES = {
    "nothing": ("", json.dumps(SUM, indent=2)),
    "two spaces": ('{\n  "a": 1}', json.dumps(SUM, indent=2)),
    "four spaces": ('{\n    "a": 1}', json.dumps(SUM, indent=4)),
    "tabs": ('{\n\t"a": 1}', json.dumps(SUM, indent="\t")),
    "a line": ('{"a": 1}', json.dumps(SUM)),
    "no JSON": ("what was here", json.dumps(SUM)),
    "what cannot be read": ('{\n  "a": 1,,}\n}}', json.dumps(SUM, indent=2)),
    "words around lines": ('# node:\n{\n "a": 1\n}\n# bye', f"# node:\n{json.dumps(SUM, indent=1)}\n# bye"),
    "words around it": ('# node, listen:\n{"a": 1}\n# thank you', f"# node, listen:\n{json.dumps(SUM)}\n# thank you"),
}


@pytest.mark.parametrize("name", STYLES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("first", "further"), [("", ""), ("> ", "> "), ("- ", "  "), ("> 1. ", ">    "), ("  ", "  ")])
def test_a_block_is_written_in_its_style(name, newline, first, further):
    """Whatever contains it; all else stays."""
    before, after = STYLES[name]

    def document(text):
        lines = [pin(), "~~~~ json", *(text.split("\n") if text else []), "~~~~", "", ""]
        return newline.join(["x", "", first + lines[0], *(further + one if one else one for one in lines[1:]), "y"])

    assert rewritten(document(before)) == document(after)


def test_what_the_pin_shows_is_written():
    """And no more; long texts as short as it says."""
    document = fenced("", before=pin("long.jsonl drop=logs drop=$.id elide=10"))
    assert json.loads(rewritten(document, SENT).split("```")[1].removeprefix("json")) == call(
        "send", {"tx": f"{LONG[:10]}…"}
    )


def test_what_is_true_is_not_rewritten():
    """Nor what the pin leaves to people."""
    for text, comment in ((json.dumps(SUM, indent=7), pin()), ("{}", pin("run.jsonl method=mul"))):
        document = fenced(text, before=comment)
        assert update(document, "g.md", GENERIC, CAPTURES).text == document


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["...", "…", "<x>", LONG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from(["", "elide=4"]), st.sampled_from(["", '{"a": 1}', '{\n   "a": 1\n}', "{,"]))
def test_whatever_was_recorded_is_written_and_true(value, more, text):
    """For every frame, and every block."""
    source = Captures(**{"x.jsonl": [*said((">", call("send", value, id=1)))]})
    rewritten(fenced(text, before=pin(f"x.jsonl {more}")), source)
