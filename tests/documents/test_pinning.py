"""Pinned blocks: their one frame, to the value; written from it in the block's own style."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import CAPTURES, GENERIC, URL, Captures, call, fenced, said

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


def test_a_recorded_method_may_be_anything():
    """It is another one than the block shows."""
    captures = Captures(**{"odd.jsonl": [*said(("<", {"id": 1, "method": ["sum"], "result": 3}))]})
    verdict, (reason,) = held(SUM, pin("odd.jsonl line=3"), captures)
    assert (verdict, reason.partition(";")[0]) == ("broken", "odd.jsonl:3 is a result, and the block shows sum")


BROKEN = {
    "an unknown key": (SUM, pin("run.jsonl methd=sum"), "the pin has 'methd=sum'"),
    "no frame": (SUM, pin("run.jsonl method=mul"), "run.jsonl has none of what the pin asks for"),
    "no capture": (SUM, pin("nowhere.jsonl"), "nowhere.jsonl: cannot read"),
    "no such path": (SUM, pin("run.jsonl show=params.c"), "nothing in run.jsonl:3 is at params.c; correct"),
    "no path at all": (SUM, pin("run.jsonl show=a[[b"), "path 'a[[b'"),
    "two messages": (
        f"{json.dumps(SUM)}\n{json.dumps(SUM)}",
        pin(),
        "2 messages stand in the block, and 1 is pinned; give each its method= or its line=",
    ),
    "nothing": ("", pin(), "nothing of what is pinned stands in the block"),
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


SEVERAL = f"// first\n{json.dumps(SUM)}\n// then\n{json.dumps(call('tick', {'at': 5}))}"


def test_several_messages_are_pinned_line_by_line():
    """Each is held to its own frame; there are to be as many as lines."""
    assert held(SEVERAL, pin("run.jsonl line=3 line=11")) == ("true", [])
    assert held(SEVERAL.replace('"at": 5', '"at": 6'), pin("run.jsonl line=3 line=11")) == (
        "stale",
        ["params.at is 6; 5 is recorded"],
    )
    assert held(SEVERAL, pin("run.jsonl line=3 line=5 line=11"))[1] == [
        "2 messages stand in the block, and 3 are pinned; give each its method= or its line="
    ]
    assert held(SUM, pin("run.jsonl line=3 line=5"))[0] == "broken"


def test_a_batch_is_pinned_by_its_methods():
    """To the first frame that has all of them, wherever it is: never to messages of several frames."""
    batch = [call("x", id=1), call("y", id=2)]
    events = [*said((">", call("x", id=7)), (">", call("y", id=8)), (">", batch), (">", [call("x"), call("x")]))]
    source = Captures(**{"b.jsonl": events})
    comment = pin("b.jsonl party=client method=x method=y")
    assert held(json.dumps(batch), comment, source) == ("true", [])
    assert held("\n".join(map(json.dumps, (call("x", id=7), call("y", id=8)))), comment, source) == ("true", [])
    other = json.dumps([call("x", id=1), call("y", id=3)])
    assert rewritten(fenced(other, before=comment), source) == fenced(json.dumps(batch), before=comment)
    alone = [call("y", id=2), call("z", id=3)]
    assert held(json.dumps(alone), pin("b.jsonl method=y method=z"), source)[0] == "broken"


ANOTHER = {
    "an answer for a call": (4, SUM, "run.jsonl:4 is result of sum, and the block shows sum; say with method="),
    "a call for an answer": (3, {"id": 1, "result": 3}, "run.jsonl:3 is sum, and the block shows result; say with"),
    "an error for a result": (
        8,
        {"id": 1, "result": 3},
        "run.jsonl:8 is error of sum, and the block shows result; say",
    ),
    "another method": (
        9,
        SUM,
        "run.jsonl:9 is log, and the block shows sum; say with method= what is pinned, or correct",
    ),
}


@pytest.mark.parametrize("name", ANOTHER)
def test_a_line_with_another_message_is_a_finding(name):
    """An update leaves the block as it is: the line is of an older capture, most likely."""
    line, value, what = ANOTHER[name]
    comment = pin(f"run.jsonl line={line}")
    verdict, (reason,) = held(value, comment)
    assert (verdict, reason[: len(what)]) == ("broken", what)
    document = fenced(value, before=comment)
    assert update(document, "g.md", GENERIC, CAPTURES).text == document


def test_a_batch_is_pinned_by_its_line():
    """All of it, where the block shows all of it."""
    batch = [call("x", id=1), call("y", id=2)]
    source = Captures(**{"b.jsonl": [*said((">", batch))]})
    assert held(json.dumps(batch), pin("b.jsonl line=3"), source) == ("true", [])
    other = json.dumps([call("x", id=1), call("y", id=3)], indent=2)
    assert held(other, pin("b.jsonl line=3"), source)[0] == "stale"
    assert rewritten(fenced(other, before=pin("b.jsonl line=3")), source) == fenced(
        json.dumps(batch, indent=2), before=pin("b.jsonl line=3")
    )


PAIR = Captures(**{"u.jsonl": [*said(url=URL.format("initiator")), *said(url=URL.format("responder"), party="other")]})


def test_a_session_s_url_is_pinned_to_its_opening():
    """Its path and its parameters, as many as are written; hosts differ everywhere."""
    url = URL.format("responder")
    here = pin("u.jsonl party=other method=opening")
    assert held(f"$ wscat -c '{url.replace('node:3014', 'localhost')}'", here, PAIR, "sh") == ("true", [])
    assert held(f"$ wscat -c '{URL.format('initiator')}'", here, PAIR, "sh") == (
        "stale",
        ['role is "initiator"; "responder" is recorded'],
    )
    assert held(f"$ wscat -c '{url}&more=1'", here, PAIR, "sh") == ("stale", ["more is not in that frame"])
    assert held(f"$ wscat -c '{url.replace('channel', 'chan')}'", here, PAIR, "sh")[1] == [
        "its path is /chan; /channel is recorded"
    ]
    assert held("$ wscat -c 'ws://x/channel?role=<role>&...'", here, PAIR, "sh") == ("true", [])
    assert held(f"$ wscat -c '{url}'", pin("u.jsonl party=nobody method=opening"), PAIR, "sh")[0] == "broken"
    less = f"$ wscat -c '{url.replace('&protocol=json-rpc', '')}'"
    assert held(less, here, PAIR, "sh") == ("stale", ['protocol is missing ("json-rpc" is recorded)'])
    assert held(less, pin("u.jsonl line=3 drop='$.protocol'"), PAIR, "sh") == ("true", [])


def test_a_session_s_url_is_rewritten():
    """A parameter's value as URLs have it; what is missing is left to people."""
    source = Captures(**{"u.jsonl": [*said(url="ws://n/c?role=a&id=x%2By%20z")]})
    before = fenced("$ wscat -c 'ws://h/c?id=q&role=a'", "sh", pin("u.jsonl method=opening"))
    assert rewritten(before, source) == before.replace("id=q", "id=x%2By%20z")
    document = fenced("$ wscat -c 'ws://h/c?id=q'", "sh", pin("u.jsonl method=opening"))
    found = update(document, "g.md", GENERIC, source)
    assert (found.text, len(found.left)) == (document, 1)


