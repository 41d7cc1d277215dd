"""Live values in the place of recorded ones, and every other byte as it is."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.bindings import Bindings, Kinds
from recorder.bindings.slots import fill, layout
from recorder.jsonrpc import value_of
from recorder.profiles import PROFILES
from recorder.profiles.aeternity import chain
from recorder.profiles.parts import ID, Substitution
from recorder.timeline.handed_out import HANDED, HandedOut

AETERNITY = Kinds(PROFILES["aeternity"])
ONE, TWO, THREE = (chain.account_of(bytes([number]) * 32) for number in (1, 2, 3))
A, B = (letter * 40 for letter in "ab")
PLAIN = Kinds(handed=HandedOut(frozenset({A, B}), frozenset({("sessionid", 7)})))


class Accounts(Substitution):
    """Puts what is bound as an account."""

    def text(self, recorded):
        """The live account."""
        return self.bindings.get("ak", recorded) or recorded


def bound(*pairs):
    """Bindings of these."""
    bindings = Bindings()
    for kind, recorded, live in pairs:
        bindings.bind(kind, recorded, live)
    return bindings


def live(payload, *pairs, kinds=PLAIN, live_id=None, methods=("m",)):
    """The live form of a payload."""
    bindings = bound(*pairs)
    substitution = Accounts(bindings)
    return fill(payload, layout(payload, kinds, methods).slots, bindings, substitution, live_id)


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        (f'{{"x": "{A}" }}', '{"x": "live" }'),
        (f'{{ "x":["{A}",  "{B}"]}}', f'{{ "x":["live",  "{B}"]}}'),
        (f'{{"{A}":1}}', f'{{"{A}":1}}'),
        (f'{{"x":"{A} and more"}}', f'{{"x":"{A} and more"}}'),
        ('{"sessionId" :7, "n":7, "session":{"id":7}}', '{"sessionId" :70, "n":7, "session":{"id":70}}'),
        ('{"sessionId":7.0}', '{"sessionId":7.0}'),
        ('{"x":"\\u00e9","y":1e3,"z":[true,null]}', '{"x":"\\u00e9","y":1e3,"z":[true,null]}'),
        (f'{{"x":"{A[:-1]}\\u0061"}}', '{"x":"live"}'),
    ],
)
def test_values_that_were_handed_out(recorded, found):
    """As whole values, wherever they stand; spaces, order, escapes and number lexemes stay."""
    pairs = [(HANDED, A, "live"), (f"{HANDED} sessionid", 7, 70)]
    assert live(recorded.encode(), *pairs) == found.encode()


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        (f'{{"a": "{ONE}" }}', f'{{"a": "{THREE}" }}'),
        (f'{{"a": "see {ONE}, {TWO}"}}', f'{{"a": "see {THREE}, {TWO}"}}'),
        (f'{{"a": "{TWO}"}}', f'{{"a": "{TWO}"}}'),
        (f"no JSON, but {ONE}", f"no JSON, but {THREE}"),
        ('{"round" : 3, "x": {"round":4}}', '{"round" : 30, "x": {"round":4}}'),
        ('{"round":3.5}', '{"round":3.5}'),
        ('{"rounds":3}', '{"rounds":3}'),
    ],
)
def test_values_of_a_protocol(recorded, found):
    """Encoded texts in longer ones too; numbers by their names."""
    assert live(recorded.encode(), ("ak", ONE, THREE), ("round", 3, 30), kinds=AETERNITY) == found.encode()


@pytest.mark.parametrize(
    ("recorded", "live_id", "found"),
    [
        ('{"id": 1, "a":1}', b"9", '{"id": 9, "a":1}'),
        ('{"id": 1, "a":1}', b'"x"', '{"id": "x", "a":1}'),
        ('{"id": 1, "a":1}', None, '{"id": 1, "a":1}'),
        ('{"id":null}', b"9", '{"id":null}'),
        ('{"error":{"request":{"id":1}},"id":null}', b"9", '{"error":{"request":{"id":9}},"id":null}'),
        ('{"params":{"id":1},"id":1}', b"9", '{"params":{"id":1},"id":9}'),
    ],
)
def test_the_id_that_was_asked_with_is_echoed(recorded, live_id, found):
    """An answer has the id of its live request, as that was written; an id of something else stays."""
    assert live(recorded.encode(), live_id=live_id) == found.encode()


def test_a_batch_is_filled_member_by_member():
    """Each message with its own id, and its own method."""
    payload = b'[ {"id":1,"result":3} , 4, {"id":2,"result":{"round":3}} ]'
    found = layout(payload, AETERNITY, ["a", "", "b"])
    assert [payload[start:end] for start, end in found.members] == [
        b'{"id":1,"result":3}', b"4", b'{"id":2,"result":{"round":3}}'
    ]  # fmt: skip
    bindings = bound(("round", 3, 30))
    filled = [
        fill(payload, found.slots, bindings, Substitution(bindings), live_id, span)
        for live_id, span in zip((b"8", b"0", b"9"), found.members, strict=True)
    ]
    assert filled == [b'{"id":8,"result":3}', b"4", b'{"id":9,"result":{"round":30}}']


def test_a_rule_binds_by_method():
    """Of each message of a batch."""
    kinds = Kinds(ruled=lambda method, path: method == "b" and path == ("result",))
    slots = layout(b'[{"result":"x"},{"result":"y"}]', kinds, ["a", "b"]).slots
    assert [slot.value for slot in slots] == ["y"]


def test_any_live_value_is_written_as_json():
    """A text with what must be escaped, a decimal as a number."""
    kinds = Kinds(ruled=lambda _method, path: path[-1] == "x")
    assert live(b'{"x":"a"}', ("bound by a rule", "a", 'q"\n'), kinds=kinds) == b'{"x":"q\\"\\n"}'
    assert live(b'{"x":1}', ("bound by a rule", 1, Decimal("1.5")), kinds=kinds) == b'{"x":1.5}'


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just(A),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("id"), inner, max_size=3),
    max_leaves=12,
)
written = st.builds(
    lambda value, ascii_, indent: json.dumps(value, ensure_ascii=ascii_, indent=indent).encode(errors="surrogatepass"),
    values,
    st.booleans(),
    st.none() | st.integers(0, 2),
)


@given(written | st.binary())
def test_what_is_not_bound_is_not_touched(payload):
    """An untouched payload is returned byte for byte, whatever it is."""
    for kinds in (PLAIN, AETERNITY):
        assert live(payload, kinds=kinds) == payload
    assert live(payload, (HANDED, "something else", "x")) == payload


def replaced(value, old, new):
    """A JSON value with another in the place of one."""
    if isinstance(value, dict):
        return {name: replaced(item, old, new) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, old, new) for item in value]
    return new if value == old and isinstance(value, str) else value


@given(written)
def test_values_are_replaced_where_they_are_bound(payload):
    """Everywhere, and nowhere else: what is read then is the recorded value with the live one in its place."""
    value = value_of(payload)
    ids = [slot for slot in layout(payload, PLAIN, ("m",)).slots if slot.kind == ID]
    if value is not None and not ids:
        assert value_of(live(payload, (HANDED, A, "live"))) == replaced(value, A, "live")


@pytest.mark.parametrize("identity", [b'{"requestId": "a"}', b"[1, [2]]", b"{}", b"[]"])
def test_an_id_may_be_an_object_or_a_list(identity):
    """Its client waits for its own, whole; what else is in the message is put in as ever."""
    recorded = b'{"id": %s, "result": {"id": {"n": 1}, "of": "%s"}}' % (identity, A.encode())
    expected = b'{"id": {"mine": [2]}, "result": {"id": {"n": 1}, "of": "%s"}}' % B.encode()
    assert live(recorded, (HANDED, A, B), live_id=b'{"mine": [2]}') == expected
    assert live(recorded) == recorded
