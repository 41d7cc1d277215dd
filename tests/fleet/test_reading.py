"""Messages of a stream in order, each once, whatever happens to its servers."""

import asyncio
from contextlib import aclosing

import pytest
from brokers import broker

from recorder.errors import InputError
from recorder.fleet import reading
from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import connected, opened
from recorder.fleet.reading import MOST, read

COUNT = 5 * MOST


@pytest.fixture
def server(tmp_path):
    """One for the test alone."""
    with broker(tmp_path) as one:
        yield one


@pytest.fixture
def impatient(monkeypatch):
    """Failures are found sooner."""
    monkeypatch.setattr(reading, "PATIENCE", 1)
    monkeypatch.setattr(reading, "BEAT", 0.25)
    monkeypatch.setattr(reading, "AGAIN", 0.05)


def numbered(server, act, count=COUNT, stream="S"):
    """Runs something with a client, and a stream of numbered messages of two subjects."""

    async def run():
        async with connected(StreamAddress.parse(server.url(stream))) as client:
            context = await opened(client, StreamAddress.parse(server.url(stream)), make=True)
            for number in range(count):
                await context.publish_async(f"{stream}.{'even' if number % 2 == 0 else 'odd'}", b"%d" % number)
            await context.publish_async_completed()
            return await asyncio.wait_for(act(client, context), 20)

    return asyncio.run(run())


async def numbers(client, context, subject="S.>", between=None, **told):
    """The numbers of all messages."""
    found = []
    async with aclosing(read(client, context, "S", subject, **told)) as batches:
        async for batch in batches:
            assert len(batch) <= 2 * MOST
            found += [int(message.data) for message in batch]
            if between is not None:
                await between(found)
    return found


def test_all_messages_come_in_order(server):
    """Each with its place in the stream, and how many follow."""

    async def act(client, context):
        async with aclosing(read(client, context, "S", "S.>")) as batches:
            return [message async for batch in batches for message in batch]

    found = numbered(server, act)
    assert [int(message.data) for message in found] == list(range(COUNT))
    assert [message.sequence for message in found] == list(range(1, COUNT + 1))
    assert [message.left for message in found] == list(range(COUNT - 1, -1, -1))
    assert [message.stored for message in found] == sorted(message.stored for message in found)


def test_of_some_subjects_or_times_only_those_come(server):
    """And of an empty stream nothing."""

    async def act(client, context):
        odd = await numbers(client, context, "S.odd")
        stored = (await anext(read(client, context, "S", "S.odd")))[5].stored
        return odd, await numbers(client, context, "S.odd", since=stored), await numbers(client, context, "S.none")

    odd, later, none = numbered(server, act)
    assert odd == list(range(1, COUNT, 2))
    assert later == odd[-len(later) :]
    assert len(odd) - 5 - MOST <= len(later) <= len(odd) - 5 + MOST  # a time is that of several
    assert none == []


def test_a_slow_reader_gets_all_and_holds_little(server):
    """No more is under way than is asked for, however long it takes."""

    async def act(client, context):
        waiting = []

        async def slow(found):
            await asyncio.sleep(0.01)  # what is under way arrives
            waiting.append(client.stats["in_msgs"] - len(found))

        return await numbers(client, context, between=slow), max(waiting)

    found, waiting = numbered(server, act)
    assert found == list(range(COUNT))
    assert waiting <= COUNT + 3 * MOST  # the publishing was acknowledged


def test_a_server_that_is_killed_and_comes_back_loses_nothing(server, impatient):
    """Its consumer is gone: another goes on behind the last message."""

    async def act(client, context):
        done = []

        async def crash(found):
            if not done and len(found) >= MOST:
                done.append(True)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
                await asyncio.to_thread(server.ready)

        return await numbers(client, context, between=crash)

    assert numbered(server, act) == list(range(COUNT))


def test_a_server_that_stands_still_is_waited_for(server, impatient):
    """It is asked again when it goes on."""

    async def act(client, context):
        done = []

        async def halt(found):
            if not done and len(found) >= MOST:  # a batch may be of any size
                done.append(True)
                server.pause()
                asyncio.get_running_loop().call_later(1.5, lambda: server.pause(on=False))

        return await numbers(client, context, between=halt)

    assert numbered(server, act) == list(range(COUNT))


def test_a_consumer_that_is_removed_is_made_again(server, impatient):
    """As when nobody has asked it for a while."""

    async def act(client, context):
        async def remove(found):
            for one in await context.consumers_info("S"):
                await context.delete_consumer("S", one.name)

        return await numbers(client, context, between=remove)

    assert numbered(server, act) == list(range(COUNT))


def test_following_tells_when_all_has_come_and_goes_on(server):
    """An empty batch says that there is nothing more, for now."""

    async def act(client, context):
        found, empty = [], 0
        async with aclosing(read(client, context, "S", "S.>", follow=True)) as batches:
            async for batch in batches:
                found += [int(message.data) for message in batch]
                empty += not batch
                if not batch and empty == 1:
                    await context.publish("S.odd", b"9999")
                if found[-1] == 9999:
                    break
        return found, empty

    found, empty = numbered(server, act)
    assert found == [*range(COUNT), 9999]
    assert empty >= 1


def test_a_stream_that_is_gone_is_said(server, impatient):
    """Nothing more can come of it."""

    async def act(client, context):
        done = []

        async def delete(found):
            if not done and len(found) >= MOST:
                done.append(True)
                await context.delete_stream("S")

        return await numbers(client, context, between=delete, follow=True)

    with pytest.raises(InputError, match="the stream cannot be read: stream not found"):
        numbered(server, act)
