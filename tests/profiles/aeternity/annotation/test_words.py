"""Amounts and contract values in words."""

from __future__ import annotations

import pytest

from recorder.profiles.aeternity.annotation.words import ae, amount, both, coins, fate_text


@pytest.mark.parametrize(
    ("aettos", "in_ae", "short", "words"),
    [
        (0, "0", "0", "0 aettos"),
        (1, "0.000000000000000001", "1", "1 aetto"),
        (70_000_000_000_000, "0.00007", "0.00007 AE", "0.00007 AE"),
        (69_999_999_999_999, "0.000069999999999999", "69999999999999", "69999999999999 aettos"),
        (10**18, "1", "1 AE", "1 AE"),
        (25 * 10**17, "2.5", "2.5 AE", "2.5 AE"),
    ],
)
def test_amounts(aettos, in_ae, short, words):
    """Amounts are exact in both units, and short where that is exact."""
    assert (ae(aettos), amount(aettos), coins(aettos)) == (in_ae, short, words)


def test_amounts_of_any_size():
    """An amount of more digits than Python prints by default is printed."""
    assert both(10**5000).startswith("1000")


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
