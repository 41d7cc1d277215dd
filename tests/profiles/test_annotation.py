"""What frames of any JSON-RPC mean: what answers what, in words; on literals."""

from __future__ import annotations

import json
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from recorder import capture
from recorder.model import Closed, Note, Opened
from recorder.profiles.annotation import MANY_SESSIONS, Annotation, Annotator
from recorder.profiles.sentences import Words
from recorder.timeline.annotating import Annotations

OPENED = Opened(session=1, party="client")


def frame(value, direction="to_node", session=1, exchange=0):
    """A frame with a JSON value."""
    made = capture.frame(json.dumps(value).encode(), session=session, direction=direction)
    return structs.replace(made, exchange=exchange)


def told(*events):
    """The sentences of these events, a client's session open before."""
    annotations = Annotations("generic")
    annotations.see(OPENED)
    return [annotations.see(event).sentence for event in events]


def test_an_annotation_is_empty_by_default():
    """What a protocol says nothing of has nothing decoded, and fences nothing."""
    empty = Annotation()
    assert (empty.items, empty.carrying, empty.transactions) == ((), [], [])
    assert (empty.method, empty.event, empty.short, empty.summary, empty.tree) == ("", "", "", "", "")
    assert empty.fence == "```"


def test_details_are_the_tree():
    """A protocol without encoded strings may have details; the summary is its words, or their first line."""
    assert Annotation(details="a\nb").tree == "a\nb"
    assert Annotation(details="a\nb").summary == "a"
    assert Annotation(details="a\nb", words="w").summary == Annotation(words="w").short == "w"
    assert Annotation(event="died").short == "died"
    assert Annotation(details="````").fence == "`````"


def test_an_answer_says_what_it_answers():
    """In whatever order answers come; a request may have further ones."""
    assert told(
        frame({"id": 1, "method": "a"}),
        frame({"id": 2, "method": "b"}),
        frame({"id": 2, "result": 1}, "from_node"),
        frame({"id": 1, "error": {"code": 3}}, "from_node"),
        frame({"id": 1, "result": 2}, "from_node"),
    ) == [
        "client calls a",
        "client calls b",
        "node answers client's b: 1",
        "node refuses client's a: error 3",
        "node answers client's a: 2",
    ]


def test_both_ends_may_use_one_id():
    """An id belongs to who asked, in its session and its exchange."""
    assert told(
        frame({"id": 1, "method": "mine"}),
        frame({"id": 1, "method": "yours"}, "from_node"),
        frame({"id": 1, "result": 1}),
        frame({"id": 1, "result": 2}, "from_node"),
        frame({"id": "x", "method": "text"}),
        frame({"id": 9, "result": 3}, "from_node"),
    ) == [
        "client calls mine",
        "node asks client: yours",
        "client answers node's yours: 1",
        "node answers client's mine: 2",
        "client calls text",
        "node answers client: 3",
    ]
    first, second = (frame({"id": 1, "method": name}, exchange=at) for at, name in enumerate(("a", "b"), 1))
    assert (
        told(first, second, frame({"id": 1, "result": 1}, "from_node", exchange=1))[-1] == "node answers client's a: 1"
    )


def test_a_batch_is_told_member_by_member():
    """Each member in its words, one after the other; members that are no objects are passed over."""
    assert told(
        frame([{"id": 1, "method": "a"}, 7, {"method": "b"}]),
        frame([{"id": 1, "result": True}], "from_node"),
        frame([], "from_node"),
    ) == [
        "client calls a; client notifies node: b",
        "node answers client's a: true",
        "node sends client JSON that is not JSON-RPC",
    ]


def test_the_method_is_the_one_that_is_answered():
    """As a reader of annotations sees it."""
    annotator = Annotations("generic", node="geth")
    call, answer = frame({"id": 1, "method": "a"}, session=3), frame({"id": 1, "result": 1}, "from_node", session=3)
    assert [annotator.see(event).method for event in (call, answer)] == ["a", "a"]
    assert annotator.see(frame({"method": "x"}, "from_node", session=3)).sentence == "geth notifies client-3: x"


def test_a_protocols_words_stand_behind_the_method():
    """The live line has them without the method, which it shows already."""
    words = Words(call=lambda _method, _params: "balanceOf", answer=lambda _method, result: f"{result} wei")
    annotator = Annotator(words)
    call, answer = frame({"id": 1, "method": "eth_call"}), frame({"id": 1, "result": 5}, "from_node")
    refusal = frame({"id": 2, "error": {"code": 1}}, "from_node")
    answered = [], ["eth_call"], [""]
    shown = [annotator.see(*one).short for one in zip((call, answer, refusal), answered, strict=True)]
    assert shown == ["balanceOf", "5 wei", ""]


def test_words_in_a_batch_say_of_which_method():
    """Two amounts side by side would say nothing."""
    annotator = Annotator(Words(answer=lambda _method, result: f"{result} wei"))
    batch = frame([{"id": 1, "result": 5}, {"id": 2, "result": 6}], "from_node")
    assert annotator.see(batch, ["a", "b"]).short == "a 5 wei; b 6 wei"


def test_events_without_traffic():
    """Notes, ends and control frames mean nothing; an opening does; looking ahead changes nothing."""
    annotator = Annotator()
    annotator.scan([frame({"id": 1, "method": "a"})])
    ping = capture.frame(b"", session=1, direction="to_node", opcode="ping")
    assert [annotator.see(event) for event in (Note(text="x"), Closed(session=1), ping)] == [None] * 3
    assert annotator.see(OPENED).sentence == "client opens a connection"
    assert annotator.see(frame({"id": 1, "result": 1}, "from_node")).sentence == "node answers client: 1"


def test_what_is_remembered_is_bounded():
    """Sessions are forgotten before they fill the memory."""
    annotator = Annotator()
    for number in range(MANY_SESSIONS + 9):
        annotator.see(Opened(session=number, party="x"))
    assert len(annotator._parties) == MANY_SESSIONS


@given(st.binary() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "method", "params", "result", "error"]) | st.text(), inner)).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_frame_has_a_sentence(payload):
    """Whatever a frame holds, it is told in one printable line."""
    annotator = Annotator()
    for direction in ("to_node", "from_node"):
        made = annotator.see(capture.frame(payload, session=1, direction=direction))
        assert made.sentence
        assert made.sentence.isprintable()


def test_it_needs_none_of_the_chains_libraries():
    """A protocol without encoded strings does not pay for those of one that has them."""
    program = "import sys, recorder.profiles.annotation; print(*({'nacl', 'base58', 'rlp'} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == ""
