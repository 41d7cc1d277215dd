"""Answers are joined to what they answer, however the node says it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from recorder import capture
from recorder.jsonrpc import SHORT
from recorder.model import LEFT, Closed, Frame, Opened
from recorder.profiles import GENERIC, PROFILES
from recorder.timeline.annotating import Annotations
from recorder.timeline.exchanges import OPEN_LIMIT
from recorder.timeline.followed import Followed
from recorder.timeline.words import called, described, ended, label_of, lasting, name_of, readable_name, saying, telling

OPENED = Opened(session=1, party="a", url="ws://node")


def to_node(payload: bytes, session: int = 1, **fields) -> Frame:
    """A frame from a party."""
    return capture.frame(payload, session=session, direction="to_node", **fields)


def from_node(payload: bytes, session: int = 1, **fields) -> Frame:
    """A frame from the node."""
    return capture.frame(payload, session=session, direction="from_node", **fields)


def dialogue(*frames: Frame) -> list[str]:
    """What is said of frames that come in this order."""
    followed = Followed()
    followed.see(OPENED)
    return [describe(frame, followed) for frame in frames]


def describe(frame: Frame, followed: Followed) -> str:
    """A frame in a few words."""
    return described(frame, followed.look(frame))


def test_a_result_names_its_request():
    """A result is of the request with its id."""
    assert dialogue(to_node(b'{"id":1,"method":"add"}'), from_node(b'{"id":1,"result":3}')) == ["add", "result of add"]


def test_a_null_result_names_its_request():
    """A null result answers as any other."""
    assert dialogue(to_node(b'{"id":1,"method":"add"}'), from_node(b'{"id":1,"result":null}'))[1] == "result of add"


def test_an_error_names_its_request():
    """An error is shown with code, message and the request of its id."""
    assert dialogue(
        to_node(b'{"id":"a","method":"add"}'), from_node(b'{"id":"a","error":{"code":-32602,"message":"no"}}')
    ) == ["add", "error of add: -32602 no"]


def test_an_error_with_a_null_id_names_the_request_it_quotes():
    """A node that forgets the id is understood by its quotation."""
    error = b'{"id":null,"error":{"code":3,"message":"Rejected","request":{"method":"channels.update.new"}}}'
    assert dialogue(from_node(error)) == ["error of channels.update.new: 3 Rejected"]


@pytest.mark.parametrize(
    "request_", [b'"add"', b"null", b"{}", b'{"method":null}', b'{"id":1,"result":1}', b"[" * 9000]
)
def test_a_quotation_without_a_method_names_nothing(request_):
    """What a node quotes may be anything."""
    assert dialogue(from_node(b'{"id":null,"error":{"code":3,"request":' + request_ + b"}}"))[0] in {
        "error: 3",
        "text that is not JSON-RPC",
    }


def test_a_null_id_joins_nothing():
    """A request with a null id is not taken for the one that an error with a null id quotes."""
    assert (
        dialogue(
            to_node(b'{"id":null,"method":"other"}'),
            from_node(b'{"id":null,"error":{"code":3,"request":{"method":"add"}}}'),
        )[1]
        == "error of add: 3"
    )


def test_the_id_is_surer_than_the_quotation():
    """Where both are there, the id decides."""
    assert (
        dialogue(
            to_node(b'{"id":1,"method":"add"}'),
            from_node(b'{"id":1,"error":{"code":3,"request":{"method":"other"}}}'),
        )[1]
        == "error of add: 3"
    )


def test_both_ends_may_use_the_same_id():
    """An id belongs to the end that chose it."""
    assert dialogue(
        to_node(b'{"id":1,"method":"ours"}'),
        from_node(b'{"id":1,"method":"theirs"}'),
        to_node(b'{"id":1,"result":0}'),
        from_node(b'{"id":1,"result":0}'),
    ) == ["ours", "theirs", "result of theirs", "result of ours"]


def test_sessions_may_use_the_same_id():
    """An id belongs to its session."""
    assert dialogue(
        to_node(b'{"id":1,"method":"a"}', session=1),
        to_node(b'{"id":1,"method":"b"}', session=2),
        from_node(b'{"id":1,"result":0}', session=1),
        from_node(b'{"id":1,"result":0}', session=2),
    )[2:] == ["result of a", "result of b"]


def test_an_unknown_id_is_an_answer_to_nobody_knows_what():
    """An answer that nobody asked for is shown as such."""
    assert dialogue(from_node(b'{"id":99,"result":1}'), from_node(b'{"id":99,"error":{"code":1}}')) == [
        "result without a request, id 99",
        "error without a request, id 99: 1",
    ]


def test_a_request_that_is_answered_again_has_another_result():
    """Under the same id, as those have that subscribe by a call (CometBFT)."""
    assert (
        dialogue(
            to_node(b'{"id":1,"method":"a"}'), from_node(b'{"id":1,"result":0}'), from_node(b'{"id":1,"result":0}')
        )[2]
        == "another result of a, id 1"
    )


def test_an_answer_under_another_id_says_so():
    """Its client may not know it for the answer."""
    assert dialogue(to_node(b'{"id":7,"method":"a"}'), from_node(b'{"id":"7","result":0}'))[1] == (
        'result of a (id 7), under another id: "7"'
    )


def test_calls_of_one_method_without_params_are_told_apart_by_their_ids():
    """Only where several were open: usually an answer needs no id."""
    first, second = (to_node(b'{"id":%d,"method":"a"}' % number) for number in (1, 2))
    answers = [from_node(b'{"id":%d,"result":0}' % number) for number in (2, 1)]
    assert dialogue(first, second, *answers)[2:] == ["result of a (id 2)", "result of a (id 1)"]
    assert dialogue(first, answers[1], second, answers[0])[1::2] == ["result of a", "result of a"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "no body"),
        (b"<html>", "text that is not JSON-RPC"),
        (b'{"id":1,"result":0}{"id":1,"result":0}', "text that is not JSON-RPC"),
        (b'{"ok":true}', "JSON that is not JSON-RPC: ok true"),
        (b'{"method":"a"}', "a"),
    ],
)
def test_an_http_answer_that_answers_nothing_names_its_call(answer, words):
    """With what tells it from others, and its id."""
    call = to_node(b'{"id":1,"method":"close","params":{"order":7}}', exchange=1)
    said = dialogue(call, from_node(answer, exchange=1))[1]
    assert said == (words if answer == b'{"method":"a"}' else f"{words}, no answer to close order 7 (id 1)")


def test_a_batch_names_the_calls_that_it_leaves_out():
    """Over HTTP nothing else answers them."""
    batch = to_node(b'[{"id":1,"method":"a"},{"id":2,"method":"b"}]', exchange=1)
    assert dialogue(batch, from_node(b'[{"id":1,"result":0}]', exchange=1))[1] == "result of a, no answer to b (id 2)"


def test_a_result_without_its_id_says_so():
    """Over HTTP its exchange tells what it answers; to a client it may be no answer."""
    call = to_node(b'{"id":1,"method":"a"}', exchange=1)
    assert dialogue(call, from_node(b'{"result":0}', exchange=1))[1] == "result of a (id 1), without its id"


def test_an_error_to_a_whole_batch_names_its_calls():
    """Over HTTP, where it is alone in its exchange."""
    batch = to_node(b'[{"id":1,"method":"a"},{"id":2,"method":"b"}]', exchange=1)
    refusal = from_node(b'{"id":null,"error":{"code":-32600,"message":"too large"}}', exchange=1)
    assert dialogue(batch, refusal)[1] == "error of a, b: -32600 too large"


def test_an_id_may_be_used_again():
    """Requests of one id are answered in their order."""
    asked = to_node(b'{"id":1,"method":"a"}'), to_node(b'{"id":1,"method":"b"}')
    answer = from_node(b'{"id":1,"result":0}')
    assert dialogue(*asked, answer, answer)[2:] == ["result of a", "result of b"]


@pytest.mark.parametrize("id_", [b"-5", b"1.5", b'"x"', b"9" * 5000])
def test_any_id_joins(id_):
    """Negative, fractional, string and huge ids join as any other."""
    frames = to_node(b'{"method":"m","id":' + id_ + b"}"), from_node(b'{"result":0,"id":' + id_ + b"}")
    assert dialogue(*frames)[1] == "result of m"


def test_a_notification_waits_for_no_answer():
    """A push is named by its method."""
    assert dialogue(from_node(b'{"method":"channels.info","params":{}}')) == ["channels.info"]


def test_a_batch_is_described_whole():
    """Each message of a batch is said, in order."""
    assert dialogue(
        to_node(b'[{"id":1,"method":"a"},{"method":"b"}]'), from_node(b'[{"id":1,"result":0},{"id":2,"result":0}]')
    ) == ["batch of 2: a, b", "batch of 2: result of a, result without a request, id 2"]


def test_an_id_alone_is_the_answer_to_the_call_that_has_it():
    """Its result was left out."""
    assert dialogue(to_node(b'{"id":"x","method":"dispose"}'), from_node(b'{"id":"x"}')) == [
        "dispose",
        "result of dispose",
    ]


def test_a_batch_of_one_is_its_message():
    """A batch of one is said as the one."""
    assert dialogue(to_node(b'[{"id":1,"method":"a"}]')) == ["a"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (from_node(b"hello"), "text that is not JSON-RPC"),
        (from_node(b""), "text that is not JSON-RPC"),
        (from_node(b"\xff"), "something that is not JSON-RPC"),
        (from_node(b"NaN"), "text that is not JSON-RPC"),
        (from_node(b"/p?id=7", event_type="endpoint"), "the event endpoint: /p?id=7"),
        (from_node(b'{"id":1}'), "JSON that is not JSON-RPC: id 1"),
        (from_node(b'{"id":1,"x":[]}'), "JSON that is not JSON-RPC: id 1, x (an empty list)"),
        (from_node(b'{"id":null}'), "JSON that is not JSON-RPC: id null"),
        (from_node(b" [1,\n2] "), "JSON that is not JSON-RPC"),
        (from_node(b"{}", opcode="binary"), "JSON that is not JSON-RPC"),
        (from_node(b"\xff", opcode="binary"), "something that is not JSON-RPC"),
        (
            from_node(b'{"event":"volume","level":[1],"to":{}}'),
            "JSON that is not JSON-RPC: event volume, level (a list of 1 item), …",
        ),
        (from_node(b"[" + b"1," * SHORT + b"1]"), "JSON that is not JSON-RPC"),
        (from_node(b"x" * 2 * SHORT), "text that is not JSON-RPC"),
        (from_node(b"", exchange=1, status=204), "no body"),
        (from_node(b"", exchange=1, status=401), "status 401, no body"),
        (from_node(b"busy", exchange=1, status=503), "status 503, text that is not JSON-RPC"),
        (from_node(b"", opcode="ping"), "ping"),
        (from_node(b"x", opcode="raw"), "raw"),
    ],
)
def test_a_frame_without_messages_is_said_to_be_what_it_is(frame, words):
    """What is not JSON-RPC is said to be text, JSON or another opcode."""
    assert dialogue(frame) == [words]


def test_what_is_remembered_is_bounded():
    """However many requests go unanswered, the oldest are forgotten."""
    followed = Followed()
    followed.see(OPENED)
    for number in range(OPEN_LIMIT + 1):
        describe(to_node(b'{"id":%d,"method":"m%d"}' % (number, number)), followed)
    answers = [describe(from_node(b'{"id":%d,"result":0}' % number), followed) for number in (0, 1, OPEN_LIMIT)]
    assert answers == ["result without a request, id 0", "result of m1", f"result of m{OPEN_LIMIT}"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "method", "result", "error", "code", "message", "request"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.untraced
@given(st.lists(st.tuples(st.booleans(), st.binary() | values.map(json.encode)), max_size=5))
def test_no_dialogue_raises(frames):
    """Whatever is said in whatever order can be described."""
    said = dialogue(*(to_node(payload) if out else from_node(payload) for out, payload in frames))
    assert all(said)


def test_binary_frames_are_read():
    """Some servers answer in them."""
    answer = from_node(b'{"id":1,"result":0}', opcode="binary")
    assert dialogue(to_node(b'{"id":1,"method":"a"}'), answer)[1] == "result of a"


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ({"method": "m"}, "m"),
        ({"result": None}, "a result"),
        ({"error": {}}, "an error"),
        ({"method": 3}, "JSON that is not JSON-RPC"),
        ([{}], "a batch"),
        ([], "a frame that is not JSON-RPC"),
        ("x", "a frame that is not JSON-RPC"),
        (None, "a frame that is not JSON-RPC"),
    ],
)
def test_name(message, name):
    """A message in a word or two."""
    assert name_of(message) == name


@pytest.mark.parametrize(
    ("message", "label"),
    [
        ({"method": "i", "params": {"data": {"event": "open", "info": "x"}}}, "i open x"),
        ({"method": "i", "params": {"data": {"event": 3}}}, "i"),
        ({"method": "i", "params": {"data": []}}, "i"),
        ({"method": "i", "params": []}, "i"),
        ([{}], "a batch"),
    ],
)
def test_label(message, label):
    """With what tells it from others of its method."""
    assert label_of(message, ("event", "info")) == label


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"sku": "A-100", "count": 2}, "sku A-100"),
        ([1, 2], "1"),
        (["x" * 41, "y"], "y"),
        ({"flag": True, "none": None, "empty": "", "n": 0}, "n 0"),
        ({"filter": {"from": "latest"}, "limit": 5}, "limit 5"),
        ({"filter": {"from": "latest"}}, "from latest"),
        ([{"names": ["a"]}], "a"),
        ([[[["deep"]]]], ""),
        ({"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "kind": "page"}, "id 3f2504…3301, kind page"),
        ({"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}, "id 3f2504…3301"),
        ({"id": "pay_619d30f20cb5"}, "id pay_619d30f20cb5"),
        ({"id": "507f1f77bcf86cd799439011"}, "id 507f1f…9011"),
        ({"order": {"id": "cus_NffrFeUfNV2Hib"}}, "id cus_Nf…2Hib"),
        (["0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"], "0x1f98…f984"),
        ({"owner": "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984", "limit": 5}, "limit 5"),
        ({"token": "sk4fC39dGh27Lq0x"}, ""),
        ({"token": "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"}, "token 0x1f98…f984"),
        ({"image": "iVBORw0KGgo4" * 10}, ""),
        ({"text": "two\nlines"}, ""),
        ({"data": {"event": "open", "height": 5}}, "open"),
        ("a text", ""),
        (None, ""),
    ],
)
def test_a_call_is_told_by_its_most_telling_parameter(params, words):
    """The protocol's field; else the first short text or number of the outermost, and an id, which is shortened."""
    assert telling(params, PROFILES["aeternity"]) == words


