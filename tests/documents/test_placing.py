"""Pins are written for what is true, and are true from then on."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import INITIATOR, RESPONDER, URL, Captures, call, fenced, recordings, said, transfer

from recorder.documents import check
from recorder.documents.placing import place
from recorder.documents.updating import update
from recorder.model import Scenario

STRANGERS = (
    "ak_26zhrAPuCdcFD5f68BgRrHza8LS1wUrKKLHco21mjcBqcfwdU",
    "ak_sjuXT1xcbLNFvbMcYBerZuRF8QckyiHY7nBVjVTC1ZXauwGYY",
)
LONG = "tx_" + "AbC1" * 30
STEPS = [
    *said(
        (">", call("sum", {"a": 1, "b": 2, "tx": LONG}, id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "result": {"sum": 3, "steps": [1, 2]}}),
        (">", call("sum", {"a": 4, "b": 2, "tx": LONG}, id=2)),
        ("<", call("odd -->", {"at": 5})),
        (">", [call("one", id=3), call("two", id=4)]),
        (">", call("say", {"to": "bob"})),
        ("<", call("told", {"why": "lost"})),
    )
]
RECORDED = recordings(STEPS)
SOURCE = Captures(**{"a b/run.jsonl": STEPS})
NAMES = {"run1.jsonl": "a b/run.jsonl"}


def placed(document, file="g.md", *, values=False):
    """A document with pins, which are true; a second time nothing changes, and an update has nothing to do."""
    found = place(document, file, RECORDED, SOURCE, NAMES, values=values)
    again = place(found.text, file, RECORDED, SOURCE, NAMES, values=values)
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
    "a name that would end the comment": (STEPS[4], "line=6"),
    "one of a batch": (call("two", id=4), "party=client method=two"),
    "without its id": (call("sum", {"a": 4, "b": 2, "tx": LONG}), "party=client method=sum nth=2 drop='$.id'"),
    "a cut text": (
        call("sum", {"a": 4, "b": 2, "tx": f"{LONG[:9]}..."}, id=2),
        "party=client method=sum nth=2 elide=9",
    ),
    "several messages": (
        f"{json.dumps(call('odd -->', {'at': 5}))}\n\n{json.dumps(call('sum', {'a': 4, 'b': 2, 'tx': LONG}, id=2))}",
        "line=6 line=5",
    ),
    "a batch": (json.dumps([call("one", id=3), call("two", id=4)], indent=1), "party=client method=one method=two"),
    "a call and its answer": (
        f"--> {STEPS[1].payload.decode()}\n<-- {STEPS[2].payload.decode()}",
        "party=client method=sum method='result of sum'",
    ),
    "a call and its answer without the rest of it": (
        f'--> {STEPS[1].payload.decode()}\n<-- {{"result": {{"sum": 3, "steps": [1, 2]}}}}',
        "party=client method=sum method='result of sum'",
    ),
    "a call and its answer of which some is left out": (
        f'--> {STEPS[1].payload.decode()}\n<-- {{"result": {{"sum": 3, ...}}, ...}}',
        "party=client method=sum method='result of sum'",
    ),
    "messages of which one lacks its id": (
        f"{json.dumps(call('one'))}\n{json.dumps(call('two'))}",
        "party=client method=one method=two drop='$.id'",
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


TOGETHER = [
    Scenario(name="end"),
    *said((">", call("x", id=9)), (">", [call("x", id=1), call("x", id=2)]), party="alice"),
    *said((">", [call("x", id=3), call("y", id=4), call("x", id=5)]), party="alice", session=2),
    *said((">", call("z", id=6)), party="bob", session=3),
]
IN_WORDS = {
    "a batch of one method": (json.dumps([call("x", id=1), call("x", id=2)]), "party=alice method=x nth=2"),
    "a batch with a method twice": (
        json.dumps([call("x", id=3), call("y", id=4), call("x", id=5)]),
        "party=alice method=x method=y method=x",
    ),
    "messages of one method": (
        "\n".join(json.dumps(call("x", id=one)) for one in (9, 1)),
        "party=alice method=x method=x",
    ),
    "messages of two parties": (f"{json.dumps(call('x', id=9))}\n{json.dumps(call('z', id=6))}", "method=x method=z"),
}


@pytest.mark.parametrize("name", IN_WORDS)
def test_several_messages_are_pinned_in_words(name):
    """So that a new recording, whose lines are others, does not put other messages in their place."""
    text, words = IN_WORDS[name]
    recorded, source = recordings(TOGETHER), Captures(**{"x.jsonl": TOGETHER})
    found = place(fenced(text), "g.md", recorded, source, {"run1.jsonl": "x.jsonl"})
    assert f"<!-- recorder: x.jsonl scenario=end {words} -->" in found.text
    later = [Scenario(name="begin"), *said((">", [call("x")]), session=4), *TOGETHER]
    (after,) = check(found.text, "g.md", recordings(later), Captures(**{"x.jsonl": later}))
    assert after.verdict == "true"


LEFT = {
    "other values": call("sum", {"a": 1, "b": 3, "tx": LONG}, id=1),
    "an untrue one": call("sum", {"a": "1", "b": 2, "tx": LONG}, id=1),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_no_frame_says_gets_none(name):
    """Nor what is not true."""
    document = fenced(LEFT[name])
    assert placed(document).text == document


VALUED = {
    "other values": (
        {"jsonrpc": "2.0", "params": {"b": 3, "a": 1, "tx": LONG[:-1]}, "method": "sum", "id": 9},
        {"jsonrpc": "2.0", "params": {"b": 2, "a": 1, "tx": LONG}, "method": "sum", "id": 1},
        "party=client method=sum",
    ),
    "cut and left out": (
        '{"method": "sum", /* ... */ "params": {"a": 9, "tx": "tx_C…4", ...}, ...}',
        f'{{"method": "sum", /* ... */ "params": {{"a": 1, "tx": "{LONG[:4]}…{LONG[-1]}", ...}}, ...}}',
        "party=client method=sum drop='$.jsonrpc' drop='$.params.b' drop='$.id' elide=4",
    ),
    "an id of another kind": (call("one", id="abc"), call("one", id=3), "party=client method=one"),
    "no parameters, as an empty list": (call("one", [], id=4), call("one", [], id=3), "party=client method=one"),
    "a placeholder": (
        '{"jsonrpc": "2.0", "id": 9, "result": {"sum": <number>, "steps": [3, 4]}}',
        '{"jsonrpc": "2.0", "id": 1, "result": {"sum": <number>, "steps": [1, 2]}}',
        "party=client method='result of sum'",
    ),
    "several messages": (
        f"{json.dumps(call('one', id=8))}\n// so\n{json.dumps(call('two', id=9))}",
        f"{json.dumps(call('one', id=3))}\n// so\n{json.dumps(call('two', id=4))}",
        "party=client method=one method=two",
    ),
    "a client's words": (call("say", {"to": "alice"}), call("say", {"to": "bob"}), "party=client method=say"),
}


@pytest.mark.parametrize("name", VALUED)
def test_examples_of_another_run_get_a_frame_s_values(name):
    """Where that is asked for: in their own order, with what they leave out left out at its lengths."""
    before, after, pin = VALUED[name]
    found = placed(fenced(before), values=True)
    assert found.text == fenced(after).replace("```json", f"<!-- recorder: 'a b/run.jsonl' {pin} -->\n```json")
    assert placed(fenced(before)).text == fenced(before)


PAID = [
    *said(
        (">", call("pay", {"amount": 5000}, id=1)),
        ("<", {"jsonrpc": "2.0", "id": 1, "error": {"code": 1001, "message": "Insufficient funds"}}),
        (">", call("pay", {"amount": 10}, id=2)),
        ("<", {"jsonrpc": "2.0", "id": 2, "result": {"id": "pay_1a2b3c", "amount": 10, "state": "pending"}}),
        (">", call("pay", {"amount": 10}, id=3)),
        ("<", {"jsonrpc": "2.0", "id": 3, "result": {"id": "pay_4d5e6f", "amount": 10, "state": "done"}}),
    )
]


def paid(document):
    """A document with the values of these payments; what was true is true after it."""
    recorded, source = recordings(PAID), Captures(**{"x.jsonl": PAID})
    found = place(document, "g.md", recorded, source, {"run1.jsonl": "x.jsonl"}, values=True)
    assert {one.verdict for one in check(found.text, "g.md", recorded, source)} == {
        one.verdict for one in check(document, "g.md", recorded, source)
    }
    return found


def answer(identity, **changes):
    """To a payment, as a document shows it."""
    result = {"id": "pay_ffffff", "amount": 10, "state": "pending"} | changes
    return fenced({"jsonrpc": "2.0", "id": identity, "result": result}, before="It answers:")


def test_what_is_called_counts_more_than_the_id_of_the_call():
    """A call that was recorded word for word is not given the parameters of the one that has its id."""
    found = paid(fenced(call("pay", {"amount": 10}, id=1)))
    assert "method=pay nth=2 -->" in found.text
    assert ('"amount": 10' in found.text, '"id": 2' in found.text) == (True, True)


@pytest.mark.parametrize("identity", [1, 7])
@pytest.mark.parametrize(("state", "told"), [("pending", "2"), ("done", "3")])
def test_a_call_and_its_answer_are_pinned_to_one_exchange(identity, state, told):
    """To that one of them which has such an answer; both get its id."""
    found = paid(fenced(call("pay", {"amount": 10}, id=identity)) + answer(identity, state=state))
    assert [one.judged[0].name for one in found.pinned] == ["pay", "result of pay"]
    assert (found.text.count(f'"id": {told}'), found.text.count(f'"id": {identity}')) == (2, 0)


def test_a_call_keeps_its_values_where_its_answer_does():
    """An answer that no frame can be, or that is not true, is about the call as it stands."""
    for other in (answer(7, state="refused"), answer(7, more=1)):
        document = fenced(call("pay", {"amount": 20}, id=7)) + other
        assert paid(document).text == document
    alone = fenced(call("pay", {"amount": 10}, id=2)) + answer(2, state="refused")
    assert [one.judged[0].name for one in paid(alone).pinned] == ["pay"]


def test_an_answer_keeps_its_values_where_its_call_does():
    """The frame that a pinned call names is the one that it answers; where that was answered otherwise, it stays."""
    pinned = "<!-- recorder: x.jsonl method=pay nth={} -->"
    for nth, state, told in ((2, "pending", "pay_1a2b3c"), (3, "done", "pay_4d5e6f"), (3, "pending", "pay_ffffff")):
        before = fenced(call("pay", {"amount": 10}, id=nth), before=pinned.format(nth))
        assert told in paid(before + answer(nth, state=state)).text


def test_what_other_examples_say_stays_true():
    """A call gets no id by which it would be answered by what answers something else, that nobody shows."""
    events = [
        *said((">", call("x", {"a": 1}, id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "result": "a"})),
        *said((">", call("y", id=2)), ("<", {"jsonrpc": "2.0", "id": 2, "result": {"b": "lost"}}), session=2),
    ]
    recorded, source = recordings(events), Captures(**{"x.jsonl": events})
    other = {"jsonrpc": "2.0", "id": 1, "result": {"b": "late"}}
    document = fenced(call("x", {"a": 2}, id=7)) + fenced(other)
    found = place(document, "g.md", recorded, source, {"run1.jsonl": "x.jsonl"}, values=True)
    assert {one.verdict for one in check(found.text, "g.md", recorded, source)} == {"true"}
    assert (found.text, len(found.left)) == (document, 2)


UNLIKE = {
    "a node's words": call("told", {"why": "late"}),
    "null for a text": call("say", {"to": None}),
    "a longer list": {"jsonrpc": "2.0", "id": 1, "result": {"sum": 3, "steps": [1, 2, 3]}},
}


@pytest.mark.parametrize("name", UNLIKE)
def test_what_an_example_is_about_is_not_rewritten(name):
    """It has no pin then."""
    document = fenced(UNLIKE[name])
    found = placed(document, values=True)
    assert found.text == document
    assert len(found.left) == (check_one(document) == "true")


def check_one(document):
    """The verdict of a document's only block."""
    (found,) = check(document, "g.md", RECORDED, SOURCE)
    return found.verdict


