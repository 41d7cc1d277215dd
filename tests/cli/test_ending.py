"""How commands that run on are ended: by a signal, or with the process that they stand beside."""

import asyncio
import os
import signal

import pytest

from recorder.cli.ending import ending


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(number):
    """Ctrl-C, or what a service manager sends."""

    async def run():
        until = ending()
        os.kill(os.getpid(), number)
        await asyncio.wait_for(until.wait(), 5)

    asyncio.run(run())


def test_a_second_signal_is_not_waited_for():
    """A command that is slow to end is ended at once, as Ctrl-C ends any other."""

    async def run():
        until = ending()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(until.wait(), 5)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(run())


def test_the_end_of_standard_input_ends_it_beside_another_process(monkeypatch):
    """Which may have been killed; what comes on it does not."""

    async def run():
        read, write = os.pipe()
        with os.fdopen(read) as source:
            monkeypatch.setattr("sys.stdin", source)
            until = ending(attached=True)
            os.write(write, b"x")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not until.is_set()
            os.close(write)
            await asyncio.wait_for(until.wait(), 5)

    asyncio.run(run())