@pytest.mark.parametrize("watch", ["w_ff8a2ba4e7", "w_f216204dca", "w_8eeb07a6fe"])
def test_a_method_is_told_by_the_same_parameter_whatever_its_ids_look_like(watch):
    """Some random texts look like words, in which digits come in rows."""
    assert telling({"watch": watch, "lotId": "L-1"}) == "lotId L-1"
    assert telling({"watch": watch}) == f"watch {watch}"


def test_a_call_says_what_its_protocol_says():
    """In place of a parameter."""
    message = {"method": "eth_getBalance", "params": ["0x00000000000000000000000000000000000000aa", "latest"]}
    assert called(message, PROFILES["ethereum"]) == "eth_getBalance 0x0000…00aa latest"
    assert called(message, GENERIC) == "eth_getBalance latest"


def test_what_a_protocol_encodes_is_not_told_twice():
    """Its decoded contents stand in the line already."""
    message = {"method": "channels.withdraw_tx", "params": {"signed_tx": "tx_+L0LAfhCuEBmqWz9Kk3vT7"}}
    assert called(message, PROFILES["aeternity"]) == "channels.withdraw_tx"


def test_an_error_says_which_call_it_refuses():
    """The answer names its call as the call names itself."""
    asked = to_node(b'{"id":1,"method":"order.get","params":{"id":"550e8400-e29b-41d4-a716-446655440000"}}')
    assert dialogue(asked, from_node(b'{"id":1,"error":{"code":3,"message":"gone"}}')) == [
        "order.get id 550e84…0000",
        "error of order.get id 550e84…0000: 3 gone",
    ]


