"""What a mock answers to calls: to each its own answer, at once, or an error."""

import json
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mocking import Mock, capture

from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Frame, Header, Opened
from recorder.replay import Close, Fault
from recorder.replay.patience import BEHIND
from recorder.replay.replies import UNRECORDED
from recorder.timeline import read

REFUSED = f"error {UNRECORDED}"
CALLS = [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2)]
IDS = [
    "1",
    "2",
    "7",
    '"1"',
    '"one"',
    "1.0",
    "-0.5",
    "1e2",
    "0",
    "-576460752303423488",
    "123456789012345678901234567890",
]


def said(message):
    """A result, or the code of an error."""
    return message["result"] if "result" in message else f"error {message['error']['code']}"


def call(method, identity, *params):
    """A request."""
    return f'{{"jsonrpc":"2.0","id":{identity},"method":"{method}","params":{json.dumps(params)}}}'


def result(identity, value):
    """An answer."""
    return f'{{"jsonrpc":"2.0","id":{identity},"result":{json.dumps(value)}}}'


def batch(*messages):
    """Several as one."""
    return f"[{','.join(messages)}]"


@st.composite
def captures(draw):
    """A script, and the answers of each session to each call in the order in which it was asked."""
    rows, said_to = [], {}
    for session in range(1, draw(st.integers(1, 3)) + 1):
        http, number, frames = draw(st.booleans()), 0, []
        for exchange in range(1, draw(st.integers(0, 6)) + 1):
            questions, replies = [], []
            for method, param in draw(st.lists(st.sampled_from(CALLS), min_size=1, max_size=3)):
                number += 1
                said_to[session, number] = f"{method}{param} of {session}, {number}"
                questions.append(call(method, number, param))
                replies.append(result(number, said_to[session, number]))
            replies = draw(st.permutations(replies))
            whole = len(questions) > 1 or draw(st.booleans())
            payloads = [batch(*questions), batch(*replies)] if whole else questions + replies
            more = {"session": session, "exchange": exchange if http else 0}
            ways = zip(payloads, ("to_node", "from_node"), strict=True)
            frames.append([frame(payload.encode(), direction=direction, **more) for payload, direction in ways])
        url = f"{'http' if http else 'ws'}://node/{session}"
        rows.append([Opened(session=session, party=f"client-{session}", url=url), *_woven(draw, frames)])
    events, answers = _woven(draw, rows), defaultdict(list)
    for event in events:
        if isinstance(event, Frame) and event.direction == "to_node":
            value = value_of(event.payload)
            for one in value if isinstance(value, list) else [value]:
                key = event.session, one["method"], one["params"][0]
                answers[key].append(said_to[event.session, one["id"]])
    return read(Header(format=2, run="r", recorder="0", profile="generic"), events), answers


def _woven(draw, rows):
    """Rows in one, each in its order: what is under way at a time is answered in any order."""
    places = draw(st.permutations([at for at, row in enumerate(rows) for _ in row]))
    rows = [iter(row) for row in rows]
    return [next(rows[at]) for at in places]


@st.composite
def asked(draw, answers):
    """Frames of a live client, as sessions and calls: recorded ones, each as often as it was, and others."""
    calls = [key for key, values in answers.items() for _ in values]
    calls = draw(st.permutations(calls))[: draw(st.integers(0, len(calls)))]
    sessions = {session for session, _method, _param in answers}
    others = [(session, method, 9) for session in sessions for method in "xa" if draw(st.booleans())]
    frames = []
    for key in draw(st.permutations(calls + others)):
        if frames and frames[-1][0][0] == key[0] and draw(st.booleans()):
            frames[-1].append(key)
        else:
            frames.append([key])
    return [(keys, len(keys) > 1 or draw(st.booleans())) for keys in frames]


