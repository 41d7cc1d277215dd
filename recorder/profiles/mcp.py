"""The Model Context Protocol: assistants and the servers that give them tools, resources and prompts.

Rule: ids that either end makes are bound (progress tokens, ids of requests and tasks, cursors); a tool's arguments and
results are compared, whatever their members are called.
Source: the protocol's specification, versions 2024-11-05 to 2025-11-25; of later ones, what they keep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from recorder.difference import Path, name_of
from recorder.jsonrpc import is_object, json_text
from recorder.model import UNREADABLE, Direction, Opened
from recorder.profiles.base import Profile
from recorder.profiles.sentences import Words, members
from recorder.profiles.values import (
    as_object,
    as_objects,
    as_text,
    by_method,
    member,
    name_and_version,
    several,
    spaced,
)

SESSION = "Mcp-Session-Id"
HEADERS = frozenset({SESSION.lower(), "mcp-protocol-version"})

OURS = re.compile(
    r"tools/(?:list|call)|prompts/(?:list|get)|resources/(?:list|read|subscribe|unsubscribe|templates/list)"
    r"|notifications/(?:initialized|progress|cancelled|message|(?:tools|prompts|resources|roots)/\w+)"
    r"|sampling/createMessage|elicitation/create|roots/list|logging/setLevel|completion/complete|server/discover"
)
"""Methods that no other protocol has; `initialize` is a language server's too."""

SENDERS: dict[str, Direction] = {
    "notifications/initialized": "to_node",
    "notifications/roots/list_changed": "to_node",
    "sampling/createMessage": "from_node",
    "elicitation/create": "from_node",
    "roots/list": "from_node",
}
"""Of methods that the other end may not use."""

BEGINS = frozenset({"protocolVersion", "capabilities", "clientInfo"})
"""Parameters that `initialize` has here; a language server's has no version of its protocol."""

META, META_PREFIX = "_meta", "io.modelcontextprotocol/"

TASK, CURSOR = "task", "cursor"
NAMES = {
    "progressToken": "progress token",
    "cursor": CURSOR,
    "nextCursor": CURSOR,
    "taskId": TASK,
    "elicitationId": "elicitation",
    "createdAt": "created",
    "lastUpdatedAt": "updated",
}
"""Kinds by the name of the member."""

OWN = frozenset({"arguments", "structuredContent", "inputSchema", "outputSchema"})
"""Members of params, of a result, or of a tool in which names are a tool's own."""

