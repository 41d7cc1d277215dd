"""An encoded text on its own, for `recorder decode`: as a tree for people, as one line of JSON for programs.

Rule: the JSON is what `recorder.decode` gives, with more keys beside it, never in place of it.
"""

from __future__ import annotations

from typing import Any

from recorder.escaping import escape
from recorder.jsonrpc import json_text
from recorder.profiles.aeternity.annotation.tree import tree
from recorder.profiles.aeternity.annotation.values import Item


def readable(item: Item, *, full: bool = False) -> str:
    """A text that was read, as lines.

    Args:
        item: it, annotated.
        full: show bytes whole, and those of the payload itself.
    """
    lines = [f"{escape(item.path)}:"] if item.path else []
    if item.transaction is not None:
        lines += [escape(item.transaction.line), ""]
    lines.append(tree(item, full=full))
    if full and item.decoded is not None:
        lines += ["", f"{len(item.decoded.data):,} bytes: {item.decoded.data.hex()}"]
    return "\n".join(lines)


def machine_readable(item: Item) -> str:
    """A text as one line of JSON: its value, or {"error": {"path", "offset", "reason"}}."""
    if item.problem is not None:
        problem = item.problem
        return json_text({"error": {"path": problem.path, "offset": problem.offset, "reason": problem.reason}})
    assert item.decoded is not None, "it was read"
    told: dict[str, Any] = item.decoded.as_json(getattr(item.say, "symbols", None))
    if item.signers:
        told["signatures"] = [
            {"signature": text, "signer": signature.signer, "key": signature.key, "network_id": signature.network_id}
            for text, signature in item.signers.items()
        ]
    if item.transaction is not None and item.transaction.hash:
        told["hash"] = item.transaction.hash
    return json_text(told)