@pytest.mark.untraced
@given(st.data(), captures())
def test_never_with_another_answer(data, recorded):
    """In whatever order calls come, singly or in batches, under whatever ids: each gets its own answer, at once.

    Of a call that was recorded several times each of its answers, in their order, and of one that was not an error.
    """
    script, answers = recorded
    mock, left = Mock(script, mode="strict"), {key: list(values) for key, values in answers.items()}
    for keys, whole in data.draw(asked(answers)):
        ids = data.draw(st.lists(st.sampled_from(IDS), min_size=len(keys), max_size=len(keys), unique_by=value_of))
        messages = [call(method, one, param) for (_, method, param), one in zip(keys, ids, strict=True)]
        heard = mock.asked(batch(*messages) if whole else messages[0], keys[0][0])
        due = [left[key].pop(0) if left.get(key) else REFUSED for key in keys]
        expected = [(value_of(one), value) for one, value in zip(ids, due, strict=True)]
        assert sorted(expected, key=repr) == sorted(((one["id"], said(one)) for one in heard), key=repr)
        assert mock.expected is (REFUSED not in due)
    assert mock.does(60.0) == []
    assert bool(mock.player.end().unused) is any(left.values())


@pytest.mark.untraced
@given(st.data(), captures(), st.sampled_from(["shape", "lenient"]))
def test_an_exact_answer_before_a_near_one(data, recorded, mode):
    """Where a mode forgives what differs, recorded calls get their own answers all the same."""
    script, answers = recorded
    mock, left = Mock(script, mode=mode), {key: list(values) for key, values in answers.items()}
    for key in data.draw(st.permutations([key for key, values in answers.items() for _ in values])):
        (heard,) = mock.asked(call(key[1], '"live"', key[2]), key[0])
        assert (heard["id"], said(heard)) == ("live", left[key].pop(0))
    assert mock.player.over
    assert mock.player.end().ok


CALLED_AT_ONCE = [
    *((">", call(method, number), number) for number, method in enumerate("abc", 1)),
    *(("<", result(number, method.upper()), number) for number, method in enumerate("abc", 1)),
]
"""Three calls that were in flight together."""


def over(url):
    """A script of the three calls over WebSockets or HTTP."""
    http = url.startswith("http")
    return capture(*(one if http else one[:2] for one in CALLED_AT_ONCE), url=url)


@pytest.mark.parametrize("url", ["ws://node/", "http://node/"])
@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
@pytest.mark.parametrize("order", ["bac", "c", "b", "cba"])
def test_calls_that_were_in_flight_together(url, mode, order):
    """Each is answered when it comes, also where the others never do, and never by what another one's id tells."""
    mock = Mock(over(url), mode=mode)
    for method in order:
        assert mock.asked(call(method, 1)) == [{"jsonrpc": "2.0", "id": 1, "result": method.upper()}]
    missing = {line.split(" ")[2] for line in mock.player.end().unused if " result " not in line}
    assert missing == set("abc") - set(order)


def test_more_calls_open_than_anybody_counts():
    """The first of 300 is answered like the last."""
    many = range(300)
    script = capture(
        *((">", call("get", number, number)) for number in many),
        *(("<", result(number, number)) for number in reversed(many)),
    )
    mock = Mock(script, mode="strict")
    for number in [299, 0, 150, *range(1, 150), *range(151, 299)]:
        (answer,) = mock.asked(call("get", '"x"', number))
        assert answer["result"] == number
    assert mock.player.end().ok


def test_a_call_recorded_several_times_gets_its_answers_in_order():
    """And one that comes once more than that is refused."""
    polls = [one for number in range(3) for one in ((">", call("poll", number)), ("<", result(number, number)))]
    mock = Mock(capture(*polls))
    assert [said(*mock.asked(call("poll", 9))) for _ in range(4)] == [0, 1, 2, REFUSED]


@pytest.mark.parametrize("mode", ["strict", "shape"])
def test_a_call_once_more_takes_no_others_place(mode):
    """Asked more often than recorded it is refused, and never answered with what another one was told."""
    said_to = [one for number in (1, 2) for one in ((">", call("get", number, number)), ("<", result(number, number)))]
    mock = Mock(capture(*said_to), mode=mode)
    assert [said(*mock.asked(call("get", 5, param))) for param in (1, 1, 2)] == [1, REFUSED, 2]
    outcome = mock.player.end()
    assert (outcome.unused, len(outcome.unexpected)) == ([], 1)


def test_an_exact_call_after_a_near_one():
    """A call that differs takes the first that is left, and later that one's own gets the answer it would have got."""
    said_to = [one for number in (1, 2) for one in ((">", call("get", number, number)), ("<", result(number, number)))]
    mock = Mock(capture(*said_to), mode="shape")
    assert [said(*mock.asked(call("get", 5, param))) for param in (3, 2)] == [1, 2]
    assert mock.expected


