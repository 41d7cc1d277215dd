"""A session's events, as the journal hands them to its sinks."""

import logging

import pytest

from recorder.errors import CaptureWriteError
from recorder.journal.session import Journal, plain
from recorder.masking import Masking
from recorder.model import Closed, Frame, Opened
from recorder.wire import WireMessage

CLOSE_1000 = WireMessage(None, b"\x03\xe8bye")
CLOSE_1001 = WireMessage(None, b"\x03\xe9")


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self, failing=False):
        self.events, self.failing = [], failing

    def write(self, events):
        """Keep a batch, or fail as a full disk does."""
        if self.failing:
            raise CaptureWriteError("run.jsonl", OSError(28, "No space left on device"))
        self.events += events


@pytest.fixture
def kept():
    """A sink that works."""
    return Kept()


@pytest.fixture
def journal(kept):
    """A journal that can be written."""
    return Journal([kept], "aeternity", failed=pytest.fail)


def test_a_party_is_named_by_its_role_or_else_by_its_session(journal):
    """Whoever says no role is told apart by the number of the session."""
    assert [journal.session(url).party for url in ("ws://n/?role=initiator", "ws://n/", "ws://n/?role=x")] == [
        "initiator",
        "client-2",
        "client-3",
    ]


def test_what_is_named_is_masked_in_frames_and_their_headers(kept):
    """However they are taken, and before any sink has them."""
    journal = Journal([kept], failed=pytest.fail, masking=Masking(["password"]))
    session = journal.session("ws://n/")
    session.take("to_node", [WireMessage("text", b'{"password":"x"}'), WireMessage("binary", b'{"password":"x"}')])
    session.body("from_node", b'{"password":"y"}', exchange=1, headers=[("Set-Cookie", "a=x; Secure")])
    assert [event.payload.decode() for event in kept.events] == [
        '{"password":"«password 1»"}',
        '{"password":"«password 1»"}',
        '{"password":"«password 2»"}',
    ]
    assert kept.events[-1].headers == [("Set-Cookie", "a=«password 1»; Secure")]


def test_secrets_of_a_handshake_are_masked(journal, kept):
    """A capture may be shown to others: who asked stays secret."""
    session = journal.session("ws://u:p@n/?role=initiator&token=x")
    session.open([("Authorization", "Bearer x"), ("cookie", "a=b"), ("Host", "n")], "jwt.0123456789")
    assert (kept.events[0].url, kept.events[0].subprotocol) == (
        "ws://«user 1»@n/?role=initiator&token=«token 1»",
        "jwt.«token 2»",
    )
    assert kept.events[0].headers == [("Authorization", "Bearer «token 1»"), ("cookie", "a=«cookie 1»"), ("Host", "n")]


def test_bytes_in_a_request_that_are_no_utf8_are_no_trouble(journal, kept):
    """They come as lone surrogates, which no capture could hold."""
    journal.session("ws://n/\udcff").open([("x", "\udcfe")], "\udcfd")
    opened = kept.events[0]
    assert (opened.url, opened.headers, opened.subprotocol) == ("ws://n/\ufffd", [("x", "\ufffd")], "\ufffd")


def test_text_that_is_utf8_stays_as_it_is():
    """Only what cannot be kept is replaced."""
    assert plain("ws://n/ä€") == "ws://n/ä€"


def test_a_session_closes_when_both_ends_have_said_so(journal, kept):
    """The first Close frame says why; it counts when the second is there."""
    session = journal.session("ws://n/")
    session.take("from_node", [CLOSE_1001])
    assert kept.events == []
    session.take("to_node", [WireMessage("text", b"late"), CLOSE_1000])
    assert [type(event) for event in kept.events] == [Frame, Closed]
    closed = kept.events[-1]
    assert (closed.code, closed.reason, closed.by) == (1001, "", "node")


def test_its_times_are_when_an_end_wanted_it(journal, kept):
    """A session opens when both ends have agreed to, its party asks before that; it closes when one begins to."""
    session = journal.session("ws://n/")
    journal.now = lambda: 6
    session.open([], asked=5)
    for journal.now, direction in ((lambda: 7, "to_node"), (lambda: 9, "from_node")):
        session.take(direction, [CLOSE_1000])
    assert [event.time for event in kept.events] == [6, 7]
    assert kept.events[0].asked == 5


