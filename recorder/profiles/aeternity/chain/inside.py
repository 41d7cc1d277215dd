"""What stands inside an object: contract data and compiled code, wherever they are.

Rule: the layouts say which bytes are contract data; here they are only walked. Bytes that mean nothing are given as
bytes, never as an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recorder.profiles.aeternity.chain.contents import Decoded, decode
from recorder.profiles.aeternity.chain.encoding import Encoded
from recorder.profiles.aeternity.chain.fate import symbols
from recorder.profiles.aeternity.chain.fields import Bytes
from recorder.profiles.aeternity.chain.objects import encode_object
from recorder.profiles.aeternity.chain.rlp_codec import joined
from recorder.profiles.aeternity.chain.schemas import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTRACT_DATA = "cb"


def inner_data(value: Mapping[str, Any]) -> Iterator[tuple[str, Decoded]]:
    """Contract data and compiled code inside an object, each with its path, in the order of the bytes.

    Args:
        value: an object as `decode_object` gives it; any other value has none.
    """
    if "fields" in value:
        yield from _walk(value, value["type"])


def symbols_in(value: Mapping[str, Any]) -> dict[str, str]:
    """The function names in all compiled code inside an object, by hash: see `symbols`."""
    return {
        hashed: name
        for _, decoded in inner_data(value)
        if decoded.value.get("type") == "compiler_sophia"
        for hashed, name in symbols(decoded.value).items()
    }


def _walk(value: Any, path: str) -> Iterator[tuple[str, Decoded]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, joined(path, f"[{index}]"))
    if not isinstance(value, dict):
        return
    if value["type"] == "compiler_sophia":
        yield path, Decoded(CONTRACT_DATA, encode_object(value), value)
        return
    layout = REGISTRY.layout(value)
    for name, field in layout.fields.items():
        item = value["fields"][name]
        if isinstance(field, Bytes) and field.prefix == CONTRACT_DATA and item:
            yield joined(path, name), decode(Encoded(CONTRACT_DATA, bytes.fromhex(item)), opaque=True)
        else:
            yield from _walk(item, joined(path, name))
