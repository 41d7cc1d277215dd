"""Traffic for OpenRPC's tests: a session over HTTP, one message a frame."""

import json

from hypothesis import strategies as st

from recorder.capture import FORMAT, frame
from recorder.model import Header, Opened

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="generic")
OPENED = Opened(session=1, party="client-1", url="http://node:8545/rpc?key=1")


def sent(message):
    """A message of the party."""
    return frame(json.dumps(message).encode(), session=1, direction="to_node")


def came(message):
    """A message of the node."""
    return frame(json.dumps(message).encode(), session=1, direction="from_node")


def call(number, method, params=None, /, **answer):
    """A call, and its answer where there is one; params may be absent."""
    asked = {"jsonrpc": "2.0", "id": number, "method": method} | ({} if params is None else {"params": params})
    return [sent(asked), *([came({"jsonrpc": "2.0", "id": number} | answer)] if answer else [])]


def timeline(*calls):
    """The events of a capture."""
    return [OPENED, *(event for one in calls for event in one)]


NAMES = st.sampled_from(["a", "b", "0", "\0", "0x8f4a1d2c3b4e5f60718293a4b5c6d7e8f9012345"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
PARAMS = st.none() | st.lists(VALUES, max_size=3) | st.dictionaries(NAMES, VALUES, max_size=3)
ANSWERS = st.one_of(
    st.just({}),
    VALUES.map(lambda value: {"result": value}),
    VALUES.map(lambda value: {"result": value, "method": "n", "params": [value]}),
    VALUES.map(lambda value: {"method": "m", "params": {"a": value}}),
    (st.integers(-5, 5) | st.integers(-32603, -32599)).map(lambda code: {"error": {"code": code, "message": "no"}}),
)
CALLS = st.lists(st.tuples(st.sampled_from(["m", "n"]), PARAMS, ANSWERS), max_size=8)