IN_ONE = capture((">", batch(call("a", 1), call("b", 2))), ("<", batch(result(1, "A"), result(2, "B"))))
SINGLY = capture(*(one[:2] for one in CALLED_AT_ONCE))


@pytest.mark.parametrize("script", [IN_ONE, SINGLY], ids=["recorded in one", "recorded singly"])
@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ([("a", 71), ("b", 72)], [(71, "A"), (72, "B")]),
        ([("b", 72), ("a", 71)], [(72, "B"), (71, "A")]),
        ([("b", 1)], [(1, "B")]),
        ([("x", 1), ("y", 2)], [(1, REFUSED), (2, REFUSED)]),
        ([("x", 2), ("a", 1)], [(2, REFUSED), (1, "A")]),
    ],
)
@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_a_batch_is_answered_member_by_member(script, asked, heard, mode):
    """Under live ids, as a batch, recorded singly or not, and what nobody recorded is refused as it is alone."""
    mock = Mock(script, mode=mode)
    (action,) = mock.hears(batch(*(call(*one) for one in asked)))
    assert [(one["id"], said(one)) for one in value_of(action.payload)] == heard
    assert mock.expected is (REFUSED not in dict(heard).values())


@pytest.mark.parametrize(
    ("asked", "heard"), [("ab", ["B", "A"]), ("ba", ["B", "A"]), ("abc", ["B", "C", "A"]), ("cab", ["C", "A", "B"])]
)
def test_the_answers_to_a_batch_stand_as_they_did_where_its_calls_do(asked, heard):
    """Else in the order of the calls."""
    calls = batch(call("a", 1), call("b", 2), call("c", 3))
    answers = batch(result(2, "B"), result(3, "C"), result(1, "A"))
    mock = Mock(capture((">", calls), ("<", answers)))
    (action,) = mock.hears(batch(*(call(name, 10 + at) for at, name in enumerate(asked))))
    assert [one["result"] for one in value_of(action.payload)] == heard


def test_a_batch_that_is_asked_singly():
    """Each call gets its answer alone."""
    mock = Mock(IN_ONE)
    assert [value_of(*(one.payload for one in mock.hears(call(name, 7)))) for name in "ba"] == [
        {"jsonrpc": "2.0", "id": 7, "result": "B"},
        {"jsonrpc": "2.0", "id": 7, "result": "A"},
    ]
    assert mock.player.end().ok


PUSHED, NOBODYS = '{"method":"told"}', '{"id":null,"error":{"code":-1,"message":"no"}}'


@pytest.mark.parametrize("over", ["http", "ws"])
@pytest.mark.parametrize("beside", [[], [result(1, "B")], [PUSHED], [NOBODYS]])
def test_a_call_that_is_answered_with_a_list(beside, over):
    """A node may do so, be it in error: its client gets the list, with its own id where the recorded one was."""
    exchange = (1,) if over == "http" else ()
    answered = batch(result(1, "A"), *beside)
    mock = Mock(capture((">", call("a", 1), *exchange), ("<", answered, *exchange), url=f"{over}://n/"))
    (action,) = mock.hears(call("a", 7))
    assert value_of(action.payload) == value_of(answered.replace('"id":1', '"id":7'))
    assert mock.player.end().ok


def test_calls_that_were_answered_in_one_list():
    """Each gets its own answer alone, so that a client that makes only one of them is answered too."""
    both = batch(result(1, "A"), result(2, "B"))
    mock = Mock(capture((">", call("a", 1)), (">", call("b", 2)), ("<", both)))
    assert [value_of(one.payload)["result"] for name in "ab" for one in mock.hears(call(name, 7))] == ["A", "B"]
    assert mock.player.end().ok


def test_a_batch_that_was_refused_as_a_whole():
    """Its answer was one object, and is."""
    error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'
    mock = Mock(capture((">", batch(call("a", 1), call("b", 2)), 1), ("<", error, 1), url="http://node/"))
    (action,) = mock.hears(batch(call("a", 3), call("b", 4)))
    assert action.payload == error.encode()
    assert mock.player.end().ok


