"""The bytes that travel in the benchmark: JSON-RPC messages of an exact size, and the WebSocket frames around them.

Rule: everything is built before a clock runs, so that the load generator and the node cost next to nothing beside
what they measure. Nothing here is the recorder's own code: a mistake there must not measure itself away.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random

TEXT, CLOSE = 0x81, 0x88  # FIN and opcode (RFC 6455, section 5.2)
MASKED = 0x80
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
VARIANTS = 64
"""Different frames in a row: enough that nothing can be cached by its bytes."""

_STATE = "tx_" + base64.b64encode(hashlib.sha512(b"state").digest() * 1024).decode()
_CHANNEL = "ch_95xgkVtsKWG2eHyyWyhzKAbrUpPBTjQRpuApqqfSBiRfSBTXx"


def message(size: int, number: int, *, answer: bool = False) -> bytes:
    """A JSON-RPC request, or the answer to it, of exactly this many bytes: half structure, half one long string."""
    changes = [
        {"amount": 10_000 + n, "from": "ak_nQpnNuBPQwibGpSJmjAah6r3ktAB7pG9JHuaGWHgLKxaKqEvC", "op": "OffChainTransfer"}
        for n in range(size // 220)
    ]
    body = {"channel_id": _CHANNEL, "data": {"changes": changes, "state": ""}, "round": 100_000 + number % VARIANTS}
    shell: dict[str, object] = {"jsonrpc": "2.0", "id": 1_000_000 + number % VARIANTS}
    shell |= {"result": body} if answer else {"method": "channels.update", "params": body}
    room = size - len(json.dumps(shell, separators=(",", ":")))
    if room < 0:
        raise ValueError(f"a message takes at least {size - room} bytes")
    body["data"] = {"changes": changes, "state": _STATE[:room]}
    return json.dumps(shell, separators=(",", ":")).encode()


def frame(payload: bytes, key: bytes = b"", *, first: int = TEXT) -> bytes:
    """One frame; with a key it is masked, as frames to a node must be."""
    size, mask = len(payload), MASKED if key else 0
    if size < 126:
        head = bytes((first, mask | size))
    elif size < 1 << 16:
        head = bytes((first, mask | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, mask | 127)) + size.to_bytes(8, "big")
    if key:
        stream = (key * (size // 4 + 1))[:size]
        payload = (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
    return head + key + payload


def requests(size: int) -> list[bytes]:
    """Masked frames to a node, of one length."""
    keys = random.Random(size)  # the same traffic in every run
    return [frame(message(size, n), keys.randbytes(4)) for n in range(VARIANTS)]


def answer(size: int) -> bytes:
    """The frame that the node answers with to every request whose payload has this size."""
    return frame(message(size, 0, answer=True))


def close(*, masked: bool) -> bytes:
    """A Close frame with code 1000."""
    return frame((1000).to_bytes(2, "big"), b"\x01\x02\x03\x04" if masked else b"", first=CLOSE)


def upgrade(port: int, path: str) -> bytes:
    """A client's handshake."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def upgraded(request: bytes) -> bytes:
    """A node's answer to a handshake."""
    fields = (line.partition(b":") for line in request.split(b"\r\n"))
    key = next(value.strip() for name, _, value in fields if name.lower() == b"sec-websocket-key")
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ).encode()