def test_one_close_frame_and_the_end_of_the_transport_are_a_close(journal, kept):
    """An end that does not answer a Close frame has been told nevertheless."""
    session = journal.session("ws://n/")
    session.take("to_node", [CLOSE_1000])
    session.ended("from_node", "eof")
    closed = kept.events[-1]
    assert (closed.code, closed.reason, closed.by, closed.lost) == (1000, "bye", "party", "")


def test_a_transport_that_ends_without_a_close_frame_says_how(journal, kept):
    """A crash is a crash in the capture, and which end it was."""
    journal.session("ws://n/").ended("to_node", "reset")
    closed = kept.events[-1]
    assert (closed.code, closed.by, closed.lost) == (1006, "party", "reset")


def test_a_session_ends_once(journal, kept):
    """Whoever hears of the end after that adds nothing."""
    session = journal.session("ws://n/")
    session.stopped(1001, "enough")
    session.ended("to_node", "eof")
    session.stopped(1011, "again")
    assert [event.code for event in kept.events] == [1001]


def test_two_open_sessions_of_one_role_are_said_once(journal, caplog):
    """They print under one name, so a reader must know that there are two."""
    first, second, third = (journal.session("ws://n/?role=initiator") for _ in range(3))
    first.open([])
    with caplog.at_level(logging.WARNING):
        second.open([])
        third.open([])
    assert [record.getMessage() for record in caplog.records] == [
        "sessions 1 and 2 are both printed as initiator; `recorder render --split session` separates them"
    ]


def test_a_role_that_comes_back_is_no_second_one(journal, caplog):
    """A party that reconnects is the same party."""
    first, second = (journal.session("ws://n/?role=initiator") for _ in range(2))
    first.open([])
    first.stopped(1000, "")
    with caplog.at_level(logging.WARNING):
        second.open([])
    assert caplog.records == []


def test_what_cannot_be_written_must_not_pass():
    """The caller hears of it, and whoever ends the recording hears once."""
    told = []
    journal = Journal([Kept(failing=True)], "generic", failed=told.append)
    session = journal.session("ws://n/")
    for _ in range(2):
        with pytest.raises(CaptureWriteError, match="No space left on device"):
            session.take("to_node", [WireMessage("text", b"{}")])
    assert len(told) == 1


def test_a_lenient_journal_lets_traffic_pass(kept):
    """Whoever prefers the traffic to the capture gets it, and is told."""
    told = []
    journal = Journal([Kept(failing=True), kept], "generic", failed=told.append, lenient=True)
    journal.session("ws://n/").open([])
    assert [type(event) for event in kept.events] == []
    assert len(told) == 1


def test_an_opening_says_the_role_that_the_url_gave(journal, kept):
    """Whoever reads the capture need not read the URL."""
    journal.session("ws://n/?role=responder").open([])
    assert isinstance(kept.events[0], Opened)
    assert kept.events[0].role == "responder"


def test_what_is_written_together_is_one_batch(journal, kept):
    """In its order, and it is there when the work is done."""
    batches = []
    kept.write = batches.append
    session = journal.session("http://n/")

    def work():
        session.open([])
        session.body("to_node", b"1", exchange=1)
        assert batches == []

    journal.together(work)
    ((opened, frame),) = batches
    assert isinstance(opened, Opened)
    assert frame.payload == b"1"
    session.body("from_node", b"2", exchange=1)
    assert len(batches) == 2


def test_what_cannot_be_written_together_is_said_at_the_end():
    """Whatever it stands for must not pass."""
    failed = []
    journal = Journal([Kept(failing=True)], "generic", failed=failed.append)
    with pytest.raises(CaptureWriteError):
        journal.together(lambda: journal.session("http://n/").open([]))
    assert len(failed) == 1


def test_a_refused_handshake_is_an_event(journal, kept):
    """With the party that its URL names, and the headers of the answer that tell why."""
    journal.refused("ws://n/?role=initiator", 401, [("Set-Cookie", "a=s"), ("Date", "now")])
    (event,) = kept.events
    assert (event.status, event.party, event.headers) == (401, "initiator", [("Set-Cookie", "a=«cookie 1»")])
