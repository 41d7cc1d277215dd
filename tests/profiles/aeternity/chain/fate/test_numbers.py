"""Decimal text of any length."""

from __future__ import annotations

import pytest

from recorder.jsonrpc import json_text
from recorder.profiles.aeternity.chain.fate.numbers import decimal_number


@pytest.mark.parametrize("power", [0, 1, 63, 64, 32768])
def test_a_number_of_any_length_comes_back(power):
    """Ten thousand digits are no more than ten."""
    number = 1 - (1 << power)
    assert decimal_number(json_text(number)) == number


@pytest.mark.parametrize("text", ["", "-", "1.5", "1e5", " 1", "٣", "1" * 20000])
def test_other_texts_are_no_numbers(text):
    """Only digits, after a minus at most, are a number."""
    with pytest.raises(ValueError, match=r".*"):
        decimal_number(text)
