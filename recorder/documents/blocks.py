"""The fences of a document: what stands in each, where, under which heading, behind which words.

Rule: the only door to the Markdown parser. Every character of a block knows its place in the document's own text, whatever
contains the fence (lists, quotes) and however its lines end; nothing here knows what an example is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from recorder.documents.written import Edit

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_COMMENT = re.compile(r"(?:<!--|\{/\*)\s*recorder:\s*(?P<said>(?:(?!<!--|\{/\*).)*?)\s*(?:-->|\*/\})", re.DOTALL)
_END = re.compile(r"\s*(?:<!--|\{/\*)\s*/recorder\s*(?:-->|\*/\})\s*")
_SEVERAL = re.compile(r"\sas=")
_IGNORE = re.compile(r"ignore\b:?\s*(?P<why>.*)", re.DOTALL)
_ATX = re.compile(r"#{1,6}\s+(?P<text>.*?)\s*#*\s*\Z")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_LANGUAGE = re.compile(r"\s*(?:\{(?:code|code-block|sourcecode)\}\s*)?\{?\.?([\w+#-]*)")
_OPENED = re.compile(r"\{/\*(?!\s*recorder:)(?!.*\*/\})")
"""A comment of MDX that goes on; our own are read."""

_TABS = re.compile(r"^[ \t]*(?:===[!+]?|!!!|\?\?\?\+?)[ \t]+\S", re.MULTILINE)
"""Tabs and admonitions of Python-Markdown's extensions: what is indented under them is Markdown, fences too."""

MARK = "\ufeff"
"""The byte order mark that some editors put before the first line."""

_SENTENCES = 400
"""How many characters of the text before a block are kept."""


class Place(NamedTuple):
    """Line and column in a document, both from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Block:
    """A fenced block; or what stands between a comment that asks for a rendering and the one that ends it.

    Args:
        start: its first character in the document: that of its fence.
        end: the character behind it.
        line: of its fence, from 1.
        language: the first word behind its fence, in small letters; empty where there is none.
        fence: what opens it; empty of what stands between comments.
        text: what stands in it, without what contains the fence.
        closed: whether its fence ends, or a comment ends it.
        heading: the text of the heading that it is the first block under; empty where there is none.
        words: the last words before it, of the same section and behind any other block.
        comment: the text of a comment for the recorder before it, without `recorder:`; None where there is none.
    """

    start: int
    end: int
    line: int
    language: str
    fence: str
    text: str
    closed: bool
    heading: str
    words: str
    comment: str | None
    _starts: tuple[int, ...]  # where each line of the text begins in the document
    _lines: tuple[int, ...]  # where each begins in the text
    _document: tuple[int, ...]  # where each line of the document begins

    @property
    def ignored(self) -> str | None:
        """Why it is left alone: the reason in an `ignore` comment, which may be empty; None where there is no such comment."""
        found = _IGNORE.fullmatch(self.comment or "")
        return found["why"] if found else None

    @property
    def pin(self) -> str | None:
        """The pin in the comment before it; None where there is none."""
        return self.comment if self.ignored is None else None

    @property
    def inside(self) -> tuple[int, int]:
        """The lines between its fences or comments, as a stretch of the document; only of a block that is closed."""
        if not self.fence:
            return self.start, self.end
        return self._document[self.line], self._document[bisect_right(self._document, self.end - 1) - 1]

    def offset(self, at: int) -> int:
        """Where a character of the text stands in the document."""
        line = max(bisect_right(self._lines, at) - 1, 0)
        if not self._starts:
            return self.start
        return min(max(self._starts[line] + at - self._lines[line], self.start), self.end)

    def place(self, at: int) -> Place:
        """Line and column of a character of the text."""
        offset = self.offset(at)
        line = max(bisect_right(self._document, offset) - 1, 0)
        return Place(line + 1, offset - self._document[line] + 1)

    def edits(self, edits: Iterable[Edit], document: str) -> Iterator[Edit]:
        """Edits of the text as such of the document: new lines begin as the block's own do."""
        newline = self.newline(document)
        for edit in edits:
            start = self.offset(edit.start)
            line = self.text.rfind("\n", 0, edit.start) + 1
            outside = document[document.rfind("\n", 0, start) + 1 : self.offset(line)]
            yield Edit(start, self.offset(edit.end), edit.text.replace("\n", newline + outside))

    def newline(self, document: str) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in document[self.start : self.end] else "\n"

    @property
    def column(self) -> int:
        """Of its fence, from 1."""
        return self.start - self._document[self.line - 1] + 1


def is_mdx(file: str) -> bool:
    """Whether a document of this name is MDX."""
    return file.lower().endswith(".mdx")


def blocks(document: str, *, mdx: bool = False) -> Iterator[Block]:
    """The fenced blocks of a document, in their order.

    Args:
        document: its text, with whatever line ends it has.
        mdx: whether it is MDX, where tags do not hide the Markdown in them, and indented code is none.
    """
    if not any(sign in document for sign in ("```", "~~~", "recorder:")):  # megabytes without a fence need no parser
        return
    lines = [found[0] for found in _LINE.finditer(document) if found[0]]
    starts = (0, *accumulate(map(len, lines)))[: max(len(lines), 1)]
    heading = words = before = ""
    comment: str | None = None
    parsed, origin = _apart(lines) if mdx else (document, range(len(lines) + 1))
    tokens = _parser(mdx=mdx, indented=not mdx and _TABS.search(document) is None).parse(parsed.removeprefix(MARK))
    until = 0  # what stands before it is part of a rendering
    for number, token in enumerate(tokens):
        before, kind = token.type, before
        if number < until or token.map is None or (token.type == "inline" and kind == "heading_open"):
            continue
        if token.type == "heading_open":
            heading, words, comment = _heading(lines[origin[token.map[0]]]), "", None
        elif token.type in {"inline", "html_block"}:
            comment = _comment(token.content, comment)
            if token.type == "inline":
                words = f"{words} {token.content[-_SENTENCES:]}"[-_SENTENCES:]
            if comment is not None and _SEVERAL.search(comment) and token.content.strip():
                end = _end(tokens, number) if token.level == (token.type == "inline") else 0
                last = tokens[end].map if end else None
                first = origin[token.map[1] - 1] + 1
                yield _between((first, origin[last[0]] if last else first), comment, lines, starts, closed=end > 0)
                heading, words, comment, until = "", "", None, end + 1
        elif token.type == "fence":
            span = (origin[token.map[0]], min(origin[token.map[1] - 1] + 1, len(lines)))
            yield _block(span, token.markup, token.info, token.content, lines, starts, heading, words, comment)
            heading, words, comment = "", "", None


