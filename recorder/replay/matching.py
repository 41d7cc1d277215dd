"""Matches a live message to a recorded one; if none fits, finds the nearest and why it does not fit.

Rule: an exact match anywhere wins over a near one; of equal matches the first recorded is taken. A call that was recorded
just so, and has come as often, takes no other's place unless the method alone decides. A candidate that loses binds nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from recorder.bindings import Bindings, Kinds, compare
from recorder.difference import EXTRA, Difference
from recorder.escaping import escape
from recorder.jsonrpc import canonical
from recorder.timeline import Part, Script
from recorder.timeline.exchanges import bare
from recorder.timeline.words import label_of, readable_name

Mode = Literal["strict", "shape", "lenient"]

NEAREST = 3
"""Most candidates that are printed when none fits."""

EXPLAINED = 64
"""Most candidates that are compared to explain why none fits."""

VALUES = frozenset({"value", "bound"})
"""Differences that the mode `shape` allows."""

EXACTLY, NEARLY, NOT = 2, 1, 0

REPEATS = "a rule with `repeats = true` lets the last answer stand"


class Candidate(NamedTuple):
    """A recorded message beside one that came."""

    part: Part
    differences: list[Difference]
    bindings: Bindings


Fitness = tuple[int, int]
"""`EXACTLY`, `NEARLY` or `NOT`; of what fits nearly, the number of values that differ, as a negative number."""

NO_FITNESS: Fitness = NOT, 0


class Match(NamedTuple):
    """The result of matching a message: the recorded part, or the nearest ones.

    Args:
        part: the recorded message; None where none fits.
        bindings: the bindings of the match, to be kept; None where there are none that are not known.
        nearest: the nearest candidates; one alone if it fits.
        fit: how well it fits: `EXACTLY`, `NEARLY` or `NOT`.
    """

    part: Part | None
    bindings: Bindings | None
    nearest: list[Candidate]
    fit: int

    @property
    def fitness(self) -> Fitness:
        """How well it fits, for a comparison with other matches of the message."""
        if self.fit != NEARLY:
            return self.fit, 0
        (near,) = self.nearest
        return NEARLY, -len(near.differences) - near.bindings.others


class Own(NamedTuple):
    """What is known of a recorded message before it comes.

    Args:
        bindings: what it binds when it comes just as it was recorded: each value to itself.
        id: whether it has one, and whether that is null.
    """

    bindings: Bindings
    id: tuple[bool, bool]


NOTHING_BOUND = Bindings()


class Expected:
    """The messages that an end may send in one session, in recorded order, found by content.

    Args:
        content: gives the digest of a recorded message.
    """

    def __init__(self, content: Callable[[Part], bytes] = lambda part: digest(part.value)) -> None:
        self._content = content
        self._by_label: dict[str, OrderedDict[int, Part]] = {}
        self._exact: dict[str, dict[bytes, list[Part]]] = {}  # of labels that were looked for exactly
        self._labels: dict[int, str] = {}
        self._gone: dict[str, list[Part]] = {}  # calls that are expected no longer, until their content is asked for
        self._past: dict[str, set[bytes]] = {}  # the contents of the others

    def add(self, part: Part, label: str) -> None:
        """Expect a message of this label; parts are added in their recorded order."""
        self._labels[id(part)] = label
        self._by_label.setdefault(label, OrderedDict())[id(part)] = part

    def remove(self, part: Part) -> None:
        """Expect a message no longer."""
        label = self._labels.pop(id(part), None)
        if label is not None:
            del self._by_label[label][id(part)]
            if not self._by_label[label]:
                del self._by_label[label]
            if part.answer is not None:
                self._gone.setdefault(label, []).append(part)

    def had(self, label: str, value: Any) -> bool:
        """Whether a call with exactly this content was expected before."""
        past = self._past.setdefault(label, set())
        past.update(map(self._content, self._gone.pop(label, ())))
        return digest(value) in past

    def postpone(self, part: Part) -> None:
        """Expect a message after all others: it is overdue, and others like it are more likely now."""
        if part in self:
            label = self._labels[id(part)]
            self.remove(part)
            self.add(part, label)
            for parts in self._exact.get(self._labels[id(part)], {}).values():
                if part in parts:
                    parts.remove(part)
                    parts.append(part)

    def __contains__(self, part: Part) -> bool:
        return id(part) in self._labels

    def __iter__(self) -> Iterator[Part]:
        return (part for parts in self._by_label.values() for part in parts.values())

    def __bool__(self) -> bool:
        return bool(self._labels)

    def of_label(self, label: str) -> Iterable[Part]:
        """Those of a label, in recorded order."""
        found = self._by_label.get(label)
        return list(found.values()) if found else ()

    def exactly(self, label: str, value: Any) -> Part | None:
        """The first with exactly this content, except for its id."""
        parts = self._by_label.get(label)
        if not parts:
            return None
        if len(parts) == 1:
            only = next(iter(parts.values()))
            return only if self._content(only) == digest(value) else None
        known = self._exact.get(label)
        if known is None:
            known = self._exact[label] = {}
            for part in parts.values():
                known.setdefault(self._content(part), []).append(part)
        found = known.get(digest(value), [])
        while found and found[0] not in self:
            found.pop(0)
        return found[0] if found else None

    def same(self, label: str, value: Any) -> Iterator[Part]:
        """All with exactly this content, except for their ids, in recorded order."""
        first = self.exactly(label, value)
        known = [] if first is None else self._exact.get(label, {}).get(digest(value), [first])
        return (part for part in known if part in self)


def digest(value: Any) -> bytes:
    """The content of a message without its id: the same bytes for the same JSON value."""
    return canonical(bare(value))


def own_of(part: Part, kinds: Kinds) -> Own | None:
    """What is known of a recorded message; None where it is no JSON object."""
    value = part.value
    if not isinstance(value, dict):
        return None
    found = compared(part, value, Bindings(), kinds)
    if found.differences:
        return None
    return Own(found.bindings if found.bindings.version else NOTHING_BOUND, _id_of(value))


def match(
    message: Any,
    expected: Expected,
    bindings: Bindings,
    kinds: Kinds,
    mode: Mode,
    own: Callable[[Part], Own | None] = lambda _part: None,
) -> Match:
    """Find the recorded message for a live one.

    Args:
        message: its JSON value, or its bytes if it is not JSON.
        expected: the recorded messages that may come.
        bindings: the bindings; they are not changed, the match has its own to keep.
        kinds: which values are bound.
        mode: `strict` (every value must match or be bound), `shape` (values may differ, their places and types may
            not), `lenient` (the method decides).
        own: what is known of the recorded ones.
    """
    label = label_of(message, kinds.profile.telling)
    if (part := expected.exactly(label, message)) is not None:
        if bindings.plain and (known := own(part)) is not None and known.id == _id_of(message):
            return Match(part, bindings.alike(known.bindings), [], EXACTLY)  # a comparison would find the same
        found = compared(part, message, bindings, kinds)
        if not found.differences and not found.bindings.others:
            return Match(part, found.bindings, [], EXACTLY)
    tried: list[Candidate] = []
    for part in expected.of_label(label):
        candidate = compared(part, message, bindings, kinds)
        if not candidate.differences:
            return Match(part, candidate.bindings, [candidate], NEARLY if candidate.bindings.others else EXACTLY)
        tried.append(candidate)
    best = min(tried, key=lambda one: len(one.differences), default=None)
    repeated = mode == "shape" and best is not None and expected.had(label, message)
    if best is not None and not repeated and forgiven(best.differences, mode):
        return Match(best.part, best.bindings, [best], NEARLY)
    if not tried:
        others = (part for part, _ in zip(expected, range(EXPLAINED), strict=False))
        tried = [compared(part, message, bindings, kinds) for part in others]
    tried.sort(key=lambda one: (len(one.differences), one.part.step.index))
    return Match(None, None, tried[:NEAREST], NOT)


def compared(part: Part, message: Any, bindings: Bindings, kinds: Kinds) -> Candidate:
    """A recorded message compared with a live one, without their ids."""
    trial = bindings.trial()
    if part.step.endpoint and isinstance(message, bytes):
        return Candidate(part, [], trial)  # where it is posted to is the node's own affair
    recorded = part.value
    if recorded is None:
        recorded = getattr(part.step.event, "payload", b"")
    differences = compare(bare(recorded), bare(message), trial, kinds, part.method)
    return Candidate(part, _ids(recorded, message) + differences, trial)


def forgiven(differences: list[Difference], mode: Mode) -> bool:
    """Whether a mode allows these differences."""
    return mode == "lenient" or not differences or (mode == "shape" and all(one.rule in VALUES for one in differences))


def explain(script: Script, message: Any, session: int, nearest: list[Candidate], *, again: bool = False) -> str:
    """Why a frame was not expected, a line for it and one for each difference of the nearest recorded frames."""
    lines = [f"{script.parties.get(session, 'somebody')} {readable_name(message)} {EXTRA}"]
    if again:
        lines.append(f"  it has come as often as it was recorded; {REPEATS}")
        nearest = []
    elif not nearest:
        lines.append("  nothing more was recorded in this session and direction")
    for candidate in nearest:
        step = candidate.part.step
        lines.append(f"  not {script.file}:{step.line} {readable_name(candidate.part.value)}:")
        lines += [f"    {difference}" for difference in candidate.differences[:NEAREST]]
        if len(candidate.differences) > NEAREST:
            lines.append(f"    and {len(candidate.differences) - NEAREST} more differences")
    return "\n".join(map(escape, lines))


def _ids(recorded: Any, live: Any) -> list[Difference]:
    """Whether there is an id: a request waits for an answer, a notification does not."""
    if not (isinstance(recorded, dict) and isinstance(live, dict)):
        return []
    if _id_of(recorded) == _id_of(live):
        return []
    one, other = recorded.get("id"), live.get("id")
    return [Difference(("id",), "missing" if "id" in recorded and other is None else "added", one, other)]


def _id_of(message: dict[str, Any]) -> tuple[bool, bool]:
    """Whether a message has an id, and whether that is null."""
    return "id" in message, message.get("id") is None
