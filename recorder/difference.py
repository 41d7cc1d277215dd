"""Where something stands in a JSON value, and one item in which two values differ.

Rule: made once, by whoever compares, with all that is known there; nothing is derived again from how it is printed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""Members by name and elements by number, from the outside: `("params", "data", 0)`."""

_PLAIN = re.compile(r"[^.\[\]\"]+")
"""Names that need no brackets."""

SHORT = 60
"""Characters of a value that a line shows."""


def text_of(path: Path) -> str:
    """A path as it is printed, and as a rule takes it: `params.data[0]`, `["a.b"].c`."""
    return "".join(map(_printed, path)).removeprefix(".")


def _printed(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def name_of(path: Path) -> str:
    """The name of the member that a place belongs to; elements of a list share that of the list."""
    for part in reversed(path):  # a loop, for it is asked of every value there is
        if isinstance(part, str):
            return part
    return ""


def value_at(value: Any, path: Path, read: Callable[[Any], Any] = lambda value: value) -> Any:
    """What stands at a path of a JSON value; None where nothing does.

    Args:
        value: the JSON value.
        path: the place in it.
        read: what is made of every value on the way, the last one too, where paths lead through encoded texts.
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


def shortened(value: Any, most: int = SHORT, tail: int = 12) -> str:
    """A value as Python writes it, decimals as JSON does, its middle left out where it is long; `tail` characters are left of its end."""
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= most else f"{text[: most - 20]}…{text[-tail:]}"


class Difference(NamedTuple):
    """One item in which what came is not what was recorded.

    Args:
        path: where, through encoded texts: `params.data.signed_tx.transaction.amount`.
        rule: `value` (they must be equal), `bound` (another live value stands for the recorded one), `missing`,
            `added`, `type` or `length`; or one of the profile's own.
        recorded: what should have come: the recorded value, or the live one that is bound to it.
        live: what came; None where it is missing.
        inside: how much of the path leads to the encoded text that it is inside of; 0 where it is in none.
        type: the type of the object that it is a field of, inside an encoded text: `channel_deposit_tx`.
    """

    path: Path
    rule: str
    recorded: Any
    live: Any
    inside: int = 0
    type: str = ""

    @property
    def field(self) -> str:
        """The name of the member that it is about."""
        return name_of(self.path)

    def __str__(self) -> str:
        where = text_of(self.path)
        if self.rule == "missing":
            return f"{where} is missing: {shortened(self.recorded)}"
        if self.rule == "added":
            return f"{where} was added: {shortened(self.live)}"
        return (
            f"{where or 'the message'}: {shortened(self.recorded)} recorded, {shortened(self.live)} came ({self.rule})"
        )
