"""Makes the row of an event: the words of a console line, and values of the index.

Rule: a row is made when it comes into view, from its line of the file and the index. `timeline.words` makes the words,
annotators decode. Annotators see a bounded number of earlier events first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import ANSWERS, Outline, outlines
from recorder.live.index import (
    CROWDED,
    FRAME,
    NOBODY,
    REQUEST,
    TONES,
    WAITS,
    Part,
)
from recorder.live.source import Source
from recorder.model import PRINTED, AnyEvent, Closed, Frame, Note, Opened, Refused, Scenario
from recorder.profiles import Profile
from recorder.profiles.sentences import shortened
from recorder.timeline.annotating import Annotations
from recorder.timeline.followed import Item, Look, Request, fails, quoted_method
from recorder.timeline.refusals import refused
from recorder.timeline.words import described, ended, with_meaning

MICROSECOND = 1_000

LONG = 200
"""Most characters of a row's words."""

BEFORE, BEFORE_ONE = 100, 500
"""Earlier events that annotators see first: for rows, and for the details of one event."""

SOME, MUCH = 1 << 17, 1 << 21
"""Most bytes of those, likewise."""

FIRST = 300
"""Events at the beginning of a capture that annotators scan, to learn the accounts of parties."""

LARGE = 1 << 16
"""Most bytes of a frame that is decoded for its row."""

Row = dict[str, Any]


