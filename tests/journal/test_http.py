"""HTTP as sessions: where a client posts to an endpoint that a stream names. The rest is in tests/e2e and interchange."""

import pytest

from recorder.event_stream import ServerEvent
from recorder.journal.http import Answer, HttpJournal, Request
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
