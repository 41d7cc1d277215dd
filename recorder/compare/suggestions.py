"""The rules that would make two good runs equal, each with its reason.

Rule: a rule allows no more than it must: a value that may differ must still be present, and one that is used again must
be the same everywhere. Remaining differences get the next wider rule, until the two runs are equal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from recorder.bindings.comparison import is_number
from recorder.compare.comparison import Examined, examine
from recorder.compare.differences import Scripts
from recorder.compare.findings import Finding
from recorder.compare.moments import Moment
from recorder.compare.steps import asks
from recorder.difference import Difference, Path, apart, path_text
from recorder.escaping import escape
from recorder.rules import NO_RULES, Rules
from recorder.timeline import Script, Step
from recorder.timeline.handed_out import LONGEST, opaque, says_id, scalars

ROUNDS = 50
"""Most comparisons: further differences show only when a missing frame is allowed."""

NEAR = 20
"""Numbers that differ by no more than one part in so many are let differ by a share."""

SHARES = ("0.001%", "0.01%", "0.1%", "1%", "10%")
"""How much they may differ: by the least of these that is twice what was seen."""

COUNTED = 3
"""So many numbers at one place that are all greater by the same in another run count from another beginning there."""

CODES = {("code",), ("status",)}
"""Numbers that are near to nothing."""

WIDER = {"bind": "tolerance", "tolerance": "present", "present": "ignore", "repeats": "optional", "optional": "ignore"}
"""What lets pass more than a rule that does not help."""

FIRST = ("repeats", "bind")
"""Rules by which other steps may be each other's: what differs else is known only with them."""

WHY = {
    "bind": "whatever comes stands for the recorded value, there and elsewhere",
    "tolerance": "the numbers are nearly the same",
    "present": "any value may come",
    "ignore": "it may be present or not",
    "repeats": "its number depends on a clock",
    "optional": "it may come or not",
    "unordered": "it may come at any time",
}


class _About(NamedTuple):
    """What a rule is about: frames, their order, or values of them."""

    method: str
    path: str = ""
    order: bool = False


class _Wanted(NamedTuple):
    """What a rule lets pass, what was seen that it is for, and by what share numbers differed."""

    passes: str
    seen: str
    share: float = 0.0


def suggest(recorded: Script, live: Script, rules: Rules = NO_RULES, *, streams: bool = False) -> list[str]:
    """The lines of a file of rules that would make two runs the same; what no rule lets pass is a comment.

    Args:
        recorded: the script of the recorded capture.
        live: the script of another run that is as good.
        rules: those that there are already.
        streams: as for `compare`.
    """
    suggesting = _Suggesting(Scripts(recorded, live))
    known: dict[_About, _Wanted] = {}
    for _round in range(ROUNDS):
        more = rules + Rules.parse("\n".join(_lines(known)), "suggested")
        examined = examine(recorded, live, more, streams=streams)
        wanted: dict[_About, _Wanted] = {}
        suggesting.look(examined)
        for finding, steps in zip(examined.comparison.findings, examined.steps, strict=True):
            for about, one in suggesting.of(finding, *steps):
                wanted[about] = _widest(wanted.get(about, one), one)
        before = dict(known)
        for about, one in _first(wanted, known).items():
            known[about] = (
                _widest(_Wanted(WIDER.get(known[about].passes, ""), one.seen), one) if about in known else one
            )
        if known == before:
            break
    return [*_lines(known), *dict.fromkeys(suggesting.beyond)]


def _first(wanted: dict[_About, _Wanted], known: dict[_About, _Wanted]) -> dict[_About, _Wanted]:
    """Those of the new rules that are tried without the others."""
    new = [(about, one) for about, one in wanted.items() if about not in known]
    some = ({about: one for about, one in new if one.passes == passes} for passes in FIRST)
    return next(filter(None, some), wanted)


