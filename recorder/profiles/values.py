"""The members of a message, whatever a peer has put there: for the words that protocols have for their messages.

Rule: total; what is not of the expected type is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def as_text(value: Any) -> str:
    """A text."""
    return value if isinstance(value, str) else ""


def as_object(value: Any) -> Mapping[str, Any]:
    """An object."""
    return value if isinstance(value, Mapping) else {}


def as_objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def member(name: str) -> Callable[[Mapping[str, Any]], str]:
    """Gives the text of this member of an object."""
    return lambda value: as_text(value.get(name))


def together(*values: Any) -> str:
    """Those of the values that are texts, with spaces between them."""
    return " ".join(filter(None, map(as_text, values)))


def name_and_version(info: Any) -> str:
    """A client or a server, as it says of itself what it is."""
    return together(as_object(info).get("name"), as_object(info).get("version"))
