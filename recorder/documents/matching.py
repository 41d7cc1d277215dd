"""Compares one message of a document with recorded ones, and finds where they differ.

Rule: what is left out matches whatever begins so; values that differ as they do from run to run are no finding, and what
a message is made of is. A match keeps the recorded message and, path by path, what stands for what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from recorder.difference import Path, path_text, short_json
from recorder.documents.masks import stands_for
from recorder.documents.recordings import LIST, OBJECT, POSITIONS, WORD, Group, Recordings, key_kind, kind_of_value
from recorder.documents.written import Member, Node, begins_so
from recorder.profiles import Profile

COSTS = {"missing": 2, "extra": 2, "renamed": 3, "type": 2, "value": 1, "unknown": 1, "empty": 5}
"""What each kind of finding adds to the distance of a recorded message, for each value that it is about."""

FEW = 8
"""Most members or items that are counted of a value."""

ALIKE = 0.6
"""How alike two names are, at least, if one is likely a misspelling of the other."""

SURE = 0.88
"""The same where there are many names, of which some are alike by chance."""

LONG = 200
"""Most characters of two names that are compared letter by letter."""

BUILT = {"object": OBJECT, "list": LIST}
"""In words, the kinds of written values that are made of others."""

PARAMS = "params"

QUOTED = ("error", "request")
"""Where an error quotes the request that it answers: another message, and not the node's."""

ENVELOPE = frozenset({"jsonrpc", "version"})
"""Members of a message that name the version of a protocol."""

CODES = (["error", "code"], ["error", "data", "code"])
"""What tells errors apart: their own codes, and those of their reasons."""


class Finding(NamedTuple):
    """One item in which an example is not what was recorded.

    Args:
        kind: `missing`, `extra`, `renamed`, `type`, `value`; `unknown` of a word that no recording has; `empty` where only
            empty lists were recorded.
        path: where.
        offset: where in the block's text.
        what: in words, without the path.
        said: what the example has there, empty where it has nothing; of a renamed member, the recorded name.
        size: how many values stand on one side alone.
    """

    kind: str
    path: Path
    offset: int
    what: str
    said: str = ""
    size: int = 1

    def __str__(self) -> str:
        return f"{path_text(self.path) or 'the message'} {self.what}"


class Pair(NamedTuple):
    """A value of an example, and the recorded one that it stands for."""

    path: Path
    node: Node
    recorded: Any


@dataclass
class Match:
    """An example beside a recorded message.

    Args:
        node: the example.
        group: the message, and those that are built as it is.
        findings: in what it differs.
        pairs: what stands for what.
        equal: how many values are the same.
    """

    node: Node
    group: Group
    findings: list[Finding] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    equal: int = 0

    @property
    def distance(self) -> tuple[int, int]:
        """How far away the recorded message is."""
        return sum(COSTS.get(one.kind, 1) * one.size for one in self.findings), -self.equal


def match(node: Node, group: Group, recordings: Recordings) -> Match:
    """An example beside the first message of a group."""
    return _Matching(node, group, recordings).match()


