"""Writes pins for true examples that have none; where asked, with the values of the frames that they name.

Rule: pure; a pin is written only where the block is true with it: everything in the block is then its frames', and what the
block does not show the pin leaves out. As few captures as possible are named, and each id of the document stands for one
id of a capture, so that the document stays consistent: a call and its answer get other values together, or neither does.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from recorder.documents import check
from recorder.documents.blocks import PRE, is_mdx
from recorder.documents.exact import Exact, cut_at, exact, unwritten
from recorder.documents.examples import example_of, in_document, quoting
from recorder.documents.pinning import hold, outside, value_edits
from recorder.documents.pins import Pin, Source, in_turn
from recorder.documents.recordings import WORD, Opening, Recorded, Recordings, kind_of_value
from recorder.documents.verdicts import Judged, Result
from recorder.documents.written import Edit, Node, applied

TRIED = 4
"""So many frames of a capture are tried for an example."""

ID = ("id",)
"""Where the id of a message stands: of whatever kind its sender likes."""

Frame = Recorded | Opening


class Placed(NamedTuple):
    """A document with pins.

    Args:
        text: the document.
        pinned: the examples that got one, with the frames that they are pinned to.
        left: the true ones that did not.
    """

    text: str
    pinned: list[Result]
    left: list[Result]


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
    shown = [one for result in examples if (one := _shown(result)) is not None]
    placing = _Placing(source, captures, recordings, values=values)
    pins = placing.pins(shown, [result for result in before if result not in examples])
    while True:
        text = applied(
            document, [edit for one, pin in pins.items() if pin is not None for edit in _edits(one, pin, document)]
        )
        after = check(text, file, recordings, source)
        verdicts = enumerate(zip(before, after, strict=False))
        other = next((at for at, (was, now) in verdicts if was.verdict != now.verdict), len(before))
        edited = [one for one in before[: other + 1] if (pin := pins.get(one)) is not None and pin.edits]
        if other == len(before) or not edited:
            found = [pin.held for pin in pins.values() if pin is not None]
            return Placed(text, found, [one for one in examples if pins.get(one) is None])
        placing.drop(edited[-1])  # by its values, what another example says is something else


def _edits(result: Result, pin: _Pin, document: str) -> list[Edit]:
    return [_comment(pin.text, result, document), *in_document(pin.edits, result.block, document)]


def _comment(pin: str, result: Result, document: str) -> Edit:
    """The comment before the block, in whatever contains it."""
    block = result.block
    opening, closing = ("{/*", "*/}") if is_mdx(result.file) else ("<!--", "-->")
    text = f"{opening} recorder: {pin} {closing}{block.newline(document)}{outside(block, document)}"
    return Edit(block.start, block.start, text)


class _Pin(NamedTuple):
    """A pin as it is written, the edits that give its block the values of the frames, and what the block is then."""

    text: str
    edits: list[Edit]
    held: Result


@dataclass(frozen=True)
class _Shown:
    """What an example shows.

    Args:
        result: of the check.
        nodes: its messages, or its URLs.
        about: what each is about.
        batch: whether they are those of one batch.
        named: the party that the document names for each; empty where it names none.
    """

    result: Result
    nodes: tuple[Node, ...]
    about: tuple[Any, ...]
    batch: bool
    named: tuple[str, ...]


_OPENING = "an opening"


def _shown(result: Result) -> _Shown | None:
    """The messages or URLs of a true example; None where they belong to no frames."""
    groups = [one.match.group for one in result.judged if one.match is not None]
    example = example_of(result.block)
    assert example is not None, "it was checked"
    if len(groups) == len(example.messages) > 0:
        nodes, senders = zip(*example.messages, strict=True)
        about = tuple((one.key, one.label, one.direction) for one in groups)
        return _Shown(result, nodes, about, example.batch, tuple(one.party for one in senders))
    if len(example.urls) != len(result.judged):
        return None
    urls = tuple(url.node for url in example.urls)
    return _Shown(result, urls, (_OPENING,) * len(urls), False, ("",) * len(urls))


class _Fit(NamedTuple):
    """A frame that may be what an example shows.

    Args:
        frame: the frame.
        exact: the example beside it.
        words: how many of a client's words differ; an example with other words of a node or in a URL is about something else.
        values: how many values differ, without its id.
        identity: whether its id differs.
        missing: whether the example leaves out members of it.
    """

    frame: Frame
    exact: Exact
    words: int
    values: int
    identity: bool
    missing: bool

    @property
    def distance(self) -> tuple[int, int, bool, bool]:
        """How far the frame is from the example."""
        return self.words, self.values, self.identity, self.missing


class _Placing:
    """Finds the frames that examples show."""

    def __init__(self, source: Source, captures: Mapping[str, str], recordings: Recordings, *, values: bool) -> None:
        self._source, self._captures, self._values = source, captures, values
        self._recordings = recordings
        self._frames: dict[str, dict[Any, list[Frame]]] = {}
        self._parties: dict[str, set[str]] = {}
        self._fits: dict[tuple[int, str], list[list[_Fit]]] = {}
        self._ids: dict[str, dict[str, str]] = defaultdict(dict)  # of each capture, by those of the document
        self._shown: Sequence[_Shown] = ()
        self._places: dict[Judged, tuple[int, int]] = {}  # of the messages without a pin: of which example, and where
        self._answers: dict[Judged, list[Judged]] = defaultdict(list)  # what the document shows for each call
        self._pinned: dict[Judged, Recorded] = {}  # the messages that have a pin
        self._pins: dict[Result, _Pin | None] = {}

    def pins(self, shown: Sequence[_Shown], others: Sequence[Result]) -> Mapping[Result, _Pin | None]:
        """Each example with its pin, None where no frame has its values; `drop` changes it.

        Args:
            shown: the examples without a pin that are true.
            others: with a pin, or not true.
        """
        self._shown = shown
        self._link(others)
        named = {str(one.at.capture) for each in others if each.block.pin for one in each.judged if one.at is not None}
        captures = self._ordered(shown, named)
        for number, one in enumerate(shown):
            self._know(one, captures)
            self._pins[one.result] = self._pin(number, one, captures)
        self._part()
        return self._pins

    def drop(self, result: Result) -> None:
        """Leave an example without a pin, and what is pinned with it."""
        self._forget(result)
        self._part()

    def _forget(self, result: Result) -> None:
        self._pins[result] = None
        for judged in result.judged:
            self._pinned.pop(judged, None)

    def _part(self) -> None:
        """Drop the examples that get other values by their pins, while the call or the answer is not pinned to the same."""
        pairs = [(call, answer) for call, answers in self._answers.items() for answer in answers]
        while alone := {
            self._shown[self._places[one][0]].result
            for pair in pairs
            if not _answers(self._pinned.get(pair[1]), self._pinned.get(pair[0]))
            for one in pair
            if one in self._places
        } & {result for result, pin in self._pins.items() if pin is not None and pin.edits}:
            for result in alone:
                self._forget(result)

    def _link(self, others: Sequence[Result]) -> None:
        """Learn which messages are calls and answers of each other, and what is pinned."""
        frames = {id(one.message): one for path in self._captures.values() for one in self._source.messages(path)}
        for number, one in enumerate(self._shown):
            self._places |= {judged: (number, place) for place, judged in enumerate(one.result.judged)}
        for judged in (*self._places, *(judged for one in others for judged in one.judged)):
            if judged.call is not None:
                self._answers[judged.call].append(judged)
        for judged in (judged for one in others if one.block.pin for judged in one.judged):
            if judged.match is not None and (frame := frames.get(id(judged.match.group.value))) is not None:
                self._pinned[judged] = frame

    def _ordered(self, shown: Sequence[_Shown], pinned: set[str]) -> list[str]:
        """The captures, so that the first of them hold as many of the examples as possible."""
        told = Counter(judged.at.capture for one in shown for judged in one.result.judged if judged.at is not None)
        left = {
            name: {
                number: 1 + all(not fits[0].words for fits in found) + all(not fits[0].values for fits in found)
                for number, one in enumerate(shown)
                if all(found := self._fitting(number, one, name))
            }
            for name in self._captures
        }
        ordered: list[str] = []
        while left:
            best = max(left, key=lambda name: (name in pinned, sum(left[name].values()), told[name], name))
            held = left.pop(best)
            ordered.append(best)
            left = {name: {n: w for n, w in one.items() if n not in held} for name, one in left.items()}
        return ordered

    def _fitting(self, number: int, one: _Shown, capture: str) -> list[list[_Fit]]:
        """The frames of a capture that each message may be, the nearest first."""
        if (number, capture) not in self._fits:
            self._fits[number, capture] = [
                sorted(self._each(node, self._of(named, capture, about)), key=lambda fit: fit.distance)
                for node, about, named in zip(one.nodes, one.about, one.named, strict=True)
            ]
        return self._fits[number, capture]

    def _each(self, node: Node, frames: Sequence[Frame]) -> Iterator[_Fit]:
        for frame in frames:
            found = exact(node, _value(frame))
            others = found.others
            pairs = [(pair.node.value, pair.recorded) for pair in others if pair.path != ID]
            words = sum(self._is_word(own) and self._is_word(other) for own, other in pairs)
            told = words and (isinstance(frame, Opening) or frame.group.direction == "from_node")
            of_kind = self._values and all(self._kind(own) == self._kind(other) for own, other in pairs)
            kinds = {one.kind for one in found.findings}
            if kinds <= {"value", "missing"} and (not others or (of_kind and not told)):
                yield _Fit(frame, found, words, len(pairs), len(pairs) < len(others), "missing" in kinds)

    def _is_word(self, value: Any) -> bool:
        """Whether a value is a word that has a meaning; one with digits is an id, or a number of something."""
        word = isinstance(value, str) and WORD.fullmatch(value) and not any(map(str.isdigit, value))
        return bool(word) and not self._recordings.kind_of_text(value)

    def _kind(self, value: Any) -> str:
        """What kind of value it is: no account stands in the place of null, and none in that of words."""
        return (isinstance(value, str) and self._recordings.kind_of_text(value)) or kind_of_value(value)

    def _of(self, named: str, capture: str, about: Any) -> Sequence[Frame]:
        """The frames of a capture that are about it; those of a party, where the document names one that is in it."""
        frames = self._about(capture).get(about, ())
        return [frame for frame in frames if frame.at.party == named] if named in self._parties[capture] else frames

    def _about(self, capture: str) -> Mapping[Any, list[Frame]]:
        if capture not in self._frames:
            frames = self._frames[capture] = defaultdict(list)
            path = self._captures[capture]
            for one in self._source.messages(path):
                frames[one.group.key, one.group.label, one.group.direction].append(one)
            self._parties[capture] = {one.at.party for one in self._source.messages(path)}
            frames[_OPENING] = [one for one in self._source.openings(path) if one.parameters]
        return self._frames[capture]

    # Ids

    def _know(self, one: _Shown, captures: Sequence[str]) -> None:
        """Learn whose the document's ids are from the URLs of its sessions: they stand for the same parameters in captures."""
        for node, about in zip(one.nodes, one.about, strict=True):
            for capture in captures if about == _OPENING else ():
                for opening in self._about(capture)[_OPENING][:1]:
                    ids = dict(self._ids_in(exact(node, _value(opening))))
                    self._ids[capture].update(ids | self._ids[capture])

    def _ids_in(self, found: Exact) -> Iterator[tuple[str, str]]:
        """The ids of an example, each with the recorded one that stands there."""
        is_id = self._recordings.is_id
        for _path, node, recorded in found.pairs:
            texts = node.kind == "text" and not node.elided and isinstance(recorded, str)
            if texts and is_id(node.value) and is_id(recorded):
                yield node.value, recorded

    # Pins

    def _pin(self, number: int, one: _Shown, captures: Sequence[str]) -> _Pin | None:
        limits: list[tuple[float, float, bool]] = (
            [(0, math.inf, True), (math.inf, math.inf, True)] if self._values else [(0, 0, False), (0, 0, True)]
        )
        for words, most, missing in limits:
            for capture in captures:
                fits = [
                    [fit for fit in each if fit.words <= words and fit.values <= most and fit.missing <= missing]
                    for each in self._fitting(number, one, capture)
                ]
                if all(fits) and (pin := self._in(one, capture, fits)) is not None:
                    return pin
        return None

    def _in(self, one: _Shown, capture: str, fits: Sequence[Sequence[_Fit]]) -> _Pin | None:
        """The pin to frames of a capture; None where the block is not true with any."""
        ways = [
            sorted(self._consistent(capture, each), key=lambda fit: self._distance(judged, capture, fit))
            for judged, each in zip(one.result.judged, fits, strict=True)
        ]
        for first in ways[0][:TRIED]:
            way = [first]
            for each in ways[1:]:
                further = [fit for fit in each if all(fit.frame != one.frame for one in way)]
                later = [fit for fit in further if fit.frame.at.line >= way[-1].frame.at.line]
                way += (later or further)[:1]
            if len(way) == len(ways) and (pin := self._true(one, capture, [fit.frame for fit in way])) is not None:
                for judged, fit in zip(one.result.judged, way, strict=True):
                    self._ids[capture].update(self._ids_in(fit.exact))
                    if isinstance(fit.frame, Recorded):
                        self._pinned[judged] = fit.frame
                return pin
        return None

    def _consistent(self, capture: str, fits: Sequence[_Fit]) -> list[_Fit]:
        """Those frames whose ids stand where the document has the same as before: no account becomes another's."""
        known = self._ids[capture]
        return [
            fit
            for fit in fits
            if not fit.values or all(known.get(own, other) == other for own, other in self._ids_in(fit.exact))
        ]

    def _distance(self, judged: Judged, capture: str, fit: _Fit) -> tuple[int, ...]:
        """How far a frame is from the example: by its session, by what it answers and what answers it, by its values."""
        frame, call = fit.frame, self._pinned.get(judged.call) if judged.call is not None else None
        party = judged.at is not None and frame.at.party != judged.at.party
        answers = [self._frames_of(answer, capture) for answer in self._answers.get(judged, ())]
        unanswered = sum(not any(_answers(one, frame) for one in each) for each in answers)
        return party, call is not None and not _answers(frame, call), unanswered, *fit.distance, frame.at.line

    def _frames_of(self, judged: Judged, capture: str) -> list[Frame]:
        """The frames of a capture that a message is, or may be."""
        if judged not in self._places:
            return [self._pinned[judged]] if judged in self._pinned else []
        number, place = self._places[judged]
        return [fit.frame for fit in self._fitting(number, self._shown[number], capture)[place]]

    def _true(self, one: _Shown, capture: str, frames: Sequence[Frame]) -> _Pin | None:
        """The pin to frames, in words where they lead to it, else by lines; None where the block is not true with it."""
        path = self._captures[capture]
        pairs = zip(one.nodes, frames, strict=True)
        drop = dict.fromkeys(path for node, frame in pairs for path in unwritten(node, _value(frame)))
        shown = Pin(path, drop=tuple(drop), elide=max(map(cut_at, one.nodes)))
        lines = tuple(dict.fromkeys(frame.at.line for frame in frames))
        for pin in (self._in_words(shown, frames, one), replace(shown, lines=lines)):
            text = str(pin)
            if any(sign in text for sign in ("\n", "\r", "--", "*/", "/*")):
                continue
            block = replace(one.result.block, comment=text)
            held = hold(one.result.file, block, self._source)
            if [judged.at for judged in held.judged] != [frame.at for frame in frames]:
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

    def _in_words(self, shown: Pin, frames: Sequence[Frame], one: _Shown) -> Pin:
        names = [frame.names[0] for frame in frames]
        said = replace(
            shown,
            scenario=_common(frame.scenario for frame in frames),
            party=_common(frame.at.party for frame in frames),
            methods=tuple(dict.fromkeys(names) if one.batch and len({*names}) == 1 else names),
        )
        path = shown.capture
        recorded: Sequence[Frame] = (
            self._source.messages(path) if isinstance(frames[0], Recorded) else self._source.openings(path)
        )
        ways = enumerate(in_turn(said, recorded, batch=one.batch), 1)
        return replace(said, nth=next((nth for nth, way in ways if way == frames[: len(way)]), 1))


def _common(names: Iterable[str]) -> str:
    """What all of them are; empty where they differ."""
    found = {*names}
    return found.pop() if len(found) == 1 else ""


def _answers(answer: Frame | None, call: Frame | None) -> bool:
    """Whether a frame is what answered that call."""
    if not (isinstance(answer, Recorded) and isinstance(call, Recorded)):
        return False
    asked = call.message.get("id")
    return answer.call == call.at and answer.message.get("id", asked) == asked


def _value(frame: Frame) -> Any:
    return frame.message if isinstance(frame, Recorded) else dict(frame.parameters)
