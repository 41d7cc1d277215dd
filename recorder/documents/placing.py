"""Writes pins for true examples that have none, and changes nothing else.

Rule: pure; a pin is written only where the block with it is true, so that all that is written in it is that frame's. What
the block does not show of the frame the pin leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from recorder.difference import Path, text_of
from recorder.documents import check
from recorder.documents.exact import exact
from recorder.documents.pinning import hold, outside
from recorder.documents.pins import Pin, Source
from recorder.documents.recordings import Recorded, Recordings
from recorder.documents.updating import applied
from recorder.documents.verdicts import Result
from recorder.documents.written import Edit, Node

MOST = 6
"""Members that a pin leaves out because the block says `...` for them."""


class Placed(NamedTuple):
    """A document with pins.

    Args:
        text: the document.
        pinned: the examples that got one.
        left: the true ones that did not.
    """

    text: str
    pinned: list[Result]
    left: list[Result]


def place(document: str, file: str, recordings: Recordings, source: Source, captures: Mapping[str, str]) -> Placed:
    """Pin the true examples of a document that show one message each.

    Args:
        document: its text, with whatever line ends it has.
        file: its name; `.mdx` is read as MDX.
        recordings: what was recorded.
        source: where the document's pins lead to.
        captures: names in the recordings, with their paths from the document's folder.
    """
    placing = _Placing(source, captures)
    found = Placed(document, [], [])
    edits = []
    for result in check(document, file, recordings, source):
        if result.left is not None or result.block.pin is not None or result.verdict != "true":
            continue
        pin = placing.pin(result)
        (found.left if pin is None else found.pinned).append(result)
        if pin is not None:
            edits.append(_comment(pin, result, document))
    return found._replace(text=applied(document, edits))


def _comment(pin: str, result: Result, document: str) -> Edit:
    """The comment before the block, in whatever contains it."""
    block = result.block
    opening, closing = ("{/*", "*/}") if result.file.lower().endswith(".mdx") else ("<!--", "-->")
    newline = "\r\n" if "\r\n" in document[block.start : block.end] else "\n"
    text = f"{opening} recorder: {pin} {closing}{newline}{outside(block, document)}"
    return Edit(block.start, block.start, text)


class _Placing:
    """Finds the frames that examples show."""

    def __init__(self, source: Source, captures: Mapping[str, str]) -> None:
        self._source, self._captures = source, captures
        self._alike: dict[str, dict[Any, list[Recorded]]] = {}

    def pin(self, result: Result) -> str | None:
        """The pin of an example; None where it has several messages, or no frame has its values."""
        if len(result.judged) != 1 or (match := result.judged[0].match) is None:
            return None
        group = match.group
        about = (group.key, group.label, group.direction)
        near = result.judged[0].at
        with_less: tuple[str, Recorded] | None = None
        for capture in sorted(self._captures, key=lambda name: near is None or name != near.capture):
            for message in self._messages(self._captures[capture]).get(about, ()):
                kinds = {one.kind for one in exact(match.node, message.message)}
                if not kinds and (pin := self._true(result, match.node, capture, message)):
                    return pin
                if kinds == {"missing"} and with_less is None:
                    with_less = capture, message
        return self._true(result, match.node, *with_less) if with_less is not None else None

    def _messages(self, capture: str) -> Mapping[Any, list[Recorded]]:
        if capture not in self._alike:
            alike = self._alike[capture] = defaultdict(list)
            for one in self._source.messages(capture):
                alike[one.group.key, one.group.label, one.group.direction].append(one)
        return self._alike[capture]

    def _true(self, result: Result, node: Node, capture: str, message: Recorded) -> str | None:
        """The pin to a message, in words where they lead to it, else by its line; None where the block is not true with it."""
        path = self._captures[capture]
        shown = Pin(path, drop=_unwritten(node, message.message), elide=_elided(node))
        said = replace(shown, scenario=message.scenario, party=message.at.party, method=message.name)
        fits = [one for one in self._source.messages(path) if said.fits(one)]
        by_line = replace(shown, line=message.at.line)
        if message in fits:
            said = replace(said, nth=fits.index(message) + 1)
        for pin in (said, by_line):
            text = str(pin)
            if any(sign in text for sign in ("\n", "\r", "--", "*/", "/*")):
                continue
            held = hold(result.file, replace(result.block, comment=text), self._source)
            if held.verdict == "true" and held.judged[0].at == message.at:
                return text
        return None


def _elided(node: Node) -> int:
    """At how many characters the block's texts are cut; 0 where none is."""
    return max((len(one.pieces[0]) for one in node.walk() if one.kind == "text" and one.elided), default=0)


def _unwritten(node: Node, recorded: Any) -> tuple[str, ...]:
    """The paths of members that the block does not have: all that it lacks, and a few that it says it leaves out."""
    lacks = [path for path, elided in _absent(node, recorded, ()) if not elided]
    leaves = [path for path, elided in _absent(node, recorded, ()) if elided]
    return tuple(f"$.{text_of(path)}" for path in (*lacks, *(leaves if len(leaves) <= MOST else ())))


def _absent(node: Node, recorded: Any, path: Path) -> Iterator[tuple[Path, bool]]:
    if node.kind == "object" and isinstance(recorded, dict):
        for name, value in recorded.items():
            if (inner := node.get(name)) is None:
                yield (*path, name), node.elided
            else:
                yield from _absent(inner, value, (*path, name))
    elif node.kind == "list" and isinstance(recorded, list) and not node.elided:
        for number, value in enumerate(recorded):
            if number < len(node.items):
                yield from _absent(node.items[number], value, (*path, number))
            else:
                yield (*path, number), False
