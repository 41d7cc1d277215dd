"""Pairs of events in two captures of which one caused the other, whatever the clocks say.

Rule: a pair is certain, or it is none. What things are is for `Profile.carries` to say; two rules make pairs of them:
what a single party made, others get after it has sent it; and when two parties have each sent a thing, what the node
says of it to one of them comes after the other has sent it. A thing that was sent again makes no pairs by the second
rule: which of its journeys a frame belongs to is unknown. Captures are read once, side by side, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from recorder.jsonrpc import outlines, value_of
from recorder.model import PRINTED, SECOND, AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import FIRST, GENERIC, Profile
from recorder.timeline.followed import Followed

MANY_THINGS = 100_000
"""Things that are remembered in all captures together; the oldest is forgotten first."""

AHEAD = SECOND
"""How far a capture is read ahead of the others, by its own clock."""


class Place(NamedTuple):
    """An event in one of several captures.

    Args:
        capture: its number, from 0.
        line: its line there.
        time: the latest time up to there, by the capture's own clock, in nanoseconds: lines stay in their order.
    """

    capture: int
    line: int
    time: int


class Pair(NamedTuple):
    """A cause and its effect, in two captures."""

    cause: Place
    effect: Place


@dataclass(slots=True)
class _Journey:
    """What became of a thing in one capture.

    Args:
        made: whether a party sent it there before anybody got it.
        first: where it first stands.
        session: of the party that sent it first.
        sent: where it did; None if no party did.
        times: how often parties sent it.
        told: where the node then spoke of it to that party.
    """

    made: bool
    first: Place
    session: int = 0
    sent: Place | None = None
    times: int = 0
    told: Place | None = None

    def see(self, place: Place, frame: Frame) -> None:
        if frame.direction == "to_node":
            if self.sent is None:
                self.session, self.sent = frame.session, place
            self.times += 1
        elif self.sent is not None and self.told is None and frame.session == self.session:
            self.told = place


@dataclass(slots=True)
class Survey:
    """What one capture is, found while it is read.

    Args:
        events: how many it has.
        began: the first time in it, by its own clock; 0 if it has none.
        timeless: the line of its first frame, if no time has come before it; 0 if one has.
    """

    events: int = 0
    began: int = 0
    timeless: int = 0


class Pairs:
    """The pairs of several captures.

    Args:
        captures: each with its header and its events.

    Attributes:
        surveys: what each is; whole when all pairs have been taken.
    """

    def __init__(self, captures: Sequence[tuple[Header, Iterable[AnyEvent]]]) -> None:
        self.surveys = [Survey() for _ in captures]
        self._readings = [
            _Reading(number, header, events, survey)
            for number, ((header, events), survey) in enumerate(zip(captures, self.surveys, strict=True))
        ]
        self._things: dict[Hashable, dict[int, _Journey]] = {}

    def __iter__(self) -> Iterator[Pair]:
        open_ = {reading: reading.things() for reading in self._readings}
        while open_:
            reading = min(open_, key=lambda reading: reading.time)
            limit = min((other.time for other in open_ if other is not reading), default=None)
            for thing, place, frame in open_[reading]:
                yield from self._see(thing, place, frame)
                if limit is not None and reading.time > limit + AHEAD:
                    break
            else:
                del open_[reading]
        for journeys in self._things.values():
            yield from _pairs(journeys)
        self._things.clear()

    def _see(self, thing: Hashable, place: Place, frame: Frame) -> Iterator[Pair]:
        journeys = self._things.get(thing)
        if journeys is None:
            journeys = self._things[thing] = {}
            if len(self._things) > MANY_THINGS:
                yield from _pairs(self._things.pop(next(iter(self._things))))
        journey = journeys.get(place.capture)
        if journey is None:
            journey = journeys[place.capture] = _Journey(frame.direction == "to_node", place)
        journey.see(place, frame)


def _pairs(journeys: dict[int, _Journey]) -> Iterator[Pair]:
    """The pairs that a thing makes."""
    if len(journeys) == 1:
        return
    made = [journey for journey in journeys.values() if journey.made]
    if len(made) == 1:
        yield from (Pair(made[0].first, other.first) for other in journeys.values() if other is not made[0])
    sent = [journey for journey in journeys.values() if journey.sent is not None]
    if len(sent) == 2 and sent[0].times == sent[1].times == 1:
        for one, other in (sent, reversed(sent)):
            if one.told is not None and other.sent is not None:
                yield Pair(other.sent, one.told)


@dataclass(eq=False, slots=True)
class _Reading:
    """A capture while it is read."""

    number: int
    header: Header
    events: Iterable[AnyEvent]
    survey: Survey
    time: int = 0
    _profiles: dict[int, Profile] = field(default_factory=dict)
    _messages: dict[int, int] = field(default_factory=dict)  # of sessions whose protocol is not certain yet

    def things(self) -> Iterator[tuple[Hashable, Place, Frame]]:
        """What its frames carry, in order."""
        followed, survey, profiles = Followed(self.header.profile), self.survey, self._profiles
        for line, event in enumerate(self.events, 2):  # the header is line 1
            survey.events += 1
            if event.time > self.time:
                self.time = event.time
                survey.began = survey.began or event.time
            if type(event) is Frame:
                if not survey.began:
                    survey.timeless = survey.timeless or line
                if event.opcode not in PRINTED:
                    continue
                profile = profiles.get(event.session) or self._spoken(followed, event)
                if type(profile).carries is not Profile.carries:
                    place = Place(self.number, line, self.time)
                    yield from ((thing, place, event) for thing in _carried(profile, event.payload))
            elif isinstance(event, Opened | Closed):
                followed.see(event)
                profiles.pop(event.session, None)

    def _spoken(self, followed: Followed, frame: Frame) -> Profile:
        count = self._messages.get(frame.session, 0) + 1
        profile = followed.profile(frame.session, outlines(frame.payload))
        if profile is GENERIC and count <= FIRST:
            self._messages[frame.session] = count
        else:
            self._messages.pop(frame.session, None)
            self._profiles[frame.session] = profile
        return profile


def _carried(profile: Profile, payload: bytes) -> Iterator[Hashable]:
    """What a frame carries: things, and if they stand there as encoded texts, these as well.

    A text says more than a thing: which party signed it.
    """
    if profile.encoded is None:
        yield from profile.carries(value_of(payload))
        return
    found: set[Hashable] = set()
    for text in set(profile.encoded.findall(payload)):
        if things := profile.carries(text.decode()):
            found |= things
            found.add(hash(text))  # half a kilobyte otherwise
    yield from found
