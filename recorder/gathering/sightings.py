"""Where the frames of several captures carry something, as far as a profile says what: they are read once, side by side.

Rule: bounded memory, however long the captures are. A thing, and a text that carries it, is told by its hash.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from recorder.forked import forked
from recorder.jsonrpc import outlines
from recorder.model import PRINTED, SECOND, AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import FIRST, GENERIC
from recorder.profiles.parts import Carriers
from recorder.timeline.followed import Followed

MANY_TEXTS = 100_000
"""Most encoded texts that are remembered, of all captures together; the oldest are forgotten first."""

UNKNOWN = GENERIC.carriers()
"""Those of a session that has said nothing yet."""

AHEAD = SECOND
"""How far a capture is read ahead of the others, by its own clock."""

MOST = 1024
"""Most sightings that are told of together."""


class Place(Struct, frozen=True, array_like=True, gc=False):
    """An event in one of several captures.

    Args:
        capture: the number of the capture, from 0.
        line: the number of its line.
        time: the latest time up to this line, by the capture's own clock, in nanoseconds: lines stay in their order.
    """

    capture: int
    line: int
    time: int


class Sighting(Struct, array_like=True, gc=False):
    """A frame that carries something.

    Args:
        place: the frame.
        session: its session.
        to_node: whether a party sent it.
        carried: the hash of each thing, and of the text that carries it.
    """

    place: Place
    session: int
    to_node: bool
    carried: list[tuple[int, int]]


class Survey(Struct, array_like=True):
    """The length and the beginning of a capture, found while it is read.

    Args:
        events: how many events it has.
        began: its first time, by its own clock; 0 if it has no times.
    """

    events: int = 0
    began: int = 0


class Seen(Struct, array_like=True):
    """A part of what was read.

    Args:
        sightings: in it.
        surveys: of each capture, as far as it has been read; at last the whole.
        warnings: about what was read.
    """

    sightings: list[Sighting]
    surveys: list[Survey]
    warnings: list[str]


def seen(captures: Sequence[tuple[Header, Iterable[AnyEvent]]], warnings: list[str] | None = None) -> Iterator[Seen]:
    """All that is seen in several captures.

    Args:
        captures: the header and the events of each.
        warnings: a list that gets a line about what is wrong while they are read; it is emptied.
    """
    warnings = [] if warnings is None else warnings
    texts = _Texts()
    readings = [_Reading(number, *one, texts) for number, one in enumerate(captures)]
    surveys = [reading.survey for reading in readings]
    while readings:
        reading = min(readings, key=lambda reading: reading.time)
        limit = min((other.time for other in readings if other is not reading), default=math.inf)
        found: list[Sighting] = []
        if not reading.read(limit + AHEAD, found):
            readings.remove(reading)
        yield Seen(found, surveys, [*warnings])
        warnings.clear()


def seen_elsewhere(captures: Sequence[tuple[Header, Iterable[AnyEvent]]], warnings: list[str]) -> Iterator[Seen]:
    """The same, read in another process while it is taken in this one: see `forked`."""
    # Begun here: who reads them once more begins at the beginning, and not where the other process is.
    begun = [(header, iter(events)) for header, events in captures]
    encode = msgspec.msgpack.Encoder().encode
    return map(msgspec.msgpack.Decoder(Seen).decode, forked(lambda: map(encode, seen(begun, warnings))))


class _Texts:
    """What texts carry, as far as it is remembered."""

    def __init__(self) -> None:
        self._things: OrderedDict[int, int] = OrderedDict()  # by the hash of a text, that of what it carries

    def carried(self, carriers: Carriers, texts: Iterable[Any]) -> list[tuple[int, int]]:
        """The hash of each thing that texts carry, and of its text."""
        found: list[tuple[int, int]] = []
        for text in texts:
            key = hash(text)
            if (thing := self._things.get(key)) is None:
                if (carried := carriers.carried(text)) is None:
                    continue
                thing = self._things[key] = hash(carried)
                if len(self._things) > MANY_TEXTS:
                    self._things.popitem(last=False)
            found.append((thing, key))
        return found


class _Reading:
    """A capture while it is read."""

    def __init__(self, number: int, header: Header, events: Iterable[AnyEvent], texts: _Texts) -> None:
        self.survey = Survey()
        self.time = 0
        self._number, self._texts = number, texts
        self._lines = enumerate(events, 2)  # the header is line 1
        self._followed = Followed(header.profile)
        self._carriers: dict[int, Carriers | None] = {}  # by session; None: its messages carry nothing
        self._messages: dict[int, int] = {}  # of sessions whose protocol is not certain yet

    def read(self, until: float, found: list[Sighting]) -> bool:
        """Find what its next frames carry, up to one that is later, or to so many; false where the capture ends."""
        known, survey, time, number, carried = self._carriers, self.survey, self.time, self._number, self._texts.carried
        line = survey.events + 1
        for line, event in self._lines:
            if event.time > time:
                time = event.time
                survey.began = survey.began or time
            if type(event) is Frame:
                carriers = known.get(event.session, UNKNOWN)
                if carriers is UNKNOWN:
                    carriers = self._spoken(event)
                if carriers is None or event.opcode not in PRINTED:
                    continue
                # to copy the JSON would take longer than to search it
                if (texts := carriers.find(event.json or event.payload)) and (things := carried(carriers, texts)):
                    place, to_node = Place(number, line, time), event.direction == "to_node"
                    found.append(Sighting(place, event.session, to_node, things))
                if time > until or len(found) >= MOST:
                    self.time, survey.events = time, line - 1
                    return True
            elif isinstance(event, Opened | Closed):
                self._followed.see(event)
                known.pop(event.session, None)
        survey.events = line - 1
        return False

    def _spoken(self, frame: Frame) -> Carriers | None:
        count = self._messages.get(frame.session, 0) + 1
        profile = self._followed.profile(frame.session, outlines(frame.payload))
        carriers = profile.carriers() if "carries" in profile.overrides else None
        if profile is GENERIC and count <= FIRST:
            self._messages[frame.session] = count
        else:
            self._messages.pop(frame.session, None)
            self._carriers[frame.session] = carriers
        return carriers
