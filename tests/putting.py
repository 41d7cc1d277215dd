"""Captures in a stream, as a shipper puts them there: parcel by parcel, and as much of them as a test wants."""

import asyncio

import nats
from nats.js.api import StreamConfig

from recorder import capture
from recorder.fleet.address import StreamAddress
from recorder.fleet.packing import Packing
from recorder.fleet.parcels import Parcel


def lines_of(header, events):
    """A capture as its lines."""
    return [capture.dump(header), *map(capture.dump, events)]


def parcels_of(lines, slices=4):
    """All parcels of a capture, of slices of so many lines."""
    packing = Packing(lines[0], "a capture")
    for first in range(1, max(len(lines), 2), slices):
        yield from packing.add(lines[first : first + slices])


def end_of(lines):
    """The parcel that tells the end of a capture."""
    run = capture.load([lines[0]])[0].run
    return Parcel(run=run, session=0, kind="ended", numbers=[len(lines)], place=0)


async def publish(url, parcels, **stream):
    """Put parcels into a stream, which is made if it is not there."""
    address = StreamAddress.parse(url)
    client = await nats.connect([*address.servers])
    try:
        await client.jetstream().add_stream(
            StreamConfig(name=address.stream, subjects=[f"{address.stream}.>"], **stream)
        )
        for parcel in parcels:
            headers = {name: value for name, value in parcel.headers.items() if name != "Nats-Msg-Id"}
            await client.jetstream().publish(parcel.subject(address.stream), parcel.lines, headers=headers)
    finally:
        await client.close()


def ship(url, parcels, **stream):
    """As `publish`, in a test that runs no loop."""
    asyncio.run(publish(url, parcels, **stream))
