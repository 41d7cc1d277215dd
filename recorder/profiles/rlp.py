"""Recursive Length Prefix (RLP): byte strings and nested lists of them, as Ethereum and æternity write transactions.

Rule: reading costs linear time and bounded depth whatever the bytes are, and knows nothing of what they mean. Three forms
that nobody should write are read and noted, because æternity's node reads them: a byte below 80 with a size before it, and
the size of a short string or of a short list in long form. Anything else that is not canonical is an error.

The package `rlp` writes: `encode` is its `encode_raw`, imported by whoever writes first, since that takes 100 ms. It does
not read here: it refuses these forms, does not tell where the bytes are wrong, ends lists in lists with a RecursionError,
and takes 2.4 times as long (the 269 transactions, proofs and trees of the vectors, 149 kB: 2.6 ms, the reader here 1.1
ms). The tests compare both readers.
Facts: Ethereum Yellow Paper, appendix B; `aeser_rlp` of æternity's node.
"""

from __future__ import annotations

from typing import TypeAlias

from recorder.difference import Path

Item: TypeAlias = "bytes | list[Item]"

SHORT_LIMIT = 55
STRING = 0x80
LONG_STRING = STRING + SHORT_LIMIT
LIST = 0xC0
LONG_LIST = LIST + SHORT_LIMIT
# The deepest object, a proof of inclusion, nests five lists.
MAX_DEPTH = 32
# One note says that the bytes are not canonical; a few more help to see the pattern.
MAX_NOTES = 8
_SINGLE = [bytes((value,)) for value in range(STRING)]


class Malformed(Exception):  # noqa: N818 - it never leaves the profiles, where others are made of it
    """What is wrong with bytes. Whoever reads the object around them adds the way to them.

    Args:
        reason: what is wrong.
        offset: the position in the bytes that are read.
        path: the way to it from there: names of fields, indices of lists.
    """

    def __init__(self, reason: str, offset: int = 0, path: Path = ()) -> None:
        super().__init__(reason)
        self.reason, self.offset, self.path = reason, offset, path


def decode_list(data: bytes, notes: list[str] | None = None) -> list[Item]:
    """The items of the one list that `data` is.

    Args:
        data: the bytes; nothing may follow the list.
        notes: where to append what the node accepts but would write differently.

    Raises:
        Malformed: when the node would not read it.
    """
    if not data:
        raise Malformed("no bytes: expected an RLP list")
    if data[0] < LIST:
        raise Malformed("expected an RLP list, found a byte string")
    start, stop = _payload(data, 0, len(data), notes)
    if stop != len(data):
        raise Malformed(f"trailing bytes: {len(data) - stop} follow the RLP list", stop)
    return _items(data, start, stop, 1, notes)


def decode_head(data: bytes, size: int) -> list[bytes]:
    """The first items of the list that `data` starts with, as far as they are byte strings.

    Raises:
        Malformed: when it starts with no list, or is shorter.
    """
    position = first_offset(data)
    items: list[bytes] = []
    for _ in range(size):
        item, position = decode_string(data, position)
        items.append(item)
    return items


def first_offset(data: bytes) -> int:
    """The offset of the first item of the list that `data` starts with.

    Raises:
        Malformed: when it starts with no list.
    """
    if not data or data[0] < LIST:
        raise Malformed("expected an RLP list")
    return 1 if data[0] <= LONG_LIST else data[0] - LONG_LIST + 1


def decode_string(data: bytes, offset: int, notes: list[str] | None = None) -> tuple[bytes, int]:
    """The byte string at `offset`, and the offset after it.

    Raises:
        Malformed: when there is none.
    """
    if offset >= len(data):
        raise Malformed("bytes end where an RLP byte string should start", offset)
    if data[offset] >= LIST:
        raise Malformed("expected an RLP byte string, found a list", offset)
    start, stop = _payload(data, offset, len(data), notes)
    return data[start:stop], stop


def encode(item: Item) -> bytes:
    """The canonical RLP of a byte string or of a list of items."""
    from rlp.codec import encode_raw  # noqa: PLC0415 - 100 ms, for those who write

    data: bytes = encode_raw(item)
    return data


def offset_after(data: bytes, offset: int) -> int:
    """The offset after the item at `offset`, of which only the size is read.

    Raises:
        Malformed: when there is none.
    """
    if offset >= len(data):
        raise Malformed("bytes end where an RLP item should start", offset)
    return _payload(data, offset, len(data), None)[1]


def payload_offset(data: bytes, indices: list[int]) -> int:
    """Where the payload of an item starts, given its index in the outermost list, then in the list there."""
    start, _ = _payload(data, 0, len(data), None)
    for index in indices:
        for _ in range(index):
            _, start = _payload(data, start, len(data), None)
        start, _ = _payload(data, start, len(data), None)
    return start


def _items(data: bytes, position: int, end: int, depth: int, notes: list[str] | None) -> list[Item]:
    # The hot loop of the package: the commonest forms are read in place.
    if depth > MAX_DEPTH:
        raise Malformed(f"lists nested deeper than {MAX_DEPTH}", position)
    items: list[Item] = []
    while position < end:
        lead = data[position]
        if lead < STRING:
            items.append(_SINGLE[lead])
            position += 1
        elif STRING + 1 < lead <= LONG_STRING:
            stop = position + lead - STRING + 1
            if stop > end:
                raise Malformed(f"bytes missing: a byte string goes {stop - end} beyond the list it is in", position)
            items.append(data[position + 1 : stop])
            position = stop
        elif lead == LIST:
            items.append([])
            position += 1
        else:
            start, stop = _payload(data, position, end, notes)
            items.append(data[start:stop] if lead < LIST else _items(data, start, stop, depth + 1, notes))
            position = stop
    return items


def _payload(data: bytes, position: int, end: int, notes: list[str] | None) -> tuple[int, int]:
    """Where the payload of the item at `position` starts and stops."""
    lead = data[position]
    if lead < STRING:
        return position, position + 1
    base = LIST if lead >= LIST else STRING
    start, size = position + 1, lead - base
    if size > SHORT_LIMIT:
        width = size - SHORT_LIMIT
        start += width
        if data[position + 1 : position + 2] == b"\0":
            raise Malformed("leading zero in the size of an RLP item", position + 1)
        size = int.from_bytes(data[position + 1 : start], "big")
        if size <= SHORT_LIMIT and start <= end:
            _note(notes, f"a size of {size} bytes is written in long form at offset {position}")
    stop = start + size
    if stop > end:
        raise Malformed(f"bytes missing: an RLP item goes {stop - end} beyond what holds it", position)
    if base == STRING and size == 1 and data[start] < STRING:
        _note(notes, f"the byte {data[start]:02x} is written with a size at offset {position}")
    return start, stop


def _note(notes: list[str] | None, text: str) -> None:
    if notes is not None and len(notes) < MAX_NOTES:
        notes.append(f"RLP is not canonical, {text}")
