"""Processes beside a recording; tests/e2e has them beside a real recorder."""

import asyncio

from recorder.cli.attached import Attached
from recorder.settings import Address


class Beside(Attached):
    """Runs a module that says a line and ends."""

    def command(self, recorder):
        """Of Python itself."""
        return ["platform", str(recorder)]

    def line(self, said):
        """As it is."""
        return said

    def gone(self, why):
        """Never, in these tests."""
        raise AssertionError(why)


def test_a_process_whose_recording_ends_at_once_says_its_last():
    """It is given the time that others have, although it has hardly begun."""
    said = []

    async def recorded():
        beside = Beside()
        beside.begin(Address("127.0.0.1", 1), said.append)
        await beside.end()

    asyncio.run(recorded())
    assert len(said) == 1


def test_one_that_was_never_begun_has_nothing_to_end():
    """A recording may fail before it starts."""
    asyncio.run(Beside().end())
