"""Where in a written object or list a member or an item goes, and what goes with it: its comma, and what is said of it.

Rule: pure; edits of a text, of which every value has its place. A comment at the end of a line is about the value before
it, and lines of comments are about the value below them: no edit gives a value the comment of another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recorder.documents.written import FILLER, Edit, Node, indent_of, leaves_out

_BLANK = " \t\r\n" + FILLER
_COMMENT = r"//[^\n]*|/\*(?:(?!\*/)[\s\S])*\*/"
_IN_LINE = r"(?P<said>//[^\n]*|/\*(?:(?!\*/)[^\n])*\*/)"
_COMMA = re.compile(rf"(?:[\s\0]|{_COMMENT})*,")
_SIGNS = re.compile(rf"{_COMMENT}|,")
_REST = re.compile(rf"[ \t]*{_IN_LINE}?[ \t]*(?=\n|\Z)")
_SAID = re.compile(rf"[ \t]*{_IN_LINE}[ \t]*")
_SPACE = re.compile(r"[ \t\0]*")


def _has_lines(text: str, node: Node) -> bool:
    """Whether an object or a list has its members or items in lines of their own."""
    return "\n" in text[node.start : node.spans[0][0] if node.spans else node.end]


def dropped(text: str, node: Node, start: int, end: int) -> Iterator[Edit]:
    """Edits that take a member or an item out of an object or a list: with one comma, and with its own comments.

    Args:
        text: that it stands in.
        node: the object or the list.
        start: where the member or the item begins.
        end: where its value ends.
    """
    comma = _COMMA.match(text, end)
    stop = comma.end() if comma else end
    rest = _rest(text, stop)
    line = text.rfind("\n", 0, start)
    first, last = start, stop if rest is None else rest
    if rest is not None and line > node.start and not text[line:start].strip():
        first = _above(text, line)
    elif rest is not None:
        first = len(text[:start].rstrip(" \t"))
    elif comma and (space := _SPACE.match(text, stop)):
        last = space.end()
    before = -1 if comma else _comma_before(text, node, start)
    if before >= 0 and not text[before + 1 : first].strip(_BLANK):
        yield Edit(before, last, "")
        return
    if before >= 0:
        yield Edit(before, before + 1, "")
    yield Edit(first, last, "")


def added(text: str, node: Node, behind: int, value: str, comma: str) -> Iterator[Edit]:
    """Edits that put a member or an item into an object or a list that has others.

    Args:
        text: that it stands in.
        node: the object or the list.
        behind: where the value ends that it is put behind; the beginning of the object for the first place.
        value: what is put there.
        comma: what stands between two of them in a line.
    """
    first = node.spans[0][0]
    lines, indent = _has_lines(text, node), indent_of(text, first)
    if behind == node.start:
        rest = _rest(text, node.start + 1) if lines else None
        if rest is not None:
            yield Edit(rest, rest, f"\n{indent}{value},")
        else:
            yield Edit(first, first, f"{value},\n{indent}" if lines else f"{value}{comma}")
        return
    own = _COMMA.match(text, behind)
    rest = _rest(text, own.end() if own else behind) if lines else None
    if rest is None:
        yield Edit(behind, behind, f",\n{indent}{value}" if lines else f"{comma}{value}")
    elif own:
        yield Edit(rest, rest, f"\n{indent}{value},")
    else:
        yield Edit(behind, behind, ",")
        yield Edit(rest, rest, f"\n{indent}{value}")


def _rest(text: str, at: int) -> int | None:
    """Where a line ends, without what it says of the value before; None where more than that stands in it."""
    found = _REST.match(text, at)
    if found is None:
        return None
    return found.end("said") if found["said"] and not leaves_out(found["said"]) else found.start()


def _above(text: str, line: int) -> int:
    """Where the lines of comments begin that stand right above a line; each place is that of the line break before."""
    while (before := text.rfind("\n", 0, line)) >= 0:
        found = _SAID.fullmatch(text, before + 1, line)
        if found is None or leaves_out(found["said"]):
            break
        line = before
    return line


def _comma_before(text: str, node: Node, start: int) -> int:
    """Where the comma before a value stands; -1 where it has none."""
    after = max((end for _start, end in node.spans if end <= start), default=node.start + 1)
    return max((found.start() for found in _SIGNS.finditer(text, after, start) if found[0] == ","), default=-1)
