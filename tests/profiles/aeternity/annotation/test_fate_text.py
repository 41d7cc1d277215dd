"""Contract values as text."""

from __future__ import annotations

from recorder.profiles.aeternity.annotation.fate_text import fate_text


def test_fate_values():
    """FATE values are written as far as the bytes tell, nested ones up to a depth."""
    value = {
        "t": "tuple",
        "v": [{"t": "int", "v": "1"}, {"t": "string", "hex": b"hi".hex()}, {"t": "bool", "v": True}],
    }
    assert fate_text(value) == '(1, "hi", true)'
    deep = {"t": "int", "v": "1"}
    for _ in range(5000):
        deep = {"t": "list", "v": [deep]}
    assert "…" in fate_text(deep)
