"""Rules for what may differ besides volatile values: of a fixture or of a project, in a small TOML file.

Rule: a rule says where (path, method, decoded field) and what is allowed there (one of `PASSES`). An unknown key is an
error: a rule that does nothing would hide what it was written for. Comparisons, mocks and played parties take the same
rules.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from recorder.difference import Difference, Path, name_of
from recorder.errors import InputError
from recorder.jsonrpc import value_of

PLACES = ("path", "method", "field")
PASSES = ("ignore", "present", "unordered", "repeats", "optional", "bind", "tolerance", "regex")
OF_FRAMES = frozenset({"unordered", "repeats", "optional"})
OF_VALUES = frozenset({"present", "tolerance", "regex", "bind"})
VALUES = frozenset({"value", "bound", "type", "length"})


class PathPattern:
    """A path pattern to find in messages: it may begin at any depth; after `$.` it begins at the top.

    Args:
        text: the pattern.

    Raises:
        InputError: it is malformed.
    """

    def __init__(self, text: str) -> None:
        if not is_path(text.removeprefix("$.")):
            raise InputError(f"path {text!r}: {AS_PATH}")
        self.text = text
        self._pattern = text if text.startswith("$.") else f"**.{text}"

    def matches(self, path: Path) -> bool:
        """Whether it matches the path of a value."""
        return matches_path(self._pattern, path)


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        source: file and number of the rule, for explanations.
        path: pattern of the JSON path, through encoded texts; `*` is anything in one step, `**` any steps.
        method: pattern of a name of the frame: a method that it calls, pushes or answers, `a result`, `an error`,
            `open`, `close`.
        field: a field inside an encoded text, `fee` or `channel_deposit_tx.fee`.
        passes: one of `PASSES`.
        value: its number, share or regular expression.
    """

    source: str
    path: str = ""
    method: str = ""
    field: str = ""
    passes: str = "ignore"
    value: Any = True

    def allows(self, names: Collection[str], difference: Difference) -> bool:
        """Whether it allows a difference in a frame."""
        return (
            self.concerns(names)
            and self._is_at(difference.path, difference.inside, difference.type)
            and _ALLOWS[self.passes](self.value, difference)
        )

    def binds(self, names: Collection[str], path: Path) -> bool:
        """Whether it binds the value at a place of a frame."""
        return self.passes == "bind" and self.concerns(names) and self._is_at(path, 0, "")

    def concerns(self, names: Collection[str]) -> bool:
        """Whether it applies to frames with these names."""
        return not self.method or any(globbed(self.method).fullmatch(name) for name in names)

    def _is_at(self, path: Path, inside: int, kind: str) -> bool:
        if self.field:
            wanted, _, field = self.field.rpartition(".")
            return bool(inside) and field == name_of(path[inside:]) and wanted in {"", kind}
        matches = matches_above if self.passes in {"ignore", "present"} else matches_path
        return not self.path or matches(self.path, path)


