"""The OpenRPC document that traffic shows: methods in the order in which they were first used.

Rule: what is in the traffic obeys the document, but for calls that were rejected, which tell nothing of a method. Of
values it holds their schemas alone, and a few short examples.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec import UNSET, Raw

from recorder.jsonrpc import parse_error
from recorder.model import SECOND, SENDERS, AnyEvent, Direction, Header, Opened
from recorder.openrpc.messages import UNREAD, Call, Sent, asks, messages, params_of, read, rejects
from recorder.openrpc.schemas import Schema, is_flat
from recorder.openrpc.shapes import Known, call_key, result_key
from recorder.timeline.urls import is_stdio, parts

VERSION = "1.3.2"
"""Of OpenRPC."""

EXAMPLES = 2
"""Most examples of a method."""

SHORT = 2048
"""Most bytes of the params or the result of an example."""

WAITING, HELD = 1000, 1 << 24
"""Most calls that are kept until they are answered, and most bytes of their params."""

SENT_BY = "x-sent-by"
"""The extension that says who calls a method, where that is not only the party."""

Params = dict[str, Any] | list[Any]
"""By name, or by position."""


class Method:
    """What is known of a method: how it was called, and what it was answered."""

    def __init__(self) -> None:
        self.senders: dict[Direction, None] = {}
        self._named: defaultdict[str, Schema] = defaultdict(Schema)
        self._always: set[str] | None = None  # names that all calls by name have
        self._placed: list[Schema] = []
        self._least: int | None = None  # params of each call by position
        self._result = Schema()
        self._asked = False
        self._errors: dict[int, str] = {}
        self.examples: list[tuple[Params, Any]] = []

    def call(self, direction: Direction, params: Params, *, asks: bool) -> None:
        """Add a call with its params."""
        self.senders[direction] = None
        self._asked = self._asked or asks
        if isinstance(params, dict):
            for name, value in params.items():
                self._named[name].add(value)
            self._always = set(params) if self._always is None else self._always & set(params)
            return
        for at, value in enumerate(params):
            if at == len(self._placed):
                self._placed.append(Schema())
            self._placed[at].add(value)
        self._least = len(params) if self._least is None else min(self._least, len(params))

    def answer(self, result: Any) -> None:
        """Add a result."""
        self._asked = True
        self._result.add(result)

    def fail(self, code: int, message: str, *, rejected: bool) -> None:
        """Add an error; one that rejects a call does not tell that there is such a method."""
        self._asked = self._asked or not rejected
        self._errors.setdefault(code, message)

    @property
    def seen(self) -> bool:
        """Whether anything tells that there is such a method."""
        return self._asked or bool(self.senders)

    def value(self, name: str) -> dict[str, Any]:
        """The method object."""
        found: dict[str, Any] = {"name": name, "params": list(self._params())}
        if self._named or self._placed:
            found["paramStructure"] = (
                "either" if self._named and self._placed else "by-name" if self._named else "by-position"
            )
        if self._asked:
            found["result"] = {"name": "result", "schema": self._result.value()}
        if self._errors:
            found["errors"] = [{"code": code, "message": said} for code, said in sorted(self._errors.items())]
        names = [one["name"] for one in found["params"]]
        if self.examples:
            found["examples"] = [_example(at, names, *one) for at, one in enumerate(self.examples, 1)]
        if [*self.senders] == ["from_node"] or len(self.senders) > 1:
            found[SENT_BY] = [SENDERS[one] for one in self.senders]
        return found

    def _params(self) -> Iterator[dict[str, Any]]:
        names = list(self._named)
        for at in range(max(len(names), len(self._placed))):
            name = names[at] if at < len(names) else _name(at, names)
            seen = [self._named[name]] if at < len(names) else []
            seen += self._placed[at : at + 1]
            schemas = [one.value() for one in seen]
            schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
            by_name = self._always is None or name in self._always
            by_place = self._least is None or at < self._least
            yield {"name": name, "required": by_name and by_place, "schema": schema}


def _name(at: int, taken: list[str]) -> str:
    """A name for a parameter that is only ever given by its position."""
    name = f"param{at + 1}"
    while name in taken:
        name += "_"
    return name


def _example(number: int, names: list[str], params: Params, result: Any) -> dict[str, Any]:
    given = params.items() if isinstance(params, dict) else zip(names, params, strict=False)
    return {
        "name": f"example {number}",
        "params": [{"name": name, "value": value} for name, value in given],
        "result": {"name": "result", "value": result},
    }


class _Waiting(NamedTuple):
    """A call that may still be rejected."""

    name: str
    direction: Direction
    params: Params
    size: int
    asks: bool
    key: Hashable


class _Drawing:
    """The methods of a capture, message by message."""

    def __init__(self) -> None:
        self.methods: defaultdict[str, Method] = defaultdict(Method)
        self.lost: Counter[str] = Counter()
        self._learnt = Known()
        self._waiting: OrderedDict[Call, _Waiting] = OrderedDict()
        self._held = 0  # bytes of their params

    def see(self, sent: Sent) -> None:
        message = sent.message
        if message.method == "":
            self.lost["messages of a method without a name"] += 1
        elif message.method is not UNSET:
            self._call(sent, message.method)
        if not sent.answered:
            return
        if message.kind == "error":
            rejected = rejects(message)
            self._taken(sent.asked, rejected=rejected)
            error = parse_error(message.error)
            if type(error.code) is int:
                self.methods[sent.answered].fail(error.code, error.message, rejected=rejected)
        elif sent.asked is not None and message.result is not UNSET:
            self._answer(sent.answered, self._taken(sent.asked), message.result)

    def end(self) -> None:
        """Take calls that were not answered as they are."""
        self._keep(0)

    def _call(self, sent: Sent, name: str) -> None:
        message, method = sent.message, self.methods[name]
        params: Params = params_of(message) or []
        size, waits = 0 if message.params is UNSET else len(message.params), asks(message)
        key = call_key(name, params, size, sent.direction, waits)
        if key not in self._learnt or (len(method.examples) < EXAMPLES and _shows(size, params)):
            self._waiting[sent.call] = _Waiting(name, sent.direction, params, size, waits, key)
            self._held += size
            self._keep(WAITING)

    def _keep(self, most: int) -> None:
        """Keep the newest of the calls that wait for an answer, up to a number; take the older ones as they are."""
        while self._waiting and (len(self._waiting) > most or self._held > HELD):
            self._taken(next(iter(self._waiting)))

    def _taken(self, call: Call | None, *, rejected: bool = False) -> _Waiting | None:
        """A call that waits no longer; it is learnt of unless it was rejected."""
        one = None if call is None else self._waiting.pop(call, None)
        if one is None:
            return None
        self._held -= one.size
        if not rejected and one.key not in self._learnt:
            self.methods[one.name].call(one.direction, one.params, asks=one.asks)
            self._count_unread(one.params.values() if isinstance(one.params, dict) else one.params)
            self._learnt.keep(one.key, len(one.name) + one.size)
        return one

    def _answer(self, name: str, waiting: _Waiting | None, raw: Raw) -> None:
        method, result = self.methods[name], read(raw)
        size = len(raw)
        key = result_key(name, result, size)
        if key not in self._learnt:
            method.answer(result)
            self._count_unread([result])
            self._learnt.keep(key, len(name) + size)
        if waiting is None or len(method.examples) >= EXAMPLES:
            return
        if _shows(waiting.size, waiting.params) and _shows(size, [result]):
            method.examples.append((waiting.params, result))

    def _count_unread(self, values: Iterable[Any]) -> None:
        for one in values:
            if one is UNREAD:
                self.lost["values that nobody can read"] += 1


def document(header: Header, title: str, events: Iterable[AnyEvent]) -> tuple[dict[str, Any], Counter[str]]:
    """The document of a capture, and how much of what it cannot hold.

    Args:
        header: of the capture.
        title: of the document.
        events: of the capture.
    """
    drawing, around = _Drawing(), _Around(header.started)
    for sent in messages(header.profile, around.seen(events)):
        drawing.see(sent)
    drawing.end()
    day = datetime.fromtimestamp(around.began / SECOND, UTC).date().isoformat()
    found: dict[str, Any] = {"openrpc": VERSION, "info": {"title": title, "version": day}}
    if around.servers:
        found["servers"] = [{"name": parts(url).netloc, "url": url} for url in around.servers]
    found["methods"] = [method.value(name) for name, method in drawing.methods.items() if method.seen]
    return found, +drawing.lost


class _Around:
    """What a capture tells besides its messages.

    Attributes:
        began: when it began; 0 where nothing in it has a time.
        servers: the URLs of the nodes that were spoken to.
    """

    def __init__(self, began: int) -> None:
        self.began = began
        self.servers: dict[str, None] = {}

    def seen(self, events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
        """The events, each noted when it passes."""
        for event in events:
            self.began = self.began or event.time
            if isinstance(event, Opened) and event.url and not is_stdio(event.url):
                self.servers[re.split("[?#]", event.url, maxsplit=1)[0]] = None
            yield event


def _shows(size: int, values: Params) -> bool:
    """Whether values can be written into a document; `size` is that of their JSON in bytes."""
    every = values.values() if isinstance(values, dict) else values
    return size <= SHORT and all(one is not UNREAD and is_flat(one) for one in every)
