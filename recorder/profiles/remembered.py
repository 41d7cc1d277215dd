"""A dictionary that forgets what was used longest ago.

Rule: everything that a profile remembers of traffic is in one of these, so that its memory is bounded. A text weighs its
length, because its decoded form may take many times that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

MANY_TEXTS, MUCH_TEXT = 8192, 2 << 20
"""The most texts of which it is remembered what they contain, and the most characters of all of them."""


class Remembered(OrderedDict[K, V], Generic[K, V]):
    """A bounded dictionary; the entry that was used longest ago is dropped first.

    Args:
        entries: the most entries.
        weight: the most weight of all entries.
        weigh: gives the weight of an entry by its key.
    """

    def __init__(self, entries: int, weight: int = 0, weigh: Callable[[K], int] = lambda _key: 0) -> None:
        super().__init__()
        self._entries, self._most, self._weigh, self._weight = entries, weight, weigh, 0

    def recall(self, key: K) -> V | None:
        """The value of a key, which is now the one used last."""
        value = self.get(key)
        if value is not None:
            self.move_to_end(key)
        return value

    def take(self, key: K) -> V | None:
        """The value of a key, which is forgotten."""
        if key not in self:
            return None
        self._weight -= self._weigh(key)
        return self.pop(key)

    def keep(self, key: K, value: V) -> V:
        """Remember a value."""
        if key in self:
            self.move_to_end(key)
        else:
            self._weight += self._weigh(key)
        self[key] = value
        while len(self) > self._entries or (self._weight > self._most and len(self) > 1):
            oldest, _value = self.popitem(last=False)
            self._weight -= self._weigh(oldest)
        return value


def remembering(read: Callable[[str], V]) -> Callable[[str], V]:
    """Make a function of a text remember what it found, because the same text comes many times."""
    known: Remembered[str, tuple[V]] = Remembered(MANY_TEXTS, MUCH_TEXT, len)

    @wraps(read)
    def recalled(text: str) -> V:
        found = known.recall(text)
        return (found if found is not None else known.keep(text, (read(text),)))[0]

    return recalled
