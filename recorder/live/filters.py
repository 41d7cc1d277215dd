"""The filter language of the page: a line of terms that an event must match, all of them.

    method:stock.* party:alice session:2 kind:error error: open: odd: slow:>500ms
    path:params.amount>10 "text" word -method:eth_* -word

Rule: every text either parses, or is refused with the column of the mistake. This module only parses; `finding` applies
the terms. Patterns of methods and paths are those of rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from recorder.difference import Path
from recorder.errors import InputError
from recorder.jsonrpc import json_text, value_of
from recorder.live.index import TONES
from recorder.rules import PathPattern, globbed
from recorder.settings import parse_duration
from recorder.timeline.words import SLOW_ANSWER

_WORD = re.compile(
    r"""\s*+(?P<term>(?P<minus>-)?(?:(?P<name>[a-z]+):(?!//))?(?P<value>(?:"(?:[^"\\]|\\.)*+"|[^\s"]++)*+))""",
    re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_TEST = re.compile(
    r"""(?P<path>(?:\["(?:[^"\\]|\\.)*+"\]|[^=!<>~"])+)(?:(?P<sign>!=|[=<>~])(?P<value>.*))?""", re.DOTALL
)
_PLAIN = re.compile(r"(?<![^.])[\w$-]+\Z")

MANY_TERMS = 50


class FilterError(InputError):
    """A mistake in a filter.

    Args:
        reason: what is wrong.
        at: its column, from 0.
    """

    def __init__(self, reason: str, at: int) -> None:
        self.at = at
        super().__init__(reason)


@dataclass(frozen=True)
class Term:
    """One term of a filter.

    Args:
        name: its name, such as `method`; `text` for a term without one.
        value: what it looks for: a pattern, a number, a `Test`, bytes; None for terms without a value.
        negated: whether events must not match it.
    """

    name: str
    value: Any
    negated: bool = False


class Test(NamedTuple):
    """A condition on the values at a path.

    Args:
        place: the path, which may begin at any depth.
        sign: `=`, `!=`, `<`, `>`, `~` (contains); empty if any value will do.
        value: the value to compare with, as it was written.
        name: the last member of the path, for a quick check; empty if that is a pattern.
    """

    place: PathPattern
    sign: str
    value: str
    name: str

    def holds(self, payload: bytes) -> bool:
        """Whether a message, or one message of a batch, has such a value."""
        if self.name and self.name.encode() not in payload and b"\\" not in payload:
            return False
        return any(
            self.place.matches(path) and (not self.sign or _SIGNS[self.sign](value, self.value))
            for path, value in _places(value_of(payload))
            if not self.name or path[-1] == self.name
        )


def parse(text: str) -> tuple[Term, ...]:
    """The terms of a filter, the cheapest first.

    Raises:
        FilterError: the filter has a mistake.
    """
    terms: list[Term] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _WORD.match(text, at)
        assert found is not None, "it matches everything"
        begin = found.start("term")
        if found.end() < end and not text[found.end()].isspace():
            raise FilterError("a quote is not closed", found.end())
        terms.append(_term(found, begin))
        if len(terms) > MANY_TERMS:
            raise FilterError(f"more than {MANY_TERMS} terms", begin)
        at = found.end()
    return tuple(sorted(terms, key=lambda term: ORDER.index(term.name)))


def _term(found: re.Match[str], begin: int) -> Term:
    name, raw = found["name"], found["value"]
    value = _QUOTED.sub(lambda part: re.sub(r"\\(.)", r"\1", part[1], flags=re.DOTALL), raw) if name != "path" else raw
    at = found.start("value")
    if name is None:
        if not value:
            raise FilterError("a term is missing here", begin)
        return Term("text", value.encode(errors="replace").lower(), bool(found["minus"]))
    read = _READS.get(name)
    if read is None:
        raise FilterError(
            f"{name}: is not one of {', '.join(f'{one}:' for one in _READS)}; to find it as text, put it in quotes",
            begin,
        )
    try:
        return Term(name, read(value), bool(found["minus"]))
    except InputError as error:
        raise FilterError(error.reason, at) from error


def _pattern(value: str) -> re.Pattern[str]:
    if not value:
        raise InputError("a name is missing; write method:eth_* or party:alice")
    return globbed(value)


def _session(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 15:  # noqa: PLR2004 - more than anybody counts
        raise InputError("a session is a number; write session:2")
    return int(value)


def _kind(value: str) -> int:
    if value not in TONES:
        raise InputError(f"a kind is one of {', '.join(TONES)}")
    return TONES.index(value)


def _nothing(value: str) -> None:
    if value:
        raise InputError("this term takes no value; put a space after the colon")


def _slow(value: str) -> float:
    text = value.removeprefix(">")
    seconds = parse_duration(text) if text else SLOW_ANSWER
    if seconds is None:
        raise InputError("not a duration; write slow:>500ms or slow:2s")
    return seconds


def _test(value: str) -> Test:
    found = _TEST.fullmatch(value)
    if found is None:
        raise InputError("not a path with a condition; write path:params.amount>10 (or = != < ~)")
    place, sign = PathPattern(found["path"]), found["sign"] or ""
    wanted = _QUOTED.fullmatch(found["value"] or "")
    text = re.sub(r"\\(.)", r"\1", wanted[1], flags=re.DOTALL) if wanted else (found["value"] or "")
    if sign in {"<", ">"} and _number(text) is None:
        raise InputError(f"{text!r} is not a number; < and > compare numbers")
    last = _PLAIN.search(found["path"])
    return Test(place, sign, text, last[0] if last else "")


_READS: dict[str, Callable[[str], Any]] = {
    "method": _pattern,
    "party": _pattern,
    "session": _session,
    "kind": _kind,
    "error": _nothing,
    "open": _nothing,
    "odd": _nothing,
    "slow": _slow,
    "path": _test,
}
ORDER = ("session", "kind", "error", "open", "odd", "party", "method", "slow", "text", "path")


def _number(value: Any) -> Decimal | None:
    """A number, or a text that is one, as a Decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _equal(value: Any, wanted: str) -> bool:
    if _text(value) == wanted:
        return True
    number, other = (None, None) if isinstance(value, str) else (_number(value), _number(wanted))
    return number is not None and number == other


def _compare(value: Any, wanted: str) -> int:
    """-1, 0 or 1; also 0 if one of them is not a number."""
    one, other = _number(value), _number(wanted)
    return 0 if one is None or other is None else (one > other) - (one < other)


_SIGNS: dict[str, Callable[[Any, str], bool]] = {
    "=": _equal,
    "!=": lambda value, wanted: not _equal(value, wanted),
    "<": lambda value, wanted: _compare(value, wanted) < 0,
    ">": lambda value, wanted: _compare(value, wanted) > 0,
    "~": lambda value, wanted: wanted.casefold() in _text(value).casefold(),
}


def _places(message: Any) -> Iterator[tuple[Path, Any]]:
    """Every value in a message, with its path."""
    left: list[tuple[Path, Any]] = [((), message)]
    while left:
        path, value = left.pop()
        if path:
            yield path, value
        if isinstance(value, dict):
            left += [((*path, name), item) for name, item in value.items()]
        elif isinstance(value, list):
            left += [((*path, at), item) for at, item in enumerate(value)]