def test_only_what_differs_is_rewritten():
    """Comments, order and what is left out stay, where values alone differ."""
    text = '{"method": "sum", "params": {"b": 7, "a": 1}, // ...\n}'
    before = fenced(text, "jsonc", pin())
    assert rewritten(before) == before.replace("7", "2")


def test_several_messages_are_rewritten_each():
    """Whole where more than values differ; an empty block gets all of them."""
    lines = pin("run.jsonl line=3 line=11")
    before = fenced(SEVERAL.replace('"at": 5', '"on": 5'), "", lines)
    assert rewritten(before) == before.replace('"on": 5', '"at": 5')
    tick = json.dumps(call("tick", {"at": 5}), indent=2)
    assert rewritten(fenced("", "", lines)) == fenced(f"{json.dumps(SUM, indent=2)}\n{tick}", "", lines)


def test_an_answer_that_is_not_pinned_is_of_the_pinned_request_before_it():
    """As of any request that was shown."""
    answer = {"jsonrpc": "2.0", "id": 1, "result": {"sum": 4, "steps": [], "note": None}}
    _request, result = check(fenced(SUM, before=pin()) + fenced(answer), "g.md", GENERIC, CAPTURES)
    assert (result.verdict, result.worst.name) == ("true", "result of sum")


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
    "a value": (json.dumps(SUM, indent=3).replace('"b": 2', '"b": 9'), json.dumps(SUM, indent=3)),
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
