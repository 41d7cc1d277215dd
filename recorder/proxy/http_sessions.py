"""JSON-RPC over HTTP as sessions: one for each client and endpoint, over however many connections.

Rule: what is not JSON-RPC passes untouched and unrecorded (it is counted). A body is recorded as its receiver reads it:
whole, with any content coding undone.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator

from mitmproxy import http

from recorder import jsonrpc
from recorder.proxy.session import Journal, Session

LIMIT = 1000
"""Clients remembered at once; one that comes back after so many others begins a new session."""

EXCHANGE = "recorder_exchange"


class HttpSessions:
    """Records the JSON-RPC among HTTP requests."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._sessions: OrderedDict[tuple[str, ...], tuple[Session, Iterator[int]]] = OrderedDict()
        self.unrecorded = 0

    def request(self, flow: http.HTTPFlow) -> None:
        """Record a request's body if it is JSON-RPC.

        Raises:
            CaptureWriteError: the request must not be forwarded.
        """
        body = flow.request.get_content(strict=False) or b""
        key = _identity(flow)
        known = key in self._sessions
        if flow.request.method != "POST" or not (known or (b'"jsonrpc"' in body and jsonrpc.parse(body))):
            self.unrecorded += 1
            return
        if not known:
            session = self._journal.session(flow.request.url)
            session.open(flow.request.headers.items(multi=True))
            self._sessions[key] = (session, itertools.count(1))
            if len(self._sessions) > LIMIT:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        session, numbers = self._sessions[key]
        exchange = next(numbers)
        flow.metadata[EXCHANGE] = (self, session, exchange)
        session.body("to_node", body, exchange=exchange)

    def response(self, flow: http.HTTPFlow) -> None:
        """Record the answer to a recorded request; an empty one (to a notification) is no frame.

        Raises:
            CaptureWriteError: the answer must not be forwarded.
        """
        owner, session, exchange = flow.metadata.get(EXCHANGE, (None, None, 0))
        if owner is not self or flow.response is None:  # not JSON-RPC, or asked before the capture was changed
            return
        body = flow.response.get_content(strict=False) or b""
        if body:
            session.body("from_node", body, exchange=exchange, status=flow.response.status_code)


def _identity(flow: http.HTTPFlow) -> tuple[str, ...]:
    """One client talking to one endpoint, as well as HTTP lets us tell."""
    peer = flow.client_conn.peername[0]
    return peer, flow.request.headers.get("user-agent", ""), flow.request.url
