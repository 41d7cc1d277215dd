"""The events related to a frame."""

from viewing import said

from recorder.live.source import Source
from recorder.live.story import NOBODY, Stories, differences
from recorder.model import Opened
from recorder.transcript import data_folder

TOKEN = "f3a9c1d2-7b6e-4f10-9a8b-0c1d2e3f4a5b"


def story(shown, number):
    """The related events of a frame."""
    return [(one.why, one.events) for one in Stories(shown).of(number, shown.event(number))]


def test_a_call_and_its_answer_lead_to_each_other(source):
    """A call links to its answer, and the answer to its call."""
    events = [
        said({"id": 1, "method": "m"}, 1),
        said({"method": "n"}, 2),
        said({"id": 1, "result": 1}, 3, to_node=False),
    ]
    shown = source(events)
    assert (story(shown, 0), story(shown, 1), story(shown, 2)) == ([("answered by", [2])], [], [("answers", [0])])


def test_frames_with_the_same_token_lead_to_each_other(source):
    """Frames with the same token are linked, wherever it is; ordinary words do not link."""
    events = [
        said({"id": 1, "method": "login", "params": {"word": "hello"}}, 1),
        said({"id": 1, "result": {"token": TOKEN, "word": "hello"}}, 2, to_node=False),
        said({"id": 2, "method": "get", "params": ["hello", f"Bearer {TOKEN}"]}, 3, session=2),
        said({"id": 3, "method": "get", "params": ["other"]}, 4),
    ]
    shown = source(events)
    assert story(shown, 1) == [("answers", [0]), ("same token f3a9c1d2-7b6e-4f10-9a8b…", [2])]
    assert Stories(shown).of(1, shown.event(1))[1].text == TOKEN


def test_a_batch_answers_all_that_it_answers(source):
    """A batch links to all calls that it answers."""
    events = [
        said({"id": 1, "method": "a"}, 1),
        said({"id": 2, "method": "b"}, 2),
        said([{"id": 1, "result": 1}, {"id": 2, "result": 1}], 3, to_node=False),
    ]
    assert story(source(events), 2) == [("answers", [0, 1])]


def test_a_protocol_tells_causes_and_what_is_carried():
    """The protocol links a request to what it caused, and a transaction to its signed versions."""
    shown = Source(str(data_folder("transcripts") / "two_withdrawals.jsonl"))
    while shown.turn():
        pass
    asked = dict(story(shown, 5))
    assert asked["caused by"] == [4]
    assert asked["carries the same"] == [7, 14, 16]
    assert dict(story(shown, 4))["causes"] == [5]
    shown.close()


def test_the_frame_before_is_of_the_same_kind(source):
    """The previous frame has the same session, direction, method and kind."""
    events = [
        Opened(session=1, party="a", url="ws://n/"),
        said({"id": 1, "method": "m"}, 1),
        said({"id": 1, "result": 1}, 2, to_node=False),
        said({"id": 1, "method": "m"}, 3, session=2),
        said({"id": 2, "method": "m"}, 4),
        said({"id": 2, "result": 2}, 5, to_node=False),
    ]
    stories = Stories(source(events))
    assert [stories.before(number) for number in range(6)] == [NOBODY, NOBODY, NOBODY, NOBODY, 1, 2]


def test_differences_are_exact():
    """Differences keep numbers exact, mark absent values, and go into lists."""
    here = b'{"a":1,"b":[1,2],"c":12345678901234567890,"d":true,"e":{"f":null}}'
    there = b'{"a":1.0,"b":[1],"c":12345678901234567891,"d":1,"e":{}}'
    assert differences(here, there) == [
        {"path": "a", "here": "1", "there": "1.0"},
        {"path": "b[1]", "here": "2", "there": None},
        {"path": "c", "here": "12345678901234567890", "there": "12345678901234567891"},
        {"path": "d", "here": "true", "there": "1"},
        {"path": "e.f", "here": "null", "there": None},
    ]
    assert differences(b"x", b"{}") == []
    assert len(differences(b"[%b1]" % (b"1," * 999), b"[]")) == 200
    assert len(differences(b'["%b"]' % (b"x" * 9_999), b"[1]")[0]["here"]) == 400
