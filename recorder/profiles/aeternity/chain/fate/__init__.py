"""FATE: the values, types and calls of the contract machine since Lima.

Rule: bytes and values only; what stands around them (text prefixes, transactions) is the business of the package above.
"""

from __future__ import annotations

from recorder.profiles.aeternity.chain.fate.calldata import calldata, function_hash, symbols
from recorder.profiles.aeternity.chain.fate.reader import decode_fate
from recorder.profiles.aeternity.chain.fate.writer import encode_fate

__all__ = [
    "calldata",
    "decode_fate",
    "encode_fate",
    "function_hash",
    "symbols",
]
