"""What a program gets of a command's words in quotes, and how a text is written into such a word.

Rule: pure. What is read is as long as the command, so that each character keeps its place: a filler stands where the shell
takes something away, which no document can hold. (`shlex` reads words too, but tells no places and knows no `$'…'`.)
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recorder.documents.written import FILLER, Edit

UNKNOWN = "…"
"""What is read for a variable."""

_VALUE = r"(?:\[\s*+)?\{"
_ESCAPED = re.compile(rf"\"(?=\s*+{_VALUE}\s*+\\\")")
_OPENS = re.compile(rf"(?:\$'|['\"])(?=[ \t]*+{_VALUE})|(?<![^\s=])\$?'(?=\s*+{_VALUE})|{_ESCAPED.pattern}")
"""What opens a word that holds a value; where that begins in the next line, no quote that closes a text does."""

_VARIABLE = re.compile(r"\$(?:\w+|\{[^{}\n]*\}|\([^()\n]*\))")
_ENDS = frozenset(" \t\r\n;|&<>()")
_CONTINUED = {"\\\n": ""}
_MEANT = {
    "": _CONTINUED,
    "'": {},
    '"': _CONTINUED | {f"\\{char}": char for char in '$`"\\'},
    "$'": {f"\\{char}": char for char in "\\'\"?"} | {r"\n": "\n", r"\t": "\t", r"\r": "\r"},
}
"""What two characters mean in quotes of each kind."""

_CLOSES = {"": "", "'": "'", '"': '"', "$'": "'"}


class _Unit(NamedTuple):
    """A stretch of a command that is one character for the program, or none; and the quotes that it stands in."""

    start: int
    end: int
    said: str
    quote: str


class Quoting:
    """The words in quotes of a block that begin with an object or a list.

    Attributes:
        readable: the block's text, with what programs get of those words.

    Args:
        text: of the block.
        shell: whether a shell reads it; else only `"` with escapes is taken for quotes.
    """

    def __init__(self, text: str, *, shell: bool) -> None:
        self._units: list[_Unit] = []
        pieces, at, after = [], 0, 0
        while (found := (_OPENS if shell else _ESCAPED).search(text, at)) is not None:
            at = found.end()
            if _in_json(text, found.start()) or not (units := _word(text, found.start())):
                continue
            pieces.append(text[after : units[0].end])
            pieces += [unit.said.rjust(unit.end - unit.start, FILLER) for unit in units[1:-1]]
            at, after = units[-1].end, units[-1].start
            self._units += units
        self.readable = "".join([*pieces, text[after:]])

    def written(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """Turn edits of the readable text into edits of the text."""
        for start, end, text in edits:
            before, after = self._at(start), self._at(end)
            if before is None or after is None:
                yield Edit(start, end, text)
                continue
            closed = "" if before.quote == after.quote else _CLOSES[before.quote] + after.quote
            yield Edit(before.start, after.start, _quoted(text, before.quote) + closed)

    def _at(self, at: int) -> _Unit | None:
        """The stretch that a place is in; None outside of such words."""
        number = bisect_right(self._units, at, key=lambda unit: unit.start) - 1
        return self._units[number] if number >= 0 and at < self._units[number].end else None


def _in_json(text: str, at: int) -> bool:
    """Whether a quote opens a text of JSON: no word of a command begins behind these signs."""
    while at and text[at - 1].isspace():
        at -= 1
    return at > 0 and text[at - 1] in ":,[{"


def _word(text: str, start: int) -> list[_Unit]:
    """The stretches of a word that begins with a quote; none where a quote is not closed."""
    units: list[_Unit] = []
    at, quote = start, ""
    while at < len(text) and (quote or text[at] not in _ENDS):
        end, said, then = _next(text, at, quote)
        units.append(_Unit(at, end, said, quote))
        at, quote = end, then
    return [] if quote else units


def _next(text: str, at: int, quote: str) -> tuple[int, str, str]:
    """Where the next stretch of a word ends, what the program gets of it, and the quotes that it leaves open."""
    first, both = text[at], text[at : at + 2]
    opens = "" if quote else "$'" if both == "$'" else first if first in "'\"" else ""
    variable = _VARIABLE.match(text, at) if quote in {"", '"'} else None
    if opens or (quote and first == _CLOSES[quote]):
        return at + max(len(opens), 1), "", opens
    if both in _MEANT[quote] or (not quote and first == "\\" and both[1:]):
        return at + 2, _MEANT[quote].get(both, both[1:]), quote
    return (variable.end(), UNKNOWN, quote) if variable else (at + 1, first, quote)


def _quoted(text: str, quote: str) -> str:
    """A text as it stands in quotes of this kind."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == "$'":
        return re.sub(r"([\\'])", r"\\\1", text)
    return re.sub(r'([\\"$`])', r"\\\1", text) if quote else shlex.quote(text)
