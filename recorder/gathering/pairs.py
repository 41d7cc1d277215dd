"""Pairs of events in two captures of which one caused the other, whatever the clocks say.

Rule: only certain pairs count. `Profile.carries` says which things a frame carries; two rules make pairs of them. A thing
that a single party has made reaches others after that party has sent it. When two parties have each sent a thing once, what
the node says of it to one of them comes after the other one has sent it; if one sent it again, it is unknown to which of the
times that belongs. Captures are read once, side by side, in bounded memory.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct, field

from recorder.jsonrpc import outlines
from recorder.model import PRINTED, SECOND, AnyEvent, Closed, Frame, Header, Opened
from recorder.profiles import FIRST, GENERIC
from recorder.profiles.parts import Carriers
from recorder.timeline.followed import Followed

MANY_THINGS, MANY_TEXTS = 30_000, 100_000
"""Most things, and most encoded texts, that are remembered of all captures together; the oldest are forgotten first."""

UNKNOWN = GENERIC.carriers()
"""Those of a session that has said nothing yet."""

AHEAD = SECOND
"""How far a capture is read ahead of the others, by its own clock."""

PARTIES = 2
"""How many parties agree on a thing, for the second rule."""


class Place(Struct, frozen=True, gc=False):
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
        self._known = _Known()
        self._readings = [
            _Reading(number, header, events, self._known) for number, (header, events) in enumerate(captures)
        ]
        self.surveys = [reading.survey for reading in self._readings]

    def __iter__(self) -> Iterator[Pair]:
        open_ = list(self._readings)
        while open_:
            reading = min(open_, key=lambda reading: reading.time)
            limit = min((other.time for other in open_ if other is not reading), default=math.inf)
            if not reading.read(limit + AHEAD):
                open_.remove(reading)
            yield from self._known.taken()
        self._known.forget_all()
        yield from self._known.taken()


class _Reading:
    """A capture while it is read."""

    def __init__(self, number: int, header: Header, events: Iterable[AnyEvent], known: _Known) -> None:
        self.survey = Survey()
        self.time = 0
        self._number, self._known = number, known
        self._lines = enumerate(events, 2)  # the header is line 1
        self._followed = Followed(header.profile)
        self._carriers: dict[int, Carriers | None] = {}  # by session; None: its messages carry nothing
        self._messages: dict[int, int] = {}  # of sessions whose protocol is not certain yet

    def read(self, until: float) -> bool:
        """Follow what its next frames carry, up to one that is later; false where the capture ends."""
        known, survey, time, see = self._carriers, self.survey, self.time, self._known.see
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
                see(carriers, event, self._number, line, time)
                if time > until:
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


class _Known:
    """What became of the things that frames carry, as far as they are remembered; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._things: OrderedDict[int, _Thing] = OrderedDict()  # by hash
        self._texts: dict[int, tuple[Journeys, Journeys]] = {}  # by hash: those of its thing, and its own
        self._pairs: list[Pair] = []

    def see(self, carriers: Carriers, frame: Frame, capture: int, line: int, time: int) -> None:
        """Follow what a frame carries; its place is given by its parts, because most frames carry nothing."""
        found = carriers.find(frame.json or frame.payload)  # to copy the JSON would take longer than to search it
        if not found:
            return
        if len(found) == 1:
            (text,) = found
            followed = self._texts.get(hash(text)) or self._follow(carriers, text)
        else:  # those of one thing meet it in one place
            each = (self._texts.get(hash(text)) or self._follow(carriers, text) for text in found)
            followed = tuple({id(journeys): journeys for one in each for journeys in one}.values())
        place, to_node, session = Place(capture, line, time), frame.direction == "to_node", frame.session
        for journeys in followed:
            if (journey := journeys.get(capture)) is None:
                journey = journeys[capture] = _Journey(to_node, place)
            if to_node:
                if journey.sent is None:
                    journey.session, journey.sent = session, place
                journey.times += 1
            elif journey.told is None and journey.sent is not None and journey.session == session:
                journey.told = place

    def taken(self) -> list[Pair]:
        """The pairs of what has been forgotten; each is given once."""
        taken, self._pairs = self._pairs, []
        return taken

    def forget_all(self) -> None:
        """Forget all, at the end."""
        while self._things:
            self._forget()

    def _follow(self, carriers: Carriers, text: Any) -> tuple[Journeys, ...]:
        """Begin to follow a text; nothing if it carries nothing."""
        if (carried := carriers.carried(text)) is None:
            return ()
        if (thing := self._things.get(key := hash(carried))) is None:
            thing = self._things[key] = _Thing()
        followed = self._texts[hash(text)] = (thing.journeys, {})
        thing.texts.append(hash(text))
        if len(self._things) > MANY_THINGS or len(self._texts) > MANY_TEXTS:
            self._forget()
        return followed

    def _forget(self) -> None:
        """Forget the oldest thing, and keep the pairs that follow from it, each once."""
        _key, thing = self._things.popitem(last=False)
        followed = [thing.journeys, *(self._texts.pop(text)[1] for text in thing.texts)]
        pairs = (pair for journeys in followed if len(journeys) > 1 for pair in _pairs(journeys))
        self._pairs += {(id(pair.cause), id(pair.effect)): pair for pair in pairs}.values()


class _Journey(Struct, gc=False):
    """What became of something in one capture.

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


Journeys: TypeAlias = dict[int, _Journey]
"""What became of something, by capture."""


class _Thing(Struct):
    """What became of a thing, and its texts, which differ in who has signed it, for example.

    Args:
        journeys: whatever the text.
        texts: the hashes of its texts.
    """

    journeys: Journeys = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)


def _pairs(journeys: Journeys) -> Iterator[Pair]:
    """The pairs that follow from what became of something."""
    made = [journey for journey in journeys.values() if journey.made]
    if len(made) == 1:
        yield from (Pair(made[0].first, other.first) for other in journeys.values() if other is not made[0])
    sent = [journey for journey in journeys.values() if journey.sent is not None]
    if len(sent) == PARTIES and sent[0].times == sent[1].times == 1:
        for one, other in (sent, reversed(sent)):
            if one.told is not None and other.sent is not None:
                yield Pair(other.sent, one.told)
