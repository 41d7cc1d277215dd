"""How fast the captures of eight hosts come out of a stream and become one timeline, and in how much memory.

Rule: as of `gather.py`, whose captures these are; the server runs on the same machine, and what it does is not counted in
the CPU time.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import replace
from itertools import islice
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from brokers import broker
from gather import HOSTS, MEMORY, generate, measured, plain
from rendering import MB

from recorder.fleet.address import StreamAddress
from recorder.fleet.connection import connected, opened
from recorder.fleet.packing import Packing

RATE = 50_000  # events a second: the target
SLICE = 500  # lines


async def publish(address: StreamAddress, paths: list[Path]) -> None:
    """Put captures into a stream."""
    async with connected(address) as client:
        stream = await opened(client, address, make=True)
        for path in paths:
            with path.open(
                "rb"
            ) as file:  # a process starts with the peak of the one that starts it: this one stays small
                packing, taken = Packing(next(file), str(path)), 0
                while lines := list(islice(file, SLICE)):
                    for made in packing.add(lines):
                        parcel = replace(made, taken=taken)
                        subject = parcel.subject(address.stream)
                        await stream.publish_async(subject, parcel.lines, headers=parcel.headers, wait_stall=60)
                    await stream.publish_async_completed()
                    taken = packing.number


def main() -> int:
    """Measure and print it; a missed target is a finding, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, default=100, help="of each of the eight captures (100)")
    size = parser.parse_args().megabytes * MB
    with tempfile.TemporaryDirectory(prefix="recorder-bench-") as name, broker(Path(name) / "server") as server:
        paths, events = generate(Path(name), size, "auto", plain())
        url = server.url("TRAFFIC")
        asyncio.run(publish(StreamAddress.parse(url), paths))
        seconds, cpu, peak, said = measured([url], Path(name) / "all.jsonl")
        reached = events / seconds >= RATE and peak <= MEMORY
        print(
            f"from a stream, {HOSTS} x {size / MB:.0f} MB, {events:,} events: {seconds:.1f} s, "
            f"{events / seconds:,.0f} events/s, {events / cpu:,.0f} a second of CPU, {peak:.0f} MB  "
            f"target {RATE:,}, {MEMORY} MB ({'reached' if reached else 'missed'})\n  {said}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
