"""Holds a pinned block against its one frame: every value that is written is that frame's.

Rule: what is left out matches what begins so, as everywhere in documents; but values count, and lists have an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from recorder.difference import Path, apart, path_text, short_json
from recorder.documents.masks import stands_for
from recorder.documents.matching import BUILT, PARAMS, Finding, Pair, renamed, says_nothing
from recorder.documents.recordings import kind_of_value
from recorder.documents.written import Node, begins_so

MOST = 6
"""Most members that a pin names because the block has `...` for them."""


class Exact(NamedTuple):
    """A written value beside the recorded one.

    Args:
        findings: where they differ, as in `matching`.
        pairs: the written values that have a recorded one beside them.
    """

    findings: list[Finding]
    pairs: list[Pair]

    @property
    def others(self) -> list[Pair]:
        """The pairs whose values differ."""
        differ = {one.path for one in self.findings if one.kind == "value"}
        return [pair for pair in self.pairs if pair.path in differ]


def exact(node: Node, recorded: Any) -> Exact:
    """Hold a written value against the recorded one."""
    found = Exact([], [])
    _value(node, recorded, (), found)
    return found


def _value(node: Node, recorded: Any, path: Path, found: Exact) -> None:
    found.pairs.append(Pair(path, node, recorded))
    if node.kind == "any":
        return
    if node.kind == "object" and isinstance(recorded, dict):
        _object(node, recorded, path, found)
    elif node.kind == "list" and isinstance(recorded, list):
        _list(node, recorded, path, found)
    elif node.kind in BUILT or isinstance(recorded, dict | list) or not _same(node, recorded):
        written, said = apart(node.value, recorded)
        written = BUILT.get(node.kind) or written
        said = kind_of_value(recorded) if isinstance(recorded, dict | list) else said
        found.findings.append(Finding("value", path, node.start, f"is {written}; {said} is recorded"))


def _same(node: Node, recorded: Any) -> bool:
    if stands_for(recorded, node):
        return True
    if node.kind == "text":
        return isinstance(recorded, str) and (
            begins_so(node.pieces, recorded) if node.elided else node.value == recorded
        )
    return kind_of_value(node.value) == kind_of_value(recorded) and (node.elided or bool(node.value == recorded))


def _object(node: Node, recorded: dict[str, Any], path: Path, found: Exact) -> None:
    written = {member.name: member for member in node.members}
    if not path and says_nothing(written.get(PARAMS)) and not recorded.get(PARAMS):
        written.pop(PARAMS, None)
        recorded = {name: value for name, value in recorded.items() if name != PARAMS}
    missing = [name for name in recorded if name not in written]
    extra = [name for name in written if name not in recorded]
    for name, was in renamed(missing, extra, written, recorded):
        missing.remove(was)
        extra.remove(name)
        what = f"is called {was!r} in that frame"
        found.findings.append(Finding("renamed", (*path, name), written[name].start, what, was))
    if not node.elided:
        found.findings.extend(_missing(node, (*path, name), recorded[name]) for name in missing)
    for name, member in written.items():
        if name in recorded:
            _value(member.node, recorded[name], (*path, name), found)
        elif name in extra:
            found.findings.append(_extra(member.start, (*path, name)))


def _list(node: Node, recorded: list[Any], path: Path, found: Exact) -> None:
    for number, (item, place) in enumerate(zip(node.items, _places(node, recorded), strict=True)):
        if place is None:
            found.findings.append(_extra(item.start, (*path, number)))
        else:
            _value(item, recorded[place], (*path, number), found)
    if not node.elided:
        further = range(len(node.items), len(recorded))
        found.findings.extend(_missing(node, (*path, number), recorded[number]) for number in further)


def _missing(node: Node, path: Path, recorded: Any) -> Finding:
    return Finding("missing", path, node.start, f"is missing ({short_json(recorded)} is recorded)")


def _extra(start: int, path: Path) -> Finding:
    return Finding("extra", path, start, "is not in that frame")


def _places(node: Node, recorded: list[Any]) -> Iterator[int | None]:
    """Where in a recorded list each item stands: in its place, or, where items are left out, where it fits best."""
    at = 0
    for item in node.items:
        best, least = at, -1
        for place in range(at, len(recorded) if node.elided else 0):
            differences = len(exact(item, recorded[place]).findings)
            if least < 0 or differences < least:
                best, least = place, differences
            if not differences:
                break
        yield best if best < len(recorded) else None
        at = best + 1


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


def unwritten(node: Node, recorded: Any, *, elided: bool) -> tuple[str, ...]:
    """The paths of members that the block does not have: all without an elision, or behind one, if they are few."""
    found = [path for path, behind in _absent(node, recorded, ()) if behind is elided]
    return () if elided and len(found) > MOST else tuple(f"$.{path_text(path)}" for path in found)
