"""Pairs of events in two captures of which one caused the other, whatever the clocks say.

Rule: pure, and in bounded memory. Only certain pairs count. `Profile.carries` says which things a frame carries; two rules
make pairs of them. A thing that a single party has made reaches others after that party has sent it. When two parties have
each sent a thing once, what the node says of it to one of them comes after the other one has sent it; if one sent it again,
it is unknown to which of the times that belongs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from recorder.gathering.sightings import MANY_TEXTS, Place, Sighting

MANY_THINGS = 30_000
"""Most things that are remembered, of all captures together; the oldest are forgotten first."""

PARTIES = 2
"""How many parties agree on a thing, for the second rule."""


class Pair(NamedTuple):
    """A cause and its effect, in two captures."""

    cause: Place
    effect: Place


def pairs(sightings: Iterable[list[Sighting]]) -> Iterator[Pair]:
    """The pairs that follow from what was seen, in the order in which the captures were read."""
    known = _Known()
    for together in sightings:
        for sighting in together:
            known.see(sighting)
        yield from known.taken()
    known.forget_all()
    yield from known.taken()


class _Known:
    """What became of the things that frames carry, as far as they are remembered; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._things: OrderedDict[int, _Thing] = OrderedDict()  # by hash
        self._texts = 0  # of all of them
        self._pairs: list[Pair] = []

    def see(self, sighting: Sighting) -> None:
        """Follow what a frame carries."""
        place, to_node, session = sighting.place, sighting.to_node, sighting.session
        capture = place.capture
        for journeys in self._followed(sighting.carried):
            if (journey := journeys.get(capture)) is None:
                journey = journeys[capture] = _Journey(to_node, place)
            if to_node:
                if journey.sent is None:
                    journey.session, journey.sent = session, place
                journey.times += 1
            elif journey.told is None and journey.sent is not None and journey.session == session:
                journey.told = place

    def _followed(self, carried: Sequence[tuple[int, int]]) -> Iterable[Journeys]:
        """The journeys of things and texts, each once: the texts of one thing meet it in one place."""
        if len(carried) == 1:
            return self._of(*carried[0])
        each = (self._of(key, text) for key, text in carried)
        return {id(journeys): journeys for both in each for journeys in both}.values()

    def _of(self, key: int, text: int) -> tuple[Journeys, Journeys]:
        """The journeys of a thing, and of one of its texts."""
        if (thing := self._things.get(key)) is None:
            thing = self._things[key] = _Thing()
            if len(self._things) > MANY_THINGS:
                self._forget()
        if (journeys := thing.texts.get(text)) is None:
            journeys = thing.texts[text] = {}
            self._texts += 1
            if self._texts > MANY_TEXTS:
                self._forget()
        return thing.journeys, journeys

    def taken(self) -> list[Pair]:
        """The pairs of what has been forgotten; each is given once."""
        taken, self._pairs = self._pairs, []
        return taken

    def forget_all(self) -> None:
        """Forget all, at the end."""
        while self._things:
            self._forget()

    def _forget(self) -> None:
        """Forget the oldest thing, and keep the pairs that follow from it, each once."""
        _key, thing = self._things.popitem(last=False)
        self._texts -= len(thing.texts)
        followed = [thing.journeys, *thing.texts.values()]
        found = (pair for journeys in followed if len(journeys) > 1 for pair in _pairs(journeys))
        self._pairs += {(id(pair.cause), id(pair.effect)): pair for pair in found}.values()


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
    """What became of a thing, and of its texts, which differ in who has signed it, for example.

    Args:
        journeys: whatever the text.
        texts: of each text, by its hash.
    """

    journeys: Journeys = field(default_factory=dict)
    texts: dict[int, Journeys] = field(default_factory=dict)


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
