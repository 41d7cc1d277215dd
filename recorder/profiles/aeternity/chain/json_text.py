"""Decoded values as JSON text, whatever their depth and however long their integers.

Rule: the usual encoder does it, and only where it gives up (nesting beyond the interpreter's recursion, integers beyond
its digits) the slow loop here does, with the same result.
"""

from __future__ import annotations

import json
from typing import Any

from recorder.profiles.aeternity.chain.fate.numbers import decimal_text


def json_text(value: Any) -> str:
    """One line of JSON for a decoded value: dicts, lists, strings, integers, booleans and None."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError):
        return _slowly(value)


class _Raw(str):
    """Text that is JSON already."""

    __slots__ = ()


def _slowly(value: Any) -> str:
    written: list[str] = []
    pending: list[Any] = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, _Raw):
            written.append(part)
        elif isinstance(part, dict):
            pending.append(_Raw("}"))
            for index, (key, item) in reversed(list(enumerate(part.items()))):
                pending += [item, _Raw(f"{', ' if index else ''}{json.dumps(key, ensure_ascii=False)}: ")]
            written.append("{")
        elif isinstance(part, list | tuple):
            pending.append(_Raw("]"))
            for index, item in reversed(list(enumerate(part))):
                pending += [item, _Raw(", " if index else "")]
            written.append("[")
        elif isinstance(part, int) and not isinstance(part, bool):
            written.append(decimal_text(part))
        else:
            written.append(json.dumps(part, ensure_ascii=False))
    return "".join(written)
