"""The usual causes why a run against a node differs from the recorded one.

Rule: a cause is given only for the first difference of a run, and only if the frames themselves show it.
Source: the codes in `error.data` of the node's WebSocket API (`sc_ws_api_jsonrpc` in the node's source).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recorder.profiles.aeternity.protocol import CHAIN

NOT_FOUND = 1011
"""The code of an error about an account that the chain does not know."""

BY_CODE = {
    1001: "an account has too few coins: fund it, or give the key of one that has enough (--fund, --key)",
    1003: "both parties of the channel have the same account",
    NOT_FOUND: "the node's chain does not know an account of the channel: fund it, or give the key of one that has funds"
    " (--fund, --key)",
    1017: "the signature is not by the account's key, or is for another network (--key, --network-id)",
}
BY_METHOD = {
    "channels.settle": "the lock period after a solo close has not passed yet",
    "channels.slash": "nobody has closed the channel solo on this chain",
}
SIGNED = ("_sign", "_tx", "_ack")
"""How a method ends with which a party gives its signature."""


def cause(awaited: str, came: Any, said: str) -> str:
    """The usual cause; empty if unknown.

    Args:
        awaited: the label of the frame that was recorded next; empty if there is none.
        came: the JSON value of the message that the node sent instead; None if it sent nothing.
        said: the label of the last action of a party before it; empty if there is none.
    """
    if isinstance(came, dict):
        error = came.get("error")
        return _of_error(error) if isinstance(error, dict) else ""
    if CHAIN.fullmatch(awaited):
        return "the chain needs more time (--timeout), or somebody outside of the capture caused it"
    if said.endswith(SIGNED):
        return "the node rejects the signature: it is by another key, or for another network (--key, --network-id)"
    return ""


def _of_error(error: dict[str, Any]) -> str:
    request = error.get("request")
    asked = request if isinstance(request, dict) else {}
    params = asked.get("params")
    if isinstance(params, dict) and "block_hash" in params:
        return "its block_hash is of another chain"
    known = (BY_CODE[code] for code in codes(error) if code in BY_CODE)
    return next(known, "") or BY_METHOD.get(str(asked.get("method")), "")


def codes(error: dict[str, Any]) -> Iterator[int]:
    """The codes in an error, which say more than its own."""
    data = error.get("data")
    for one in data if isinstance(data, list) else ():
        if isinstance(one, dict) and isinstance(one.get("code"), int):
            yield one["code"]
