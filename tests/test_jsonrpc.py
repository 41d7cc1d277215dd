"""JSON-RPC as traffic shows it: what is there is read, what is not raises nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw, json

from recorder.jsonrpc import (
    MEMBERS,
    SHORT,
    Error,
    Message,
    as_list,
    id_of,
    is_foreign,
    is_told,
    json_bytes,
    json_text,
    kind_of,
    outlines,
    parse,
    parse_error,
    texts,
    value_or_text,
    version_of,
)


def only(payload: bytes) -> Message:
    """The one message of a payload."""
    (message,) = parse(payload)
    return message


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"m","params":[]}', "request", id="request"),
        pytest.param(b'{"id":1,"method":"m"}', "request", id="request without params"),
        pytest.param(b'{"id":null,"method":"m"}', "request", id="request with a null id"),
        pytest.param(b'{"method":"m","params":{}}', "notification", id="notification"),
        pytest.param(b'{"method":"m"}', "notification", id="notification without params"),
        pytest.param(b'{"id":1,"result":{"a":1}}', "result", id="result"),
        pytest.param(b'{"id":1,"result":null}', "result", id="null result"),
        pytest.param(b'{"id":1,"result":false}', "result", id="false result"),
        pytest.param(b'{"result":1}', "result", id="result without an id"),
        pytest.param(b'{"id":1,"result":1,"error":null}', "result", id="result beside a null error"),
        pytest.param(b'{"id":1,"error":{"code":-32601,"message":"no"}}', "error", id="error"),
        pytest.param(b'{"id":null,"error":{"code":3}}', "error", id="error with a null id"),
        pytest.param(b'{"id":1,"result":null,"error":{"code":1}}', "error", id="error beside a null result"),
        pytest.param(b'{"id":1,"error":"boom"}', "error", id="error that is a string"),
        pytest.param(b'{"id":1,"error":null}', "error", id="null error alone"),
        pytest.param(b'{"method":"channels.get.balances.reply","id":1,"result":[]}', "result", id="reply"),
    ],
)
def test_a_message_is_what_its_members_make_it(payload, kind):
    """Which members an object has decides its kind, not their values."""
    assert only(payload).kind == kind


def test_members_are_kept_raw():
    """Members stand as they were on the wire, whitespace and lexemes included."""
    assert only(b'{"id": 1.0,"method":"m","params":{ "a":1e2 }}') == Message(
        method="m", id=Raw(b"1.0"), params=Raw(b'{ "a":1e2 }')
    )


def test_absent_is_not_null():
    """A member that is not there is UNSET; null is a value."""
    message = only(b'{"id":1,"result":null}')
    assert (message.result, message.params) == (Raw(b"null"), UNSET)


@pytest.mark.parametrize("id_", [b"-1", b"1.5", b'"a"', b'""', b"null", b"1" * 5000, b"-" + b"9" * 40, b"[1]"])
def test_an_id_is_whatever_it_is(id_):
    """Negative, fractional, string and huge ids are all the same to the recorder."""
    assert bytes(only(b'{"id":' + id_ + b',"result":1}').id) == id_


def test_the_last_of_duplicate_keys_counts():
    """An object that names a member twice is read as most parsers read it."""
    assert only(b'{"method":"a","method":"b"}').method == "b"


def test_unknown_members_are_ignored():
    """Nodes may add members of their own."""
    assert only(b'{"jsonrpc":"2.0","version":1,"channel_id":"ch_x","method":"m"}') == Message(method="m")


def test_a_batch_is_its_messages_in_order():
    """A batch of requests and notifications is read as all of them."""
    batch = b'[{"id":1,"method":"a"},{"method":"b"},{"id":1,"result":null}]'
    assert [message.kind for message in parse(batch)] == ["request", "notification", "result"]


def test_a_batch_skips_what_is_no_message():
    """Whatever else stands in a batch does not hide its messages."""
    assert [message.method for message in parse(b'[1,null,[],{},{"a":1},{"method":2},{"method":"m"}]')] == ["m"]


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b' {"method": "m"}', [b' {"method": "m"}']),
        (
            b'[{"id":1, "method":"a"} ,7,[{"method":"x"}],{"result":1.0}]',
            [b'{"id":1, "method":"a"}', b'{"result":1.0}'],
        ),
        (b'{"a":1}', []),
        (b"[", []),
    ],
)
def test_each_message_has_its_text(payload, found):
    """As it was on the wire; as many as there are messages."""
    assert texts(payload) == found
    assert len(parse(payload)) == len(found)


@pytest.mark.parametrize(
    ("text", "version"),
    [(b'{"jsonrpc":"2.0"}', "2.0"), (b"{}", ""), (b'{"jsonrpc":2}', ""), (b"\xff", "")],
)
def test_a_message_may_say_its_version(text, version):
    """Whatever it says."""
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"jsonrpc":"2.0","method":"m"}', True),
        (b'{"id":1,"method":"m"}', True),
        (b'[{"id":1,"result":1}]', True),
        (b'{"method":"POST","url":"/"}', False),
        (b'{"jsonrpc":"2.0"}', False),
        (b"x", False),
    ],
)
def test_a_message_among_other_objects_has_a_version_or_an_id(text, told):
    """Others have a member that is called method, too."""
    assert is_told(text) is told


@pytest.mark.parametrize("payload", [b' {"method":"m"}', b'\r\n\t{"method":"m"} \n', b'\n[ {"method":"m"}]\n'])
def test_surrounding_whitespace_does_not_matter(payload):
    """Messages are read whatever blanks stand around them."""
    assert only(payload).method == "m"


def test_a_newline_within_does_not_matter():
    """Pretty-printed messages are messages."""
    assert only(b'{\n  "method": "m"\n}').method == "m"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"   ", id="blanks"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"null", id="null"),
        pytest.param(b"1" * 5000, id="a number"),
        pytest.param(b"[]", id="an empty batch"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'{"id":null}', id="an id that is null"),
        pytest.param(b'{"id":1,"params":[]}', id="params alone"),
        pytest.param(b'{"method":null}', id="a method that is null"),
        pytest.param(b'{"method":7,"id":1}', id="a method that is a number"),
        pytest.param(b'{"method":"m"', id="cut off"),
        pytest.param(b'[{"method":"m"}', id="a batch cut off"),
        pytest.param(b'{"method":"m"}{}', id="two values"),
        pytest.param(b'{"method":"m","params":NaN}', id="NaN"),
        pytest.param(b'{"method":"\\ud800"}', id="an escaped lone surrogate"),
        pytest.param(b'{"method":"\xed\xa0\x80"}', id="a raw lone surrogate"),
        pytest.param(b'\xef\xbb\xbf{"method":"m"}', id="a byte order mark"),
        pytest.param(b"\x89PNG\r\n\xff", id="binary"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 arrays"),
        pytest.param(b'{"method":' * 100_000, id="100,000 objects"),
        pytest.param(b'{"method":"m","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="100,000 in params"),
    ],
)
def test_what_is_no_message_is_none(payload):
    """Text, binary, other JSON and absurd JSON are no messages, and raise nothing."""
    assert parse(payload) == []


@pytest.mark.parametrize(
    "value", [b"1" * 5000, b'{"a":1,"a":2}', b'"' + b"x" * (1 << 20) + b'"', b"[" * 200 + b"]" * 200]
)
def test_absurd_members_do_not_hide_a_message(value):
    """A huge integer, duplicate keys, a long string and deep nesting within a message are just values."""
    assert bytes(only(b'{"id":1,"result":' + value + b"}").result) == value


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_raise(payload):
    """Traffic is never a reason to raise."""
    assert isinstance(parse(payload), list)


@given(st.text(st.sampled_from('[]{}",:\\ \n01e-methodidresulterrorpamscljn')).map(str.encode))
def test_no_near_json_raises(payload):
    """Traffic that looks like JSON is no reason either."""
    assert isinstance(parse(payload), list)


@pytest.mark.parametrize("levels", [256, 257, 1000, 10_000])
def test_no_nesting_raises(levels):
    """How deep a message may nest before it is none is the interpreter's limit, which is never an error."""
    assert len(parse(b'{"id":1,"result":' + b"[" * levels + b"]" * levels + b"}")) <= 1
    assert len(parse(b"[" * levels + b'{"method":"m"}' + b"]" * levels)) == 0


