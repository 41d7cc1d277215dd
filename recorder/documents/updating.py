"""Rewrites the examples that are stale or broken, each as little as makes it true.

Rule: pure, and nothing else changes, byte for byte. What is added comes from the nearest frame, in the block's own style:
its indentation, its order, its elisions at their lengths, its ids where it has them. What is not true after that is left
as it was: a rewritten example is kept only if a check of the whole document finds it true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from recorder.difference import Path, value_at
from recorder.documents import check
from recorder.documents.blocks import Block
from recorder.documents.matching import Finding
from recorder.documents.pinning import written
from recorder.documents.pins import Source
from recorder.documents.recordings import Recordings
from recorder.documents.verdicts import Judged, Reason, Result
from recorder.documents.written import ELISION, Edit, Member, Node, applied
from recorder.jsonrpc import json_text

PASSES = 6
"""So many times at most a document is rewritten: what is no JSON first, then what differs from the frame."""

LONG = 40
"""Characters of an encoded text that is left out in part where the document leaves out such texts."""


class Updated(NamedTuple):
    """A document with its examples rewritten.

    Args:
        text: the document.
        changed: what the rewritten examples were.
        left: what a check of it still finds.
    """

    text: str
    changed: list[Result]
    left: list[Result]


def update(document: str, file: str, recordings: Recordings, source: Source) -> Updated:
    """Rewrite the stale and broken examples of a document.

    Args:
        document: its text, with whatever line ends it has.
        file: its name; `.mdx` is read as MDX.
        recordings: what was recorded.
        source: where the document's pins lead to.
    """
    before = [*check(document, file, recordings, source)]
    blocked: set[int] = set()
    while True:
        text, after = _rewritten(document, before, lambda text: [*check(text, file, recordings, source)], blocked)
        if len(after) != len(before):  # the document is another one: its blocks cannot be told apart
            return Updated(document, [], _untrue(before))
        changed = {
            number for number, one in enumerate(after) if _source(text, one) != _source(document, before[number])
        }
        failed = {number for number in changed if not after[number].is_example or _can_be_mended(after[number])}
        if not failed:
            return Updated(text, [before[number] for number in sorted(changed)], _untrue(after))
        blocked |= failed


def _rewritten(
    text: str, results: list[Result], checked: Callable[[str], list[Result]], blocked: set[int]
) -> tuple[str, list[Result]]:
    """A document and what its examples are, with all of them rewritten that can be and are not blocked."""
    for _ in range(PASSES):
        elided = _elisions(results)
        edits: list[Edit] = []
        for number, result in enumerate(results):
            if number in blocked or not _can_be_mended(result):
                continue
            if result.block.pin is None:
                edits += result.block.edits(_edits(result, elided), text)
            else:
                edits += written(result, text)
        if not edits:
            break
        text = applied(text, edits)
        results = checked(text)
    return text, results


def _can_be_mended(result: Result) -> bool:
    return result.verdict in {"stale", "broken"}


def _untrue(results: Iterable[Result]) -> list[Result]:
    return [result for result in results if result.verdict != "true"]


def _source(document: str, result: Result) -> str:
    return document[result.block.start : result.block.end]


def _edits(result: Result, elided: Mapping[str, str]) -> Iterator[Edit]:
    """The edits that make an example what was meant, or else what was recorded."""
    if result.verdict == "broken":
        problems = list(result.problems)
        if all(problem.edits for problem in problems):
            for problem in problems:
                yield from problem.edits
        if problems:
            return
    for judged in result.judged:
        if judged.match is not None and judged.verdict == result.verdict:
            yield from _Writer(result.block, judged, elided).edits()


def _elisions(results: list[Result]) -> dict[str, str]:
    """How the document leaves out encoded texts, by their kind: the form of the last one."""
    found = {}
    for result in results:
        for judged in result.judged:
            for pair in judged.match.pairs if judged.match is not None else ():
                node = pair.node
                if node.kind == "text" and node.elided and isinstance(pair.recorded, str):
                    assert judged.match is not None
                    if kind := judged.match.group.profile.kind_of_text(pair.recorded):
                        found[kind] = str(node.value)
    return found


class _Writer:
    """Writes what was recorded into a message, in its own style."""

    def __init__(self, block: Block, judged: Judged, elided: Mapping[str, str]) -> None:
        assert judged.match is not None
        self._text, self._judged, self._match, self._elided = block.text, judged, judged.match, elided
        node = judged.match.node
        self._nodes: dict[Path, Node] = {pair.path: pair.node for pair in judged.match.pairs} | {(): node}
        if (identity := node.get("id")) is not None:
            self._nodes[("id",)] = identity

    def edits(self) -> Iterator[Edit]:
        """The edits that make the message true, as far as they can be found."""
        for reason in self._judged.reasons:
            node = self._nodes.get(reason.path) if reason.path is not None else None
            if node is not None and reason.meant != "":
                yield Edit(node.start, node.end, json_text(reason.meant))
            elif node is not None and reason.verdict == "broken":
                yield self._replaced(node, reason)
        for finding in self._match.findings:
            yield from self._fixed(finding)

    def _replaced(self, node: Node, reason: Reason) -> Edit:
        assert reason.path is not None
        recorded = value_at(self._match.group.value, reason.path)
        return Edit(node.start, node.end, self._written(recorded, self._indent(node.start)))

    def _fixed(self, finding: Finding) -> Iterator[Edit]:
        parent, name = self._nodes.get(finding.path[:-1]), finding.path[-1] if finding.path else ""
        if parent is None:
            return
        recorded = value_at(self._match.group.value, finding.path)
        if finding.kind == "missing":
            yield self._added(parent, name, recorded, finding.path[:-1])
            return
        if finding.kind == "extra" and isinstance(name, str):
            yield self._dropped(parent, name)
            return
        if finding.kind == "renamed":
            member = next(one for one in parent.members if one.name == name)
            yield Edit(member.start, member.end, json_text(finding.said))
            return
        node = self._nodes.get(finding.path)
        if finding.kind in {"type", "value"} and node is not None:
            yield Edit(node.start, node.end, self._typed(node, recorded))

    def _typed(self, node: Node, recorded: Any) -> str:
        """The value with the recorded type: its own where it is only written as another, else the recorded one."""
        own = str(node.value)
        if isinstance(recorded, int) and not isinstance(recorded, bool) and node.kind == "text" and own.isdigit():
            return own
        if isinstance(recorded, str) and node.kind == "number" and recorded.isdigit():
            return f'"{own}"'
        return self._written(recorded, self._indent(node.start))

    def _added(self, parent: Node, name: str | int, recorded: Any, path: Path) -> Edit:
        indent = self._indent(parent.members[0].start if parent.members else parent.start)
        if isinstance(name, int):
            value = self._written(recorded, self._indent(parent.start))
            if parent.items:
                return Edit(parent.items[-1].end, parent.items[-1].end, f", {value}")
            return Edit(parent.start + 1, parent.end - 1, value)
        value = f"{json_text(name)}{self._colon(parent)}{self._written(recorded, indent)}"
        if not parent.members:
            return Edit(parent.start + 1, parent.end - 1, value)
        comma = self._comma(parent, indent)
        before = self._before(parent, name, path)
        if before is None:
            first = parent.members[0]
            return Edit(first.start, first.start, f"{value}{comma}")
        return Edit(before.node.end, before.node.end, f"{comma}{value}")

    def _before(self, parent: Node, name: str, path: Path) -> Member | None:
        """The member that a new one stands behind, as it was recorded; None for none."""
        recorded = value_at(self._match.group.value, path)
        names = [*recorded] if isinstance(recorded, dict) else []
        earlier = set(names[: names.index(name)]) if name in names else set(names)
        last = [member for member in parent.members if member.name in earlier]
        return last[-1] if last else None

    def _dropped(self, parent: Node, name: str) -> Edit:
        at = next(number for number, one in enumerate(parent.members) if one.name == name)
        member = parent.members[at]
        if at:
            return Edit(parent.members[at - 1].node.end, member.node.end, "")
        if len(parent.members) > 1:
            return Edit(member.start, parent.members[1].start, "")
        return Edit(member.start, member.node.end, "")

    def _colon(self, parent: Node) -> str:
        member = parent.members[0] if parent.members else next((one for one in self._match.node.members), None)
        between = self._text[member.end : member.node.start] if member is not None else ": "
        return between if between.strip() == ":" and "\n" not in between else ": "

    def _comma(self, parent: Node, indent: str) -> str:
        if "\n" in self._text[parent.start : parent.members[0].start]:
            return f",\n{indent}"
        if len(parent.members) > 1:
            between = self._text[parent.members[0].node.end : parent.members[1].start]
            return between if between.strip() == "," and "\n" not in between else ", "
        return ", "

    def _indent(self, at: int) -> str:
        line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        return line[: len(line) - len(line.lstrip())]

    def _unit(self) -> str:
        """By how much the block indents."""
        first = self._match.node.members[0]
        outer, inner = self._indent(self._match.node.start), self._indent(first.start)
        return inner[len(outer) :] if inner.startswith(outer) and len(inner) > len(outer) else "  "

    def _written(self, value: Any, indent: str) -> str:
        """A recorded value as the block would write it."""
        if isinstance(value, str):
            return json_text(self._shown(value))
        several = "\n" in self._text[self._match.node.start : self._match.node.end]
        if not isinstance(value, dict | list) or not value:
            return json_text(value)
        inner = indent + self._unit() if several else ""
        opening, closing = (f"\n{inner}", f"\n{indent}") if several else ("", "")
        colon = self._colon(self._match.node)
        items = (
            [f"{json_text(name)}{colon}{self._written(item, inner)}" for name, item in value.items()]
            if isinstance(value, dict)
            else [self._written(item, inner) for item in value]
        )
        joined = (f",\n{inner}" if several else ", ").join(items)
        return f"{{{opening}{joined}{closing}}}" if isinstance(value, dict) else f"[{opening}{joined}{closing}]"

    def _shown(self, text: str) -> str:
        """A text with the document's ids, left out in part as the document leaves out such texts."""
        if (known := self._judged.known.get(text)) is not None:
            return known
        form = self._elided.get(self._match.group.profile.kind_of_text(text), "")
        found = ELISION.search(form)
        if found is None or len(text) <= max(LONG, len(form)):
            return text
        rest = form[found.end() :]
        return text[: found.start()] + found[0] + (text[-len(rest) :] if rest else "")
