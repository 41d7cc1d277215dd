"""Holds a pinned block against its one frame: every value that is written is that frame's.

Rule: what is left out matches what begins so, as everywhere in documents; but values count, and lists have an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recorder.difference import Path, apart, shortened, text_of
from recorder.documents.matching import PARAMS, Finding, Pair, renamed, says_nothing
from recorder.documents.recordings import LIST, OBJECT, kind_of_value
from recorder.documents.written import Node, begins_so

MOST = 6
"""So many members at most are named in a pin because the block has `...` for them."""

BUILT = {"object": OBJECT, "list": LIST}


def exact(node: Node, recorded: Any, path: Path = ()) -> Iterator[Finding]:
    """The differences between a written value and the recorded one; findings as in `matching`."""
    if node.kind == "any":
        return
    if node.kind == "object" and isinstance(recorded, dict):
        yield from _object(node, recorded, path)
    elif node.kind == "list" and isinstance(recorded, list):
        yield from _list(node, recorded, path)
    elif node.kind in BUILT or isinstance(recorded, dict | list) or not _same(node, recorded):
        written, said = apart(node.value, recorded)
        written = BUILT.get(node.kind) or written
        said = kind_of_value(recorded) if isinstance(recorded, dict | list) else said
        yield Finding("value", path, node.start, f"is {written}; {said} is recorded")


def _same(node: Node, recorded: Any) -> bool:
    if node.kind == "text":
        return isinstance(recorded, str) and (
            begins_so(node.pieces, recorded) if node.elided else node.value == recorded
        )
    return kind_of_value(node.value) == kind_of_value(recorded) and (node.elided or bool(node.value == recorded))


def _object(node: Node, recorded: dict[str, Any], path: Path) -> Iterator[Finding]:
    written = {member.name: member for member in node.members}
    if not path and says_nothing(written.get(PARAMS)) and not recorded.get(PARAMS):
        written.pop(PARAMS, None)
        recorded = {name: value for name, value in recorded.items() if name != PARAMS}
    missing, extra = (
        [name for name in recorded if name not in written],
        [name for name in written if name not in recorded],
    )
    for name, was in renamed(missing, extra, written, recorded):
        missing.remove(was)
        extra.remove(name)
        yield Finding("renamed", (*path, name), written[name].start, f"is called {was!r} in that frame", was)
    for name in () if node.elided else missing:
        what = f"is missing ({shortened(recorded[name])} is recorded)"
        yield Finding("missing", (*path, name), node.start, what)
    for name, member in written.items():
        if name in recorded:
            yield from exact(member.node, recorded[name], (*path, name))
        elif name in extra:
            yield Finding("extra", (*path, name), member.start, "is not in that frame")


def _list(node: Node, recorded: list[Any], path: Path) -> Iterator[Finding]:
    for number, (item, place) in enumerate(zip(node.items, _places(node, recorded), strict=True)):
        if place is None:
            yield Finding("extra", (*path, number), item.start, "is not in that frame")
        else:
            yield from exact(item, recorded[place], (*path, number))
    for number in () if node.elided else range(len(node.items), len(recorded)):
        what = f"is missing ({shortened(recorded[number])} is recorded)"
        yield Finding("missing", (*path, number), node.start, what)


def _places(node: Node, recorded: list[Any]) -> Iterator[int | None]:
    """Where in a recorded list each item stands: in its place, or, where items are left out, where it fits best."""
    at = 0
    for item in node.items:
        best, least = at, -1
        for place in range(at, len(recorded) if node.elided else 0):
            apart = sum(1 for _ in exact(item, recorded[place]))
            if least < 0 or apart < least:
                best, least = place, apart
            if not apart:
                break
        yield best if best < len(recorded) else None
        at = best + 1


def paired(node: Node, recorded: Any, path: Path = ()) -> Iterator[Pair]:
    """The written values, each with the recorded one that it is held against."""
    yield Pair(path, node, recorded)
    if node.kind == "object" and isinstance(recorded, dict):
        for member in node.members:
            if member.name in recorded:
                yield from paired(member.node, recorded[member.name], (*path, member.name))
    elif node.kind == "list" and isinstance(recorded, list):
        for number, place in enumerate(_places(node, recorded)):
            if place is not None:
                yield from paired(node.items[number], recorded[place], (*path, number))


def _absent(node: Node, recorded: Any, path: Path) -> Iterator[tuple[Path, bool]]:
    """The paths of recorded members and items that are not written, each with whether the written value leaves some out."""
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


def cut_at(node: Node) -> int:
    """At how many characters the block's texts are cut; 0 where none is."""
    return max((len(one.pieces[0]) for one in node.walk() if one.kind == "text" and one.elided), default=0)


def unwritten(node: Node, recorded: Any) -> tuple[str, ...]:
    """The paths of members that the block does not have: all without an elision, and a few behind one."""
    lacks = [path for path, elided in _absent(node, recorded, ()) if not elided]
    leaves = [path for path, elided in _absent(node, recorded, ()) if elided]
    return tuple(f"$.{text_of(path)}" for path in (*lacks, *(leaves if len(leaves) <= MOST else ())))
