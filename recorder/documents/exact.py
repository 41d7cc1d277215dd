"""Holds a pinned block against its one frame: every value that is written is that frame's.

Rule: what is left out matches what begins so, as everywhere in documents; but values count, and lists have an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recorder.difference import Path, apart, shortened
from recorder.documents.matching import PARAMS, Finding, says_nothing
from recorder.documents.recordings import LIST, OBJECT, kind_of_value
from recorder.documents.written import Node, begins_so

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
    for name, value in recorded.items():
        if name not in written and not node.elided:
            what = f"is missing ({shortened(value)} is recorded)"
            yield Finding("missing", (*path, name), node.start, what)
    for name, member in written.items():
        if name in recorded:
            yield from exact(member.node, recorded[name], (*path, name))
        else:
            yield Finding("extra", (*path, name), member.start, "is not in that frame")


def _list(node: Node, recorded: list[Any], path: Path) -> Iterator[Finding]:
    if node.elided:  # where the left out items stand is not known
        at = 0
        for number, item in enumerate(node.items):
            fits = (place for place in range(at, len(recorded)) if not any(exact(item, recorded[place])))
            if (place := next(fits, None)) is None:
                yield Finding("extra", (*path, number), item.start, "is not in that frame")
            else:
                at = place + 1
        return
    for number, item in enumerate(node.items[: len(recorded)]):
        yield from exact(item, recorded[number], (*path, number))
    for number in range(len(recorded), len(node.items)):
        yield Finding("extra", (*path, number), node.items[number].start, "is not in that frame")
    for number in range(len(node.items), len(recorded)):
        what = f"is missing ({shortened(recorded[number])} is recorded)"
        yield Finding("missing", (*path, number), node.start, what)
