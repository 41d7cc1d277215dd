"""Reads RLP, Ethereum's encoding of lists of bytes.

Rule: a few lines by hand, for a transaction in the traffic must not cost the 0.15 s in which the library `rlp` is imported.
Source: the Ethereum yellow paper, appendix B.
"""

from __future__ import annotations

from typing import Any

SHORT, LISTED, LONGEST = 0x80, 0xC0, 0x37
"""Where the first bytes of texts and of lists begin, and the longest that such a byte has the length of."""


def item(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The item that begins here, as bytes and lists of such, and where it ends.

    Raises:
        ValueError: the data ends too early.
        IndexError: the same.
    """
    first = data[at]
    if first < SHORT:
        return data[at : at + 1], at + 1
    listed, size = first >= LISTED, (first - SHORT) % (LISTED - SHORT)
    start = at + 1
    if size > LONGEST:
        start += size - LONGEST
        size = int.from_bytes(data[at + 1 : start])
    end = start + size
    if end > len(data):
        raise ValueError("it ends too early")
    if not listed:
        return data[start:end], end
    items = []
    while start < end:
        one, start = item(data, start)
        items.append(one)
    return items, end
