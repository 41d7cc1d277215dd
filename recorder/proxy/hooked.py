"""One session recorded from mitmproxy's hooks: slower than the relay, but other addons and mitmweb take part.

Rule: a message is in the capture when its hook returns, or it is dropped. mitmproxy forwards, so what it does not
tell its hooks (pings, fragments) is not recorded, and what it makes of a crash (a clean Close) is its doing.
"""

from __future__ import annotations

from mitmproxy import http

from recorder.close_codes import ABNORMAL, INTERNAL_ERROR
from recorder.errors import CaptureWriteError
from recorder.journal.session import Session, WireMessage
from recorder.model import SENDERS, Direction, Opcode
from recorder.proxy.takeover import Tap


class Hooked:
    """A session between its `websocket_start` and its `websocket_end`.

    Args:
        flow: mitmproxy's view of it.
        session: where its messages are recorded.
        tap: the way to its transports; None where this mitmproxy offers none.
        kept: messages that the flow keeps for other addons and views; 0 for all, which are never given back.
    """

    def __init__(self, flow: http.HTTPFlow, session: Session, tap: Tap | None, kept: int) -> None:
        self._flow, self._session, self._tap, self._kept = flow, session, tap, kept
        self._stopped = False

    def message(self) -> None:
        """Record the newest message before mitmproxy forwards it."""
        assert self._flow.websocket is not None
        message = self._flow.websocket.messages[-1]
        if self._kept:
            del self._flow.websocket.messages[: -self._kept]
        if message.dropped:
            return
        if self._stopped:
            message.drop()
            return
        opcode: Opcode = "text" if message.is_text else "binary"
        try:
            self._session.take(_direction(from_client=message.from_client), [WireMessage(opcode, message.content)])
        except CaptureWriteError as error:
            message.drop()
            self.stop(INTERNAL_ERROR, str(error.cause.strerror))

    def ended(self) -> None:
        """Record how the session ended.

        Raises:
            CaptureWriteError: the capture lacks this end.
        """
        assert self._flow.websocket is not None
        websocket = self._flow.websocket
        direction = _direction(from_client=bool(websocket.closed_by_client))
        code = websocket.close_code or ABNORMAL
        if code == ABNORMAL:
            reset = self._tap is not None and self._tap.was_reset(from_client=direction == "to_node")
            self._session.ended(direction, "reset" if reset else "eof")
        else:
            self._session.stopped(code, websocket.close_reason or "", SENDERS[direction])

    def retire(self, code: int, reason: str) -> None:
        """End the session; mitmproxy forwards whole messages, so that there is nothing to wait for."""
        self.stop(code, reason)

    def stop(self, code: int, reason: str) -> None:
        """End the session from here."""
        if self._stopped:
            return
        self._stopped = True
        try:
            self._session.stopped(code, reason)
        except CaptureWriteError:
            pass  # it is why we stop, or happens while we do: said elsewhere, once
        finally:
            if self._tap is not None:
                self._tap.refuse(code, reason)


def _direction(*, from_client: bool) -> Direction:
    return "to_node" if from_client else "from_node"
