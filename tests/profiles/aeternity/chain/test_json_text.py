"""Decoded values as JSON."""

from __future__ import annotations

import json

from recorder.profiles.aeternity.chain import json_text


def test_a_value_is_json():
    """Ordinary values are written by the ordinary encoder."""
    value = {"a": [1, True, None, "ä"], "b": {}}
    assert json_text(value) == '{"a": [1, true, null, "ä"], "b": {}}'


def test_depth_is_no_limit():
    """Values nested beyond the interpreter's recursion are written alike."""
    value: dict = {"a": [1, False, None, 'ä"'], "b": []}
    for _ in range(5000):
        value = {"t": "list", "v": [value, "x"]}
    text = json_text(value)
    assert text.count("list") == 5000
    assert '{"t": "list", "v": [{"a": [1, false, null, "ä\\""], "b": []}, "x"]}' in text


def test_digits_are_no_limit():
    """Integers beyond the interpreter's digits are written in full."""
    number = 10**6000
    text = json_text({"n": -number, "ok": json.loads("[1]")})
    assert text == '{"n": -1' + "0" * 6000 + ', "ok": [1]}'
