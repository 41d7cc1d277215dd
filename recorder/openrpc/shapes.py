"""The shape of a value: what a schema without literals can tell of it.

Rule: values of one shape are the same to such a schema, whichever it is. So what was learnt of a shape, or found to fit, need
not be looked at again; `Known` may forget a shape at any time, and nothing but the pace changes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from functools import lru_cache
from typing import Any

from recorder.openrpc.messages import UNREAD
from recorder.timeline.handed_out import opaque

ANY_KEY = "\0"
"""The name under which the values of a map are added, as one array."""

DEEPEST = 32
"""Lists and objects in each other that are described; of what is deeper, the type alone is."""

REMEMBERED, LONGEST = 1 << 20, 1 << 16
"""Bytes of the values whose shapes are remembered, and of the longest that has a key."""

_PARTS = frozenset({dict, list, float, type(UNREAD)})
"""Types that do not tell the shape."""


class Known:
    """Keys that were seen, made of shapes; when they stand for more than `REMEMBERED`, all are forgotten."""

    def __init__(self) -> None:
        self._size = 0
        self._keys: set[Hashable] = set()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def keep(self, key: Hashable, size: int) -> None:
        """Remember a key; None is no key. `size` is that of the JSON that it stands for, in bytes."""
        if key is None or size > REMEMBERED:
            return
        self._size += size
        if self._size > REMEMBERED:
            self._keys.clear()
            self._size = size
        self._keys.add(key)


def call_key(method: str, params: dict[str, Any] | list[Any], size: int, *about: Hashable) -> Hashable:
    """The key of a call; None where its params are too long.

    Args:
        method: that it calls.
        params: by name or by position.
        size: of their JSON.
        about: what else of the call counts.
    """
    if size > LONGEST:
        return None
    if type(params) is dict:
        return method, about, tuple(params), shapes(params.values())
    return method, about, shapes(params)


def result_key(method: str, result: Any, size: int) -> Hashable:
    """The key of an answer to a method; None where the result is too long. `size` is that of its JSON, in bytes."""
    return (method, shape(result)) if size <= LONGEST else None


def shapes(values: Collection[Any], depth: int = DEEPEST) -> tuple[Hashable, ...]:
    """The shape of each value, in their order."""
    kinds = tuple(map(type, values))
    return kinds if _PARTS.isdisjoint(kinds) else tuple([shape(value, depth) for value in values])


def shape(value: Any, depth: int = DEEPEST) -> Hashable:
    """The shape of a value; one that is nested too deeply, or that nobody can read, is like no other.

    The items of a list have no order, as all obey the same schema; neither have the members of a map (see `is_data`). A
    whole number that is written with a point is an integer to some.
    """
    kind: type = type(value)
    if kind not in _PARTS:
        return kind
    if kind is float:
        return kind, value.is_integer()
    if not depth or value is UNREAD:
        return object()
    if kind is list:
        return frozenset(shapes(value, depth - 1))
    names = tuple(value)
    of_each = shapes(value.values(), depth - 1)
    data = _data(names)
    if not data:
        return names, of_each
    return (
        tuple([name for name, is_one in zip(names, data, strict=True) if not is_one]),
        tuple([one for one, is_one in zip(of_each, data, strict=True) if not is_one]),
        frozenset([one for one, is_one in zip(of_each, data, strict=True) if is_one]),
    )


def is_data(name: str) -> bool:
    """Whether a member's name is data (an id, a hash, an address), so that the object is a map.

    This is decided by the name alone, so that it is the same in each object.
    """
    return name == ANY_KEY or name.isdigit() or opaque(name)


@lru_cache(256)
def _data(names: tuple[str, ...]) -> tuple[bool, ...]:
    """Of each name whether it is data; empty where none is."""
    found = tuple(map(is_data, names))
    return found if any(found) else ()