members = st.dictionaries(
    st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error", "extra"]),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text()),
)


@given(members)
def test_any_object_is_read_or_left(value):
    """Any object is one message or none, and its error can be read as far as it goes."""
    for message in parse(json.encode(value)):
        assert message.kind in {"request", "notification", "result", "error"}
        assert isinstance(parse_error(message.error), Error)


def test_an_error_is_read_with_the_request_it_quotes():
    """A node that answers with a null id quotes the request."""
    raw = Raw(b'{"code":3,"message":"Rejected","data":[{"code":1001}],"request":{"id":7,"method":"m"}}')
    assert parse_error(raw) == Error(code=3, message="Rejected", request=Raw(b'{"id":7,"method":"m"}'))


@pytest.mark.parametrize("code", [-32601, 1.5, "E_NOPE", None])
def test_an_errors_code_is_whatever_it_is(code):
    """Nodes that answer with codes of their own kind are understood."""
    assert parse_error(Raw(json.encode({"code": code}))).code == code


@pytest.mark.parametrize("raw", [UNSET, Raw(b"null"), Raw(b'"boom"'), Raw(b"{"), Raw(b'{"code":' + b"1" * 5000 + b"}")])
def test_an_error_of_no_standard_form_is_empty(raw):
    """An error that cannot be read is still an error, of which nothing is known."""
    assert parse_error(raw) == Error()


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
    text = json_text({"n": -number, "ok": [1]})
    assert text == '{"n": -1' + "0" * 6000 + ', "ok": [1]}'