def test_the_values_of_a_document_are_of_one_capture():
    """Of that which has most of its examples; an id that is one in the document is one in it."""
    runs = {
        "a.jsonl": [*said((">", call("one", id=1)), (">", call("two", id=2)))],
        "b.jsonl": [*said((">", call("two", id=8)), (">", call("three", id=9)), (">", call("one", id=7)))],
    }
    document = "".join(fenced(call(name, id=5)) for name in ("one", "two", "three"))
    names = {f"run{number}.jsonl": name for number, name in enumerate(runs, 1)}
    found = place(document, "g.md", recordings(*runs.values()), Captures(**runs), names, values=True)
    assert [line.split()[2] for line in found.text.split("\n") if line.startswith("<!--")] == ["b.jsonl"] * 3
    assert [str(one.judged[0].at) for one in found.pinned] == ["b.jsonl:5", "b.jsonl:3", "b.jsonl:4"]


def bid(number, cents):
    """A call of an auction."""
    return call("bid", {"cents": cents}, id=number)


REFUSED = {"jsonrpc": "2.0", "id": 4, "error": {"code": 4001, "message": "too low"}}
BIDS = {
    "ada.jsonl": [
        *said(
            (">", bid(5, 125)), ("<", {"jsonrpc": "2.0", "id": 5, "result": "first"}), (">", call("one")), party="ada"
        ),
        *said((">", bid(4, 121)), ("<", REFUSED), party="bob", session=2),
    ],
    "eve.jsonl": [*said((">", bid(7, 300)), (">", bid(8, 301)), party="eve")],
}
OWN = {
    "of another party than the first": (
        f"{json.dumps(bid(4, 121))}\n{json.dumps(REFUSED)}",
        ["ada.jsonl:7", "ada.jsonl:8"],
    ),
    "a call of another party": (bid(4, 121), ["ada.jsonl:7"]),
    "behind others of its form": (bid(8, 301), ["eve.jsonl:4"]),
}