def test_an_answer_says_which_of_several_calls():
    """Where calls of one method are open at once, its method alone would not tell; where one is, that is enough."""
    calls = [to_node(b'{"id":%d,"method":"take","params":["%c"]}' % (at, 97 + at)) for at in range(3)]
    answers = [from_node(b'{"id":%d,"result":0}' % at) for at in (1, 0, 2)]
    assert dialogue(*calls[:2], *answers[:2], calls[2], answers[2]) == [
        "take a",
        "take b",
        "result of take b",
        "result of take a",
        "take c",
        "result of take",
    ]


def test_an_id_in_use_is_told():
    """Two open calls of one id cannot be told apart by their answers."""
    call = to_node(b'{"id":1,"method":"a"}')
    assert dialogue(call, call) == ["a", "a, its id 1 is already in use"]


def test_what_is_no_json_rpc_answers_over_http():
    """A proxy's refusal is an answer to the call."""
    call = to_node(b'{"id":1,"method":"a"}', exchange=1)
    refusal = from_node(b"Bad Gateway", exchange=1, status=502)
    assert dialogue(call, refusal)[1] == "status 502, text that is not JSON-RPC of a"


def test_a_call_that_its_client_gave_up():
    """Nobody answered it."""
    call = to_node(b'{"id":1,"method":"a"}', exchange=1)
    assert dialogue(call, from_node(b"", exchange=1, status=LEFT))[1] == "its client left before the answer to a (id 1)"


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0.0 ms"),
        (400_000, "0.4 ms"),
        (6_250_000, "6.3 ms"),
        (6_349_999, "6.3 ms"),
        (12_300_000, "12 ms"),
        (814_500_000, "815 ms"),
        (814_499_999, "814 ms"),
        (999_400_000, "999 ms"),
        (999_600_000, "1.0 s"),
        (9_940_000_000, "9.9 s"),
        (42_000_000_000, "42 s"),
        (180_000_000_000, "3 min"),
        (18_000_000_000_000, "5 h"),
    ],
)
def test_how_long_it_took(nanoseconds, words):
    """As exact as a reader can use; a half is rounded up."""
    assert lasting(nanoseconds) == words


