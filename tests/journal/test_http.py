"""HTTP as sessions: where a client posts to an endpoint that a stream names. The rest is in tests/e2e and interchange."""

import pytest

from recorder.event_stream import ServerEvent
from recorder.journal.http import HttpJournal
from recorder.journal.requests import Answer, Request
from recorder.journal.session import Journal
from recorder.model import Opened

SSE = [("Content-Type", "text/event-stream")]
ASKED, ANSWERED = b'{"jsonrpc":"2.0","id":1,"method":"m"}', b'{"jsonrpc":"2.0","id":1,"result":1}'
ACCEPTED = Answer(202, [("Content-Type", "text/plain")])


class Kept(list):
    """A sink that keeps what it gets."""

    def write(self, events):
        """Keep a batch."""
        self += events


@pytest.fixture
def kept():
    """A sink."""
    return Kept()


@pytest.fixture
def http(kept):
    """Records what is told."""
    return HttpJournal(Journal([kept], failed=pytest.fail))


def listens(http, url="http://n/sse"):
    """A client that has begun to listen."""
    asked = http.request(Request("GET", url, [("Accept", "text/event-stream"), ("User-Agent", "one")]))
    assert asked.head(Answer(200, SSE))
    asked.begun()
    return asked


def posts(http, target, body=ASKED, answer=ACCEPTED, said=b"Accepted"):
    """A client that posts, and what it is answered."""
    asked = http.request(Request("POST", f"http://n{target}", [("User-Agent", "other")], body))
    assert asked.head(answer)
    asked.whole(said)


def told(kept):
    """What was recorded, in short."""
    return [
        ("opened", one.session, one.url)
        if isinstance(one, Opened)
        else (one.direction, one.session, one.exchange, one.status, one.event_type, one.payload)
        for one in kept
    ]


def test_what_is_posted_to_an_endpoint_is_of_the_session_whose_stream_named_it(kept, http):
    """It is in no exchange, as its answer is, and what only acknowledges it says nothing."""
    stream = listens(http)
    stream.event(ServerEvent(b"/messages?id=7", "endpoint"))
    posts(http, "/messages?id=7")
    stream.event(ServerEvent(ANSWERED))
    assert told(kept) == [
        ("opened", 1, "http://n/sse"),
        ("from_node", 1, 0, 200, "message", b""),
        ("from_node", 1, 0, 200, "endpoint", b"/messages?id=7"),
        ("to_node", 1, 0, 200, "message", ASKED),
        ("from_node", 1, 0, 200, "message", ANSWERED),
    ]


@pytest.mark.parametrize(
    ("named", "target"),
    [("/p?id=7", "/p?id=7"), ("p/7", "/a/p/7"), ("http://n/p", "/p"), ("?id=7", "/a/sse?id=7")],
)
def test_an_endpoint_is_a_reference_at_the_url_of_its_stream(kept, http, named, target):
    """It may be relative (RFC 3986, section 5)."""
    listens(http, "http://n/a/sse").event(ServerEvent(named.encode(), "endpoint"))
    posts(http, target)
    assert [(one[1], one[2]) for one in told(kept)[-1:]] == [(1, 0)]


def test_a_post_that_is_refused_or_answered_at_once_is_recorded(kept, http):
    """Only what says nothing is left out."""
    listens(http).event(ServerEvent(b"/p", "endpoint"))
    posts(http, "/p", answer=Answer(404, []), said=b"no such session")
    posts(http, "/p", answer=Answer(200, [("Content-Type", "application/json")]), said=ANSWERED)
    assert [one[2:] for one in told(kept) if one[0] == "from_node"][2:] == [
        (0, 404, "message", b"no such session"),
        (0, 200, "message", ANSWERED),
    ]


def test_each_stream_that_names_an_endpoint_is_a_session(kept, http):
    """The same client may begin anew; each is posted to by the endpoint that it was given."""
    for number in (1, 2):
        listens(http).event(ServerEvent(f"/p/{number}".encode(), "endpoint"))
    posts(http, "/p/2")
    posts(http, "/p/1")
    assert [one[1] for one in told(kept) if one[0] == "to_node"] == [2, 1]


def test_a_client_may_have_tried_another_transport_first(kept, http):
    """It posts to the URL of the stream, is refused, and listens: that is one session."""
    asked = http.request(Request("POST", "http://n/sse", [("User-Agent", "one")], ASKED))
    assert asked.head(Answer(405, []))
    asked.whole(b"")
    listens(http).event(ServerEvent(b"/p", "endpoint"))
    posts(http, "/p")
    assert {one[1] for one in told(kept)} == {1}
    assert [one[2] for one in told(kept) if one[0] == "to_node"] == [1, 0]


def test_another_event_names_no_endpoint(kept, http):
    """Nor does one of this type where the protocol is known to have none."""
    listens(http).event(ServerEvent(b"/p", "hello"))
    assert kept == []
    other = HttpJournal(Journal([kept], failed=pytest.fail), "ethereum")
    listens(other).event(ServerEvent(b"/p", "endpoint"))
    assert kept == []


def calls(http, method, answer=None, name=""):
    """A client that calls, and what it is answered with, if it is."""
    own = [("User-Agent", "one"), *([("Mcp-Session-Id", name)] if name else [])]
    asked = http.request(Request("POST", "http://n/mcp", own, ASKED.replace(b'"m"', b'"%s"' % method.encode())))
    if answer is not None:
        asked.head(Answer(200, [("Mcp-Session-Id", answer)]))
        asked.whole(ANSWERED)
    return asked


