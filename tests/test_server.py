"""The stand-in node, and parties that perform a capture with it: real sockets, no recorder between."""

import asyncio

import pytest

from recorder.capture import frame
from recorder.errors import InputError
from recorder.model import Closed, Frame, Opened, Scenario
from recorder.server import perform, stand_in_node
from recorder.settings import free_port


def play(events, address=""):
    """How many frames were passed, and which scenarios begun."""
    begun = []

    async def begin(name):
        begun.append(name)

    async def run():
        async with stand_in_node() as node:
            return await perform(events, node, address or f"127.0.0.1:{node.port}", begin)

    return asyncio.run(run()), begun


def test_a_capture_is_performed_in_its_order():
    """Text and binary, both ways, several sessions, paths with and without a query, and a close with its code."""
    events = [
        Opened(session=1, party="a", url="ws://n/channel?role=initiator"),
        Opened(session=2, party="b", url="ws://n/channel"),
        Scenario(name="one"),
        frame(b'{"a":1}', session=1, direction="to_node"),
        frame("é".encode(), session=2, direction="from_node"),
        frame(b"\xff", session=1, direction="from_node", opcode="binary"),
        frame(b"", session=1, direction="from_node", opcode="ping"),
        Scenario(name="two"),
        Closed(session=1, code=4001, reason="enough"),
    ]
    assert play(events) == (3, ["one", "two"])


def test_a_recorder_that_is_not_there_is_said_so():
    """One line with the URL, not a traceback of sockets."""
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(InputError, match=f"no session came about at ws://{address}/x"):
        play([Opened(session=1, party="a", url="ws://n/x")], address)


def test_a_frame_that_does_not_arrive_is_said_with_its_session():
    """The recorder under test lost it, or the session had ended."""
    closed = [Opened(session=7, party="a", url="ws://n/"), Closed(session=7, code=1000)]
    with pytest.raises(InputError, match="a frame of session 7 did not arrive"):
        play([*closed, Frame(session=7, direction="to_node", text="x")])


def test_a_frame_that_arrives_changed_is_said_with_its_session():
    """What was sent is what must arrive, in its order."""

    async def run():
        async with stand_in_node() as node:

            async def begin(_name):
                await party.send("another")

            async def accept(session):
                nonlocal party
                await put(session)
                party = session

            party, put = None, node.accepted.put
            node.accepted.put = accept
            sent = Frame(session=1, direction="from_node", text="x")
            events = [Opened(session=1, party="a", url="ws://n/"), Scenario(name=""), sent]
            await perform(events, node, f"127.0.0.1:{node.port}", begin)

    with pytest.raises(InputError, match="a frame of session 1 arrived changed"):
        asyncio.run(run())