@pytest.mark.parametrize("over", ["http", "ws"])
@pytest.mark.parametrize("invalid", ["1", '{"foo":"boo"}', '{"method":1}', '{"method":"n","id":null}'])
def test_what_is_invalid_in_a_batch_is_answered_as_it_was(invalid, over):
    """By an error without an id, among the answers to the calls beside it."""
    exchange = (1,) if over == "http" else ()
    error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}'
    asked, answered = batch(invalid, call("a", 1)), batch(error, result(1, "A"))
    script = capture((">", asked, *exchange), ("<", answered, *exchange), url=f"{over}://n/")
    mock = Mock(script)
    (action,) = mock.hears(asked.replace('"id":1', '"id":7'))
    assert value_of(action.payload) == value_of(answered.replace('"id":1', '"id":7'))
    assert mock.player.end().ok


@pytest.mark.parametrize("identity", [*IDS, '"\\u00e9\\"\\n"', "1E+2", '""'])
def test_an_id_comes_back_as_it_was_written(identity):
    """Numbers of any size, with the zeros behind their points, and texts; the text "1" is not the number 1."""
    mock = Mock(capture((">", call("a", 1)), ("<", result(1, "A"))))
    (answer,) = mock.hears(call("a", identity))
    live = value_of(answer.payload)["id"]
    assert (type(live), str(live)) == (type(value_of(identity)), str(value_of(identity)))


def test_notifications_are_not_answered():
    """Not in a batch either; over HTTP there is an answer without a body, with the recorded status."""
    note = '{"jsonrpc":"2.0","method":"note"}'
    mock = Mock(capture((">", note), (">", call("a", 1)), ("<", result(1, "A"))))
    assert mock.hears(note) == []
    assert mock.asked(call("a", 2)) == [{"jsonrpc": "2.0", "id": 2, "result": "A"}]
    mock = Mock(capture((">", note), (">", call("a", 1)), ("<", result(1, "A"))))
    assert mock.asked(batch(note, call("a", 2), note)) == [{"jsonrpc": "2.0", "id": 2, "result": "A"}]
    assert not mock.expected
    mock = Mock(over("http://node/"))
    (action,) = mock.hears(batch(note, note))
    assert (action.payload, action.status, action.exchange) == (b"", 204, 1)


def test_an_answer_over_http_is_that_of_its_exchange():
    """With its status and its headers, under the number of the live request."""
    events = [
        Opened(session=1, party="a", url="http://node/rpc"),
        frame(call("a", 1).encode(), session=1, direction="to_node", exchange=1),
        frame(call("b", 1).encode(), session=1, direction="to_node", exchange=2),
        frame(
            result(1, "B").encode(), session=1, direction="from_node", exchange=2, status=203, headers=[("x-one", "B")]
        ),
        frame(result(1, "A").encode(), session=1, direction="from_node", exchange=1, status=500),
        frame(b'{"method":"note"}', session=1, direction="to_node", exchange=3),
        Frame(session=1, direction="from_node", exchange=3, status=202, text=""),
    ]
    mock = Mock(read(Header(format=2, run="r", recorder="0"), events))
    heard = (call("b", 7), '{"method":"note"}', call("a", 8), call("x", 9))
    found = [action for text in heard for action in mock.hears(text)]
    assert [(one.exchange, one.status, one.headers) for one in found] == [
        (1, 203, (("x-one", "B"),)),
        (2, 202, ()),
        (3, 500, ()),
        (4, 200, ()),
    ]
    assert [value_of(one.payload)["id"] for one in found if one.payload] == [7, 8, 9]
    assert found[1].payload == b""
    assert mock.player.end().unused == []


def test_a_call_that_was_never_answered():
    """It was recorded, so it is expected; over HTTP its client is told that there is nothing."""
    assert Mock(capture((">", call("a", 1)))).hears(call("a", 1)) == []
    (action,) = Mock(capture((">", call("a", 1), 1), url="http://node/")).hears(call("a", 1))
    assert (action.payload, action.status) == (b"", 204)


