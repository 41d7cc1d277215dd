"""A capture as several hosts would have recorded it, each with a clock of its own."""

from functools import cache
from typing import NamedTuple

from msgspec.structs import replace
from stand_in.recording import Recording

from recorder import capture
from recorder.interchange.files import write_capture
from recorder.model import SECOND, Closed, Frame, Header, Opened

BEGAN = 1_795_000_000 * SECOND
MILLISECOND = 1_000_000
HEADER = Header(format=capture.FORMAT, run="original", recorder="0", profile="aeternity")


class Skew(NamedTuple):
    """How much a clock is ahead, in nanoseconds, and how much faster it runs, in parts of a million."""

    ahead: int = 0
    drift: float = 0.0

    def told(self, time, began=BEGAN):
        """What the clock says at a time; nothing at an unknown one."""
        return time + self.ahead + round((time - began) * self.drift / 1e6) if time else 0


@cache
def channel(number, rounds):
    """The events of two parties and their node: they open a channel, and transfer in turns."""
    made = Recording(name=f"channel {number}")
    for role in ("initiator", "responder"):
        made.open(role)
    for turn in range(rounds):
        made.transfer(("initiator", "responder")[turn % 2], 1 + turn)
    return made.events


def channels(*rounds, apart=MILLISECOND):
    """The events of several channels side by side: from each in turn, with some time between two."""
    lanes = [[numbered(event, 2 * number) for event in channel(number, count)] for number, count in enumerate(rounds)]
    turns = sorted((at, lane) for lane, events in enumerate(lanes) for at in range(len(events)))
    return [replace(lanes[lane][at], time=BEGAN + order * apart) for order, (at, lane) in enumerate(turns, 1)]


def numbered(event, more):
    """An event with a session that many higher."""
    return replace(event, session=event.session + more) if isinstance(event, Opened | Frame | Closed) else event


def skewed(event, skew, began=BEGAN):
    """An event by another clock."""
    times = {name: skew.told(getattr(event, name), began) for name in ("time", "asked") if hasattr(event, name)}
    return replace(event, **times)


def record(folder, events, skews, host_of, header=HEADER):
    """Write what each host would have recorded, a capture each; what is of no session is of the first.

    Args:
        folder: where to.
        events: with times.
        skews: the clock of each host.
        host_of: the number of the host that records a session.
        header: of the capture.
    """
    paths = [folder / f"host-{number}.jsonl" for number in range(len(skews))]
    began = next(event.time for event in events if event.time)
    for number, (path, skew) in enumerate(zip(paths, skews, strict=True)):
        mine = [event for event in events if host_of(getattr(event, "session", 0)) == number]
        own = replace(header, run=f"{header.run}-{number}")
        write_capture(path, own, [skewed(event, skew, began) for event in mine])
    return paths
