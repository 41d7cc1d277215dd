"""Exports a list of events: as a transcript, an HTML page, a capture, or a diagram.

Rule: the same as `recorder render` makes, by the same templates; a capture has the original lines. Exports are made
piece by piece, and may run in another thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from recorder.live.index import FRAME, NOBODY, SCENARIO, WAITS
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.model import AnyEvent
from recorder.timeline.annotating import Annotations
from recorder.transcript import Selection, views
from recorder.transcript.diagram import Diagram, Step
from recorder.transcript.picture import PlacedStep, pictures

MOST_FRAMES = 200
"""Most frames of a diagram."""

BESIDE = 2_000
"""How many sessions, the latest, a diagram knows by name if they were opened before its first event."""

BATCH = 1 << 16
"""Bytes of a piece, at least."""


class Format(NamedTuple):
    """A format of exports.

    Args:
        template: the template of `recorder render`; empty for a capture.
        suffix: the suffix of the file.
        type: its content type.
    """

    template: str
    suffix: str
    type: str


MARKDOWN = "text/markdown; charset=utf-8"
FORMATS = {
    "capture": Format("", ".jsonl", "application/jsonl"),
    "html": Format("html", ".html", "text/html; charset=utf-8"),
    "markdown": Format("transcript", ".md", MARKDOWN),
    "sequence": Format("sequence", ".md", MARKDOWN),
    "summary": Format("summary", ".md", MARKDOWN),
}


class Exports:
    """Exports lists of events of one capture.

    Args:
        source: the capture.
        rows: its rows.
    """

    def __init__(self, source: Source, rows: Rows) -> None:
        self._source, self._index, self._rows = source, source.index, rows

    def pieces(self, form: Format, numbers: Sequence[int]) -> Iterator[bytes]:
        """The file, piece by piece.

        Args:
            form: one of `FORMATS`.
            numbers: the events; a range is taken as the whole capture.

        Raises:
            InputError: the file was changed.
        """
        if not form.template:
            yield from self._capture(numbers)
            return
        from recorder.transcript.template import Template  # noqa: PLC0415 - jinja2 is for those who export

        template, header = Template(form.template), self._index.header
        annotations = self._annotations() if template.annotated else None
        events: Iterator[AnyEvent] = iter(())
        if numbers:  # an answer may come behind the last
            events = self._source.again(len(self._index) if template.unanswered else numbers[-1] + 1)
        shown = views(
            header, events, _selection(numbers), annotations, follow=template.following, unanswered=template.unanswered
        )
        for piece in template.render(header, shown):
            yield piece.encode()

    def _capture(self, numbers: Sequence[int]) -> Iterator[bytes]:
        """The header, the openings of the sessions, and the events; each line unchanged."""
        yield self._source.header_line
        index = self._index
        seats = {index.seat[number] for number in numbers}
        openings = {index.seats[seat].opening for seat in seats} - {NOBODY}
        wanted = numbers if isinstance(numbers, range) else sorted(openings.union(numbers))
        batch: list[bytes] = []
        size = 0
        for number in wanted:
            batch.append(self._source.line(number))
            size += len(batch[-1])
            if size >= BATCH:
                yield b"".join(batch)
                batch, size = [], 0
        yield b"".join(batch)

    def _annotations(self) -> Annotations:
        header = self._index.header
        annotations = Annotations(header.profile, node=header.node)
        annotations.scan(self._rows.beginning())
        return annotations

    def diagram(self, numbers: Sequence[int], most: int = MOST_FRAMES) -> dict[str, Any]:
        """A sequence diagram of some events, as the positions of its steps.

        Args:
            numbers: the events.
            most: how many of them are drawn.
        """
        some = numbers[:most]
        drawn: list[int] = []
        steps = [*self._steps(some, drawn)]
        return {
            "pictures": [
                {
                    "names": picture.names,
                    "rows": picture.rows,
                    "places": [self._place(place, drawn) for place in picture.places],
                }
                for picture in pictures(steps)
            ],
            "cut": len(numbers) > len(some),
        }

    def _place(self, place: PlacedStep, drawn: Sequence[int]) -> dict[str, Any]:
        step = place.step._asdict()
        number = step.pop("number")
        event = drawn[number - 1] if number else None
        waits = event is not None and bool(self._index.flags[event] & WAITS)
        return {"row": place.row, "until": max(place.until, place.row), **step, "n": event, "open": waits}

    def _steps(self, numbers: Sequence[int], drawn: list[int]) -> Iterator[Step]:
        """The steps; adds to `drawn` the event of each view that the diagram has seen."""
        if not numbers:
            return
        given = sorted({*self._beside(numbers[0]), *numbers})
        taken: list[int] = []

        def events() -> Iterator[AnyEvent]:
            for number, event in zip(given, self._source.events(given), strict=True):
                taken.append(number)
                yield event

        places = {number: line for line, number in enumerate(given, 2)}
        selection = Selection(lines=frozenset(places[number] for number in numbers))
        diagram = Diagram(MOST_FRAMES)
        annotations = self._rows.annotations([*numbers])
        for view in views(self._index.header, events(), selection, annotations):
            drawn.append(taken[-1])
            yield from diagram.see(view)
        yield from diagram.end()

    def _beside(self, first: int) -> Iterable[int]:
        """Earlier events that a diagram needs: the openings of sessions, and the start of the scenario."""
        index = self._index
        yield from (seat.opening for seat in index.seats[-BESIDE:] if NOBODY < seat.opening < first)
        yield from next(([one] for one in range(first - 1, -1, -1) if index.tone[one] == SCENARIO), [])

    def drawable(self, numbers: Sequence[int], begin: int, count: int) -> list[int]:
        """The events of a list, from one on, that a diagram can draw: so many, the last of which may show that it is cut."""
        some = (number for at in range(begin, len(numbers)) if self._draws(number := numbers[at]))
        return [*islice(some, count)]

    def _draws(self, number: int) -> bool:
        return self._index.shows(number) or not self._index.flags[number] & FRAME


def _selection(numbers: Sequence[int]) -> Selection:
    if isinstance(numbers, range):
        return Selection(first=numbers.start + 2, last=numbers.stop + 1)
    return Selection(lines=frozenset(number + 2 for number in numbers))