@pytest.mark.parametrize("name", OWN)
def test_an_example_with_the_values_of_a_frame_keeps_them(name):
    """What is pinned without other values is pinned with them too, to the same frames."""
    example, frames = OWN[name]
    recorded, source = recordings(*BIDS.values()), Captures(**BIDS)
    names = {f"run{number}.jsonl": file for number, file in enumerate(BIDS, 1)}
    document = fenced(example)
    texts = {place(document, "g.md", recorded, source, names, values=values).text for values in (False, True)}
    (text,) = texts
    assert [str(one.at) for one in [*check(text, "g.md", recorded, source)][-1].judged] == frames


def test_an_example_that_cannot_get_other_values_is_pinned_to_its_own():
    """Its answer is none of the capture that the rest of the document is of, so it gets no other values there."""
    recorded, source = recordings(*BIDS.values()), Captures(**BIDS)
    names = {f"run{number}.jsonl": file for number, file in enumerate(BIDS, 1)}
    answer = {"jsonrpc": "2.0", "id": 7, "result": "second"}
    document = fenced(call("one")) + fenced(bid(4, 121)) + fenced(REFUSED) + fenced(bid(7, 300)) + fenced(answer)
    found = place(document, "g.md", recorded, source, names, values=True)
    assert "eve.jsonl party=eve method=bid" in found.text
    assert [one.worst.name for one in found.left] == ["result of bid"]
    assert '"cents": 300' in found.text


