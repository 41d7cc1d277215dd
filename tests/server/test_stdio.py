"""A mock server on two files: it answers in the framing of the recorded one, and goes when its client does."""

import asyncio
import os
from contextlib import asynccontextmanager

import pytest

from recorder.capture import frame
from recorder.errors import InputError
from recorder.framing import Framing, encode
from recorder.model import Closed, Header, Opened
from recorder.replay import PlaySettings
from recorder.replay.faults import Fault
from recorder.server import MockNode, play_parties
from recorder.server.stdio import StdioNode
from recorder.timeline import read
from recorder.timeline.script import NODE

PATIENCE = 20.0
WAYS = {">": "to_node", "<": "from_node"}
CALL, ANSWER = '{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}', '{"jsonrpc":"2.0","id":1,"result":1}'
HELLO, BYE = '{"jsonrpc":"2.0","method":"hello"}', '{"jsonrpc":"2.0","method":"bye"}'


def script(*said, with_length=False, closed="party", url="stdio:server"):
    """A capture of one session: who said what, framed how; and who ended it."""
    headers = [("Content-Length", "1")] if with_length else []
    events = [Opened(session=1, party="client", url=url)]
    events += [
        frame(text.encode(), session=1, direction=WAYS[way], headers=headers if text[:1] == "{" else [])
        for way, text in said
    ]
    if closed:
        events.append(Closed(session=1, code=1000, reason="exit code 0", by=closed))
    return read(Header(format=2, run="r", recorder="0"), events, "r.jsonl")


class Client:
    """The other end of a mock's two files."""

    def __init__(self, said, heard):
        self._said, self._heard, self._framing = said, heard, Framing()

    def says(self, text, *, with_length=False):
        """Write a message."""
        os.write(self._said, encode(text.encode(), with_length=with_length))

    def writes(self, text):
        """Write a text as it is."""
        os.write(self._said, text.encode())

    async def hears(self):
        """The next messages, and whether each came behind its length; none at the end."""
        while data := await asyncio.to_thread(os.read, self._heard, 4096):
            if messages := self._framing.feed(data):
                return [(one.payload.decode(), bool(one.headers)) for one in messages]
        return []

    def ends(self):
        """Say no more."""
        os.close(self._said)


@asynccontextmanager
async def playing(capture, **settings):
    """A mock at work, its client, and what becomes of it."""
    (source, said), (heard, target) = os.pipe(), os.pipe()
    node = StdioNode(capture, PlaySettings(ends=frozenset({NODE}), **settings), source, target)
    try:
        async with asyncio.timeout(PATIENCE), node:
            yield node, Client(said, heard)
    finally:
        for file in (source, heard, target):
            os.close(file)


@pytest.mark.parametrize("with_length", [True, False])
def test_it_speaks_in_the_framing_that_was_recorded(with_length):
    """Under the id of the live call, and before anybody has asked, too; what is no message is a line."""

    async def played():
        capture = script(("<", "loading"), ("<", HELLO), (">", CALL), ("<", ANSWER), with_length=with_length)
        async with playing(capture) as (node, client):
            heard = await client.hears()
            while len(heard) < 2:
                heard += await client.hears()
            assert heard == [("loading", False), (HELLO, with_length)]
            client.says(CALL.replace("1,", "7,", 1), with_length=with_length)
            assert await client.hears() == [(ANSWER.replace("1,", "7,", 1), with_length)]
            client.ends()
            await node.over()
            assert node.outcome().ok, node.outcome()

    asyncio.run(played())


def test_a_call_that_no_line_ends_is_answered_at_once():
    """As a client of a Unix socket may write it; its next one may follow without anything between them."""

    async def played():
        said = [(">", CALL), ("<", ANSWER), (">", CALL.replace("1", "2")), ("<", ANSWER.replace("1", "2"))]
        async with playing(script(*said)) as (node, client):
            client.writes(CALL)
            assert await client.hears() == [(ANSWER, False)]
            client.writes(CALL.replace("1", "2"))
            assert await client.hears() == [(ANSWER.replace("1", "2"), False)]
            client.ends()
            await node.over()
            assert node.outcome().ok, node.outcome()

    asyncio.run(played())


