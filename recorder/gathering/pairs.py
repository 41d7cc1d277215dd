"""Pairs of events in two captures of which one caused the other, whatever the clocks say.

Rule: only certain pairs count. `Profile.carries` says which things a frame carries; two rules make pairs of them. A thing
that a single party has made reaches others after that party has sent it. When two parties have each sent a thing once, what
the node says of it to one of them comes after the other one has sent it; if one sent it again, it is unknown to which of the
times that belongs. Captures are read once, side by side, in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from recorder.jsonrpc import outlines, value_of
from recorder.model import PRINTED, SECOND, AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import FIRST, GENERIC, Profile
from recorder.timeline.followed import Followed

MANY_THINGS, MANY_TEXTS = 30_000, 100_000
"""Most things, and most encoded texts, that are remembered of all captures together; the oldest are forgotten first."""

UNKNOWN = Profile()
"""The protocol of a session that has said nothing yet."""

AHEAD = SECOND
"""How far a capture is read ahead of the others, by its own clock."""

PARTIES = 2
"""How many parties agree on a thing, for the second rule."""


class Place(NamedTuple):
    """An event in one of several captures.

    Args:
        capture: the number of the capture, from 0.
        line: the number of its line.
        time: the latest time up to this line, by the capture's own clock, in nanoseconds: lines stay in their order.
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
        made: whether a party has sent it before any party got it.
        first: where it first occurs.
        session: the session of the party that first sent it.
        sent: where that party sent it; None if no party has sent it.
        times: how often parties have sent it.
        told: where the node then first mentioned it to that party.
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
    """The length and the beginning of a capture, found while it is read.

    Args:
        events: how many events it has.
        began: its first time, by its own clock; 0 if it has no times.
    """

    events: int = 0
    began: int = 0


class Pairs:
    """The pairs of several captures.

    Args:
        captures: the header and the events of each.

    Attributes:
        surveys: a survey of each; complete when all pairs have been taken.
    """

    def __init__(self, captures: Sequence[tuple[Header, Iterable[AnyEvent]]]) -> None:
        self.surveys = [Survey() for _ in captures]
        carried = _Carried()
        self._readings = [
            _Reading(number, header, events, survey, carried)
            for number, ((header, events), survey) in enumerate(zip(captures, self.surveys, strict=True))
        ]
        self._things: dict[int, _Thing] = {}

    def __iter__(self) -> Iterator[Pair]:
        open_ = {reading: reading.things() for reading in self._readings}
        while open_:
            reading = min(open_, key=lambda reading: reading.time)
            limit = min((other.time for other in open_ if other is not reading), default=None)
            for thing, texts, place, frame in open_[reading]:
                yield from self._see(thing, texts, place, frame)
                if limit is not None and reading.time > limit + AHEAD:
                    break
            else:
                del open_[reading]
        for known in self._things.values():
            yield from known.pairs()
        self._things.clear()

    def _see(self, thing: int, texts: Iterable[int], place: Place, frame: Frame) -> Iterator[Pair]:
        known = self._things.get(thing)
        if known is None:
            known = self._things[thing] = _Thing()
            if len(self._things) > MANY_THINGS:
                yield from self._things.pop(next(iter(self._things))).pairs()
        known.see(texts, place, frame)


class _Thing:
    """What became of a thing, and of each encoded text of it; different texts differ in who has signed it, for example."""

    def __init__(self) -> None:
        self._journeys: dict[int | None, dict[int, _Journey]] = {}  # by text (None: of the thing), and by capture

    def see(self, texts: Iterable[int], place: Place, frame: Frame) -> None:
        for text in (None, *texts):
            journeys = self._journeys.setdefault(text, {})
            if (journey := journeys.get(place.capture)) is None:
                journey = journeys[place.capture] = _Journey(frame.direction == "to_node", place)
            journey.see(place, frame)

    def pairs(self) -> list[Pair]:
        """The pairs that follow from it, each once."""
        return list(dict.fromkeys(pair for journeys in self._journeys.values() for pair in _pairs(journeys)))


def _pairs(journeys: dict[int, _Journey]) -> Iterator[Pair]:
    if len(journeys) == 1:
        return
    made = [journey for journey in journeys.values() if journey.made]
    if len(made) == 1:
        yield from (Pair(made[0].first, other.first) for other in journeys.values() if other is not made[0])
    sent = [journey for journey in journeys.values() if journey.sent is not None]
    if len(sent) == PARTIES and sent[0].times == sent[1].times == 1:
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
    carried: _Carried
    time: int = 0
    _profiles: dict[int, Profile | None] = field(default_factory=dict)  # None: its messages carry nothing
    _messages: dict[int, int] = field(default_factory=dict)  # of sessions whose protocol is not certain yet

    def things(self) -> Iterator[tuple[int, Iterable[int], Place, Frame]]:
        """Each thing that a frame carries, with its encoded texts, the place and the frame, in order."""
        followed, profiles = Followed(self.header.profile), self._profiles
        line = 1  # the header
        time = 0
        for line, event in enumerate(self.events, 2):
            if event.time > time:
                time = event.time
                self.survey.began = self.survey.began or time
            if type(event) is Frame:
                profile = profiles.get(event.session, UNKNOWN)
                if profile is UNKNOWN:
                    profile = self._spoken(followed, event)
                if profile is None or event.opcode not in PRINTED:
                    continue
                self.time = time
                place = Place(self.number, line, time)
                for thing, texts in self.carried(profile, event.payload).items():
                    yield thing, texts, place, event
            elif isinstance(event, Opened | Closed):
                followed.see(event)
                profiles.pop(event.session, None)
        self.survey.events = line - 1

    def _spoken(self, followed: Followed, frame: Frame) -> Profile | None:
        count = self._messages.get(frame.session, 0) + 1
        profile = followed.profile(frame.session, outlines(frame.payload))
        carrying = profile if "carries" in profile.overrides else None
        if profile is GENERIC and count <= FIRST:
            self._messages[frame.session] = count
        else:
            self._messages.pop(frame.session, None)
            self._profiles[frame.session] = carrying
        return carrying


class _Carried:
    """Finds what frames carry; decodes each text once, although several frames and captures have it."""

    def __init__(self) -> None:
        self._of_text: dict[int, tuple[int, ...]] = {}

    def __call__(self, profile: Profile, payload: bytes) -> dict[int, list[int]]:
        """The things in a payload, each with the encoded texts that have it; both are hashes."""
        if profile.encoded is None:
            return {hash(thing): [] for thing in profile.carries(value_of(payload))}
        found: dict[int, list[int]] = {}
        for text in set(profile.encoded.findall(payload)):
            key = hash((profile.name, text))
            things = self._of_text.get(key)
            if things is None:
                things = self._of_text[key] = tuple(map(hash, profile.carries(text.decode())))
                if len(self._of_text) > MANY_TEXTS:
                    del self._of_text[next(iter(self._of_text))]
            for thing in things:
                found.setdefault(thing, []).append(key)
        return found
