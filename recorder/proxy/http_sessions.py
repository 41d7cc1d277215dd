"""JSON-RPC over HTTP as it passes mitmproxy: tells the journal what is asked and answered.

Rule: what passes is not changed, and of a stream of events each is recorded before its last byte passes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from mitmproxy import http

from recorder.errors import CaptureWriteError
from recorder.event_stream import NewIds, ServerEvent, StreamForm
from recorder.flow_messages import body_of, pairs_of, url_of
from recorder.journal.coding import undoing
from recorder.journal.http import Asked, HttpJournal
from recorder.journal.requests import Answer, Request
from recorder.journal.session import Journal
from recorder.proxy.bypass import Bypass


class HttpSessions:
    """Records the JSON-RPC among HTTP requests.

    Args:
        journal: where sessions are recorded.
        profile: the name of the protocol, or `auto`.
        alone: whether nobody else looks at flows: streams of events may pass by mitmproxy.
    """

    def __init__(self, journal: Journal, profile: str, *, alone: bool = False) -> None:
        self._http, self._alone = HttpJournal(journal, profile), alone
        self._asked: WeakKeyDictionary[http.HTTPFlow, Asked] = WeakKeyDictionary()  # not in flows, which may be saved

    @property
    def unrecorded(self) -> int:
        """How many requests passed that concern no session."""
        return self._http.unrecorded

    def request(self, flow: http.HTTPFlow) -> None:
        """Record a request's body if it is JSON-RPC; remember a request to listen to a node, or to leave it.

        Raises:
            CaptureWriteError: the request must not be forwarded.
        """
        method = flow.request.method
        body = body_of(flow.request) if method == "POST" else None
        peer = flow.client_conn.peername[0]
        asked = self._http.request(Request(method, url_of(flow.request), pairs_of(flow.request), body, peer))
        if asked is not None:
            self._asked[flow] = asked

    def concerns(self, flow: http.HTTPFlow) -> bool:
        """Whether more is to be recorded of a flow."""
        return flow in self._asked

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Look at the head of an answer: it may name the session, or begin a stream of events, which is let through."""
        asked = self._asked.get(flow)
        if asked is None or flow.response is None:
            return
        answer = Answer(flow.response.status_code, pairs_of(flow.response))
        if not asked.head(answer):
            del self._asked[flow]
            return
        form, undo = answer.form, undoing(flow.response.headers.get("content-encoding", ""))
        if form is not None and undo is not None:
            flow.response.stream = stream = _Stream(flow, self._http.journal, asked, form, undo, may_bypass=self._alone)
            stream.guarded(asked.begun)

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the answer to a recorded request; one without a body is a frame of an empty text.

        Raises:
            CaptureWriteError: the answer must not be forwarded.
        """
        asked = self._asked.get(flow)
        if asked is None or flow.response is None:
            return
        if isinstance(flow.response.stream, _Stream):
            flow.response.stream.end()
            asked.ended()
        else:
            asked.whole(body_of(flow.response) or b"")

    def failed(self, flow: http.HTTPFlow, status: int, reason: str = "") -> None:
        """Record what answers a recorded request in the place of its node, if anything, or that nobody waits for it.

        A client that has a part of the answer is told nothing more.

        Raises:
            CaptureWriteError: it is not in the capture.
        """
        asked = self._asked.pop(flow, None)
        headers = [("content-type", "text/plain")] if reason else []
        if asked is None:
            return
        if flow.response is not None and isinstance(flow.response.stream, _Stream):
            asked.broken(status)
        elif asked.head(Answer(status, headers)):
            asked.whole(reason.encode())


class _Stream:
    """What mitmproxy calls with each piece of a body that says one message after the other, to know what to pass on.

    Args:
        flow: that it is in.
        journal: where it is recorded.
        asked: the request that it answers.
        form: how it says one message after the other.
        undo: undoes its content coding.
        may_bypass: whether it may pass by mitmproxy.
    """

    def __init__(
        self,
        flow: http.HTTPFlow,
        journal: Journal,
        asked: Asked,
        form: StreamForm,
        undo: Callable[[bytes], bytes],
        *,
        may_bypass: bool,
    ) -> None:
        self._flow, self._journal, self._asked, self._undo = flow, journal, asked, undo
        self._may_bypass = may_bypass
        self._events, self._ids = form.reader(), NewIds()
        self._stopped = False

    def __call__(self, piece: bytes) -> Iterable[bytes]:
        """Record what is complete with this piece; nothing more passes once that could not be written."""
        if self._may_bypass and piece:
            self._may_bypass = False
            Bypass(self._flow, self._passes)
        return [piece] if self._passes(piece) and piece else []

    def _passes(self, piece: bytes) -> bool:
        self.guarded(lambda: self._take(piece))
        return not self._stopped

    def guarded(self, work: Callable[[], None]) -> None:
        """Record something, or let nothing more pass."""
        try:
            if not self._stopped:
                self._journal.together(work)
        except CaptureWriteError:
            self._stopped = True  # said elsewhere, once; the recording ends, and its connections with it
        except zlib.error:
            self._undo = lambda _piece: b""  # nobody can read what follows

    def end(self) -> None:
        """Record what is complete with its end."""
        self.guarded(lambda: self._tell(self._events.end()))

    def _take(self, piece: bytes) -> None:
        self._tell(self._events.feed(self._undo(piece)))

    def _tell(self, events: Iterable[ServerEvent]) -> None:
        for event in events:
            self._asked.event(self._ids.only(event))
