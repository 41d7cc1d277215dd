"""The fuzz target itself runs on inputs that lead deep into each reader."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from recorder.profiles.aeternity.chain import encode_text

SPEC = importlib.util.spec_from_file_location("fuzz_chain", Path(__file__).with_name("fuzz_chain.py"))
TARGET = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(TARGET)


@given(st.binary(max_size=200))
@example(b"")
@example(encode_text("ak", bytes(32)).encode())
@example(b"\x18" + bytes.fromhex("c83c01c0c0c0c0c0c0"))
def test_no_input_breaks_the_target(data):
    """Arbitrary bytes are read or refused."""
    TARGET.one_input(data)