EXTENDED = frozenset({META, "experimental", "requestedSchema"})
"""Further members whose own members have names that users choose."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*")
CANCELLED = "notifications/cancelled"

CHANGED = {
    "notifications/tools/list_changed": {"tools/list"},
    "notifications/prompts/list_changed": {"prompts/list"},
    "notifications/resources/list_changed": {"resources/list", "resources/templates/list"},
}
"""What says that a list has changed, with the methods that ask for it."""

MOST_NAMES = 5
"""Names that a list shows on a line."""

MOST_SEARCHED = 1_000
"""Characters of a text in which the words for a line are sought."""


class _Outcome(msgspec.Struct):
    """What the result of a tool says of its end, however much it gives."""

    isError: bool = False  # noqa: N815 - the protocol's name


_outcome = msgspec.json.Decoder(_Outcome)


def _ours(message: Any) -> bool:
    if not is_object(message) or not isinstance(method := message.get("method"), str):
        return False
    params = as_object(message.get("params"))
    told = any(name.startswith(META_PREFIX) for name in as_object(params.get(META)))
    return told or OURS.fullmatch(method) is not None or (method == "initialize" and params.keys() >= BEGINS)


# Words


def _speaks(who: str, said: Mapping[str, Any]) -> str:
    """Who it is, and which version of the protocol it speaks."""
    version = as_text(said.get("protocolVersion"))
    return ", ".join(filter(None, [who, f"protocol {version}" if version else ""]))


def _initialize(params: Mapping[str, Any]) -> str:
    return _speaks(as_text(as_object(params.get("clientInfo")).get("name")), params)


def _of_meta(value: Mapping[str, Any]) -> dict[str, Any]:
    """What the protocol itself says beside params and results, since 2026."""
    return {name.removeprefix(META_PREFIX): said for name, said in as_object(value.get(META)).items()}


def _discover(params: Mapping[str, Any]) -> str:
    return _initialize(_of_meta(params))


def _welcome(result: Mapping[str, Any]) -> str:
    return _speaks(name_and_version(result.get("serverInfo") or _of_meta(result).get("serverInfo")), result)


def _progress(params: Mapping[str, Any]) -> str:
    done, total = params.get("progress"), params.get("total")
    if not _number(done):
        return ""
    share = f"{done}/{total}" if _number(total) else f"{done}"
    return f"{share} {as_text(params.get('message'))}".rstrip()


def _number(value: Any) -> bool:
    return not isinstance(value, bool | str | list | dict | None)


def _logged(params: Mapping[str, Any]) -> str:
    data = params.get("data")
    return f"{as_text(params.get('level'))} {data if isinstance(data, str) else json_text(data)}".strip()


def _used(params: Mapping[str, Any]) -> str:
    """A tool or a prompt with its first arguments; empty if it has no name."""
    name = as_text(params.get("name"))
    return ", ".join(filter(None, [name, members(as_object(params.get("arguments")))])) if name else ""


def _completed(params: Mapping[str, Any]) -> str:
    argument = as_object(params.get("argument"))
    return spaced(argument.get("name"), argument.get("value"))


def _listed(name: str) -> Callable[[Mapping[str, Any]], str]:
    """What says how many there are in a list, and what the first are called."""

    def said(result: Mapping[str, Any]) -> str:
        if not isinstance(found := result.get(name), list):
            return ""
        names = [as_text(one.get("name")) or as_text(one.get("uri")) for one in map(as_object, found)]
        return several(name.removesuffix("s"), names, MOST_NAMES)

    return said


def _given(result: Mapping[str, Any]) -> str:
    """What a tool gives: its first text, or of what types its contents are."""
    found = as_objects(result.get("content"))
    texts = [as_text(one.get("text")) for one in found]
    said = next(filter(None, texts), "") or ", ".join(as_text(one.get("type")) for one in found)
    said = said or as_text(as_object(result.get("task")).get("status"))
    first = said.partition("\n")[0]
    if not any(map(str.isalnum, first)):  # as where JSON begins
        first = " ".join(said[:MOST_SEARCHED].split())
    return (f"failed: {first}" if first else "failed") if result.get("isError") is True else first


CALLS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "initialize": _initialize,
    "server/discover": _discover,
    **dict.fromkeys(("tools/call", "prompts/get"), _used),
    **dict.fromkeys(("resources/read", "resources/subscribe", "resources/unsubscribe"), member("uri")),
    "notifications/resources/updated": member("uri"),
    "notifications/progress": _progress,
    "notifications/message": _logged,
    CANCELLED: member("reason"),
    "completion/complete": _completed,
    "logging/setLevel": member("level"),
    "elicitation/create": member("message"),
}
"""What a call is about, by its method."""

ANSWERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "initialize": _welcome,
    "server/discover": _welcome,
    "tools/call": _given,
    "tools/list": _listed("tools"),
    "prompts/list": _listed("prompts"),
    "prompts/get": _listed("messages"),
    "resources/list": _listed("resources"),
    "resources/read": _listed("contents"),
    "resources/templates/list": _listed("resourceTemplates"),
    "roots/list": _listed("roots"),
    "elicitation/create": member("action"),
    "sampling/createMessage": member("model"),
}
"""What an answer says, by the method of its request."""

DETAILED = frozenset({"tools/call", "tools/list", "prompts/get", "prompts/list", "resources/read"})
"""Methods whose params and results hold what people read."""


def details(method: str, value: Any) -> Iterator[str]:
    """What there is, with its description, and the texts that JSON writes in another way than a person reads them."""
    if method not in DETAILED or not isinstance(value, Mapping):
        return
    for name, given in as_object(value.get("arguments")).items():
        if isinstance(given, str) and _escaped(given):
            yield f"{name}:"
            yield from given.splitlines()
    for name in ("tools", "prompts"):
        for one in as_objects(value.get(name)):
            yield f"{as_text(one.get('name'))}: {as_text(one.get('description'))}"
    contents = [one.get("content") for one in as_objects(value.get("messages"))]
    for content in [*contents, *as_objects(value.get("content")), *as_objects(value.get("contents"))]:
        if _escaped(text := as_text(as_object(content).get("text"))):
            yield from text.splitlines()


def _escaped(text: str) -> bool:
    """Whether JSON writes a text in another way: with several lines, or with quotes in it."""
    return json_text(text) != f'"{text}"'


_known = by_method(CALLS)


def _about(method: str, params: Any) -> str | None:
    """What a call is about: `echo`, `2/5`; nothing if it has no params of its own."""
    return _known(method, params) or ("" if isinstance(params, Mapping) and params.keys() == {META} else None)


class ModelContextProtocol(Profile):
    """What clients and servers of the Model Context Protocol say to each other."""

    name = "mcp"
    session_header = SESSION
    opening = "initialize"
    endpoint_event = "endpoint"
    one_to_one = frozenset({TASK, CURSOR})
    own = frozenset({"progresstoken"})
    constants = frozenset({"protocolVersion", "name", "uri"})
    polled = frozenset({"ping", "tasks/get"})
    free = OWN | EXTENDED
    words = Words(call=_about, answer=by_method(ANSWERS), details=details)
    untimely = frozenset(CHANGED)

    def claims(self, opened: Opened, messages: Sequence[Any]) -> bool:
        """Whether it begins as such sessions do, has their headers, or a method that no other protocol has."""
        return any(name.lower() in HEADERS for name, _value in opened.headers) or any(map(_ours, messages))

    def sender(self, message: Mapping[str, Any]) -> Direction | None:
        """Servers ask for samples, roots and answers of users; clients say that they are ready."""
        method = message.get("method")
        return SENDERS.get(method) if isinstance(method, str) else None

    def calls_off(self, message: Mapping[str, Any]) -> Any:
        """The request that a notification says is cancelled."""
        return as_object(message.get("params")).get("requestId") if message.get("method") == CANCELLED else None

    def failed(self, result: bytes) -> bool:
        """A tool that fails says so in its result, for the model that called it to read."""
        try:
            return _outcome.decode(result).isError
        except UNREADABLE:
            return False

    def may_be_missing(self, label: str, message: Any, answered: Collection[str]) -> bool:
        """A change of a list that nobody has asked for yet: a server tells it only to those that listen already."""
        return CHANGED[label].isdisjoint(answered)

    def volatile(self, method: str, path: Path, value: Any) -> str:
        """By the name of the member, but for those that are a tool's own."""
        if len(path) == 2 and path[0] == "headers":  # noqa: PLR2004 - a header has a name
            return "session" if str(path[1]).lower() == SESSION.lower() else ""
        if not OWN.isdisjoint(path[:4]):
            return ""
        if path == ("params", "requestId") and method == CANCELLED:
            return "request"
        name = name_of(path)
        if META in path[:-1] and isinstance(value, str) and _TIME.fullmatch(value):
            return f"time {name}"
        return NAMES.get(name, "")


PROFILE = ModelContextProtocol()