def test_whose_an_account_is_stays_so():
    """By the URL of the document's session: what the responder's frame says is not put in the initiator's place."""
    one, other = INITIATOR, RESPONDER
    events = [
        *said((">", transfer(other, one)), (">", transfer(one, other)), url=URL.format("initiator"), party="initiator")
    ]
    text = URL.format("initiator")
    for own, stranger in zip((one, other), STRANGERS, strict=True):
        text = text.replace(own, stranger)
    document = fenced(f"$ wscat --connect '{text}'", "sh") + fenced(transfer(*STRANGERS))
    source = Captures(**{"x.jsonl": events})
    found = place(document, "g.md", recordings(events), source, {"run1.jsonl": "x.jsonl"}, values=True)
    assert [one.verdict for one in check(found.text, "g.md", recordings(events), source)] == ["true", "true"]
    assert "<!-- recorder: x.jsonl party=initiator method=opening -->\n```sh" in found.text
    assert f"'{URL.format('initiator')}'" in found.text
    assert json.loads(found.text.split("```json")[1].strip("`\n")) == transfer(one, other)


def test_no_account_becomes_another_s():
    """What the initiator does is pinned to the capture in which it does so, though another has more of the document."""
    url = URL.format("initiator")
    runs = {
        "a.jsonl": [*said((">", transfer(INITIATOR, RESPONDER)), url=url)],
        "b.jsonl": [*said((">", transfer(RESPONDER, INITIATOR)), (">", call("one", id=1)), url=url)],
    }
    shown = url.replace(INITIATOR, STRANGERS[0]).replace(RESPONDER, STRANGERS[1])
    document = fenced(f"$ wscat '{shown}'", "sh") + fenced(call("one", id=1)) + fenced(transfer(*STRANGERS))
    names = {"run1.jsonl": "a.jsonl", "run2.jsonl": "b.jsonl"}
    found = place(document, "g.md", recordings(*runs.values()), Captures(**runs), names, values=True)
    pins = [line.split()[2] for line in found.text.split("\n") if line.startswith("<!--")]
    assert pins == ["b.jsonl", "b.jsonl", "a.jsonl"]


