"""A capture's client, played to a server that it starts: real processes, which end with the run."""

import asyncio
import sys
import time

import pytest

from recorder.capture import frame
from recorder.errors import InputError
from recorder.model import Closed, Header, Opened
from recorder.replay import PlaySettings
from recorder.server import started
from recorder.server.parties import play
from recorder.server.started import Started
from recorder.timeline import read

CALL, ANSWER = '{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}', '{"jsonrpc":"2.0","id":1,"result":1}'
BYE = '{"jsonrpc":"2.0","method":"exit"}'
SERVER = """
import sys
from recorder.framing import Framing, encode
framing = Framing()
while True:
    data = sys.stdin.buffer.read1()
    if not data:
        break
    for message in framing.feed(data):
        if b"exit" in message.payload:
            sys.exit()
        sys.stdout.buffer.write(encode(b'ANSWER', with_length=bool(message.headers)))
        sys.stdout.buffer.flush()
""".replace("ANSWER", ANSWER)
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(600)"


def script(*said, with_length=False, closed="party", url="stdio:server", sessions=1):
    """A capture: what the client said (`>`) and what its server did; and who ended it."""
    headers = [("Content-Length", "1")] if with_length else []
    events = []
    for session in range(1, sessions + 1):
        events.append(Opened(session=session, party="client", url=url))
        for way, text in said:
            direction = "to_node" if way == ">" else "from_node"
            events.append(frame(text.encode(), session=session, direction=direction, headers=headers))
        events.append(Closed(session=session, code=1000, reason="exit code 0", by=closed))
    return read(Header(format=2, run="r", recorder="0"), events, "r.jsonl")


def played(capture, program, **settings):
    """What came of a capture with a server that is started so: outcome, the events of the run, and the server's exit code."""
    told, ends = [], Started(capture, [sys.executable, "-c", program])
    given = PlaySettings(ends=frozenset({"client"}), goes_on=True, **settings)
    outcome = asyncio.run(play(capture, given, ends, 20, told.append))
    return outcome, told, ends._process.returncode


@pytest.mark.parametrize("with_length", [True, False])
def test_a_server_hears_its_client_and_is_heard(with_length):
    """In the framing that was recorded, until the client ends."""
    outcome, told, code = played(script((">", CALL), ("<", ANSWER), with_length=with_length), SERVER)
    assert (outcome.unexpected, outcome.unused, code) == ([], [], 0)
    assert [event.payload.decode() for event in told if hasattr(event, "payload")] == [CALL, ANSWER]


def test_a_server_may_end_by_itself():
    """What was recorded has come then."""
    outcome, _told, code = played(script((">", CALL), ("<", ANSWER), (">", BYE), closed="node"), SERVER)
    assert (outcome.unused, code) == ([], 0)


def test_what_a_server_does_not_say_is_missing():
    """It ends too early, and nobody waits for it."""
    begun = time.monotonic()
    outcome, _told, code = played(script((">", CALL), ("<", ANSWER)), "")
    assert (len(outcome.unused) > 0, code) == (True, 0)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(("said", "fails"), [((("<", ANSWER),), True), ((), False)])
def test_a_server_that_fails_before_it_says_anything_was_not_started(said, fails):
    """It is no difference, unless the recorded one said nothing either."""
    capture = script((">", CALL), *said)
    if not fails:
        assert played(capture, "import sys; sys.exit(3)")[2] == 3
        return
    with pytest.raises(InputError, match="the server ended before it said anything, with exit code 3"):
        played(capture, "import sys; sys.exit(3)")


def test_a_server_that_does_not_end_is_killed(monkeypatch):
    """It is told to end before."""
    monkeypatch.setattr(started, "LEAVES", 0.2)
    monkeypatch.setattr(started, "OBEYS", 0.2)
    _outcome, _told, code = played(script(("<", "{}")), DEAF)
    assert code == -9


@pytest.mark.parametrize(
    ("given", "said"),
    [({"url": "ws://node/"}, "was not recorded over standard input"), ({"sessions": 2}, "has 2 sessions")],
)
def test_only_one_session_of_such_a_server_is_played(given, said):
    """Others have URLs, or are verified alone."""
    with pytest.raises(InputError, match=said):
        Started(script((">", CALL), **given), ["server"])


def test_a_server_that_cannot_be_started_is_said():
    """As the system says it."""
    capture = script((">", CALL))
    with pytest.raises(InputError, match="cannot start '/nowhere/server': No such file"):
        asyncio.run(play(capture, PlaySettings(ends=frozenset({"client"})), Started(capture, ["/nowhere/server"]), 5))
