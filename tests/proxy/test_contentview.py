"""The view in mitmproxy and mitmweb, through mitmproxy's own registry, whichever version is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from mitmproxy import contentviews
from mitmproxy.test import taddons, tflow
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from recorder.profiles.aeternity import chain
from recorder.proxy.addon import Recorder
from recorder.proxy.contentview import NAME, register, text_of

INITIATOR, RESPONDER = (sha256(name).digest() for name in (b"initiator", b"responder"))
WITHDRAW = chain.sign(
    chain.decode(
        chain.build(
            "channel_withdraw_tx",
            channel_id=chain.encode_text("ch", bytes(32)),
            to_id=chain.account_of(INITIATOR),
            amount=1,
            ttl=0,
            fee=2,
            state_hash=bytes(32),
            round=2,
            nonce=3,
        )
    ),
    [INITIATOR],
    "ae_uat",
)
URL = f"/channel?role=initiator&initiator_id={chain.account_of(INITIATOR)}&responder_id={chain.account_of(RESPONDER)}"
FRAME = b'{"jsonrpc":"2.0","method":"channels.withdraw_tx","params":{"signed_tx":"%s"}}' % WITHDRAW.encode()


def inside(work: Callable[[], Any], *addons: Any) -> Any:
    """What some work gives inside a mitmproxy with the option that its views look at."""

    async def run() -> Any:
        with taddons.context(*addons) as context:
            context.options.add_option("protobuf_definitions", str | None, None, "")
            return work()

    return asyncio.run(run())


def shown(message: WebSocketMessage, view: str) -> tuple[str, str]:
    """A message of a session whose URL names both parties, through mitmproxy's own code: the view's name, the text."""
    flow = tflow.twebsocketflow(messages=False)
    flow.request.path = URL

    def work() -> tuple[str, str]:
        register()
        if hasattr(contentviews, "prettify_message"):
            result = contentviews.prettify_message(message, flow, view)
            return result.view_name, result.text
        name, lines, error = contentviews.get_message_content_view(view, message, flow)
        assert error is None
        return name, "\n".join("".join(text for _style, text in line) for line in lines)

    return inside(work)


def message(content: bytes) -> WebSocketMessage:
    """A text message of the client."""
    return WebSocketMessage(Opcode.TEXT, from_client=True, content=content)


def test_mitmproxy_shows_a_transaction_decoded():
    """A message that holds a transaction is shown by this view unasked, with names from the session's URL."""
    name, text = shown(message(FRAME), "auto")
    assert name.endswith(NAME)
    assert "withdraw 1 → initiator · round 2 · 1/2 signed" in text
    assert "signed by initiator ✓" in text
    assert '"method": "channels.withdraw_tx"' in text


def test_other_messages_keep_their_view():
    """What holds nothing to decode is left to mitmproxy's views."""
    name, _text = shown(message(b'{"jsonrpc":"2.0","method":"channels.leave"}'), "auto")
    assert NAME not in name


def test_the_view_takes_any_bytes_when_asked_for():
    """Chosen by hand, the view shows bytes that are no text, and text that is no JSON."""
    assert shown(message(b"\xff\x00"), NAME)[0] == NAME
    assert shown(message(b"ping"), NAME)[1] == "ping"


def test_registering_again_changes_nothing():
    """A script may be loaded again, and mitmproxy 11 refuses a second view of one name."""
    register()
    register()


def test_a_message_without_a_flow_is_shown():
    """Mitmproxy promises neither flow nor message."""
    assert "1/2 signed" in text_of(FRAME)


def test_the_addon_brings_the_view():
    """Loading the addon into a mitmproxy of one's own is enough."""
    inside(lambda: None, Recorder())
    known = getattr(contentviews, "registry", None)
    assert NAME in ({view.name for view in contentviews.views} if known is None else {known[NAME].name})
