"""Which HTTP is the handshake of a WebSocket.

Rule: whatever both ends take for a WebSocket is one, or its frames would pass unrecorded.
"""

from __future__ import annotations

from mitmproxy import http
from mitmproxy.websocket import WebSocketData

SWITCHING = 101
WEBSOCKET = "websocket"


def is_upgrade(flow: http.HTTPFlow) -> bool:
    """Whether the party asks for a WebSocket."""
    return bool(flow.request.headers.get("upgrade", "").lower() == WEBSOCKET)


def recognise(flow: http.HTTPFlow) -> None:
    """Have mitmproxy treat an accepted upgrade as a WebSocket, whatever version its request names.

    Nodes accept others than 13 (cowboy: 7 and 8, framed alike); mitmproxy passes those on as nameless bytes.
    """
    answer = flow.response
    if answer is None or answer.status_code != SWITCHING or flow.websocket is not None:
        return
    if is_upgrade(flow) and answer.headers.get("upgrade", "").lower() == WEBSOCKET:
        flow.websocket = WebSocketData()


def refusal(flow: http.HTTPFlow) -> http.Response | None:
    """The node's answer to a handshake, if it is none that begins a session."""
    answer = flow.response
    return answer if is_upgrade(flow) and answer is not None and answer.status_code != SWITCHING else None