def test_two_clients_that_begin_before_either_has_a_name_are_two_sessions(kept, http):
    """They come from one address, and nothing else tells them apart."""
    first, second = calls(http, "initialize"), calls(http, "initialize")
    for asked, name in ((second, "b"), (first, "a")):
        asked.head(Answer(200, [("Mcp-Session-Id", name)]))
        asked.whole(ANSWERED)
    calls(http, "tools/list", "", name="a")
    calls(http, "tools/list", "", name="b")
    assert [one.session for one in kept if isinstance(one, Opened)] == [1, 2]
    assert [one.session for one in kept if getattr(one, "direction", "") == "to_node"] == [1, 2, 1, 2]


def test_a_client_that_only_calls_is_one_session_however_many_calls_are_open(kept, http):
    """Any method but the one that begins a session may be called twice at once."""
    calls(http, "initialize")
    calls(http, "tools/list")
    calls(http, "tools/list")
    assert [one.session for one in kept if isinstance(one, Opened)] == [1]


def test_a_client_that_listens_first_is_recorded_where_it_begins_to_speak(kept, http):
    """Its stream was open before its first call, and so it is in the capture; one that is over is not."""
    for url, over in (("http://n/rpc", False), ("http://n/other", True)):
        asked = http.request(Request("GET", url, [("Accept", "text/event-stream"), ("User-Agent", "one")]))
        asked.head(Answer(200, SSE))
        asked.begun()
        if over:
            asked.ended()
        posted = http.request(Request("POST", url, [("User-Agent", "one")], ASKED))
        posted.head(Answer(200, []))
        posted.whole(ANSWERED)
    assert told(kept) == [
        ("opened", 1, "http://n/rpc"),
        ("from_node", 1, 0, 200, "message", b""),
        ("to_node", 1, 1, 200, "message", ASKED),
        ("from_node", 1, 1, 200, "message", ANSWERED),
        ("opened", 2, "http://n/other"),
        ("to_node", 2, 1, 200, "message", ASKED),
        ("from_node", 2, 1, 200, "message", ANSWERED),
    ]


def test_a_client_that_only_listens_began_when_it_asked(kept, http):
    """Not with the first event; and it need not say what it accepts, as curl and most libraries do not."""
    http.journal.now = iter(range(1, 9)).__next__
    asked = http.request(Request("GET", "http://n/events", [("User-Agent", "curl")]))
    assert http.request(Request("GET", "http://n/page", [])).head(Answer(200, [("Content-Type", "text/html")])) is False
    assert asked.head(Answer(200, SSE))
    asked.begun()
    asked.event(ServerEvent(b'{"jsonrpc":"2.0","method":"m"}'))
    opened, head, frame = kept
    assert (opened.asked, opened.time, head.time, frame.time) == (1, 3, 4, 5)
    assert http.unrecorded == 1


@pytest.mark.parametrize(
    ("said", "event_id", "kept_of_it"),
    [
        (b'{"jsonrpc":"2.0","method":"progress"}', "", [502]),
        (b'{"jsonrpc":"2.0","method":"progress"}', "7", []),
        (ANSWERED, "", []),
        (b"", "", [502]),
    ],
)
def test_a_stream_that_breaks_off_before_its_answer(kept, http, said, event_id, kept_of_it):
    """It is recorded; after the answer its client has all that it asked for, and behind an id it may ask for the rest."""
    asked = http.request(Request("POST", "http://n/rpc", [], ASKED))
    asked.head(Answer(200, SSE))
    asked.begun()
    asked.event(ServerEvent(said, id=event_id))
    asked.broken(502)
    assert [(one.status, one.payload) for one in kept[2 + bool(said) :]] == [(status, b"") for status in kept_of_it]


def test_clients_that_listen_at_one_place_are_not_taken_for_each_other(kept, http):
    """The one that is told something first is not the one that came last."""
    first, second = listens(http), listens(http)
    for listening, endpoint in ((first, b"/p?id=1"), (second, b"/p?id=2")):
        listening.event(ServerEvent(endpoint, "endpoint"))
    posts(http, "/p?id=2")
    posts(http, "/p?id=1")
    assert [one.session for one in kept] == [1, 1, 1, 2, 2, 2, 2, 1]


def test_streams_that_are_asked_for_with_other_headers_are_others(kept, http):
    """Each has a number, and the headers of its request; whoever asks again, in another trace, or behind an event, goes on."""
    posts(http, "/rpc", answer=Answer(200, []), said=ANSWERED)
    base = [("User-Agent", "other"), ("Accept", "text/event-stream")]

    def hears(event, *own):
        asked = http.request(Request("GET", "http://n/rpc", [*base, *own]))
        asked.head(Answer(200, SSE))
        asked.begun()
        asked.event(event)

    push = b'{"jsonrpc":"2.0","method":"p"}'
    for own, event_id in (
        ([], "1"),
        ([("Room", "7")], "1"),
        ([("Traceparent", "00-1"), ("Authorization", "Bearer abcdefghijkl")], "2"),
        ([("Room", "7"), ("Last-Event-ID", "1")], "2"),
        ([("Last-Event-ID", "1")], "3"),
    ):
        hears(ServerEvent(push, id=event_id), *own)
    assert [(one.stream, one.payload, one.event_id) for one in kept[3:]] == [
        (0, b"", ""), (0, push, "1"), (1, b"", ""), (1, push, "1"), (0, b"", ""), (0, push, "2"), (1, push, "2"), (0, push, "3"),
    ]  # fmt: skip
    assert [one.request_headers for one in kept[3:] if one.begins_stream] == [
        base[1:],
        [*base[1:], ("Room", "7")],
        [*base[1:], ("Traceparent", "00-1"), ("Authorization", "Bearer «token 1»")],
    ]
