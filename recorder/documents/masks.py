"""The marks of masked secrets, as documents see them: a mark stands for any value, and is written nowhere.

Rule: pure. What stands around a mark in a text was recorded as it is, and so counts.
"""

from __future__ import annotations

import re
from typing import Any

from recorder.documents.written import Node, begins_so
from recorder.jsonrpc import json_text, value_of
from recorder.model import MARK

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

MASKED = frozenset({"text", "number"})
"""The kinds of written values that are masked where they stand for a secret."""


def stands_for(recorded: Any, node: Node) -> bool:
    """Whether a recorded value has the mark of a secret, for which a written one may stand."""
    if not isinstance(recorded, str) or MARK.search(recorded) is None:
        return False
    if MARK.fullmatch(recorded):
        return node.kind in MASKED
    return node.kind == "text" and (
        _both(MARK.split(recorded), node.pieces) if node.elided else fits(recorded, node.value)
    )


def fits(recorded: str, text: str) -> bool:
    """Whether a text is what was recorded, with anything in place of each mark."""
    return recorded == text or (MARK.search(recorded) is not None and begins_so(tuple(MARK.split(recorded)), text))


def _both(recorded: list[str], pieces: tuple[str, ...]) -> bool:
    """Whether one text may have these pieces and those: what is recorded between marks, and what is written between gaps."""
    (first, *_, last), (begins, *_, ends) = recorded, pieces
    return (first.startswith(begins) or begins.startswith(first)) and (last.endswith(ends) or ends.endswith(last))


def placeholders(text: str) -> str:
    """A recorded text as documents show it: with `<api-key>` in place of `«api key 1»`."""
    return MARK.sub(lambda found: f"<{found[0][1:-1].rpartition(' ')[0].replace(' ', '-')}>", text)


def in_json(text: bytes) -> bytes:
    """Recorded JSON as documents show it, as `placeholders`."""
    return _STRING.sub(_in_quotes, text.decode()).encode()


def _in_quotes(found: re.Match[str]) -> str:
    text = value_of(found[0], "")
    made = placeholders(text)
    return found[0] if made == text else json_text(made)


def spelt(value: Any) -> str:
    """A recorded text, number or word as JSON, as `placeholders`."""
    return placeholders(json_text(value))