def test_a_client_that_ends_at_once_has_its_answers():
    """As one that is a line of a shell."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER))) as (node, client):
            client.says(CALL)
            client.ends()
            await node.over()
            assert node.outcome().ok
            assert await client.hears() == [(ANSWER, False)]
            assert await client.hears() == []

    asyncio.run(played())


def test_a_client_takes_its_time_to_read():
    """An answer that no pipe holds is waited for, though its client says no more."""

    async def played():
        large = ANSWER.replace("1}", f'"{"x" * 1_000_000}"}}')
        async with playing(script((">", CALL), ("<", large))) as (node, client):
            client.says(CALL)
            client.ends()
            over = asyncio.create_task(node.over())
            assert await asyncio.wait([over], timeout=0.2) == (set(), {over})
            assert await client.hears() == [(large, False)]
            await over

    asyncio.run(played())


def test_an_answer_that_is_delayed_comes_after_the_client_has_ended():
    """It waits for what is still to come, and for no more."""

    async def played():
        capture = script((">", CALL), ("<", ANSWER))
        faults = (Fault.parse("delay:sum=100ms"),)
        async with playing(capture, faults=faults) as (node, client):
            client.says(CALL)
            client.ends()
            await node.over()
            assert await client.hears() == [(ANSWER, False)]

    asyncio.run(played())


def test_it_stays_as_long_as_its_client():
    """Everything recorded has happened; the client may still have something to say, which is not expected."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER))) as (node, client):
            client.says(CALL)
            assert await client.hears() == [(ANSWER, False)]
            over = asyncio.create_task(node.over())
            client.says(CALL.replace("sum", "product"))
            ((refused, _framed),) = await client.hears()
            assert "no such request" in refused
            assert not over.done()
            client.ends()
            await over
            assert len(node.outcome().unexpected) == 1

    asyncio.run(played())


def test_it_goes_where_the_recorded_server_went():
    """Its client sees the end."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER), ("<", BYE), closed="node")) as (node, client):
            client.says(CALL)
            await node.over()
            heard = await client.hears()
            while more := await client.hears():
                heard += more
            assert [text for text, _framed in heard] == [ANSWER, BYE]
            assert node.outcome().ok

    asyncio.run(played())


def test_it_gives_up_after_silence():
    """And says what never came."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER))) as (node, _client):
            await node.over(silence=0.05)
            assert len(node.outcome().unused) == 2

    asyncio.run(played())


def test_a_message_that_is_cut_off_is_none():
    """It cannot be answered."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER), with_length=True)) as (node, client):
            os.write(client._said, encode(CALL.encode(), with_length=True)[:-1])
            client.ends()
            await node.over()
            outcome = node.outcome()
            assert (len(outcome.unused), outcome.unexpected) == (2, [])

    asyncio.run(played())


def test_what_goes_wrong_is_raised(monkeypatch):
    """And does not leave its client waiting."""

    async def played():
        async with playing(script((">", CALL), ("<", ANSWER))) as (node, client):

            def broken(*_arguments):
                raise RuntimeError("on purpose")

            monkeypatch.setattr(node._run.player, "received", broken)
            client.says(CALL)
            with pytest.raises(RuntimeError, match="on purpose"):
                await node.over()

    asyncio.run(played())


def test_only_such_a_session_is_played_so():
    """And by nobody else."""

    async def played():
        with pytest.raises(InputError, match="leave out --stdio"):
            StdioNode(script((">", CALL), url="ws://node/"), PlaySettings(ends=frozenset({NODE})))
        with pytest.raises(InputError, match="--stdio"):
            MockNode(script((">", CALL)), PlaySettings(ends=frozenset({NODE})))
        with pytest.raises(InputError, match="cannot be played against a URL"):
            await play_parties(script((">", CALL)), PlaySettings(ends=frozenset({"client"})), "ws://127.0.0.1:1")

    asyncio.run(played())
