"""FATE integers, and the decimal texts that stand for them in values.

Rule: an integer has exactly one form, and any other is an error. Decimal texts are read by `decimal` (and written by
`json_text`), because `int` refuses more than 4,300 digits by default, and what is on chain must not depend on an
interpreter's setting.

Facts: `aeb_fate_encoding` of aebytecode; `rint(n)` is the RLP of the minimal big endian of n.
"""

from __future__ import annotations

from decimal import Decimal

from recorder.profiles.aeternity.chain.fields import MAX_INT_SIZE, int_bytes
from recorder.profiles.rlp import Malformed, decode_string, encode

SMALL = 64
POSITIVE_BIG, NEGATIVE_BIG = 0x6F, 0xEF
_SIGN = 0x80


def decimal_number(text: str) -> int:
    """The integer of a decimal text.

    Raises:
        ValueError: it is not a number.
    """
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 3 * MAX_INT_SIZE:
        raise ValueError(text)
    return int(Decimal(text))


def read_rint(data: bytes, offset: int) -> tuple[int, int]:
    """An unsigned integer in RLP, and the offset after it."""
    lenient: list[str] = []
    payload, end = decode_string(data, offset, lenient)
    if lenient or not payload or (payload[0] == 0 and len(payload) > 1):
        raise Malformed("integer is not in its one form", offset)
    if len(payload) > MAX_INT_SIZE:
        raise Malformed(f"integer of {len(payload)} bytes: more than {MAX_INT_SIZE} are not read", offset)
    return int.from_bytes(payload, "big"), end


def write_rint(number: int) -> bytes:
    """An unsigned integer in RLP."""
    return encode(int_bytes(number))


def read_integer(data: bytes, offset: int) -> tuple[int, int]:
    """A FATE integer, and the offset after it."""
    if offset >= len(data):
        raise Malformed("bytes end where an integer should start", offset)
    lead = data[offset]
    if lead in (POSITIVE_BIG, NEGATIVE_BIG):
        number, end = read_rint(data, offset + 1)
        return (number + SMALL if lead == POSITIVE_BIG else -number - SMALL), end
    if lead & 1:
        raise Malformed(f"expected an integer, found {lead:02x}", offset)
    if lead == _SIGN:
        raise Malformed("minus zero", offset)
    size = lead >> 1 & (SMALL - 1)
    return (-size if lead & _SIGN else size), offset + 1


def write_integer(number: int) -> bytes:
    """A FATE integer."""
    size = abs(number)
    if size < SMALL:
        return bytes((size << 1 | (_SIGN if number < 0 else 0),))
    return bytes((NEGATIVE_BIG if number < 0 else POSITIVE_BIG,)) + write_rint(size - SMALL)
