"""What each message of a frame contains: its method, its encoded texts, the updates beside a transaction.

Rule: nothing here depends on the session or on earlier frames, so that it can be remembered by the bytes alone: a node
sends both parties of a channel the same frame, one soon after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from recorder.jsonrpc import value_or_text
from recorder.profiles.aeternity.annotation.text_contents import encoded_texts
from recorder.profiles.remembered import Remembered
from recorder.profiles.sentences import method_of

MANY_FRAMES, MUCH_TEXT = 256, 1 << 18


class ReadMessage(Struct, frozen=True):
    """A message of a frame.

    Args:
        value: its JSON value; a text if it is not JSON.
        texts: the encoded texts in it, with their paths.
        method: the method that it calls or pushes, or empty.
        updates: what the node says a transaction changes.
        event: the event that the node names, or empty.
    """

    value: Any = None
    texts: Sequence[tuple[str, str]] = ()
    method: str = ""
    updates: Sequence[dict[str, Any]] = ()
    event: str = ""

    @property
    def channels(self) -> set[str]:
        """The channel ids in it."""
        return {text for _path, text in self.texts if text.startswith("ch_")}

    @property
    def codes(self) -> list[str]:
        """The compiled code among the updates."""
        return [update["code"] for update in self.updates if isinstance(update.get("code"), str)]


class Messages:
    """Reads the messages of frames, and remembers those of the latest."""

    def __init__(self) -> None:
        self._known: Remembered[bytes, list[ReadMessage]] = Remembered(MANY_FRAMES, MUCH_TEXT, len)

    def of(self, payload: bytes) -> list[ReadMessage]:
        """The messages of a frame: one, or those of a batch; any other value counts as one message."""
        known = self._known.recall(payload)
        return known if known is not None else self._known.keep(payload, _read(payload))


def _read(payload: bytes) -> list[ReadMessage]:
    value = value_or_text(payload)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [_message(item, f"[{at}]") for at, item in enumerate(value)]
    return [_message(value, "")]


def _message(value: Any, at: str) -> ReadMessage:
    texts = encoded_texts(value, at)
    params = value.get("params") if isinstance(value, dict) else None
    data = params.get("data") if isinstance(params, dict) else None
    if not isinstance(data, dict):
        return ReadMessage(value, texts, method_of(value))
    updates, event = data.get("updates"), data.get("event")
    told = [update for update in updates if isinstance(update, dict)] if isinstance(updates, list) else ()
    return ReadMessage(value, texts, method_of(value), told, event if isinstance(event, str) else "")
