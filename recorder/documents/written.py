"""Values as documents write them, with their places, and what is no JSON about them.

Rule: plain data, made by `reading` and never changed. A place is a number of characters from the beginning of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Kind = Literal["object", "list", "text", "number", "word", "any"]

FILLER = "\0"
"""What stands in a text that is read in place of what is no part of it: Markdown has no such character."""

ELISION = re.compile(r"\.{3,}|…")
"""What stands for what is left out."""

_IN_TEXT = re.compile(
    r"<[A-Za-z][^<>\s]{0,40}(?: [^<>]{1,40})?>|\{\{\s*[\w.-]{1,40}\s*\}\}|\$\{\w{1,40}\}|\$[A-Z_][A-Z0-9_]{0,40}\b"
    r"|(?<!«)«[^«»\s]{1,60}»|\A(?:YOUR|your)[_-][\w-]{1,40}\Z"
)
"""Placeholders: `<name>`, `{{name}}`, `$NAME`, `${NAME}` and the aliases of transcripts, `«name»`, anywhere in a text;
`YOUR_NAME` as a whole one."""


_MARKS = re.compile(r"\.\.\.|[…<$«]|\{\{|\A(?:YOUR|your)[_-]")
"""What stands in each text that has one of them: a quick look, for most texts have none."""


class Edit(NamedTuple):
    """A stretch of a text, and what is to stand there."""

    start: int
    end: int
    text: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits, in whatever order; of two that are about one stretch, with the first alone."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda one: one.start):
        if edit.start >= at:
            pieces += [text[at : edit.start], edit.text]
            at = edit.end
    return "".join([*pieces, text[at:]])


class Problem(NamedTuple):
    """What is no JSON.

    Args:
        offset: where in the text.
        what: what is wrong there.
        meant: what is likely meant; empty where that is not known.
        edits: what makes it what was meant; none where people must decide.
    """

    offset: int
    what: str
    meant: str = ""
    edits: tuple[Edit, ...] = ()

    def __str__(self) -> str:
        return f"{self.what}; {self.meant}" if self.meant else self.what


def mended(problems: Sequence[Problem]) -> list[Edit]:
    """The edits that make of all these what was meant; none where people must decide about one."""
    whole = all(problem.edits for problem in problems)
    return [edit for problem in problems for edit in problem.edits] if whole else []


@dataclass(slots=True)
class Node:
    """A value as it is written.

    Args:
        kind: what it is; `any` is a placeholder, which may be any value.
        start: its first character in the text.
        end: the character behind it.
        value: of a text, a number or a word, what it says.
        members: of an object, in their order.
        items: of a list.
        elided: whether a part of it is left out: members, items, or the rest of a text.
        pieces: of a text that is left out in part, what is written of it, in its order; the first begins it, the last
            ends it, either may be empty.
    """

    kind: Kind
    start: int
    end: int
    value: Any = None
    members: list[Member] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    elided: bool = False
    pieces: tuple[str, ...] = ()

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where each of its members or items begins, and where the value of that ends."""
        return [(one.start, one.node.end) for one in self.members] or [(one.start, one.end) for one in self.items]

    def get(self, name: str) -> Node | None:
        """The value of a member, the last of this name; None where there is none."""
        return next((member.node for member in reversed(self.members) if member.name == name), None)

    def text(self, name: str) -> str:
        """The text that a member holds whole; empty where it holds none."""
        node = self.get(name)
        return node.value if node is not None and node.kind == "text" and not node.elided else ""

    def walk(self) -> Iterator[Node]:
        """It, and every value in it."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += node.items
            pending += [member.node for member in node.members]


class Member(NamedTuple):
    """A member of an object: its name, the place of the name, its value."""

    name: str
    start: int
    end: int
    node: Node


def leaves_out(comment: str) -> bool:
    """Whether a comment stands for what is left out."""
    return ELISION.match(comment.strip("/* \t\r")) is not None


def indent_of(text: str, at: int) -> str:
    """The spaces that the line of a place begins with."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def pieces_of(value: str) -> tuple[str, ...]:
    """The pieces that stand around what is left out of a text; none if nothing is."""
    if not _MARKS.search(value):
        return ()
    pieces: list[str] = []
    at = 0
    for found in sorted((*ELISION.finditer(value), *_IN_TEXT.finditer(value)), key=lambda one: one.start()):
        if found.start() < at:
            continue
        pieces.append(value[at : found.start()])
        at = found.end()
    return (*pieces, value[at:]) if pieces else ()


def begins_so(pieces: tuple[str, ...], whole: str) -> bool:
    """Whether a whole text begins with the first of these pieces, ends with the last, and has the others between, in order."""
    first, *middle, last = pieces
    if len(whole) < len(first) + len(last) or not whole.startswith(first) or not whole.endswith(last):
        return False
    at, until = len(first), len(whole) - len(last)
    for piece in middle:
        found = whole.find(piece, at, until)
        if found < 0:
            return False
        at = found + len(piece)
    return True