class _Matching:
    def __init__(self, node: Node, group: Group, recordings: Recordings) -> None:
        self._found = Match(node, group)
        self._group, self._recordings = group, recordings
        self._profile: Profile = group.profile
        self._answer = group.key.kind != "call"

    def match(self) -> Match:
        self._object(self._found.node, self._group.value, ())
        return self._found

    def _finding(self, kind: str, path: Path, offset: int, what: str, said: str = "", size: int = 1) -> None:
        self._found.findings.append(Finding(kind, path, offset, what, said, size))

    def _type(self, node: Node, recorded: Any, path: Path, written: str, other: str) -> None:
        size = max(_written_size(node), _size(recorded))
        self._finding("type", path, node.start, f"is {written}; {other} is recorded", _said(node), size)

    def _differs(self, node: Node, recorded: Any, path: Path) -> None:
        self._finding("value", path, node.start, f"is {short_json(node.value)}; {short_json(recorded)} is recorded")

    def _tells(self, path: Path) -> bool:
        """Whether the value there says what a message is: the version of a protocol, the code of an error."""
        if len(path) == 1:
            return path[0] in ENVELOPE
        return self._group.key.kind == "error" and [part for part in path if isinstance(part, str)] in CODES

    def _missing(self, node: Node, recorded: Any, path: Path) -> None:
        what = f"is missing ({short_json(recorded)} is recorded)"
        self._finding("missing", path, node.start, what, size=_size(recorded))

    def _extra(self, node: Node, start: int, path: Path) -> None:
        what = "is in no such recorded message"
        self._finding("extra", path, start, what, _said(node), _written_size(node))

    def _value(self, node: Node, recorded: Any, path: Path) -> None:
        self._found.pairs.append(Pair(path, node, recorded))
        if node.kind == "any" or stands_for(recorded, node):
            return
        if node.kind == "object" and isinstance(recorded, dict):
            if self._profile.free.isdisjoint(path[-1:]) and path != QUOTED:
                self._object(node, recorded, path)
        elif node.kind == "list" and isinstance(recorded, list):
            self._list(node, recorded, path)
        elif node.kind == "text" and isinstance(recorded, str):
            self._text(node, recorded, path)
        elif node.kind in {"number", "word"} and kind_of_value(node.value) == kind_of_value(recorded):
            self._found.equal += node.value == recorded
            if self._tells(path) and node.value != recorded and not node.elided:
                self._differs(node, recorded, path)
        else:
            self._type(node, recorded, path, _said(node), kind_of_value(recorded))

    def _object(self, node: Node, recorded: dict[str, Any], path: Path) -> None:
        written = {member.name: member for member in node.members}
        skipped = {"id"} if not path and not self._answer else set()
        if not path and says_nothing(written.get(PARAMS)) and not recorded.get(PARAMS):
            skipped = skipped | {PARAMS}
        keys = {name: self._key(name, recorded) for name in written if name not in recorded}
        missing = [
            name for name in recorded if not (name in written or name in skipped or key_kind(name, self._profile))
        ]
        extra = [name for name, key in keys.items() if not key and name not in skipped]
        for name, was in renamed(missing, extra, written, recorded):
            missing.remove(was)
            extra.remove(name)
            self._finding("renamed", (*path, name), written[name].start, f"is called {was!r} in what is recorded", was)
        for name in () if node.elided else missing:
            self._missing(node, recorded[name], (*path, name))
        for name in extra:
            self._extra(written[name].node, written[name].start, (*path, name))
        for name, member in written.items():
            if (
                name in recorded
                and name not in skipped
                and not (not path and name == "id" and recorded[name] is not None)
            ):
                self._value(member.node, recorded[name], (*path, name))
            elif key := keys.get(name):
                self._value(member.node, recorded[key], (*path, name))

    def _key(self, name: str, recorded: dict[str, Any]) -> str:
        """The recorded key of a table that another one stands for; empty where there is none of its kind."""
        kind = key_kind(name, self._profile)
        return next((one for one in recorded if key_kind(one, self._profile) == kind), "") if kind else ""

    def _list(self, node: Node, recorded: list[Any], path: Path) -> None:
        if path == POSITIONS:
            self._positions(node, recorded, path)
            return
        if node.items and not recorded:
            self._finding(
                "empty", (*path, 0), node.items[0].start, "is in no such recorded message, whose list is empty"
            )
            return
        for number, item in enumerate(node.items):
            self._value(item, self._nearest(item, recorded, number, path), (*path, number))

    def _nearest(self, item: Node, recorded: list[Any], number: int, path: Path) -> Any:
        """The recorded element that an element is most like: the one in its place, where that is like it."""
        candidates = recorded[number : number + 1] + recorded[: 2 * len(COSTS)]
        if len(candidates) == 1 or item.kind not in {"object", "list"}:
            return candidates[0]
        return min(candidates, key=lambda one: self._apart(item, one, (*path, number)))

    def _apart(self, item: Node, recorded: Any, path: Path) -> tuple[int, int]:
        before, self._found = self._found, Match(item, self._group)
        self._value(item, recorded, path)
        apart, self._found = self._found.distance, before
        return apart

    def _positions(self, node: Node, recorded: list[Any], path: Path) -> None:
        for number, item in enumerate(node.items):
            if number < len(recorded):
                self._value(item, recorded[number], (*path, number))
            else:
                self._extra(item, item.start, (*path, number))
        if not node.elided:
            for number in range(len(node.items), len(recorded)):
                self._missing(node, recorded[number], (*path, number))

    def _text(self, node: Node, recorded: str, path: Path) -> None:
        begins = node.pieces[0] if node.elided else node.value
        kind, other = self._profile.kind_of_text(recorded), self._profile.kind_of_text(begins)
        if kind != other and begins and recorded:
            self._type(node, recorded, path, _kind(other), _kind(kind))
            return
        same = begins_so(node.pieces, recorded) if node.elided else node.value == recorded
        self._found.equal += same
        if same or kind or node.elided or not self._fixed(path):
            return
        if self._tells(path):
            self._differs(node, recorded, path)
        elif isinstance(path[-1], str) and self._group.direction == "from_node" and WORD.fullmatch(node.value):
            self._word(node, path[-1], path)

    def _word(self, node: Node, name: str, path: Path) -> None:
        """Hold a word of a node against those that it is known to say: all of them, or those that are spelt almost so."""
        words = self._recordings.words(name)
        known = self._unnumbered(name, node.value) if words is None else words
        if node.value in known:
            return
        if (likely := near(node.value, known, SURE)) or words is not None:
            meant = f"; is {short_json(likely)} meant?" if likely else ""
            what = f"is {short_json(node.value)}, which no recording says{meant}"
            self._finding("value" if likely else "unknown", path, node.start, what)

    def _unnumbered(self, name: str, word: str) -> list[str]:
        """The words that a node alone says where one of them is meant; there may be others, and numbered ones are alike."""
        return [*filter(_has_no_digit, self._recordings.own_words(name, word))] if _has_no_digit(word) else []

    def _fixed(self, path: Path) -> bool:
        return self._profile.free.isdisjoint(path)


