"""What counts as the handshake of a WebSocket."""

from __future__ import annotations

import pytest
from mitmproxy.http import Headers, Response
from mitmproxy.test import tflow

from recorder.proxy import upgrade


def handshake(asked, answered, status=101):
    """A flow that asks for an upgrade, and its answer; neither names a version."""
    flow = tflow.tflow()
    flow.request.headers = Headers(upgrade=asked)
    flow.response = Response.make(status, b"", {"Upgrade": answered})
    return flow


@pytest.mark.parametrize("word", ["websocket", "WebSocket"])
def test_an_accepted_upgrade_is_a_websocket_in_any_case(word):
    """An upgrade that both ends agree on is a WebSocket to mitmproxy, without a version and however it is spelled."""
    flow = handshake(word, word)
    assert upgrade.is_upgrade(flow)
    upgrade.recognise(flow)
    assert flow.websocket is not None


@pytest.mark.parametrize("how", [("h2c", "h2c"), ("websocket", "h2c"), ("h2c", "websocket"), ("websocket", "", 403)])
def test_what_is_not_agreed_on_stays_what_it_is(how):
    """Another protocol, and an upgrade that the node refuses, are no WebSocket."""
    flow = handshake(*how)
    upgrade.recognise(flow)
    assert flow.websocket is None


def test_what_mitmproxy_recognised_is_left_alone():
    """A WebSocket that mitmproxy knows for one keeps the data it has of it."""
    flow = tflow.twebsocketflow()
    known = flow.websocket
    upgrade.recognise(flow)
    assert flow.websocket is known


def test_what_is_answered_with_another_status_is_refused():
    """No session comes of it; what asks for nothing is not refused."""
    assert upgrade.refusal(handshake("websocket", "", 403)).status_code == 403
    assert upgrade.refusal(handshake("websocket", "websocket")) is None
    assert upgrade.refusal(handshake("h2c", "", 403)) is None
