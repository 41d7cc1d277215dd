"""Writes pins for true examples that have none; where asked, with the values of the frames that they name.

Rule: pure; a pin is written only where the block is true with it: everything in the block is then its frames', and what the
block does not show the pin leaves out. As few captures as possible are named, and each id of the document stands for one
id of a capture, so that the document stays consistent: a call and its answer get other values together, or neither does.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from recorder.documents import check
from recorder.documents.blocks import PRE, is_mdx
from recorder.documents.exact import Exact, cut_at, exact, unwritten
from recorder.documents.examples import in_document, quoting
from recorder.documents.pinning import hold, value_edits
from recorder.documents.pins import ENDS, Pin, Source, in_turn
from recorder.documents.recordings import WORD, Entry, Opening, Recorded, Recordings, kind_of_value
from recorder.documents.unpinned import OPENING, Part, Unpinned, unpinned
from recorder.documents.verdicts import Judged, Result
from recorder.documents.written import Edit, Node, applied

TRIED = 4
"""Most places of a capture that are tried for an example."""

Limit = tuple[float, float, bool, bool]
"""How far an entry may be from an example, as `_Fit.distance`."""

SAME: tuple[Limit, ...] = ((0, 0, False, False), (0, 0, False, True))
"""Of entries with the values that are written; those of which nothing is left out come first."""

OTHERS: tuple[Limit, ...] = ((0, math.inf, True, True), (math.inf, math.inf, True, True))
"""Of entries with other values, and with other words of a client too."""

ID = ("id",)
"""Where the id of a message stands: of whatever kind its sender likes."""


class Placed(NamedTuple):
    """A document with pins.

    Args:
        text: the document.
        pinned: the examples that got one, with the frames that they are pinned to.
        left: the true ones that did not.
        unsaid: how many of those have the values of frames, and no pin can say what they leave out.
    """

    text: str
    pinned: list[Result]
    left: list[Result]
    unsaid: int


def place(
    document: str,
    file: str,
    recordings: Recordings,
    source: Source,
    captures: Mapping[str, str],
    *,
    values: bool = False,
) -> Placed:
    """Pin the true examples of a document.

    Args:
        document: its text, with whatever line ends it has.
        file: its name; `.mdx` is read as MDX.
        recordings: what was recorded.
        source: where the document's pins lead to.
        captures: names in the recordings, with their paths from the document's folder.
        values: whether examples with the values of another run are pinned too, and get those of the frame.
    """
    before = [*check(document, file, recordings, source)]
    examples = [
        result for result in before if result.block.pin is None and result.verdict == "true" and result.left is None
    ]
    parted = [one for result in examples if (one := unpinned(result)) is not None]
    placing = _Placing(source, captures, recordings, values=values)
    pins = placing.pins(parted, [result for result in before if result not in examples])
    while True:
        text = applied(document, [edit for one, pin in pins.items() if pin is not None for edit in _edits(one, pin)])
        after = check(text, file, recordings, source)
        verdicts = enumerate(zip(before, after, strict=False))
        other = next((at for at, (was, now) in verdicts if was.verdict != now.verdict), len(before))
        edited = [one for one in before[: other + 1] if (pin := pins.get(one)) is not None and pin.edits]
        if other == len(before) or not edited:
            found = [pin.held for pin in pins.values() if pin is not None]
            left = [one for one in examples if pins.get(one) is None]
            return Placed(text, found, left, sum(placing.fits(one) for one in left))
        placing.drop(edited[-1])  # by its values, what another example says is something else


def _edits(result: Result, pin: _Pin) -> list[Edit]:
    return [_comment(pin.text, result), *in_document(pin.edits, result.block)]


def _comment(pin: str, result: Result) -> Edit:
    """The comment before the block, in whatever contains it."""
    block = result.block
    opening, closing = ("{/*", "*/}") if is_mdx(result.file) else ("<!--", "-->")
    text = f"{opening} recorder: {pin} {closing}{block.newline}{block.outside}"
    return Edit(block.start, block.start, text)


class _Pin(NamedTuple):
    """A pin as it is written, the edits that give its block the values of the frames, and what the block is then."""

    text: str
    edits: list[Edit]
    held: Result


class _Fit(NamedTuple):
    """An entry that may be what an example shows.

    Args:
        entry: the entry.
        exact: the example beside it.
        words: how many of a client's words differ; an example with other words of a node or in a URL is about something else.
        values: how many values differ, without its id.
        identity: whether its id differs.
        missing: whether the example leaves out members of it.
    """

    entry: Entry
    exact: Exact
    words: int
    values: int
    identity: bool
    missing: bool

    @property
    def distance(self) -> tuple[int, int, bool, bool]:
        """How far the entry is from the example."""
        return self.words, self.values, self.identity, self.missing

    def within(self, limit: Limit) -> bool:
        """Whether it is no further from the example than this."""
        return all(own <= most for own, most in zip(self.distance, limit, strict=True))


class _Placing:
    """Finds the entries of captures that examples show."""

    def __init__(self, source: Source, captures: Mapping[str, str], recordings: Recordings, *, values: bool) -> None:
        self._source, self._captures, self._values = source, captures, values
        self._recordings = recordings
        self._entries: dict[str, dict[Any, list[Entry]]] = {}
        self._parties: dict[str, set[str]] = {}
        self._fits: dict[tuple[Unpinned, str], list[list[_Fit]]] = {}
        self._ids: dict[str, dict[str, str]] = defaultdict(dict)  # of each capture, by those of the document
        self._places: dict[Judged, tuple[Unpinned, int]] = {}  # of messages without a pin: in which example, and where
        self._answers: dict[Judged, list[Judged]] = defaultdict(list)  # what the document shows for each call
        self._pinned: dict[Judged, Recorded] = {}  # the messages that have a pin
        self._pins: dict[Result, _Pin | None] = {}
        self._examples: dict[Result, Unpinned] = {}
        self._order: list[str] = []  # of the captures

    def pins(self, unpinned: Sequence[Unpinned], others: Sequence[Result]) -> Mapping[Result, _Pin | None]:
        """Each example with its pin, None where no entry has its values; `drop` changes it.

        Args:
            unpinned: the true examples that have no pin.
            others: with a pin, or not true.
        """
        self._link(unpinned, others)
        named = {str(one.at.capture) for each in others if each.block.pin for one in each.judged if one.at is not None}
        self._order = self._ordered(unpinned, named)
        for one in unpinned:
            self._examples[one.result] = one
            self._know(one)
            self._pins[one.result] = self._pin(one)
        self._part()
        return self._pins

    def fits(self, result: Result) -> bool:
        """Whether a capture has frames with the values that are written."""
        one = self._examples.get(result)
        return one is not None and any(
            all(any(fit.within(SAME[-1]) for fit in each) for each in self._fitting(one, capture))
            for capture in self._order
        )

    def drop(self, result: Result) -> None:
        """Leave an example, and what is pinned with it, with its own values: pinned to these, or not at all."""
        self._keep(result)
        self._part()

    def _keep(self, result: Result) -> None:
        for judged in result.judged:
            self._pinned.pop(judged, None)
        self._pins[result] = self._own(self._examples[result])

    def _part(self) -> None:
        """Leave with their own values the examples that get other values by their pins, while the call or the answer is not pinned to the same."""
        pairs = [(call, answer) for call, answers in self._answers.items() for answer in answers]
        while alone := {
            self._places[one][0].result
            for pair in pairs
            if not _answers(self._pinned.get(pair[1]), self._pinned.get(pair[0]))
            for one in pair
            if one in self._places
        } & {result for result, pin in self._pins.items() if pin is not None and pin.edits}:
            for result in alone:
                self._keep(result)

    def _link(self, unpinned: Sequence[Unpinned], others: Sequence[Result]) -> None:
        """Learn which messages are calls and answers of each other, and what is pinned."""
        known = {id(one.message): one for path in self._captures.values() for one in self._source.messages(path)}
        for one in unpinned:
            self._places |= {part.judged: (one, place) for place, part in enumerate(one.parts)}
        for judged in (*self._places, *(judged for one in others for judged in one.judged)):
            if judged.call is not None:
                self._answers[judged.call].append(judged)
        for judged in (judged for one in others if one.block.pin for judged in one.judged):
            if judged.match is not None and (entry := known.get(id(judged.match.group.value))) is not None:
                self._pinned[judged] = entry

    def _ordered(self, unpinned: Sequence[Unpinned], pinned: set[str]) -> list[str]:
        """The captures, so that the first of them hold as many of the examples as possible."""
        told = Counter(judged.at.capture for one in unpinned for judged in one.result.judged if judged.at is not None)
        left = {
            name: {
                one: 1 + all(not fits[0].words for fits in found) + all(not fits[0].values for fits in found)
                for one in unpinned
                if all(found := self._fitting(one, name))
            }
            for name in self._captures
        }
        ordered: list[str] = []
        while left:
            best = max(left, key=lambda name: (name in pinned, sum(left[name].values()), told[name], name))
            held = left.pop(best)
            ordered.append(best)
            left = {name: {one: worth for one, worth in has.items() if one not in held} for name, has in left.items()}
        return ordered

    def _fitting(self, one: Unpinned, capture: str) -> list[list[_Fit]]:
        """The entries of a capture that each message may be, the nearest first."""
        if (one, capture) not in self._fits:
            self._fits[one, capture] = [
                sorted(self._each(part.node, self._of(part, capture)), key=lambda fit: fit.distance)
                for part in one.parts
            ]
        return self._fits[one, capture]

    def _each(self, node: Node, entries: Sequence[Entry]) -> Iterator[_Fit]:
        for entry in entries:
            found = exact(node, _value(entry))
            others = found.others
            pairs = [(pair.node.value, pair.recorded) for pair in others if pair.path != ID]
            words = sum(self._is_word(own) and self._is_word(other) for own, other in pairs)
            told = words and (isinstance(entry, Opening) or entry.group.direction == "from_node")
            of_kind = self._values and all(self._kind(own) == self._kind(other) for own, other in pairs)
            kinds = {one.kind for one in found.findings}
            if kinds <= {"value", "missing"} and (not others or (of_kind and not told)):
                yield _Fit(entry, found, words, len(pairs), len(pairs) < len(others), "missing" in kinds)

    def _is_word(self, value: Any) -> bool:
        """Whether a value is a word that has a meaning; one with digits is an id, or a number of something."""
        word = isinstance(value, str) and WORD.fullmatch(value) and not any(map(str.isdigit, value))
        return bool(word) and not self._recordings.kind_of_text(value)

    def _kind(self, value: Any) -> str:
        """What kind of value it is: no account stands in the place of null, and none in that of words."""
        return (isinstance(value, str) and self._recordings.kind_of_text(value)) or kind_of_value(value)

    def _of(self, part: Part, capture: str) -> Sequence[Entry]:
        """The entries of a capture that are about it; those of a party, where the document names one that is in it."""
        found = self._about(capture).get(part.about, ())
        if part.party not in self._parties[capture]:
            return found
        return [entry for entry in found if entry.at.party == part.party]

    def _about(self, capture: str) -> Mapping[Any, list[Entry]]:
        if capture not in self._entries:
            entries = self._entries[capture] = defaultdict(list)
            path = self._captures[capture]
            for one in self._source.messages(path):
                entries[one.group.key, one.group.label, one.group.direction].append(one)
            self._parties[capture] = {one.at.party for one in self._source.messages(path)}
            entries[OPENING] = [one for one in self._source.openings(path) if one.parameters]
        return self._entries[capture]

    # Ids

    def _know(self, one: Unpinned) -> None:
        """Learn whose the document's ids are from the URLs of its sessions: they stand for the same parameters in captures."""
        for part in one.parts:
            for capture in self._order if part.about == OPENING else ():
                for opening in self._about(capture)[OPENING][:1]:
                    ids = dict(self._ids_in(exact(part.node, _value(opening))))
                    self._ids[capture].update(ids | self._ids[capture])

    def _ids_in(self, found: Exact) -> Iterator[tuple[str, str]]:
        """The ids of an example, each with the recorded one that stands there."""
        is_id = self._recordings.is_id
        for _path, node, recorded in found.pairs:
            texts = node.kind == "text" and not node.elided and isinstance(recorded, str)
            if texts and is_id(node.value) and is_id(recorded):
                yield node.value, recorded

    # Pins

    def _pin(self, one: Unpinned) -> _Pin | None:
        """The pin of an example: to its own values where the capture has them, else to others where they are asked for."""
        for limit in OTHERS if self._values else ():
            for capture in self._order:
                if (pin := self._within(one, capture, (*SAME, limit))) is not None:
                    return pin
        return self._own(one)

    def _own(self, one: Unpinned) -> _Pin | None:
        """The pin of an example to the values that are written, in whatever capture has them."""
        pins = (self._within(one, capture, (limit,)) for limit in SAME for capture in self._order)
        return next((pin for pin in pins if pin is not None), None)

    def _within(self, one: Unpinned, capture: str, limits: Iterable[Limit]) -> _Pin | None:
        """The pin to entries of a capture, within the first of the limits that has any."""
        for limit in limits:
            fits = [[fit for fit in each if fit.within(limit)] for each in self._fitting(one, capture)]
            if all(fits) and (pin := self._in(one, capture, fits)) is not None:
                return pin
        return None

    def _in(self, one: Unpinned, capture: str, fits: Sequence[Sequence[_Fit]]) -> _Pin | None:
        """The pin to entries of a capture; None where the block is not true with any."""
        ways = [
            sorted(self._consistent(capture, each), key=lambda fit: self._distance(part.judged, capture, fit))
            for part, each in zip(one.parts, fits, strict=True)
        ]
        for first in ways[0][:TRIED]:
            way = [first]
            for each in ways[1:]:
                further = [fit for fit in each if all(fit.entry != other.entry for other in way)]
                later = [fit for fit in further if fit.entry.at.line >= way[-1].entry.at.line]
                way += (later or further)[:1]
            if len(way) == len(ways) and (pin := self._true(one, capture, [fit.entry for fit in way])) is not None:
                for part, fit in zip(one.parts, way, strict=True):
                    self._ids[capture].update(self._ids_in(fit.exact))
                    if isinstance(fit.entry, Recorded):
                        self._pinned[part.judged] = fit.entry
                return pin
        return None

    def _consistent(self, capture: str, fits: Sequence[_Fit]) -> list[_Fit]:
        """Those whose ids stand where the document has the same as before: no account becomes another's."""
        known = self._ids[capture]
        return [
            fit
            for fit in fits
            if not fit.values or all(known.get(own, other) == other for own, other in self._ids_in(fit.exact))
        ]

    def _distance(self, judged: Judged, capture: str, fit: _Fit) -> tuple[int, ...]:
        """How far an entry is from a message: by its session, by what it answers and what answers it, by its values."""
        entry, call = fit.entry, self._pinned.get(judged.call) if judged.call is not None else None
        party = judged.at is not None and entry.at.party != judged.at.party
        answers = [self._entries_of(answer, capture) for answer in self._answers.get(judged, ())]
        unanswered = sum(not any(_answers(one, entry) for one in each) for each in answers)
        return party, call is not None and not _answers(entry, call), unanswered, *fit.distance, entry.at.line

    def _entries_of(self, judged: Judged, capture: str) -> list[Entry]:
        """The entries of a capture that a message is, or may be."""
        if judged not in self._places:
            return [self._pinned[judged]] if judged in self._pinned else []
        one, place = self._places[judged]
        return [fit.entry for fit in self._fitting(one, capture)[place]]

    def _true(self, one: Unpinned, capture: str, entries: Sequence[Entry]) -> _Pin | None:
        """The pin to entries, in words where they lead to them, else by lines; None where the block is not true with it."""
        path = self._captures[capture]
        pairs = [(part.node, _value(entry)) for part, entry in zip(one.parts, entries, strict=True)]
        lacks, leaves = (
            dict.fromkeys(name for node, value in pairs for name in unwritten(node, value, elided=elided))
            for elided in (False, True)
        )
        shown = Pin(path, drop=(*lacks, *leaves), elide=max(cut_at(node) for node, _value in pairs))
        lines = tuple(dict.fromkeys(entry.at.line for entry in entries))
        pins = [self._in_words(shown, entries, one), replace(shown, lines=lines)]
        # What one message leaves out another may show: the elision alone says then that it is left out.
        pins += [replace(pin, drop=tuple(lacks)) for pin in pins if leaves]
        for pin in pins:
            text = str(pin)
            if any(sign in text for sign in ENDS):
                continue
            block = replace(one.result.block, comment=text)
            held = hold(one.result.file, block, self._source)
            if [judged.at for judged in held.judged] != [entry.at for entry in entries]:
                continue
            edits = value_edits(held) if self._values else []
            if block.fence == PRE and any(sign in edit.text for edit in edits or () for sign in "<&"):
                continue  # HTML would read more than a text in it
            if edits:
                held = hold(
                    one.result.file,
                    replace(block, text=applied(block.text, quoting(block).written(edits))),
                    self._source,
                )
            if held.verdict == "true":
                return _Pin(text, edits or [], held)
        return None

    def _in_words(self, shown: Pin, entries: Sequence[Entry], one: Unpinned) -> Pin:
        names = [entry.names[0] for entry in entries]
        said = replace(
            shown,
            scenario=_common(entry.scenario for entry in entries),
            party=_common(entry.at.party for entry in entries),
            methods=tuple(dict.fromkeys(names) if one.batch and len({*names}) == 1 else names),
        )
        path = shown.capture
        recorded: Sequence[Entry] = (
            self._source.messages(path) if isinstance(entries[0], Recorded) else self._source.openings(path)
        )
        ways = enumerate(in_turn(said, recorded, batch=one.batch), 1)
        return replace(said, nth=next((nth for nth, way in ways if way == entries[: len(way)]), 1))


def _common(names: Iterable[str]) -> str:
    """What all of them are; empty where they differ."""
    found = {*names}
    return found.pop() if len(found) == 1 else ""


def _answers(answer: Entry | None, call: Entry | None) -> bool:
    """Whether an entry is what answered that call."""
    if not (isinstance(answer, Recorded) and isinstance(call, Recorded)):
        return False
    asked = call.message.get("id")
    return answer.call == call.at and answer.message.get("id", asked) == asked


def _value(entry: Entry) -> Any:
    return entry.message if isinstance(entry, Recorded) else dict(entry.parameters)
