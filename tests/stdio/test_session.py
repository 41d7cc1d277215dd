"""What passes is told as a session's events."""

import pytest

from recorder.model import Closed, Frame, Opened
from recorder.stdio import Session, url_of

ASKED, ANSWERED = b'{"id":1,"method":"a"}', b'{"id":1,"result":2}'


class Seen(list):
    """A sink."""

    def write(self, events):
        """Keep them."""
        self.extend(events)


@pytest.fixture
def seen():
    """What a sink was told."""
    return Seen()


@pytest.fixture
def session(seen):
    """An open session."""
    made = Session([seen], url_of(["server", "--name", "two words"]))
    made.opened()
    return made


def test_a_session_opens_with_the_command(session, seen):
    """As a shell would read it."""
    assert [(one.party, one.url) for one in seen] == [("client", "stdio:server --name 'two words'")]
    assert isinstance(seen[0], Opened)


def test_a_message_is_told_when_its_last_byte_is_about_to_pass(session, seen):
    """Not before it is whole; each direction by itself."""
    session.passes("to_node", ASKED[:5])
    session.passes("from_node", ANSWERED + b"\n" + ANSWERED[:3])
    session.passes("to_node", ASKED[5:] + b"\nno JSON\n")
    assert [(one.direction, one.payload) for one in seen[1:]] == [
        ("from_node", ANSWERED),
        ("to_node", ASKED),
        ("to_node", b"no JSON"),
    ]


def test_a_message_that_no_line_ends_is_told_when_its_last_byte_is_about_to_pass(session, seen):
    """As clients of OVSDB send it, and of many a Unix socket."""
    session.passes("to_node", ASKED[:-1])
    assert len(seen) == 1
    session.passes("to_node", ASKED[-1:] + ASKED)
    session.passes("to_node", b"\n")
    assert [one.payload for one in seen[1:]] == [ASKED, ASKED]


def test_headers_before_a_message_are_told_with_it(session, seen):
    """They say how it was framed."""
    session.passes("to_node", b"Content-Length: %d\r\n\r\n%s" % (len(ASKED), ASKED))
    assert [(one.payload, one.headers) for one in seen[1:]] == [(ASKED, [("Content-Length", str(len(ASKED)))])]


def test_what_an_end_has_left_unfinished_is_told(session, seen):
    """A line without its end is one; a message that is not whole is no message, and kept as it came."""
    session.passes("to_node", ASKED)
    session.ends("to_node")
    session.passes("from_node", b"Content-Length: 9\r\n\r\n{")
    session.ends("from_node")
    assert [(one.opcode, one.payload) for one in seen[1:]] == [("text", ASKED), ("raw", b"Content-Length: 9\r\n\r\n{")]


@pytest.mark.parametrize(
    ("returned", "code", "reason"),
    [(0, 1000, "exit code 0"), (3, 1006, "exit code 3"), (-15, 1006, "signal SIGTERM"), (-99, 1006, "signal 99")],
)
def test_a_session_closes_with_how_the_server_went(session, seen, returned, code, reason):
    """By whoever went first."""
    session.leaves("node")
    session.ends("to_node")
    session.closed(returned)
    closed = seen[-1]
    assert isinstance(closed, Closed)
    assert (closed.by, closed.code, closed.reason) == ("node", code, reason)


def test_many_messages_are_one_write(session, seen):
    """The capture is written once for what has been read once."""
    batches = []
    seen.write = batches.append
    session.passes("to_node", (ASKED + b"\n") * 100)
    assert [len(batch) for batch in batches] == [100]
    assert all(isinstance(one, Frame) for one in batches[0])
