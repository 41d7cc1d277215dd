"""The members of a message, whatever a peer has put there, and tables of them: for the words that protocols have.

Rule: total; what is not of the expected type is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from recorder.jsonrpc import is_object
from recorder.profiles.sentences import shortened
from recorder.wording import counted

T = TypeVar("T")


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
        return f'"{shortened(written)}"' if written else ""

    return said


def by_each(*table: tuple[T, str]) -> dict[str, T]:
    """What is said of several names, by each of them."""
    return {name: said for said, names in table for name in names.split()}


def by_method(table: Mapping[str, Callable[[Any], str]], of: type = Mapping) -> Callable[[str, Any], str | None]:
    """What a table says of params or a result of a type, by the method; None if it says nothing."""

    def said(method: str, value: Any) -> str | None:
        return (table[method](value) or None) if method in table and isinstance(value, of) else None

    return said


def bare_method(message: Any) -> str:
    """The method of a message that does not say that it is JSON-RPC; empty for all others."""
    method = message.get("method") if is_object(message) and "jsonrpc" not in message else None
    return as_text(method)


def spaced(*values: Any) -> str:
    """Those of the values that are texts, with spaces between them."""
    return " ".join(filter(None, map(as_text, values)))


def several(what: str, names: Sequence[str], most: int = 3) -> str:
    """How many there are of something, and what the first are called: `2 tools: echo, add`."""
    first = ", ".join(filter(None, names[:most]))
    more = ", …" if len(names) > most else ""
    return counted(len(names), what) + (f": {first}{more}" if first else "")


def requested(params: Mapping[str, Any]) -> str:
    """A request of a page over HTTP: its method and URL."""
    asked = as_object(params.get("request"))
    return spaced(asked.get("method"), asked.get("url"))


def responded(params: Mapping[str, Any]) -> str:
    """The answer to a request of a page over HTTP: its status and URL."""
    answered = as_object(params.get("response"))
    return f"{answered.get('status', '')} {as_text(answered.get('url'))}".strip()


def name_and_version(info: Any) -> str:
    """A client or a server, as it says of itself what it is."""
    return spaced(as_object(info).get("name"), as_object(info).get("version"))
