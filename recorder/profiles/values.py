"""The members of a message, whatever a peer has put there: for the words that protocols have for their messages.

Rule: total; what is not of the expected type is empty. And a table that several protocols have: kinds by names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 60
"""Characters of a script that a line shows."""


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


def quoted(name: str) -> Callable[[Mapping[str, Any]], str]:
    """Quotes the beginning of a script, which this member of an object is."""

    def said(value: Mapping[str, Any]) -> str:
        written = " ".join(as_text(value.get(name)).partition("//# sourceURL")[0].split())
        if not written:
            return ""
        return f'"{written}"' if len(written) <= LONGEST else f'"{written[:LONGEST]}…"'

    return said


def kinds_by_name(*table: tuple[str, str]) -> dict[str, str]:
    """Kinds by the name of the member, from rows of a kind and the names that have it."""
    return {name: kind for kind, names in table for name in names.split()}


def together(*values: Any) -> str:
    """Those of the values that are texts, with spaces between them."""
    return " ".join(filter(None, map(as_text, values)))


def name_and_version(info: Any) -> str:
    """A client or a server, as it says of itself what it is."""
    return together(as_object(info).get("name"), as_object(info).get("version"))