def says_nothing(params: Member | None) -> bool:
    """Whether parameters are none: a call without any may have an empty list or object of them, or no member."""
    return params is None or (
        params.node.kind in {"object", "list"} and not (params.node.members or params.node.items or params.node.elided)
    )


def _said(node: Node) -> str:
    return BUILT.get(node.kind) or kind_of_value(node.value)


def _size(recorded: Any) -> int:
    """How many values a recorded one is made of."""
    inner = recorded.values() if isinstance(recorded, dict) else recorded if isinstance(recorded, list) else ()
    return 1 + sum(map(_size, islice(inner, FEW)))


def _written_size(node: Node) -> int:
    """How many values a written one is made of."""
    return 1 + sum(map(_written_size, (*node.items[:FEW], *(member.node for member in node.members[:FEW]))))


def _kind(kind: str) -> str:
    return f"a text {kind}…" if kind else "a plain text"


def renamed(
    missing: list[str], extra: list[str], written: dict[str, Member], recorded: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Members that are likely others: their names are alike, or they are the only ones and of one kind."""
    if not missing or not extra:
        return
    left = set(missing)
    for name in list(extra):
        likely = near(name, left)
        node = written[name].node
        if not likely and len(missing) == len(extra) == 1:
            only = missing[0]
            alike = node.kind == "text" and isinstance(recorded[only], str) and node.value == recorded[only]
            likely = only if alike or BUILT.get(node.kind) == kind_of_value(recorded[only]) else ""
        if likely:
            left.discard(likely)
            yield name, likely


def _has_no_digit(text: str) -> bool:
    return not any(map(str.isdigit, text))


def near(name: str, others: Iterable[str], least: float = ALIKE) -> str:
    """The one of the others that a name is likely meant to be; empty where none is like it."""
    best = max(sorted(others), key=lambda other: _alike(name, other), default="")
    return best if best and _alike(name, best) >= least else ""


@lru_cache(1 << 14)
def _alike(name: str, other: str) -> float:
    """How alike two names are, from 0 to 1; `_` and `-` in them do not count."""
    if len(name) + len(other) > LONG:
        return float(name == other)
    one, another = (text.lower().replace("_", "").replace("-", "") for text in (name, other))
    matcher = SequenceMatcher(None, one, another)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE else 0.0


def has(value: Any, path: Path) -> bool:
    """Whether something stands at a path of a JSON value, in whatever element of its lists."""
    if not path:
        return True
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return first in value and has(value[str(first)], rest)
    return isinstance(value, list) and isinstance(first, int) and any(has(item, rest) for item in value)


def kinds_at(value: Any, path: Path) -> set[str]:
    """The kinds of what stands at a path, in whatever elements."""
    if not path:
        return {kind_of_value(value)}
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return kinds_at(value[str(first)], rest) if first in value else set()
    if isinstance(value, list) and isinstance(first, int):
        return set().union(*(kinds_at(item, rest) for item in value))
    return set()
