"""What is a refusal, and in which words."""

import pytest

from recorder.capture import frame
from recorder.model import LEFT, Refused
from recorder.timeline.refusals import by_node, refused, refuses, refuses_by_status, status_of


@pytest.mark.parametrize(
    ("payload", "status", "is_one"),
    [
        (b"Unauthorized", 401, True),
        (b"", 429, True),
        (b'{"message":"no key"}', 403, True),
        (b'{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"x"}}', 500, False),
        (b'{"result":null,"error":{"code":-32601},"id":"curl"}', 404, False),
        (b"", 202, False),
        (b"Moved", 302, False),
    ],
)
def test_a_status_refuses_where_no_json_rpc_does(payload, status, is_one):
    """A node of the first version answers an error with 500, and it is an answer."""
    assert refuses(frame(payload, session=1, direction="from_node", exchange=1, status=status)) is is_one


@pytest.mark.parametrize(
    ("payload", "status", "is_one"),
    [
        (b"Unauthorized", 401, True),
        (b"failed", 500, True),
        (b'{"id":1,"error":{"code":-32000,"message":"x"}}', 401, True),
        (b'{"id":null,"error":{"code":-32005,"message":"x"}}', 429, True),
        (b'{"id":1,"error":{"code":-32601,"message":"x"}}', 404, False),
        (b'{"id":1,"error":{"code":-1,"message":"x"}}', 500, False),
        (b'{"id":1,"error":{"code":-1,"message":"x"}}', 200, False),
    ],
)
def test_a_status_that_says_more_than_its_error_refuses(payload, status, is_one):
    """One that nodes give to any error says nothing more, unless there is no error."""
    assert refuses_by_status(frame(payload, session=1, direction="from_node", exchange=1, status=status)) is is_one


def test_only_answers_over_http_refuse():
    """A request has no status, and what comes over a WebSocket neither; what is answered in a stream is in no exchange."""
    assert not refuses(frame(b"x", session=1, direction="to_node", exchange=1, status=401))
    assert not refuses(frame(b"x", session=1, direction="from_node"))
    assert refuses(frame(b"gone", session=1, direction="from_node", status=404))


def test_a_status_is_said_with_its_name():
    """One that has none is a number."""
    assert (status_of(429), status_of(599)) == ("429 Too Many Requests", "599")


def test_a_refused_handshake_in_words():
    """Whose it was, if the URL told."""
    assert refused(Refused(status=401, url="ws://n/x", party="initiator")) == (
        "initiator is refused a WebSocket: 401 Unauthorized, ws://n/x"
    )
    assert refused(Refused(status=503, url="ws://n/")) == (
        "a party is refused a WebSocket: 503 Service Unavailable, ws://n/"
    )


@pytest.mark.parametrize(("status", "spoke"), [(200, True), (503, True), (502, False), (LEFT, False)])
def test_who_has_spoken(status, spoke):
    """A node, unless the recorder answers in its place, or the client did not wait."""
    assert by_node(frame(b"", session=1, direction="from_node", exchange=1, status=status)) is spoke
    assert by_node(Refused(status=status, url="ws://node/")) is spoke
    assert not by_node(frame(b"", session=1, direction="to_node", exchange=1, status=status))
