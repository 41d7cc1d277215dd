"""Which recorded frame is this one, and if none: what comes nearest, and why it is not the same.

Rule: candidates are tried in recorded order and the first that fits wins; nothing is bound by a candidate that loses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from recorder.aliases import Bindings, Difference, compare
from recorder.escaping import escape
from recorder.profiles import Profile, Volatile
from recorder.replay.script import Script, Step, label_of, name_of
from recorder.sessions import OPPOSITE

Mode = Literal["strict", "shape", "lenient"]

WINDOW = 64
"""Candidates looked at: a frame may overtake that many of its session."""

NEAREST = 3
"""Candidates named when none fits."""

VALUES = frozenset({"value", "bound"})
"""Rules that the mode `shape` forgives."""


class Candidate(NamedTuple):
    """A recorded frame beside one that came."""

    step: Step
    differences: list[Difference]
    bindings: Bindings
    same_name: bool


class Match(NamedTuple):
    """What came of looking for a frame: the step it is, or the nearest that it is not."""

    step: Step | None
    bindings: Bindings | None
    nearest: list[Candidate]


def match(message: Any, candidates: Iterable[Step], bindings: Bindings, profile: Profile, mode: Mode) -> Match:
    """Find the recorded frame that a live message is.

    Args:
        message: its JSON value, or bytes where it is none.
        candidates: the recorded frames that may come now, in order.
        bindings: what stands for what; unchanged, the match brings its own to keep.
        profile: which values differ from run to run, and which tell frames of one method apart.
        mode: `strict` (every value must match or be bound), `shape` (values may differ, their places and types may
            not), `lenient` (the method decides).
    """
    tried: list[Candidate] = []
    label = label_of(message, profile.telling)
    for step, _ in zip(candidates, range(WINDOW), strict=False):
        trial = bindings.trial()
        differences = differences_of(step, message, trial, profile.volatile)
        candidate = Candidate(step, differences, trial, label_of(step.message, profile.telling) == label)
        if not differences:
            return Match(step, trial, [])
        tried.append(candidate)
    tried.sort(key=lambda one: (not one.same_name, len(one.differences)))
    best = tried[0] if tried else None
    if best is not None and best.same_name and _forgiven(best, mode):
        return Match(best.step, best.bindings, [best])
    return Match(None, None, tried[:NEAREST])


def differences_of(step: Step, message: Any, bindings: Bindings, volatile: Volatile) -> list[Difference]:
    """The differences of a live message from a recorded frame, ids matched by who asked."""
    recorded = step.event.payload if step.message is None and step.kind == "frame" else step.message  # type: ignore[union-attr]
    if isinstance(recorded, list) and isinstance(message, list) and len(recorded) == len(message):
        found = [_ids(step, one, other, bindings) for one, other in zip(recorded, message, strict=True)]
        ids = [item for items in found for item in items]
        return ids + compare([_bare(item) for item in recorded], [_bare(item) for item in message], bindings, volatile)
    return _ids(step, recorded, message, bindings) + compare(_bare(recorded), _bare(message), bindings, volatile)


def id_kind(step: Step, message: Any) -> str:
    """The kind under which a message's id is bound: who asked whom, in which session, over HTTP in which exchange."""
    asked = step.direction if isinstance(message, dict) and "method" in message else OPPOSITE[step.direction]
    return f"id {step.session} {asked} {getattr(step.event, 'exchange', 0)}"


def explain(script: Script, message: Any, session: int, nearest: list[Candidate]) -> str:
    """Why a frame was not expected, a line for it and one for each difference of the nearest recorded frames."""
    lines = [f"unexpected: {script.parties.get(session, 'somebody')} {name_of(message)}"]
    if not nearest:
        lines.append("  nothing more is recorded in this session and direction")
    for candidate in nearest:
        lines.append(f"  not {script.file}:{candidate.step.line} {candidate.step.name}:")
        lines += [f"    {difference}" for difference in candidate.differences[:NEAREST]]
        if len(candidate.differences) > NEAREST:
            lines.append(f"    and {len(candidate.differences) - NEAREST} more differences")
    return "\n".join(map(escape, lines))


def _ids(step: Step, recorded: Any, live: Any, bindings: Bindings) -> list[Difference]:
    if not (isinstance(recorded, dict) and isinstance(live, dict)):
        return []
    one, other = recorded.get("id"), live.get("id")
    if one is None and other is None and ("id" in recorded) == ("id" in live):
        return []
    if one is None or other is None:
        rule = "added" if "id" not in recorded else "missing" if "id" not in live else "value"
        return [Difference("id", rule, one, other)]
    kind = id_kind(step, recorded)
    if "method" in live:  # an id may be used again: from now on it is that of this request
        bindings.rebind(kind, _hashable(one), _hashable(other))
        return []
    return [] if bindings.bind(kind, _hashable(one), _hashable(other)) else [Difference("id", "bound", one, other)]


def _hashable(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else repr(value)


def _bare(message: Any) -> Any:
    """A message without what is matched elsewhere: its id, and the id of a request that an error quotes."""
    if not isinstance(message, dict):
        return message
    bare = {name: value for name, value in message.items() if name != "id"}
    error = bare.get("error")
    if isinstance(error, dict) and isinstance(error.get("request"), dict) and "id" in error["request"]:
        bare["error"] = error | {"request": {name: value for name, value in error["request"].items() if name != "id"}}
    return bare


def _forgiven(candidate: Candidate, mode: Mode) -> bool:
    return mode == "lenient" or (mode == "shape" and all(one.rule in VALUES for one in candidate.differences))