def _widest(one: _Wanted, other: _Wanted) -> _Wanted:
    """Whichever lets pass more."""
    passes, share = other.passes, max(one.share, other.share)
    while (passes := WIDER.get(passes, "")) and passes != one.passes:
        pass
    return (one if passes else other)._replace(share=share)


def _lines(rules: dict[_About, _Wanted]) -> Iterator[str]:
    for about, wanted in rules.items():
        yield f"# {escape(wanted.seen)}: {WHY[wanted.passes]}"
        yield "[[rule]]"
        yield f"method = {_quoted(about.method)}"
        if about.path:
            yield f"path = {_quoted(about.path)}"
        yield f'tolerance = "{_least(wanted.share)}"' if wanted.passes == "tolerance" else f"{wanted.passes} = true"
        yield ""


def _least(share: float) -> str:
    return next((one for one in SHARES if float(one.rstrip("%")) / 100 >= 2 * share), SHARES[-1])


def _quoted(text: str) -> str:
    """A text as TOML and JSON both write it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class _Replaced:
    """Which live values came in the place of recorded ones, and where: what is used again shows by that alone."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Any, Any], dict[int, str]] = {}  # with the frames that said it, and who sent them
        self._places: dict[_About, set[tuple[Any, Any]]] = {}
        self._live: dict[Any, set[Any]] = {}
        self._recorded: dict[Any, set[Any]] = {}

    def see(self, about: _About, step: Step, recorded: Any, live: Any) -> None:
        """Note that one value came for another."""
        self._seen.setdefault((recorded, live), {})[step.index] = step.direction
        self._places.setdefault(about, set()).add((recorded, live))
        self._live.setdefault(recorded, set()).add(live)
        self._recorded.setdefault(live, set()).add(recorded)

    @cached_property
    def _shifts(self) -> set[int]:
        """By how much the numbers of another run are greater, at places where they all count on from another beginning."""
        found: set[int] = set()
        for pairs in self._places.values():
            shifts = {other - one if type(one) is type(other) is int else 0 for one, other in pairs}
            if len(pairs) >= COUNTED and len(shifts) == 1:
                found |= shifts - {0}
        return found

    def counts_on(self, recorded: Any, live: Any) -> bool:
        """Whether a number counts from another beginning in another run, as the height of a chain does."""
        return type(recorded) is type(live) is int and live - recorded in self._shifts

    def sent_back(self, about: _About) -> bool:
        """Whether a place holds what both ends say, each value there for one other."""
        pairs = self._places.get(about, set())
        alone = len({one for one, _other in pairs}) == len({other for _one, other in pairs}) == len(pairs)
        return alone and any(len(set(self._seen[pair].values())) > 1 for pair in pairs)

    def comes_again(self, about: _About) -> bool:
        """Whether a place holds what several frames say, each value for one other wherever they differ."""
        pairs = self._places.get(about, set())
        alone = all(len(self._live[one]) == len(self._recorded[other]) == 1 for one, other in pairs)
        return alone and any(len(self._seen[pair]) > 1 for pair in pairs)


