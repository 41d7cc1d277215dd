"""A capture that takes the place of another: it keeps what people put into the old one.

Rule: pure. What happened is told by the new capture alone. Notes, scenarios, the names of the ends and the header's `meta`
are the old one's, each at the steps that are the same in both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from msgspec.structs import replace

from recorder.compare.comparison import Pair, examine
from recorder.model import AnyEvent, Frame, Header, Note, Opened, Scenario, unnamed
from recorder.rules import NO_RULES, Rules
from recorder.timeline import Script, read

HEADER = 1
"""The line of a capture's header."""


class Whole(NamedTuple):
    """A capture, and its script."""

    header: Header
    events: Sequence[AnyEvent]
    script: Script

    @classmethod
    def read(
        cls, header: Header, events: Iterable[AnyEvent], file: str = "capture", networks: Iterable[str] = ()
    ) -> Whole:
        """Read a capture; for the arguments see `timeline.read`."""
        known = [*events]
        return cls(header, known, read(header, known, file, networks))


def headed(old: Header, new: Header, profile: str) -> Header:
    """The new header, with what the old one says of its capture, and what its frames mean."""
    return replace(new, profile=profile, node=old.node, meta=old.meta | new.meta)


def renewed(old: Whole, new: Whole, rules: Rules = NO_RULES) -> list[AnyEvent]:
    """The events of the new capture, with what people put into the old one.

    Args:
        old: the capture that is replaced.
        new: the capture that was recorded in its place.
        rules: what may differ between them.
    """
    pairs = examine(old.script, new.script, rules, streams=True).pairs
    events = _named(new.events, {live.session: old.script.parties[one.session] for one, live in pairs})
    put = _put(old, new, pairs)
    times = [new.events[0].time if new.events else 0, *(event.time for event in new.events)]
    made: list[AnyEvent] = []
    for line, event in enumerate((None, *events), HEADER):
        if event is not None:
            made.append(event)
        made.extend(replace(one, time=times[line - HEADER]) for one in put.get(line, ()))
    return made


def _named(events: Sequence[AnyEvent], names: Mapping[int, str]) -> Iterator[AnyEvent]:
    """Events with the old names of the sessions that have one; no other session is called so."""
    taken = set(names.values())
    for event in events:
        if not isinstance(event, Opened):
            yield event
            continue
        party = names.get(event.session, event.party)
        if event.session not in names and party == unnamed(event.session):
            party = next(name for name in map(unnamed, count(event.session)) if name not in taken)
            taken.add(party)
        yield replace(event, party=party)


def _put(old: Whole, new: Whole, pairs: Sequence[Pair]) -> dict[int, list[Note | Scenario]]:
    """What people put into the old capture, by the line of the new one that it follows.

    Scenarios only where the new one has none, because nobody could tell its recorder; else it knows which it reached.
    """
    lines: dict[int, int] = {}
    for one, live in pairs:
        lines[one.line] = max(live.line, lines.get(one.line, HEADER))
    begun: dict[str, list[int]] = defaultdict(list)
    for line, event in enumerate(new.events, HEADER + 1):
        if isinstance(event, Scenario):
            begun[event.name].append(line)
    reached = set() if begun else {one.scenario for one, _live in pairs}
    put: dict[int, list[Note | Scenario]] = defaultdict(list)
    at, before = HEADER, None
    for line, event in enumerate(old.events, HEADER + 1):
        if isinstance(event, Scenario) and begun.get(event.name):
            at = begun[event.name].pop(0)
        elif isinstance(event, Note) or (isinstance(event, Scenario) and event.name in reached):
            if not (isinstance(event, Note) and _derived(event, before, old)):
                put[at].append(event)
        else:
            at = lines.get(line, at)
            before = event if isinstance(event, Frame) else before
    return put


def _derived(note: Note, before: Frame | None, old: Whole) -> bool:
    """Whether a note of a document is the info line of the frame before it, which follows from the traffic."""
    if old.header.info == "derived" or before is None:
        return False
    return note.text == old.script.profile(before.session).info(before)
