"""The bytes of one connection, as HTTP/1.1 and WebSockets: told to a recording as what passed.

Rule: h11 reads HTTP, `wire` reads WebSockets; knows no format. Whatever the bytes are, what came before is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast

import h11

from recorder.event_stream import NewIds, ServerEvent
from recorder.headers import header_value
from recorder.interchange.recording import SWITCHING, Passed, Recording, Said
from recorder.journal.coding import decoded, undoing
from recorder.journal.requests import Answer, Request
from recorder.journal.session import plain
from recorder.model import Direction
from recorder.timeline.urls import over_websocket
from recorder.wire import Reader, parse_deflate

METHODS = (b"GET ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"HEAD ", b"PATCH ")


class Piece(NamedTuple):
    """Bytes that one of both ends sent, at a time (UTC, ns)."""

    time: int
    end: int
    data: bytes


class _Asked(NamedTuple):
    time: int
    method: str
    url: str
    headers: list[tuple[str, str]]


class Connection:
    """One connection.

    Args:
        recording: is told what passed.
        ends: host and port of each end, by its number.
        secure: whether TLS was spoken.
        called: the name of the file in warnings.
        warn: called with one line about what cannot be read.
    """

    def __init__(
        self,
        recording: Recording,
        ends: Mapping[int, tuple[str, str]],
        *,
        secure: bool,
        called: str,
        warn: Callable[[str], None],
    ) -> None:
        self._recording, self._ends, self._secure = recording, ends, secure
        between = " and ".join(":".join(one) for one in ends.values())
        self._warn, self._where = warn, f"{called}: connection of {between}"
        self._peer = ""  # the client's host
        self._node, self._client = h11.Connection(h11.SERVER), h11.Connection(h11.CLIENT)
        self._asked: _Asked | None = None
        self._body: list[bytes] = []
        self._answer: tuple[int, Answer] | None = None
        self._said: list[Piece] = []
        self._socket: tuple[int, list[tuple[str, str]]] | None = None
        self._readers: dict[bool, Reader] = {}  # by whether the client sends
        self._passed: list[Passed] = []

    def tell(self, pieces: Sequence[Piece]) -> None:
        """Tell what these bytes mean."""
        begun = next((at for at, one in enumerate(pieces) if one.data.startswith(METHODS)), None)
        if begun is None:
            self._warn(f"{self._where}: left out, because its beginning is not there")
            return
        client = pieces[begun].end
        self._peer = self._ends[client][0]
        try:
            for piece in pieces[begun:]:
                self._feed(piece.time, piece.data, to_node=piece.end == client)
            if self._socket is None:  # an answer may have no end but that of the connection
                self._feed(pieces[-1].time, b"", to_node=False)
        except h11.ProtocolError as error:
            self._warn(f"{self._where}: cannot be read on: {error}")
        self._end()

    def _feed(self, time: int, data: bytes, *, to_node: bool) -> None:
        if self._socket is not None:
            self._frames(time, data, to_node=to_node)
            return
        (self._node if to_node else self._client).receive_data(data)
        self._read(time, to_node=to_node)

    def _read(self, time: int, *, to_node: bool) -> None:
        side = self._node if to_node else self._client
        while self._socket is None:
            event = side.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return
            (self._to_node if to_node else self._from_node)(time, event)

    def _to_node(self, time: int, event: object) -> None:
        if isinstance(event, h11.Request):
            given, target = _pairs(event), event.target.decode(errors="replace")
            scheme = "https" if self._secure else "http"
            url = target if "://" in target else f"{scheme}://{header_value(given, 'host')}{target}"
            self._asked = _Asked(time, event.method.decode(), url, given)
            self._body = []
        elif isinstance(event, h11.Data):
            self._body.append(bytes(event.data))
        self._client.send(cast("h11.Event", event))

    def _from_node(self, time: int, event: object) -> None:
        if isinstance(event, h11.InformationalResponse) and event.status_code == SWITCHING:
            self._switch(time, _pairs(event))
            return
        if isinstance(event, h11.Response):
            self._answer = time, Answer(event.status_code, _pairs(event))
        elif isinstance(event, h11.Data):
            self._said.append(Piece(time, 0, bytes(event.data)))
        self._node.send(cast("h11.Event", event))
        if isinstance(event, h11.EndOfMessage):
            self._exchanged(time)
            if self._node.our_state is self._node.their_state is h11.DONE:
                self._node.start_next_cycle()
                self._client.start_next_cycle()
                self._read(time, to_node=True)  # the next request may be there already

    def _exchanged(self, time: int = 0) -> None:
        """An exchange is over, or as much of it as there is."""
        asked, answer = self._asked, self._answer
        if asked is not None:
            coding = header_value(asked.headers, "content-encoding")
            body = decoded(b"".join(self._body), coding)
            request = Request(asked.method, asked.url, asked.headers, body, self._peer)
            if answer is None:
                self._recording.exchange(asked.time, request)
            else:
                self._recording.exchange(asked.time, request, answer[1], answer[0], self._bodies(answer[1], time))
        self._asked = self._answer = None
        self._body, self._said = [], []

    def _bodies(self, answer: Answer, time: int) -> list[Said]:
        coding = header_value(answer.headers, "content-encoding")
        undo = undoing(coding) if answer.streams else None
        if undo is None or answer.form is None:
            return [Said(time, ServerEvent(decoded(b"".join(one.data for one in self._said), coding)))]
        events, ids = answer.form.reader(), NewIds()
        said = [Said(piece.time, event) for piece in self._said for event in events.feed(undo(piece.data))]
        said += [Said(time, event) for event in events.end()]
        return [one._replace(event=ids.only(one.event)) for one in said]

    def _switch(self, time: int, answer: list[tuple[str, str]]) -> None:
        """From now on there are frames of a WebSocket, some of which may have come already."""
        to_node, from_node = parse_deflate(header_value(answer, "sec-websocket-extensions"))
        self._socket = time, answer
        self._readers = {True: Reader(masked=True, deflate=to_node), False: Reader(masked=False, deflate=from_node)}
        for side, is_client in ((self._node, True), (self._client, False)):
            if early := side.trailing_data[0]:
                self._frames(time, early, to_node=is_client)

    def _frames(self, time: int, data: bytes, *, to_node: bool) -> None:
        direction: Direction = "to_node" if to_node else "from_node"
        self._passed += [Passed(time, direction, message) for message in self._readers[to_node].feed(data)]

    def _end(self) -> None:
        if self._socket is None or self._asked is None:
            self._exchanged(self._said[-1].time if self._said else 0)
            return
        asked, (time, answer) = self._asked, self._socket
        self._recording.websocket(
            time,
            over_websocket(asked.url),
            self._passed,
            asked=asked.time,
            headers=asked.headers,
            subprotocol=header_value(answer, "sec-websocket-protocol"),
            answer=answer,
        )


def _pairs(event: h11.Request | h11.Response | h11.InformationalResponse) -> list[tuple[str, str]]:
    return [
        (plain(name.decode("latin-1")), plain(value.decode("latin-1"))) for name, value in event.headers.raw_items()
    ]
