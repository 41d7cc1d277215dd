"""The æternity state channel API: roles from the URL, info lines from `channels.info` events.

Rule: a frame is decoded only after a substring said it is worth it; these functions see every frame of a capture.
Source: the channel documents of the node (version 1 of the WebSocket API).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import msgspec

from recorder.model import UNREADABLE, Frame
from recorder.profiles.base import Profile, Volatile

ROLES = frozenset({"initiator", "responder"})

INFO_LINES = {
    "fsm_up": "The local fsm has been started",
    "channel_open": "Received an WebSocket opening request",
    "channel_accept": "Received an WebSocket connection accepted",
    "own_funding_locked": "Funding has been confirmed locally on-chain",
    "funding_locked": "Funding has been confirmed on-chain by other party",
    "open": "Channel is `open` and ready to use",
}
"""`params.data.event` of a `channels.info` frame, and the line the documents print after it."""

SYSTEM, PONG = "channels.system", "channels.system.pong"

_CHANNEL = re.compile(rb'"channel_id"\s*:\s*"(ch_[1-9A-HJ-NP-Za-km-z]+)"')


class _Data(msgspec.Struct):
    event: str = ""


class _Params(msgspec.Struct):
    data: _Data


class _Info(msgspec.Struct):
    method: str
    params: _Params


_info_frame = msgspec.json.Decoder(_Info)


def role(url: str) -> str:
    """The party's role as its URL says it: `role=initiator` or `role=responder`."""
    query = url.partition("#")[0].partition("?")[2]  # by hand: a split of the whole URL raises at odd hosts
    given = parse_qs(query).get("role", [""])[0]
    return given if given in ROLES else ""


def info(frame: Frame) -> str:
    """The documents' line for a `channels.info` event from the node."""
    if frame.direction != "from_node" or b"channels.info" not in (payload := frame.payload):
        return ""
    try:
        message = _info_frame.decode(payload)
    except UNREADABLE:
        return ""
    return INFO_LINES.get(message.params.data.event, "") if message.method == "channels.info" else ""


def channel(frame: Frame) -> str:
    """The `ch_…` that a frame speaks of."""
    found = _CHANNEL.search(frame.payload)
    return found[1].decode() if found else ""


def keeps_alive(message: Any) -> bool:
    """Whether a message is a client's ping or the node's pong; what else goes by `channels.system` is a request."""
    if not isinstance(message, dict):
        return False
    params = message.get("params")
    ping = message.get("method") == SYSTEM and isinstance(params, dict) and params.get("action") == "ping"
    return ping or message.get("method") == PONG


def pong(channel: str) -> dict[str, Any]:
    """What the node answers to a ping."""
    params = {"channel_id": channel or None, "data": {"action": "system", "tag": "pong"}}
    return {"jsonrpc": "2.0", "method": PONG, "params": params, "version": 1}


VOLATILE = Volatile(
    numbers=frozenset({"round", "nonce", "caller_nonce", "height", "ttl", "timestamp"}),
    texts=frozenset({"state_hash", "block_hash", "tx_hash", "auth_data", "timestamp"}),
    counters=frozenset({"round"}),
)
"""In a contract call `height` and `caller_nonce` are the round; the hashes are hex inside transactions."""

CHAIN = re.compile(r"channels\.on_chain_tx .*|channels\.info (?:\w+_locked|open|min_depth_achieved|closed_confirmed)")
"""Frames that come when the chain has moved on, whatever the parties are doing then."""


def stream(label: str) -> str:
    """What a push waits for: the chain, or else the parties."""
    return "chain" if CHAIN.fullmatch(label) else ""


PROFILE = Profile(
    role=role,
    info=info,
    channel=channel,
    volatile=VOLATILE,
    telling=("event", "info"),
    stream=stream,
    keeps_alive=keeps_alive,
    quotes=True,
    pong=pong,
)
