"""Writes what was recorded into a message of a document, as little as makes it true.

Rule: pure. What is added is in the block's own style: its indentation, its order, its quotes, its elisions at their
lengths, the document's ids where it has them. An example that is pinned is written as any other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from recorder.difference import Path
from recorder.documents.blocks import Block
from recorder.documents.examples import quoting
from recorder.documents.layout import added, dropped
from recorder.documents.masks import placeholders
from recorder.documents.matching import Finding, Pair
from recorder.documents.verdicts import Judged
from recorder.documents.written import ELISION, FILLER, Edit, Node, indent_of
from recorder.jsonrpc import json_text
from recorder.model import MARK

LONG = 40
"""Characters of an encoded text that is left out in part where the document leaves out such texts."""

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
"""A name that stands without quotes, where others do."""


class Writer:
    """Writes what was recorded into a message, in its own style.

    Args:
        block: that the message stands in.
        judged: the message, with its match.
        elided: how the document leaves out encoded texts, by their kind.
    """

    def __init__(self, block: Block, judged: Judged, elided: Mapping[str, str]) -> None:
        assert judged.match is not None
        self._text, self._judged, self._match, self._elided = quoting(block).readable, judged, judged.match, elided
        self._node = judged.match.node
        self._pairs: dict[Path, Pair] = {(): Pair((), self._node, judged.match.group.value)}
        self._pairs |= {pair.path: pair for pair in judged.match.pairs}
        if (identity := self._node.get("id")) is not None:
            self._pairs.setdefault(("id",), Pair(("id",), identity, None))
        self._colon, self._comma = self._signs(self._node, ": ", ", ")

    def edits(self) -> Iterator[Edit]:
        """The edits that make the message true, as far as they can be found."""
        for reason in self._judged.reasons:
            pair = self._pairs.get(reason.path) if reason.path is not None else None
            if pair is not None and reason.meant != "":
                yield Edit(pair.node.start, pair.node.end, json_text(reason.meant))
            elif pair is not None and reason.verdict == "broken":
                yield self._replaced(pair.node, pair.recorded)
        missing: dict[Path, list[str | int]] = defaultdict(list)
        for finding in self._match.findings:
            if finding.kind == "missing":
                missing[finding.path[:-1]].append(finding.path[-1])
            else:
                yield from self._fixed(finding)
        for path, names in missing.items():
            if path in self._pairs:
                yield from self._added(self._pairs[path], names)

    def _fixed(self, finding: Finding) -> Iterator[Edit]:
        parent, pair = self._pairs.get(finding.path[:-1]), self._pairs.get(finding.path)
        name = finding.path[-1] if finding.path else ""
        if finding.kind in {"type", "value"} and pair is not None:
            own = self._own(pair) if finding.kind == "type" else ""
            yield Edit(pair.node.start, pair.node.end, own) if own else self._replaced(pair.node, pair.recorded)
        elif parent is not None and finding.kind == "extra" and isinstance(name, int):
            yield from dropped(self._text, parent.node, parent.node.items[name].start, parent.node.items[name].end)
        elif parent is not None and finding.kind in {"extra", "renamed"}:
            member = next(one for one in reversed(parent.node.members) if one.name == name)
            if finding.kind == "renamed":
                yield Edit(member.start, member.end, self._name(finding.said))
            else:
                yield from dropped(self._text, parent.node, member.start, member.node.end)

    def _own(self, pair: Pair) -> str:
        """The written value with the recorded type, where it is only written as another; empty where it is not."""
        node, recorded, own = pair.node, pair.recorded, str(pair.node.value)
        if isinstance(recorded, int) and not isinstance(recorded, bool) and node.kind == "text" and own.isdigit():
            return own
        return f'"{own}"' if isinstance(recorded, str) and node.kind == "number" and recorded.isdigit() else ""

    def _replaced(self, node: Node, recorded: Any) -> Edit:
        return Edit(node.start, node.end, self._written(cut(node, recorded), indent_of(self._text, node.start)))

    def _added(self, pair: Pair, names: list[str | int]) -> Iterator[Edit]:
        """The edits that add members or items that were recorded."""
        node, recorded = pair.node, pair.recorded
        if not node.spans:
            value = recorded if node.kind == "list" else {name: recorded[name] for name in names}
            yield self._replaced(node, value)
            return
        colon, comma = self._signs(node, self._colon, self._comma)
        indent = indent_of(self._text, node.spans[0][0])
        for name in names:
            value = self._written(recorded[name], indent)
            if isinstance(name, int):
                yield from added(self._text, node, node.items[-1].end, value, comma)
            else:
                text = f"{self._name(name)}{colon}{value}"
                yield from added(self._text, node, _behind(node, name, recorded), text, comma)

    def _signs(self, node: Node, colon: str, comma: str) -> tuple[str, str]:
        """The signs behind a name and between two members or items of a line, with their spaces, as an object has them."""
        colons = [self._text[one.end : one.node.start].replace(FILLER, "") for one in node.members]
        between = ((end, start) for (_start, end), (start, _end) in pairwise(node.spans))
        commas = [self._text[end:start].replace(FILLER, "") for end, start in between]
        colon = next((one for one in colons if one.strip() == ":" and "\n" not in one), colon)
        return colon, next((one for one in commas if one.strip() == "," and "\n" not in one), comma)

    def _unit(self) -> str:
        """By how much the block indents."""
        outer, inner = (indent_of(self._text, one) for one in (self._node.start, self._node.members[0].start))
        return inner[len(outer) :] if inner.startswith(outer) and len(inner) > len(outer) else "  "

    def _written(self, value: Any, indent: str) -> str:
        """A recorded value as the block would write it."""
        if isinstance(value, str):
            return self._quoted(self._shown(value))
        if not isinstance(value, dict | list) or not value:
            return json_text(value)
        several = "\n" in self._text[self._node.start : self._node.end]
        inner = indent + self._unit() if several else ""
        opening, closing = (f"\n{inner}", f"\n{indent}") if several else ("", "")
        items = (
            [f"{self._name(name)}{self._colon}{self._written(item, inner)}" for name, item in value.items()]
            if isinstance(value, dict)
            else [self._written(item, inner) for item in value]
        )
        joined = (f",\n{inner}" if several else self._comma).join(items)
        return f"{{{opening}{joined}{closing}}}" if isinstance(value, dict) else f"[{opening}{joined}{closing}]"

    def _name(self, name: str) -> str:
        """A name as the message has those of its members."""
        first = self._text[self._node.members[0].start]
        return name if first not in "\"'" and _NAME.fullmatch(name) else self._quoted(name)

    def _quoted(self, text: str) -> str:
        written = json_text(text)
        other = any(one.kind == "text" and self._text[one.start] == "'" for one in self._node.walk())
        return f"'{text}'" if other and written == f'"{text}"' and "'" not in text else written

    def _shown(self, text: str) -> str:
        """A text with the document's ids, left out in part as the document leaves out such texts."""
        if (known := self._judged.known.get(text)) is not None:
            return known
        form = self._elided.get(self._match.group.profile.kind_of_text(text), "")
        found = ELISION.search(form)
        if found is None or len(text) <= max(LONG, len(form)):
            return placeholders(text)
        rest = form[found.end() :]
        return text[: found.start()] + found[0] + (text[-len(rest) :] if rest else "")


def _behind(node: Node, name: str, recorded: Any) -> int:
    """Where the value ends that a new member stands behind, as it was recorded; the beginning of the object for none."""
    names = [*recorded] if isinstance(recorded, dict) else []
    earlier = {*names[: names.index(name)]} if name in names else {*names}
    return max((member.node.end for member in node.members if member.name in earlier), default=node.start)


def cut(node: Node, recorded: Any) -> Any:
    """A recorded text, left out in part where the written one is, at the same lengths."""
    mark = ELISION.search(str(node.value)) if node.elided and node.kind == "text" else None
    if mark is None or not isinstance(recorded, str) or MARK.search(recorded):
        return recorded
    first, last = len(node.pieces[0]), len(node.pieces[-1])
    if len(recorded) <= first + last:
        return recorded
    return f"{recorded[:first]}{mark[0]}{recorded[len(recorded) - last :]}"
