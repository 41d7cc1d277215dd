"""What a message in one of mitmproxy's flows says, as the journal is told it.

Rule: reads only, and never fails, whatever a peer sent.
"""

from __future__ import annotations

from mitmproxy import http

from recorder.journal.coding import decoded
from recorder.journal.session import plain


def url_of(request: http.Request) -> str:
    """Its URL; around an IPv6 address with the brackets (RFC 3986, section 3.2.2) that mitmproxy leaves out."""
    host = request.host
    return request.url.replace(f"//{host}", f"//[{host}]", 1) if ":" in host else request.url


def pairs_of(message: http.Message) -> list[tuple[str, str]]:
    """Its headers as they came, fit for a capture."""
    return [(plain(name), plain(value)) for name, value in message.headers.items(multi=True)]


def body_of(message: http.Message) -> bytes | None:
    """Its body as it is read, content coding undone; None where mitmproxy has none, as where it streams."""
    raw = message.raw_content
    return None if raw is None else decoded(raw, message.headers.get("content-encoding", ""))
