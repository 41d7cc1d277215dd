"""Calls in the query of a GET request, for web pages that cannot post: `?method=sum&id=1&params=…`.

Rule: pure, and the only place that reads and writes them. Params are JSON or base64 of JSON, by
https://www.jsonrpc.org/historical/json-rpc-over-http.html; an id is a text there.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from recorder.jsonrpc import json_bytes, value_of
from recorder.timeline.urls import parts

Form = Literal["", "json", "base64"]
"""How a query encodes the params of a call; empty if it is not a call by GET."""

OF_CALLS = ("jsonrpc", "method", "id", "params")


def call_in(url: str) -> tuple[bytes, Form]:
    """The message in the query of a URL, and how its params are encoded; empty if there is none."""
    if "method=" not in url and "params=" not in url:
        return b"", ""
    given = dict(_pairs(url))
    params, form = _read(given.get("params", ""))
    if "method" not in given:
        batch = params if isinstance(params, list) and params else [None]
        is_batch = all(isinstance(one, dict) and "method" in one for one in batch)
        return (json_bytes(batch), form) if is_batch else (b"", "")
    message: dict[str, Any] = {name: given[name] for name in OF_CALLS if name in given}
    if "params" in given:
        message["params"] = params
    return json_bytes(message), form


def without_call(url: str) -> str:
    """A URL without the call in its query."""
    if "?" not in url:
        return url
    kept = [pair for pair in _pairs(url) if pair[0] not in OF_CALLS]
    return parts(url)._replace(query=urlencode(kept)).geturl()


def with_call(url: str, payload: bytes, form: Form) -> str:
    """A URL with a message in its query, as `call_in` reads it."""
    message = value_of(payload)
    found: dict[str, Any] = message if isinstance(message, dict) else {"params": message}
    said = {name: _written(name, found[name], form) for name in OF_CALLS if name in found}
    base = parts(url)
    return base._replace(query="&".join(filter(None, [base.query, urlencode(said)]))).geturl()


def _pairs(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(parts(url).query, keep_blank_values=True)
    except ValueError:  # more parameters than anybody would send
        return []


def _read(text: str) -> tuple[Any, Form]:
    missing = object()
    value = value_of(text, missing)
    if value is not missing:
        return value, "json"
    try:
        value = value_of(base64.b64decode(text + "=" * (-len(text) % 4), validate=True), missing)
    except (binascii.Error, ValueError):
        return text, "json"
    return (text, "json") if value is missing else (value, "base64")


def _written(name: str, value: Any, form: Form) -> str:
    if name != "params":
        return value if isinstance(value, str) else json_bytes(value).decode()
    text = json_bytes(value)
    return base64.b64encode(text).decode() if form == "base64" else text.decode()
