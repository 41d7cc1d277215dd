"""A view for mitmproxy and mitmweb that shows a message with what is decoded in it.

Rule: the one adapter between mitmproxy 11's views and 12's: what is shown is made by `text_of`, the same for both. A
view knows one message and its flow, so names come from the session's URL alone.
"""

from __future__ import annotations

import re
from typing import Any

from mitmproxy import contentviews

from recorder.capture import frame, pretty
from recorder.model import Opened
from recorder.profiles import AUTO
from recorder.timeline.annotating import Annotations

NAME = "JSON-RPC decoded"
ABOVE_JSON, NEVER = 2.0, -1.0
WORTH_IT = re.compile(rb'"(?:tx|cb|pi|ss|cs)_[A-Za-z0-9+/=]{8}')
LONG = 1 << 20

_Base: Any = getattr(contentviews, "Contentview", None) or contentviews.View


def text_of(data: bytes, url: str = "", *, from_client: bool = False) -> str:
    """A message in the documents' form, with what is decoded in it above.

    Args:
        data: the message.
        url: of its session; tells whose accounts are whose.
        from_client: who sent it.
    """
    annotations = Annotations(AUTO)
    annotations.see(Opened(session=1, party="client", url=url))
    annotation = annotations.see(frame(data, session=1, direction="to_node" if from_client else "from_node"))
    shown = pretty(data) or data.decode(errors="replace")
    if annotation is None or not annotation.carrying:
        return shown
    return f"{annotation.sentence}\n{annotation.short}\n\n{annotation.tree}\n\n{shown}"


def priority(data: bytes) -> float:
    """Before the view of JSON where there is something to decode, else only when asked for."""
    return ABOVE_JSON if len(data) <= LONG and WORTH_IT.search(data) else NEVER


class DecodedView(_Base):  # type: ignore[misc]
    """The view, with the methods of both interfaces."""

    name = NAME
    syntax_highlight = "none"

    def prettify(self, data: bytes, metadata: Any) -> str:
        """Since mitmproxy 12: the text of a message."""
        return _text(data, metadata.flow, metadata.websocket_message)

    def __call__(self, data: bytes, **metadata: Any) -> Any:
        """Up to mitmproxy 11: a description, and lines of styled pieces."""
        text = _text(data, metadata.get("flow"), metadata.get("websocket_message"))
        return NAME, ([("text", line)] for line in text.splitlines())

    def render_priority(self, data: bytes, _metadata: Any = None, **_more: Any) -> float:
        """How fit it is; with metadata as one value since 12, as keywords before."""
        return priority(data)


def register() -> None:
    """Make the view known, once."""
    known = getattr(contentviews, "registry", None)
    names = {view.name for view in contentviews.views} if known is None else {*known}
    if NAME not in names and NAME.lower() not in names:
        contentviews.add(DecodedView())


def _text(data: bytes, flow: Any, message: Any) -> str:
    request = getattr(flow, "request", None)
    return text_of(data, getattr(request, "url", ""), from_client=bool(getattr(message, "from_client", False)))
