"""The order of keys in a FATE map.

Rule: a key becomes one flat list of integers and byte strings, so that comparing keys needs no recursion however deep
they are. Each position holds the same type in any two keys that agree up to it.

Facts: `aeb_fate_data:lt/2` of aebytecode, by way of the order it accepts in serialized maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.profiles.aeternity.chain.encoding import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable

Value = dict[str, Any]
Token = int | bytes | str

# The order of kinds; a map or store map cannot be (in) a key.
RANKS: dict[str, int] = {
    "int": 0,
    "bool": 1,
    "address": 2,
    "channel": 3,
    "contract": 4,
    "oracle": 5,
    "bytes": 6,
    "bits": 7,
    "string": 8,
    "tuple": 9,
    "list": 11,
    "variant": 12,
    "oracle_query": 13,
    "contract_bytearray": 14,
    "typerep": 15,
}
_ITEM, _END = 1, 0


def sort_key(value: Value) -> list[Token]:
    """What a map key is compared by.

    Raises:
        ValueError: when the value cannot be in a key.
    """
    tokens: list[Token] = []
    pending: list[Value | int] = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, int):
            tokens.append(part)
            continue
        kind = part["t"]
        if kind not in RANKS:
            raise ValueError(kind)
        tokens.append(RANKS[kind])
        _SPREAD.get(kind, _atom)(part, tokens, pending)
    return tokens


def _atom(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    tokens.append(decode_text(value["v"], any_size=True).data)


def _number(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    tokens.append(int(value["v"]))


def _text(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    tokens.append(value["v"])


def _bits(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    number = int(value["v"])
    tokens += [1 if number < 0 else 0, number]


def _binary(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    data = bytes.fromhex(value["hex"])
    tokens += [len(data), data]


def _tuple(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    tokens.append(len(value["v"]))
    pending.extend(reversed(value["v"]))


def _list(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    pending.append(_END)
    for item in reversed(value["v"]):
        pending += [item, _ITEM]


def _variant(value: Value, tokens: list[Token], pending: list[Value | int]) -> None:
    tokens += [len(value["arities"]), bytes(value["arities"]), value["tag"]]
    pending.extend(reversed(value["v"]))


_SPREAD: dict[str, Callable[[Value, list[Token], list[Value | int]], None]] = {
    "int": _number,
    "bool": _text,
    "bits": _bits,
    "string": _binary,
    "bytes": _binary,
    "contract_bytearray": _binary,
    "tuple": _tuple,
    "list": _list,
    "variant": _variant,
    "typerep": _text,
}
