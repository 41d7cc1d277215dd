"""Shapes: frames without what differs from run to run."""

import pytest

from recorder.capture import frame
from recorder.compare.shapes import Shapes
from recorder.model import Closed, Header, Opened
from recorder.profiles.aeternity import chain
from recorder.timeline import read

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
ONE, TWO = (chain.account_of(bytes([number]) * 32) for number in (1, 2))


def same(one, other, numbers="counted"):
    """Whether two payloads have the same shape, the second of another capture."""
    shapes = Shapes(numbers)
    scripts = [
        read(HEADER, [
            Opened(session=1, party="initiator", url=f"ws://n/channel?role=initiator&initiator_id={ONE}"),
            frame(payload.encode(), session=1, direction="to_node"),
        ])
        for payload in (one, other)
    ]  # fmt: skip
    ours, theirs = (shapes.of(script) for script in scripts)
    assert ours[0] == theirs[0]
    return ours[1] == theirs[1]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ('{"a":1}', '{"a":2}', False),
        ('{"a":1}', '{"a":true}', False),
        ('{"id":1}', '{"id":2}', True),
        ('{"round":3}', '{"round":9}', True),
        ('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":10}}', True),
        ('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":12}}', False),
        ('{"x":[{"round":3}]}', '{"x":[{"round":3},{}]}', False),
        ('{"signatures":["a"]}', '{"signatures":["b"]}', True),
        ('{"signatures":["a"]}', '{"signatures":[]}', False),
        ('{"state_hash":"a"}', '{"state_hash":"b"}', True),
        ('{"type":"trees_poi","a":1}', '{"type":"trees_poi","a":2}', True),
        (f'{{"a":"{ONE}"}}', f'{{"a":"{TWO}"}}', False),
        (f'{{"a":"{TWO}"}}', f'{{"a":"{chain.account_of(bytes(32))}"}}', True),
        ('{"a":"tx_AAAAAAAAAAA="}', '{"a":"tx_BBBBBBBBBBB="}', False),
        ("hello", "hello", True),
        ("hello", "world", False),
    ],
)
def test_shapes(one, other, alike):
    """Volatile values have none, numbers only their distance; a known account is that of its party."""
    assert same(one, other) is alike


def test_blank_numbers_have_no_distance():
    """The second way to align, for captures of which frames are missing."""
    assert same('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":12}}', "blank")


def test_blank_costs():
    """A nonce of more bytes costs more: the frame is the same, wherever it came."""
    assert same('{"fee":3,"nonce":1}', '{"fee":9,"nonce":300}', "blank")
    assert not same('{"fee":3,"nonce":1}', '{"fee":9,"nonce":300}')


def test_closings():
    """With code and end."""
    shapes = Shapes("blank")
    one, other = (read(HEADER, [Opened(session=1, party="a"), Closed(session=1, code=code)]) for code in (1000, 1011))
    assert shapes.of(one)[1] != shapes.of(other)[1]
