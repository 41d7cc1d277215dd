"""What all field types share: what each of them does, and the state of one reading.

Rule: only `Reading` decides whether something is an error, a warning, or nothing: the field types say what they found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from recorder.difference import Path
from recorder.errors import InputError
from recorder.profiles.rlp import Malformed

if TYPE_CHECKING:
    from recorder.profiles.aeternity.chain.layouts import Registry
    from recorder.profiles.rlp import Item


# Longer values are cut in messages.
LINE = 80


class Reading:
    """What is going on while one object is read.

    Args:
        template: read as the node's template does: the kinds of ids, sizes and enumerations are noted, not enforced.
    """

    __slots__ = ("count", "depth", "leaves", "lossy", "notes", "template")

    def __init__(self, *, template: bool = False) -> None:
        self.template = template
        self.count = 0  # how many objects were read
        self.depth = 0  # how many of them are around the current place
        self.leaves: frozenset[str] | None = None  # what the values of the current state tree may be
        self.lossy = False  # whether re-serialisation would differ
        self.notes: list[tuple[Path, str]] = []

    def note(self, text: str, *path: str) -> None:
        """Note what a reader of the value should know."""
        self.notes.append((path, text))

    def lenient(self, text: str) -> None:
        """Note what the node accepts and would write differently."""
        self.lossy = True
        self.note(f"{text}: re-serialisation would differ")

    def reject(self, reason: str, *path: str) -> None:
        """Refuse what the node refuses; in a template reading, note it.

        Args:
            reason: what is wrong.
            path: the field at fault, if a layout's check finds it.
        """
        if not self.template:
            raise Malformed(reason, path=path)
        self.note(f"{reason}: the node would reject it in a transaction", *path)


class Field:
    """The base of all field types."""

    def deserialize(self, item: Item, reading: Reading) -> Any:
        """The value of an RLP item."""
        raise NotImplementedError

    def serialize(self, value: Any) -> Item:
        """The RLP item of a value; an `InputError` if it is not a value of this type."""
        raise NotImplementedError

    def bind(self, registry: Registry) -> None:
        """Take the registry; only what holds other objects needs it."""


def refuse(what: str, value: Any) -> NoReturn:
    """Refuse a value that cannot be written."""
    text = repr(value) if isinstance(value, str | float | None) or printable(value) == value else type(value).__name__
    raise InputError(f"expected {what}, got {text if len(text) < LINE else text[: LINE - 1] + '…'}")


def printable(number: Any) -> Any:
    """A number as a message says it: an interpreter may refuse to write one of many digits."""
    return number if isinstance(number, int) and abs(number) < 1 << LINE else "a number of many digits"