class _Suggesting:
    """Says which rules would let findings pass.

    Args:
        scripts: both captures.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._methods = [
            Counter(_method(step) for step in script.steps if step.kind != "frame" or asks(step)) for script in scripts
        ]
        self._steps = scripts.recorded.steps
        self._replaced = _Replaced()
        self.beyond: list[str] = []

    def of(self, finding: Finding, one: Step | None, other: Step | None) -> Iterator[tuple[_About, _Wanted]]:
        """The rules for one finding."""
        step = one or other
        assert step is not None
        method = _method(step)
        if finding.kind in {"missing", "extra"} and not finding.arrow and step.kind != "close":  # a whole session
            self.beyond.append(
                f"# {escape(f'{finding.party}: {finding.step} is {finding.kind}')}; no rule can allow that"
            )
        elif finding.kind == "order":
            yield _About(method, order=True), _Wanted("unordered", f"{finding.step} came {finding.than or 'elsewhere'}")
        elif finding.kind == "changed":
            assert one is not None
            assert other is not None
            for item in finding.details:
                yield self._value(one, other, item)
        else:
            here, there = (counts[method] for counts in self._methods)
            passes = "repeats" if here and there and here != there and step.kind == "frame" else "optional"
            yield _About(method), _Wanted(passes, f"{method} came {here} and {there} times")

    def look(self, examined: Examined) -> None:
        """See which values came for which in all findings, before a rule for any of them is chosen."""
        self._replaced = _Replaced()
        for finding, (one, _other) in zip(examined.comparison.findings, examined.steps, strict=True):
            if one is None or one.kind != "frame":
                continue
            for item in finding.details:
                about, path = _about(one, item)
                if item.rule == "value" and not item.inside and path not in CODES and _may_stand(item):
                    self._replaced.see(about, one, item.recorded, item.live)

    def _value(self, one: Step, other: Step, item: Difference) -> tuple[_About, _Wanted]:
        about, path = _about(one, item)
        seen = f"{path_text(path) or 'all of it'}: {', then '.join(apart(item.recorded, item.live))}"
        passes = self._passes(about, item) if path else "ignore"
        if passes != "tolerance":
            return about, _Wanted(passes, seen)
        if Moment.told(item.recorded, one) and Moment.told(item.live, other):
            return about, _Wanted("present", seen)
        if self._replaced.counts_on(item.recorded, item.live):
            return about, _Wanted("bind", seen)
        return about, _Wanted(passes, seen, float(abs(item.recorded - item.live) / abs(item.recorded)))

    def _passes(self, about: _About, item: Difference) -> str:
        """The narrowest way to let a difference pass."""
        one, other = item.recorded, item.live
        if item.rule not in {"value", "bound", "type", "length"}:
            return "ignore"
        if item.rule == "value" and not item.inside and _is_id(item):
            return "bind" if self._counts[one] > 1 else "present"
        if self._replaced.sent_back(about):
            return "bind"
        amounts = is_number(one) and is_number(other) and item.path not in CODES
        if item.rule == "value" and amounts and abs(one - other) * NEAR <= abs(one):
            return "tolerance"
        return "bind" if self._replaced.comes_again(about) else "present"

    @cached_property
    def _counts(self) -> Counter[Any]:
        """How often each value stands in the recorded capture."""
        messages = (part.value for step in self._steps for part in step.parts)
        return Counter(value for message in messages for _path, value in scalars(message))


def _about(step: Step, item: Difference) -> tuple[_About, Path]:
    """What a rule for a difference is about, and where in its message that is."""
    method, path = _method(step), item.path
    if len(step.parts) > 1 and len(path) > 1 and isinstance(path[0], int):
        part = step.parts[path[0]] if path[0] < len(step.parts) else step.parts[0]
        method, path = part.method or method, path[1:]
    return _About(method, _pattern(path)), path


def _may_stand(item: Difference) -> bool:
    """Whether one value may be another's name: whole numbers and short texts."""
    if isinstance(item.recorded, str) and isinstance(item.live, str):
        return len(item.recorded) <= LONGEST and len(item.live) <= LONGEST
    return type(item.recorded) is type(item.live) is int


def _is_id(item: Difference) -> bool:
    if isinstance(item.recorded, str) and isinstance(item.live, str):
        return (opaque(item.recorded) and opaque(item.live)) or says_id(item.field)
    return type(item.recorded) is type(item.live) is int and says_id(item.field)


def _method(step: Step) -> str:
    """By what a rule names a step: the method that it calls or answers, or what it is."""
    return next(iter(step.methods), "") or step.name


def _pattern(path: Path) -> str:
    """A path as a rule takes it, for any element of a list."""
    parts = ("[*]" if isinstance(part, int) else path_text((part,)) for part in path)
    return "".join(part if part.startswith("[") else f".{part}" for part in parts).removeprefix(".")
