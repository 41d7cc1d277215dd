"""No input of a megabyte takes long, much memory, or the stack."""

from __future__ import annotations

import time

import pytest
from rlp.codec import length_prefix

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain import Encoded, decode, encode_object
from recorder.profiles.rlp import LIST, encode

MIB = 1 << 20
# Of the processor: the target is one, and the machine that runs this may be slow.
SECONDS = 5


def nested_lists(depth):
    """RLP lists, one in the other."""
    heads, size = [], 1
    for _ in range(depth):
        heads.append(length_prefix(size, LIST))
        size += len(heads[-1])
    return b"".join(reversed(heads)) + b"\xc0"


def flat(items):
    """One RLP list around bytes that are items already."""
    return b"\xfa" + len(items).to_bytes(3, "big") + items


def offchain(updates):
    """An off-chain transaction with many updates."""
    return encode([b"\x39", b"\1", b"\6" + bytes(32), b"\1", updates, b""])


CASES = {
    "lists 20,000 deep": ("tx", nested_lists(20_000)),
    "a million empty lists": ("tx", flat(b"\xc0" * MIB)),
    "a million bytes": ("tx", flat(b"\0" * MIB)),
    "half a million leniencies": ("tx", flat(b"\x81\5" * (MIB // 2))),
    "half a million updates": ("tx", offchain([b"\xff"] * (MIB // 2))),
    "updates that look like objects": ("tx", offchain([b"\xc2\x39\1"] * (MIB // 4))),
    "a tree of small leaves": (
        "cs",
        encode([b"\x02\x6e", b"\1", encode([b"\x3f", b"\1", [b"\xc4\x40\1ab"] * (MIB // 6)])]),
    ),
    "an integer of a megabyte": ("tx", encode([b"\x39", b"\2", b"\6" + bytes(32), b"\xff" * MIB, b""])),
    "FATE lists 20,000 deep": ("cb", b"\x13" * 20_000 + b"\3"),
    "a million FATE integers": ("cb", b"\x1f" + encode((MIB - 16).to_bytes(3, "big")) + b"\0" * MIB),
    "many long FATE integers": ("cb", b"\x1f" + encode(b"\xef") + (b"\x6f" + encode(b"\xff" * 4096)) * 255),
    "a FATE map": (
        "cb",
        b"\x2f"
        + encode((99_000).to_bytes(3, "big"))
        + b"".join(b"\x1d" + i.to_bytes(7, "big") + b"\0" for i in range(99_000)),
    ),
    "FATE addresses as keys": (
        "cb",
        b"\x2f"
        + encode((29_000).to_bytes(2, "big"))
        + b"".join(b"\x9f\0\xa0" + i.to_bytes(32, "big") + b"\0" for i in range(29_000)),
    ),
    "long FATE addresses": (
        "cb",
        b"\x1f"
        + encode((8_000 - 16).to_bytes(2, "big"))
        + b"".join(b"\x9f\0\xb8\x80\1" + i.to_bytes(127, "big") for i in range(8_000)),
    ),
    "FATE types": ("cb", b"\x37\xff" * (MIB // 2)),
    "words": ("cb", bytes(MIB)),
    "text": ("cb", b"a" * MIB),
    "bytes": ("ba", b"\xff" * MIB),
}


@pytest.mark.untraced
@pytest.mark.parametrize("case", CASES)
def test_a_megabyte_is_read_or_refused_in_time(case):
    """The worst inputs known are answered, one way or the other."""
    started = time.process_time()
    try:
        decode(Encoded(*CASES[case]))
    except DecodeError as error:
        assert len(str(error)) < 1000  # noqa: PT017 - either answer will do
    assert time.process_time() - started < SECONDS


@pytest.mark.untraced
def test_too_many_objects_are_an_error():
    """A tree of a hundred thousand leaves is read, of half a million refused."""
    with pytest.raises(DecodeError, match="more than 131072 objects"):
        decode(Encoded(*CASES["a tree of small leaves"]))


def test_objects_nested_too_deep_are_an_error(samples):
    """Thirty meta transactions are read, a thousand are refused without a word about recursion."""
    data = encode_object(samples[12, 1])
    for count in range(1000):
        signed = encode([b"\x0b", b"\1", [], data])
        data = encode([b"\x51", b"\2", b"\1" + bytes(32), b"", b"\3", b"\1", b"\1", b"\1", signed])
        if count == 30:
            assert decode(Encoded("tx", data)).warnings == ()
    with pytest.raises(DecodeError, match="objects nested deeper than"):
        decode(Encoded("tx", data))
