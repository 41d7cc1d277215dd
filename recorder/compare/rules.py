"""What may differ though it is not volatile: rules of a fixture or of a project, in a small TOML file.

Rule: a rule says where (path, method, decoded field) and what is let pass there (one of `PASSES`); whatever it says
that is not known is an error, for a rule that does nothing hides what it was written for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from recorder.compare.terms import Detail
from recorder.errors import InputError

PLACES = ("path", "method", "field")
PASSES = ("ignore", "present", "unordered", "tolerance", "regex")
VALUES = frozenset({"value", "bound", "type", "length"})


@dataclass(frozen=True)
class Rule:
    """One rule.

    Args:
        source: file and number of the rule, for explanations.
        path: pattern of the JSON path, through encoded texts; `*` is anything in one step, `**` any steps.
        method: pattern of one of the frame's names: a method that it calls, pushes or answers, `a result`, `an error`,
            `open`, `close`.
        field: a field inside an encoded text, `fee` or `channel_deposit_tx.fee`.
        passes: one of `PASSES`.
        value: the number, share or expression of it.
    """

    source: str
    path: str = ""
    method: str = ""
    field: str = ""
    passes: str = "ignore"
    value: Any = True

    def allows(self, names: Collection[str], detail: Detail) -> bool:
        """Whether it lets a difference of a frame pass."""
        return self.concerns(names) and self._place(detail) and _ALLOWS[self.passes](self.value, detail)

    def concerns(self, names: Collection[str]) -> bool:
        """Whether it is about frames of these names."""
        return not self.method or any(_pattern(self.method, r".*").fullmatch(name) for name in names)

    def _place(self, detail: Detail) -> bool:
        if self.field:
            kind, _, field = self.field.rpartition(".")
            last = re.sub(r"\[\d+\]", "", detail.inside).rpartition(".")[2]
            return bool(detail.inside) and field == last and kind in {"", detail.type}
        if not self.path:
            return True
        below = r"(?:[.\[].*)?" if self.passes in {"ignore", "present"} else ""
        return re.fullmatch(_pattern(self.path, r"[^.\[\]]*").pattern + below, detail.path) is not None


@dataclass(frozen=True)
class Rules:
    """The rules of a comparison."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, text: str, file: str) -> Rules:
        """Read a file of rules.

        Raises:
            InputError: it is no TOML, or says something that is not known (with file and key).
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"is no TOML: {error}", file=file) from error
        if unknown := sorted(data.keys() - {"rule"}):
            raise InputError(f"unknown key {unknown[0]!r}; rules stand under [[rule]]", file=file)
        tables = data.get("rule", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise InputError("'rule' must be a list of tables; write [[rule]]", file=file)
        return cls(tuple(_rule(table, number, file) for number, table in enumerate(tables, 1)))

    def __add__(self, other: Rules) -> Rules:
        return Rules(self.rules + other.rules)

    def allowing(self, names: Collection[str], detail: Detail) -> Rule | None:
        """The rule that lets a difference pass, if one does."""
        return next((rule for rule in self.rules if rule.allows(names, detail)), None)

    def ignoring(self, names: Collection[str]) -> Rule | None:
        """The rule that ignores frames of these names altogether, if one does."""
        return self._whole(names, "ignore")

    def freeing(self, names: Collection[str]) -> Rule | None:
        """The rule that lets frames of these names come in any order, if one does."""
        return self._whole(names, "unordered")

    def _whole(self, names: Collection[str], passes: str) -> Rule | None:
        return next(
            (
                rule
                for rule in self.rules
                if rule.passes == passes and rule.method and not rule.path and not rule.field and rule.concerns(names)
            ),
            None,
        )


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
    if not places or {"path", "field"} <= places.keys():
        raise fail("say where: method, and one of path and field")
    if passes[0] == "unordered" and places.keys() != {"method"}:
        raise fail("'unordered' is about frames: give their method alone")
    if passes[0] in {"present", "tolerance", "regex"} and places.keys() == {"method"}:
        raise fail(f"'{passes[0]}' is about values: give their path or field")
    if wrong_value := _CHECKS[passes[0]](table[passes[0]]):
        raise fail(f"{passes[0]!r} {wrong_value}")
    return Rule(f"{file} rule {number}", passes=passes[0], value=table[passes[0]], **places)


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
        return f"is no regular expression: {error}"
    return ""


_CHECKS: dict[str, Callable[[Any], str]] = {
    "ignore": _flag,
    "present": _flag,
    "unordered": _flag,
    "tolerance": _tolerance,
    "regex": _regex,
}


def _within(tolerance: Any, detail: Detail) -> bool:
    one, other = detail.recorded, detail.live
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other)):
        return False
    if isinstance(tolerance, str):
        return bool(abs(one - other) * 100 <= abs(one) * float(tolerance[:-1]))
    return bool(abs(one - other) <= tolerance)


def _matches(expression: Any, detail: Detail) -> bool:
    return (
        detail.rule in VALUES
        and isinstance(detail.live, int | float | str)
        and re.fullmatch(expression, str(detail.live)) is not None
    )


_ALLOWS: dict[str, Callable[[Any, Detail], bool]] = {
    "ignore": lambda _value, _detail: True,
    "present": lambda _value, detail: detail.rule in VALUES,
    "unordered": lambda _value, _detail: False,
    "tolerance": _within,
    "regex": _matches,
}


def _pattern(text: str, one: str) -> re.Pattern[str]:
    """A pattern with `*` for `one` and `**` for anything, as an expression."""
    parts = re.split(r"(\*\*|\*)", text.removeprefix("$."))
    return re.compile("".join({"**": ".*", "*": one}.get(part, re.escape(part)) for part in parts))
