"""FATE values as a Sophia programmer would write them, as far as the bytes tell.

Rule: the bytes know no record, constructor or type names, so none are made up: a variant is shown by its number.
Nesting deeper than `MOST_DEPTH` is cut, so that no value overflows the stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

MOST_DEPTH = 40


def fate_text(value: Mapping[str, Any], depth: int = 0) -> str:
    """A FATE value in one line.

    Args:
        value: {"t", …} as `recorder.decode` gives it.
        depth: how deep it stands in another.
    """
    if depth > MOST_DEPTH:
        return "…"
    writer = _WRITERS.get(value.get("t", ""))
    return writer(value, depth + 1) if writer is not None else str(value.get("v", value.get("hex", "")))


def call_text(call: Mapping[str, Any]) -> str:
    """A call: `main(1, true)`; the function's hash where its name is not known, words of the older AEVM as hex."""
    name = call["function"] or f"function {call['function_hash']}"
    return f"{name}({', '.join(a if isinstance(a, str) else fate_text(a) for a in call['args'])})"


def quoted(data: bytes) -> str:
    """Bytes as text in quotes where they are some, else as hex."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"#{data.hex()}"
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else f"#{data.hex()}"


def _sequence(opening: str, closing: str) -> Callable[[Mapping[str, Any], int], str]:
    return lambda value, depth: f"{opening}{', '.join(fate_text(item, depth) for item in value['v'])}{closing}"


def _map(value: Mapping[str, Any], depth: int) -> str:
    return f"{{{', '.join(f'{fate_text(key, depth)} = {fate_text(item, depth)}' for key, item in value['v'])}}}"


def _variant(value: Mapping[str, Any], depth: int) -> str:
    inside = ", ".join(fate_text(item, depth) for item in value["v"])
    return f"variant {value['tag']} of {len(value['arities'])}({inside})"


_WRITERS: dict[str, Callable[[Mapping[str, Any], int], str]] = {
    "bool": lambda value, _depth: "true" if value["v"] else "false",
    "string": lambda value, _depth: quoted(bytes.fromhex(value["hex"])),
    "bytes": lambda value, _depth: f"#{value['hex']}",
    "contract_bytearray": lambda value, _depth: f"contract code #{value['hex']}",
    "bits": lambda value, _depth: f"bits {value['v']}",
    "store_map": lambda value, _depth: f"map number {value['v']} of the store",
    "typerep": lambda value, _depth: f"type {value['v']}",
    "tuple": _sequence("(", ")"),
    "list": _sequence("[", "]"),
    "map": _map,
    "variant": _variant,
}