@dataclass(frozen=True)
class Rules:
    """The rules of a comparison."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, text: str, file: str) -> Rules:
        """Read a file of rules.

        Raises:
            InputError: it is not TOML, or has an unknown key (with file and key).
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"is not TOML: {error}", file=file) from error
        if unknown := sorted(data.keys() - {"rule"}):
            raise InputError(f"unknown key {unknown[0]!r}; rules stand under [[rule]]", file=file)
        tables = data.get("rule", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise InputError("'rule' must be a list of tables; write [[rule]]", file=file)
        return cls(tuple(_rule(table, number, file) for number, table in enumerate(tables, 1)))

    def __add__(self, other: Rules) -> Rules:
        return Rules(self.rules + other.rules)

    def allowing(self, names: Collection[str], difference: Difference) -> Rule | None:
        """The rule that allows a difference, if there is one."""
        return next((rule for rule in self.rules if rule.allows(names, difference)), None)

    def about(self, passes: str, names: Collection[str]) -> Rule | None:
        """The rule that allows this for whole frames with these names (`ignore`, `repeats`, …), if there is one."""
        return next(
            (
                rule
                for rule in self.rules
                if rule.passes == passes and rule.method and not rule.path and not rule.field and rule.concerns(names)
            ),
            None,
        )

    @property
    def binding(self) -> Callable[[str, Path], bool] | None:
        """A function that says whether a rule binds the value of a method at a path; None if no rule binds."""
        rules = [rule for rule in self.rules if rule.passes == "bind"]
        if not rules:
            return None
        return lambda method, path: any(rule.binds((method,), path) for rule in rules)


NO_RULES = Rules()


def _rule(table: dict[str, Any], number: int, file: str) -> Rule:
    def fail(reason: str) -> InputError:
        return InputError(f"rule {number}: {reason}", file=file)

    if unknown := sorted(table.keys() - {*PLACES, *PASSES}):
        raise fail(f"unknown key {unknown[0]!r}; there is {', '.join(PLACES + PASSES)}")
    passes = [name for name in PASSES if name in table]
    if len(passes) != 1:
        raise fail(f"give one of {', '.join(PASSES)}")
    places = {name: table[name] for name in PLACES if name in table}
    if wrong := [name for name, value in places.items() if not isinstance(value, str) or not value]:
        raise fail(f"{wrong[0]!r} must be a text")
    if wrong_place := _wrong_place(passes[0], places):
        raise fail(wrong_place)
    if wrong_value := _CHECKS[passes[0]](table[passes[0]]):
        raise fail(f"{passes[0]!r} {wrong_value}")
    return Rule(f"{file} rule {number}", passes=passes[0], value=table[passes[0]], **places)


def _wrong_place(passes: str, places: dict[str, str]) -> str:
    """What is wrong with the place of a rule; empty if nothing is."""
    if passes in OF_FRAMES and places.keys() != {"method"}:
        return f"'{passes}' applies to frames: give their method, and no path or field"
    if passes in OF_VALUES and places.keys() <= {"method"}:
        return f"'{passes}' applies to values: give their path or field"
    if not places or {"path", "field"} <= places.keys():
        return "give a method, and path or field (not both)"
    if passes == "bind" and "field" in places:
        return "'bind' applies to values of a message: give their path"
    return "" if is_path(places.get("path", "*")) else f"path {places['path']!r}: {AS_PATH}"


def _flag(value: Any) -> str:
    return "" if value is True else "must be true; leave the rule out otherwise"


def _tolerance(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    share = isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?%", value)
    return "" if number or share else 'must be a number, or a share as in "5%"'


def _regex(value: Any) -> str:
    try:
        re.compile(value)
    except (re.error, TypeError) as error:
        return f"is not a regular expression: {error}"
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "ignore": _flag,
    "present": _flag,
    "unordered": _flag,
    "repeats": _flag,
    "optional": _flag,
    "bind": _flag,
    "tolerance": _tolerance,
    "regex": _regex,
}


def _within(tolerance: Any, difference: Difference) -> bool:
    one, other = difference.recorded, difference.live
    if not all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in (one, other)):
        return False
    if isinstance(tolerance, str):
        return bool(abs(one - other) * 100 <= abs(one) * Decimal(tolerance[:-1]))
    return bool(abs(one - other) <= Decimal(str(tolerance)))


def _fits(expression: Any, difference: Difference) -> bool:
    return (
        difference.rule in VALUES
        and isinstance(difference.live, int | Decimal | str)
        and re.fullmatch(expression, str(difference.live)) is not None
    )


_ALLOWS: dict[str, Callable[[Any, Difference], bool]] = {
    "ignore": lambda _value, _difference: True,
    "present": lambda _value, difference: difference.rule in VALUES,
    "tolerance": _within,
    "regex": _fits,
} | dict.fromkeys((*OF_FRAMES, "bind"), lambda _value, _difference: False)


AS_PATH = """write dots between names, elements as [0] or [*], other names as ["a.b"]: result[0].tags["a.b"]"""

_BRACKETS = r"""\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]"""
_STEP = re.compile(rf"\.|({_BRACKETS})")
"""A path pattern splits at dots; brackets hold an element's number, `*`, or a name that contains dots."""

_PATH = re.compile(rf"(?:\.?(?:[^.\[\]]+|{_BRACKETS}))(?:\.[^.\[\]]+|\.?{_BRACKETS})*")


def is_path(text: str) -> bool:
    """Whether a path pattern is well formed; a malformed one would match nothing."""
    quoted = (step for step in _steps(text) if step.startswith('["'))
    return _PATH.fullmatch(text) is not None and all(value_of(step[1:-1]) is not None for step in quoted)


@lru_cache(1024)
def globbed(text: str) -> re.Pattern[str]:
    """A name with `*` for anything, as a regular expression."""
    return re.compile(".*".join(map(re.escape, re.split(r"\*+", text))), re.DOTALL)


@lru_cache(1024)
def _steps(text: str) -> tuple[str, ...]:
    """A path pattern, step by step: `result[*].balance`, `["a.b"].c`; `**` is any number of steps."""
    return tuple(part for part in _STEP.split(text.removeprefix("$.")) if part)


def matches_path(pattern: str, path: Path) -> bool:
    """Whether a path pattern matches this path."""
    return _matches(_steps(pattern), path)


def matches_above(pattern: str, path: Path) -> bool:
    """Whether a path pattern matches this path, or one that leads to it."""
    return any(matches_path(pattern, path[:end]) for end in range(1, len(path) + 1))


def _matches(pattern: tuple[str, ...], path: Path) -> bool:
    if not pattern:
        return not path
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_matches(rest, path[at:]) for at in range(len(path) + 1))
    return bool(path) and _is_step(first, path[0]) and _matches(rest, path[1:])


def _is_step(pattern: str, part: str | int) -> bool:
    if pattern.startswith('["'):
        return bool(part == value_of(pattern[1:-1]))
    if pattern.startswith("["):
        return isinstance(part, int) and pattern[1:-1] in {"*", str(part)}
    return pattern == "*" or (isinstance(part, str) and globbed(pattern).fullmatch(part) is not None)