def test_an_error_is_an_answer():
    """With its data, under the id of the live call."""
    error = '{"jsonrpc":"2.0","id":1,"error":{"code":-3,"message":"no","data":{"id":1}}}'
    (action,) = Mock(capture((">", call("a", 1)), ("<", error))).hears(call("a", '"z"'))
    assert action.payload == error.replace('"id":1,"error"', '"id":"z","error"').encode()


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("error:a={}", [(1, "error")]),
        ("error:b={}", [(2, "error")]),
        ("drop:b", []),
    ],
)
def test_faults_in_a_batch(text, made):
    """An error takes the place of the result that it is about; a dropped answer is the whole frame."""
    mock = Mock(IN_ONE, faults=(Fault.parse(text),))
    heard = mock.asked(batch(call("b", 2), call("a", 1)))
    assert [(one["id"], "error") for one in heard if "error" in one] == made
    assert mock.player.end().ok


def test_faults_over_http():
    """A dropped answer is a connection that ends, a delayed one comes later, and the others are as they were."""
    mock = Mock(over("http://node/"), faults=(Fault.parse("drop:a"), Fault.parse("delay:b=1s")))
    assert mock.hears(call("a", 1)) == [Close(1, exchange=1)]
    assert mock.hears(call("b", 1)) == []
    assert mock.asked(call("c", 1))[0]["result"] == "C"
    assert not mock.player.over
    assert mock.does(0.9) == []
    (late,) = mock.does(0.2)
    assert (late.exchange, value_of(late.payload)["result"]) == (2, "B")
    assert mock.player.over


PUSHED = '{"jsonrpc":"2.0","method":"told"}'
BESIDE = capture(
    *((">", call("get", number)) for number in (1, 2)),
    ("<", PUSHED),
    *(("<", result(number, number)) for number in (1, 2)),
    *((">", call("get", number)) for number in (3, 4)),
    ("<", PUSHED),
    *(("<", result(number, number)) for number in (3, 4)),
)
"""Twice, two calls at the same time, with a push before the first answer."""


def test_a_push_before_an_answer_that_comes_of_a_later_call():
    """It comes before that answer again, if the client makes that call without waiting for the answer."""
    mock = Mock(BESIDE)
    assert mock.asked(call("get", 1)) == []
    assert [one.get("id") for one in mock.asked(call("get", 2))] == [None, 1, 2]


def test_a_client_that_makes_one_call_after_the_other():
    """It waits for its answer once and briefly, not again, and is sent the push when it has made the later call."""
    mock = Mock(BESIDE)
    assert mock.asked(call("get", 1)) == []
    assert mock.player.wake(mock.now) == mock.now + BEHIND
    assert [value_of(one.payload)["id"] for one in mock.does(BEHIND)] == [1]
    heard = [[one.get("id") for one in mock.asked(call("get", number))] for number in (2, 3, 4)]
    assert heard == [[None, 2], [3], [None, 4]]


COMMANDS = capture(
    (">", '{"id":1,"command":"fee"}'),
    ("<", '{"id":1,"status":"success","result":{"drops":10}}'),
    (">", '{"id":2,"type":"subscribe"}'),
    ("<", '{"id":2,"type":"result","result":null}'),
    ("<", '{"id":2,"type":"event","event":1}'),
    (">", '{"id":3,"type":"ping"}'),
    ("<", '{"id":3,"type":"pong"}'),
)
"""Calls of protocols that are no JSON-RPC, but have ids."""


def test_calls_without_a_method_are_answered_under_their_ids():
    """In any order, all that was said under the id."""
    mock = Mock(COMMANDS, mode="strict")
    assert mock.asked('{"id":71,"type":"ping"}') == [{"id": 71, "type": "pong"}]
    assert [one["id"] for one in mock.asked('{"id":"s","type":"subscribe"}')] == ["s", "s"]
    assert mock.asked('{"id":73,"command":"fee"}') == [{"id": 73, "status": "success", "result": {"drops": 10}}]
    assert mock.player.end().ok


def test_a_call_without_a_method_that_nobody_recorded_is_refused():
    """Under its id, so that its client does not wait for ever."""
    mock = Mock(COMMANDS, mode="strict")
    (answer,) = mock.asked('{"id":9,"command":"stop"}')
    assert (answer["id"], said(answer)) == (9, REFUSED)
    assert not mock.expected
