"""A path in a JSON value, and one difference between two values.

Rule: a difference is made once, where the values are compared, with everything known there; nothing is derived again
from its printed form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from recorder.escaping import escape
from recorder.jsonrpc import json_text

Path = tuple[str | int, ...]
"""Members by name and elements by number, from the outside: `("params", "data", 0)`."""

_PLAIN = re.compile(r"[^.\[\]\"]+")
"""Names that need no brackets."""

SHORT = 60
"""Most characters of a value on a line."""


def path_text(path: Path) -> str:
    """A path as it is printed and as rules write it: `params.data[0]`, `["a.b"].c`."""
    return "".join(map(_printed, path)).removeprefix(".")


def _printed(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def name_of(path: Path) -> str:
    """The name of the member at a path; elements of a list have that of the list."""
    for part in reversed(path):  # a plain loop: this is called for every value
        if isinstance(part, str):
            return part
    return ""


def value_at(value: Any, path: Path, read: Callable[[Any], Any] = lambda value: value) -> Any:
    """The value at a path of a JSON value; None if there is none.

    Args:
        value: the JSON value.
        path: the place in it.
        read: applied to every value on the way, the last one too; for paths through encoded texts.
    """
    value = read(value)
    for part in path:
        if isinstance(value, dict):
            value = read(value.get(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = read(value[part])
        else:
            return None
    return value


def short_json(value: Any) -> str:
    """A value as JSON on one line; the middle of a long one is left out. What is no JSON is a text."""
    text = _whole(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 20]}…{text[-12:]}"


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Two values as `short_json` writes them; where that is the same of both, what is around their first difference."""
    short = short_json(one), short_json(other)
    if short[0] != short[1] or one == other:
        return short
    whole = _whole(one), _whole(other)
    differ = (at for at, (here, there) in enumerate(zip(*whole, strict=False)) if here != there)
    begins = max(0, next(differ, min(map(len, whole))) - SHORT // 2)
    first, second = (f"…{text[begins : begins + SHORT]}" + "…" * (begins + SHORT < len(text)) for text in whole)
    return first, second


def _whole(value: Any) -> str:
    return escape(json_text(value.decode(errors="replace") if isinstance(value, bytes) else value))


MISSING = "missing: it was recorded, and never came"
EXTRA = "extra: it came, and was not recorded"
"""What is said of a whole frame that has no counterpart."""

RULES = {
    "value": "they must be equal",
    "bound": "elsewhere another value stands for the recorded one",
    "type": "of another type",
    "length": "of another length",
    "signature": "signed by another key, or not what was signed",
}
"""What each rule of a difference says."""


class Difference(NamedTuple):
    """One difference between what was recorded and what came.

    Args:
        path: where, through encoded texts: `params.data.signed_tx.transaction.amount`.
        rule: `value` (they must be equal), `bound` (another live value stands for the recorded one), `missing`,
            `added`, `type` or `length`; or one of the profile's own.
        recorded: what was expected: the recorded value, or the live one that is bound to it.
        live: what came; None if it is missing.
        inside: how many steps of the path lead to the encoded text around it; 0 if there is none.
        type: the type of the encoded object that it is a field of: `channel_deposit_tx`.
    """

    path: Path
    rule: str
    recorded: Any
    live: Any
    inside: int = 0
    type: str = ""

    @property
    def field(self) -> str:
        """The name of the member that differs."""
        return name_of(self.path)

    def __str__(self) -> str:
        where = path_text(self.path)
        recorded, live = apart(self.recorded, self.live)
        if self.rule == "missing":
            return f"{where} is missing: {recorded}"
        if self.rule == "added":
            return f"{where} was added: {live}"
        if self.rule == "signature":
            return f"{where}: the signature of {self.recorded or 'nobody known'} is missing ({RULES[self.rule]})"
        return f"{where or 'the message'}: {recorded} expected, {live} came ({RULES[self.rule]})"