class Rows:
    """Makes rows of one capture.

    Args:
        source: the capture.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._index = source, source.index
        self._first: list[AnyEvent] = []
        self._looked = 0

    def look(self, number: int, frame: Frame) -> Look:
        """The `Look` of a frame, rebuilt from the index: equal to the one that `Followed` gave in order."""
        index = self._index
        profile = index.spoken_in(number)
        messages = outlines(frame.json or frame.payload) if frame.opcode in PRINTED else []
        known = index.parts.get(number)
        if known is None:
            flags, answers = index.flags[number], index.other[number]
            answers = NOBODY if index.tone[number] == REQUEST else answers
            method = index.names.texts[index.method[number]]
            known = [Part(method, answers, 0, bool(flags & CROWDED), "", 0)]
        items = [self._item(frame, *pair, profile) for pair in zip(messages, known, strict=False)]
        others = [part for part in known[len(messages) :] if part.answers != NOBODY]
        instead, left = (
            [self._request(part, named=True) for part in others if bool(part.odd) is leaves] for leaves in (False, True)
        )
        return Look(profile, items, instead, left=left)

    def _item(self, frame: Frame, message: Outline, part: Part, profile: Profile) -> Item:
        kind, failed = message.kind, fails(frame, message, profile)
        if part.answers != NOBODY:
            request = self._request(part, named=failed or bool(part.odd))
            return Item(message, kind, request, request.method, part.crowded, part.odd, failed)
        if kind in ANSWERS:
            quoted = quoted_method(message)
            again = bool(part.method and not quoted)
            answered = quoted or part.method
            return Item(message, kind, None, answered, part.crowded, part.odd, failed=failed, again=again)
        return Item(message, kind, odd=part.odd)

    def _request(self, part: Part, *, named: bool) -> Request:
        """A call that was answered; with its message if the words for its answer name it, or it is crowded."""
        index, number = self._index, part.answers
        method, message = part.method, Outline()
        if part.crowded or named:
            event = self._source.event(number)
            message = outlines(event.payload)[part.place] if isinstance(event, Frame) else message
        session, time = index.seats[index.seat[number]].number, index.time[number]
        direction, profile = index.direction(number), index.spoken_in(number)
        return Request(session, direction, method, message, profile, time, True, part.crowded, number, part.place)

    def rows(self, numbers: Sequence[int], times: Sequence[tuple[int, int]] | None = None) -> list[Row]:
        """Rows of events, in their order.

        Args:
            numbers: the events.
            times: for folded rows: the number of events of each row, and the last of them.
        """
        annotations = self.annotations(numbers)
        events = self._source.events(numbers)
        made = [self.row(number, event, annotations) for number, event in zip(numbers, events, strict=True)]
        for row, (count, until) in zip(made, times or (), strict=False):
            row["times"], row["until"] = count, until
        return made

    def by_number(self, numbers: Iterable[int | None]) -> dict[int | None, Row]:
        """Rows of events, by their numbers, which may be in any order."""
        wanted = sorted({number for number in numbers if number is not None})
        return dict(zip(wanted, self.rows(wanted), strict=True))

    def annotations(self, numbers: Sequence[int], before: int = BEFORE, most: int = SOME) -> Annotations:
        """Annotators for these events, which have seen the openings of their sessions and some earlier events.

        Args:
            numbers: the events.
            before: how many earlier events they have seen.
            most: the most bytes of those.
        """
        header = self._index.header
        annotations = Annotations(header.profile, node=header.node)
        annotations.scan(self.beginning())
        if not numbers:
            return annotations
        shortly = range(max(numbers[0] - before, 0), numbers[0])
        first = [*sorted(self._seen_first(numbers, shortly.start)), *self._affordable(shortly, most)]
        for number, event in zip(first, self._source.events(first), strict=True):
            annotations.see(event, self.look(number, event) if isinstance(event, Frame) else None)
        return annotations

    def beginning(self) -> list[AnyEvent]:
        """The first events, which annotators scan in advance."""
        if self._looked < min(FIRST, len(self._index)):
            self._looked = min(FIRST, len(self._index))
            numbers = self._affordable(range(self._looked), MUCH)
            self._first = [*self._source.events(numbers)]
        return self._first

    def _seen_first(self, numbers: Iterable[int], begin: int) -> set[int]:
        """The openings of the sessions of these events, if they are before a stretch."""
        seats = {self._index.seat[number] for number in numbers}
        openings = (self._index.seats[seat].opening for seat in seats)
        return {number for number in openings if NOBODY < number < begin}

    def _affordable(self, numbers: range, most: int) -> list[int]:
        """As many of these, the last ones, as fit into so many bytes."""
        left, found = most, []
        for number in reversed(numbers):
            left -= self._index.bytes[number]
            if left < 0:
                break
            found.append(number)
        return found[::-1]

    def row(self, number: int, event: AnyEvent, annotations: Annotations | None = None) -> Row:
        """The row of an event."""
        index = self._index
        flags, seat = index.flags[number], index.seats[index.seat[number]]
        took = index.took(number)
        answers = index.other[number] if index.other[number] < number else NOBODY
        ended = index.ended(number) if flags & WAITS else None
        return {
            "n": number,
            "line": number + 2,
            "kind": "frame" if flags & FRAME else type(event).__name__.lower(),
            "tone": TONES[index.tone[number]],
            "session": seat.number,
            "party": seat.party,
            "node": seat.node,
            "direction": index.direction(number) if flags & FRAME else None,
            "time": max(event.time, 0) // MICROSECOND,
            "words": shortened(escape(self._words(number, event, annotations)), LONG),
            "method": index.names.texts[index.method[number]],
            "bytes": index.bytes[number],
            "took": None if took is None else took // MICROSECOND,
            "slow": index.slow(number),
            "answers": None if answers == NOBODY else answers,
            "open": bool(flags & WAITS),
            "ended": None if ended is None else ended // MICROSECOND,
            "odd": index.odd_of(number),
            "times": 1,
            "until": number,
        }

    def _words(self, number: int, event: AnyEvent, annotations: Annotations | None) -> str:
        if isinstance(event, Frame):
            return self._frame(number, event, annotations)
        if isinstance(event, Opened):
            if annotations is not None:
                annotations.see(event)
            return f"opens {event.url}".rstrip()
        if isinstance(event, Closed):
            return ended(event)
        if isinstance(event, Refused):
            return refused(event)
        return event.name if isinstance(event, Scenario) else event.text if isinstance(event, Note) else ""

    def _frame(self, number: int, frame: Frame, annotations: Annotations | None) -> str:
        look = self.look(number, frame)
        words = described(frame, look)
        if annotations is None or len(frame.payload) > LARGE:
            return words
        return with_meaning(words, annotations.see(frame, look))