def test_exact_decimals_are_written_as_they_are():
    """A decimal is a number with all of its digits."""
    assert json_text([Decimal("0.1"), Decimal("1.000000000000000000001")]) == "[0.1, 1.000000000000000000001]"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"method": "m", "id": 1}, "request"),
        ({"method": "m", "id": None}, "notification"),
        ({"method": "m"}, "notification"),
        ({"result": None, "id": 1}, "result"),
        ({"result": 1, "error": None}, "result"),
        ({"result": None, "error": {"code": 1}}, "error"),
        ({"error": None}, "error"),
        ({"method": 3}, None),
        ({"id": 1}, "result"),
        ({"jsonrpc": "2.0", "id": "udec@18"}, "result"),
        ({"id": 1, "params": {}}, None),
        ({"id": None}, None),
        ([], None),
        ("x", None),
    ],
)
def test_kind(message, kind):
    """By the members that it has; JSON-RPC 1.0 has both a result and an error in its answers."""
    assert kind_of(message) == kind
    assert [one.kind for one in outlines(json_bytes(message))] == ([kind] if kind else [])


def test_an_outline_has_the_members_of_its_message():
    """Those that tell what answers what, with exact numbers, and no others."""
    message = {"jsonrpc": "2.0", "id": Decimal("1.50"), "method": "m", "params": [1, {"a": None}], "kind": 3}
    (outline,) = outlines(json_bytes(message))
    assert {name: outline[name] for name in MEMBERS if name in outline} == {
        name: message[name] for name in ("id", "method", "params")
    }
    assert (outline.get("result"), outline.get("kind"), "kind" in outline) == (None, None, False)


def test_an_outline_leaves_out_what_is_long():
    """And keeps what is short, of one message and of a batch."""
    message = {"id": 1, "method": "m", "params": "x" * SHORT, "error": {"code": 2}}
    for payload in (json_bytes(message), json_bytes([message])):
        (outline,) = outlines(payload)
        assert (outline["id"], outline["params"], outline["error"]) == (1, {}, {"code": 2})


def test_an_id_alone_is_an_answer():
    """JavaScript leaves a result that is undefined out; whose answer it is, its id tells."""
    assert [one.kind for one in parse(b'[{"id":1},{"jsonrpc":"2.0","id":"a"}]')] == ["result", "result"]
    assert [(one.kind, one["id"]) for one in outlines(b'{"jsonrpc":"2.0","id":1}')] == [("result", 1)]


def test_an_outline_has_any_id():
    """One that Python cannot hold by its digits; what is no message has no outline."""
    assert [one["id"] for one in outlines(b'{"method":"m","id":' + b"9" * 5000 + b"}")] == ["9" * 5000]
    assert (
        outlines(b'{"method":3,"result":1}') == outlines(b'{"id":null}') == outlines(b"[3]") == outlines(b"\xff") == []
    )


@pytest.mark.parametrize(("payload", "value"), [(b"[1]", [1]), (b"a", "a"), (b"\xff", None)])
def test_any_payload_has_a_value(payload, value):
    """JSON its value, text itself, and other bytes none."""
    assert value_or_text(payload) == value


def test_a_frame_is_a_batch_or_one_message():
    """An empty batch has none; what is absent is one."""
    assert (as_list([1, 2]), as_list([]), as_list({"id": 1}), as_list(None)) == ([1, 2], [], [{"id": 1}], [None])


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b'{"id":7,"command":"fee"}', 7),
        (b'{"id":null}', None),
        (b'{"command":"fee"}', None),
        (b'[{"id":7}]', None),
        (b"fee", None),
    ],
)
def test_the_id_of_what_may_be_no_json_rpc(payload, found):
    """None where there is none."""
    assert id_of(payload) == found


@pytest.mark.parametrize(
    ("message", "foreign"),
    [
        ({"id": 7, "command": "fee"}, True),
        ({"jsonrpc": "2.0", "id": 7}, False),
        ({"id": None, "command": "fee"}, False),
        ({"id": 7, "method": 1}, False),
        ({"id": 7, "type": "result", "result": None}, False),
        ([7], False),
    ],
)
def test_what_is_of_another_protocol(message, foreign):
    """It has an id, and no member of JSON-RPC's besides."""
    assert is_foreign(message) is foreign
