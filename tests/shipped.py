"""Captures put into a stream without a shipper: parcels of any slices, in any order, as often as wanted."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from nats.errors import NoRespondersError
from nats.js.errors import NoStreamResponseError

from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import connected, opened
from recorder.fleet.packing import Packing
from recorder.fleet.parcels import Parcel

PATIENCE = 60


def patiently(act):
    """What a function gives that awaits a server, called again while servers of a cluster choose who leads them."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return asyncio.run(act())
        except (TimeoutError, NoRespondersError, NoStreamResponseError):
            if time.monotonic() > end:
                raise


def parcels(path, slices=(100,), *, ended=True, ahead=0):
    """The parcels of a capture, each sent when all before its slice were taken.

    Args:
        path: the capture.
        slices: how many lines each slice has; the last one is used again.
        ended: whether to tell the end.
        ahead: how much the sender's clock is ahead, in nanoseconds.
    """
    header, *lines = Path(path).read_bytes().splitlines(keepends=True)
    packing = Packing(header, str(path))
    made, at, taken = [], 0, 0
    for size in [*slices, *[slices[-1]] * len(lines)]:
        sent = time.time_ns() + ahead
        made += [replace(parcel, taken=taken, sent=sent) for parcel in packing.add(lines[at : at + size])]
        taken, at = packing.number, at + size
        if at >= len(lines):
            break
    if ended:
        made.append(
            Parcel(run=packing.header.run, session=0, kind="ended", numbers=[taken], place=0, taken=taken, sent=sent)
        )
    return made


def publish(url, made, *, ids=True, make=True):
    """Put parcels into a stream, in this order; without ids the stream drops none that it has."""
    address = StreamAddress.parse(url)

    async def run():
        async with connected(address) as client:
            stream = await opened(client, address, make=make)
            waiting = [
                await stream.publish_async(
                    parcel.subject(address.stream),
                    parcel.lines,
                    headers={name: text for name, text in parcel.headers.items() if ids or name != "Nats-Msg-Id"},
                    wait_stall=10,
                )
                for parcel in made
            ]
            await asyncio.gather(*waiting)

    patiently(run)


def run_in(url, act):
    """Call something with JetStream and the name of a stream, and return what it gives."""
    address = StreamAddress.parse(url)

    async def run():
        async with connected(address) as client:
            return await act(client.jetstream(), address.stream)

    return patiently(run)


def stored(url):
    """When a stream took each of its messages."""

    async def times(context, name):
        info = await context.stream_info(name)
        found = [await context.get_msg(name, seq) for seq in range(1, info.state.last_seq + 1)]
        return [round(message.time.timestamp() * 1e6) * 1000 for message in found]

    return run_in(url, times)
