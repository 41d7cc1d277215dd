"""What was tried in vain while a node could not be reached."""

from recorder.capture import frame
from recorder.model import Header, Opened, Refused
from recorder.timeline import read

GONE = b"[Errno 111] Connect call failed"


def asks(exchange, method="m", number=1, session=1):
    """A call."""
    body = b'{"jsonrpc":"2.0","id":%d,"method":"%s"}' % (number, method.encode())
    return frame(body, session=session, direction="to_node", exchange=exchange)


def told(exchange, body=b'{"jsonrpc":"2.0","id":1,"result":1}', status=200, session=1):
    """What it is answered."""
    return frame(body, session=session, direction="from_node", exchange=exchange, status=status)


def settled(*events, url="http://n/"):
    """The lines that are left, and those that a party insisted on."""
    made = read(Header(format=2, run="r", recorder="0"), [Opened(session=1, party="a", url=url), *events]).settled
    return [step.line for step in made.steps], made.insisted


def test_a_call_that_was_made_again_until_it_was_answered_is_one_call():
    """Under whatever id, and whatever else was called meanwhile."""
    events = [
        asks(1),
        told(1, GONE, 502),
        asks(2, "other"),
        told(2),
        asks(3, number=2),
        told(3, GONE, 502),
        asks(4),
        told(4),
    ]
    assert settled(*events) == ([2, 5, 6, 9, 10], {7, 9})


def test_the_last_of_the_tries_stays():
    """Its client gave up: that nobody answered is what happened."""
    assert settled(asks(1), told(1, GONE, 502), asks(2), told(2, GONE, 502)) == ([2, 5, 6], {5})


def test_what_the_node_itself_has_refused_is_no_try():
    """Nor is what it answered with JSON-RPC, whatever the status; nor what another client called."""
    busy, error = told(1, b"busy", 503), told(1, b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}', 502)
    for said in (busy, error):
        assert settled(asks(1), said, asks(2), told(2)) == ([2, 3, 4, 5, 6], frozenset())
    other = [Opened(session=2, party="b", url="http://n/"), asks(1, session=2), told(1, session=2)]
    assert settled(asks(1), told(1, GONE, 502), *other) == ([2, 3, 4, 5, 6, 7], frozenset())


def test_a_handshake_that_was_tried_before_its_session_was_insisted_on():
    """At the same URL, since it was last opened there; another status is an answer."""
    events = [
        Refused(status=502, url="ws://n/"),
        Refused(status=401, url="ws://n/other"),
        Opened(session=2, party="b", url="ws://n/"),
        Opened(session=3, party="c", url="ws://n/"),
        Opened(session=4, party="d", url="ws://n/other"),
    ]
    assert settled(*events, url="ws://n/first") == ([2, 5, 6, 7], {5})