def test_how_a_session_ended():
    """Who closed it and why; of a document, that it was."""
    assert ended(Closed(session=1, code=4000, reason="bye", by="node")) == "closed by node, 4000 bye"
    assert ended(Closed(session=1, code=1006, lost="reset")) == "closed by party, 1006, connection reset"
    assert ended(Closed(session=1, code=0, by="")) == "closed"


def test_what_is_said_has_no_sender():
    """Each message of a batch is told without it; what a peer writes is kept, even if it looks like a sender."""
    batch = capture.frame(b'[{"method":"a","params":["x; client b"]},{"method":"c"}]', session=1, direction="to_node")
    annotations = Annotations("generic")
    annotations.see(Opened(session=1, party="client"))
    said = saying(batch, annotations.see(batch))
    assert said.words == "batch of 2: notifies node: a x; client b; notifies node: c"


def test_what_is_of_another_protocol_is_named_by_its_members():
    """Though it has an id, which alone would make it an answer."""
    assert readable_name({"id": 1, "command": "fee"}) == "JSON that is not JSON-RPC: id 1, command fee"
    assert readable_name({"id": 1}) == "a result"


def test_an_error_that_answers_what_calls_no_method():
    """It is told by itself."""
    said = dialogue(to_node(b'{"id":1,"command":"bad"}'), from_node(b'{"id":1,"error":"unknownCmd"}'))
    assert said == ["JSON that is not JSON-RPC: id 1, command bad", "error: unknownCmd"]