def test_the_party_that_a_document_names_is_pinned():
    """Or none; a name that no capture has is anybody's."""
    events = [
        *said((">", call("one", id=1)), party="alice"),
        *said((">", call("one", id=2)), (">", call("two", id=3)), party="bob", session=2),
    ]
    recorded, source = recordings(events), Captures(**{"x.jsonl": events})
    pins = {
        ("alice", "one"): "party=alice method=one",
        ("bob", "one"): "party=bob method=one",
        ("carol", "two"): "party=bob method=two",
        ("alice", "two"): "",
    }
    for (party, method), pin in pins.items():
        document = fenced(call(method, id=9), before=f"#### {party} ---> node")
        found = place(document, "g.md", recorded, source, {"run1.jsonl": "x.jsonl"}, values=True)
        assert found.text.count("recorder:") == bool(pin)
        assert f"<!-- recorder: x.jsonl {pin} -->" in found.text or not pin


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
    names, asked = {"run1.jsonl": "x.jsonl"}, data.draw(st.booleans())
    found = place(document, "x.md", recorded, source, names, values=asked)
    before = {one.verdict for one in check(document, "x.md", recorded, source)}
    assert {one.verdict for one in check(found.text, "x.md", recorded, source)} == before
    assert place(found.text, "x.md", recorded, source, names, values=asked).text == found.text
    assert (found.text == document) is (not found.pinned)