def _end(tokens: list[Token], opening: int) -> int:
    """The number of the comment that ends a rendering; 0 where another comment of ours comes first, or none."""
    for number, token in enumerate(tokens[opening + 1 :], opening + 1):
        if token.type in {"inline", "html_block"}:
            if _END.fullmatch(token.content):
                return number
            if _COMMENT.search(token.content):
                break
    return 0


def _between(span: tuple[int, int], comment: str, lines: list[str], starts: tuple[int, ...], *, closed: bool) -> Block:
    first, last = span
    inside = [line.rstrip("\r\n") for line in lines[first:last]]
    start = starts[first] if first < len(starts) else sum(map(len, lines))
    return Block(
        start=start,
        end=start + sum(map(len, lines[first:last])),
        line=min(first + 1, len(lines)),
        language="",
        fence="",
        text="".join(f"{line}\n" for line in inside),
        closed=closed,
        heading="",
        words="",
        comment=comment,
        _starts=starts[first:last],
        _lines=tuple(accumulate((len(line) + 1 for line in inside), initial=0))[: len(inside)],
        _document=starts,
    )


def _apart(lines: list[str]) -> tuple[str, list[int]]:
    """MDX for the parser, and the number of each of its lines in the document.

    Comments are left out, and an empty line stands before fences, which would else go on with the tag before them.
    """
    parsed: list[str] = []
    origin: list[int] = []
    opened = ""
    commented = False
    for number, line in enumerate(lines):
        if commented or (not opened and _OPENED.search(line)):
            commented = "*/}" not in line
            parsed.append("\n")
            origin.append(number)
            continue
        fence = _FENCE.match(line)
        if fence and not opened:
            opened = fence[1]
            parsed.append("\n")
            origin.append(number)
        elif fence and fence[1].startswith(opened):
            opened = ""
        parsed.append(line)
        origin.append(number)
    return "".join(parsed), [*origin, len(lines)]


def _parser(*, mdx: bool, indented: bool) -> MarkdownIt:
    """A parser of blocks alone: parsing emphasis and links inside of lines is most of the work, and not needed here.

    Args:
        mdx: whether tags hide nothing.
        indented: whether what is indented is code; under a tab or an admonition it is Markdown.
    """
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.disable("reference")
    parser.block.ruler.before("lheading", "prose", _prose)
    return parser.disable([*(["html_block"] if mdx else []), *([] if indented else ["code"])])


def _prose(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Mark the lines of a paragraph that begin with a letter, so that no rule looks at them again: no block begins so."""
    del end
    line = start + 1
    while not silent and line < state.lineMax and _first(state, line).isalpha():
        state.sCount[line] = -1
        line += 1
    return False


def _first(state: StateBlock, line: int) -> str:
    """The first character of a line; empty where the document ends before it."""
    at = state.bMarks[line] + state.tShift[line]
    return state.src[at : at + 1]


def _heading(line: str) -> str:
    found = _ATX.search(line.rstrip("\r\n"))
    return found["text"] if found else line.strip()


def _comment(text: str, before: str | None) -> str | None:
    """The comment for the next block; other words between a comment and a block end what it is about."""
    found = [*_COMMENT.finditer(text)]
    if found and not text[found[-1].end() :].strip():
        return found[-1]["said"]
    return None if text.strip() else before


def _block(
    span: tuple[int, int],
    fence: str,
    info: str,
    content: str,
    lines: list[str],
    starts: tuple[int, ...],
    heading: str,
    words: str,
    comment: str | None,
) -> Block:
    first, last = span
    inside = content.split("\n")[:-1] if content.endswith("\n") else content.split("\n") if content else []
    begins = []
    for number, text in enumerate(inside, first + 1):
        line = lines[number].rstrip("\r\n") if number < len(lines) else ""
        begins.append(starts[min(number, len(starts) - 1)] + _indent(line, text))
    ends = last - first - 1 > len(inside)  # a line more than what stands in it: the fence that closes it
    opening = lines[first]
    word = _LANGUAGE.match(info)
    return Block(
        start=starts[first] + max(opening.find(fence), 0),
        end=starts[last - 1] + len(lines[last - 1].rstrip("\r\n")),
        line=first + 1,
        language=(word[1] if word else "").lower(),
        fence=fence,
        text=content,
        closed=ends,
        heading=heading,
        words=words.strip(),
        comment=comment,
        _starts=tuple(begins),
        _lines=tuple(accumulate((len(line) + 1 for line in inside), initial=0))[: len(inside)],
        _document=starts,
    )


def _indent(line: str, text: str) -> int:
    """Where in a line of the document begins what is in the block; a tab in it may have become several spaces."""
    return len(line) - len(text) if line.endswith(text.lstrip(" ")) else 0
