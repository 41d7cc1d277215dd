"""A timeline is followed: whose protocol is spoken, what answers what, what waits and what is out of place."""

import pytest

from recorder import capture
from recorder.jsonrpc import SHORT
from recorder.model import Closed, Frame, Opened
from recorder.profiles import GENERIC, PROFILES
from recorder.timeline.exchanges import OPEN_LIMIT
from recorder.timeline.followed import MANY_SESSIONS, Followed

OPENED = Opened(session=1, party="a", url="ws://node")


def to_node(payload: bytes, session: int = 1, **fields) -> Frame:
    """A frame from a party."""
    return capture.frame(payload, session=session, direction="to_node", **fields)


def from_node(payload: bytes, session: int = 1, **fields) -> Frame:
    """A frame from the node."""
    return capture.frame(payload, session=session, direction="from_node", **fields)


def methods(frame: Frame, followed: Followed) -> list[str]:
    """The methods that a frame is about."""
    return followed.look(frame).methods


def following(*frames: Frame, opened: Opened | None = OPENED) -> Followed:
    """What has been followed so far."""
    followed = Followed()
    if opened is not None:
        followed.see(opened)
    for frame in frames:
        followed.look(frame)
    return followed


def odd(frame: Frame, followed: Followed) -> list[str]:
    """What is out of place in a frame."""
    return [item.odd for item in followed.look(frame).items]


CALL, ANSWER = to_node(b'{"id":1,"method":"a"}', time=5), from_node(b'{"id":1,"result":0}', time=9)


def test_a_reply_answers_by_its_name():
    """`<method>.reply` answers the method it names, where the session's protocol says so."""
    followed = Followed()
    followed.see(Opened(session=1, party="a", url="ws://n/?role=initiator"))
    followed.look(to_node(b'{"method":"channels.get.balances"}'))
    assert methods(from_node(b'{"method":"channels.get.balances.reply","params":{}}'), followed) == [
        "channels.get.balances",
        "channels.get.balances.reply",
    ]


def test_methods_of_an_answer_are_those_it_answers():
    """An answer can be found by the method it answers."""
    followed = Followed()
    assert methods(to_node(b'[{"id":1,"method":"a"},{"method":"b"}]'), followed) == ["a", "b"]
    assert methods(from_node(b'{"id":1,"result":0}'), followed) == ["a"]
    assert methods(from_node(b'{"id":1,"result":1}'), followed) == ["a"]
    assert methods(from_node(b'{"id":2,"result":0}'), followed) == []


def test_methods_of_no_message_are_none():
    """What is not JSON-RPC is about no method."""
    assert methods(from_node(b"hello"), Followed()) == []


TOOL = to_node(b'{"id":1,"method":"tools/call","params":{"name":"pay"}}')


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        (b'{"content":[{"type":"text","text":"no"}],"isError":true}', True),
        (b'{"content":[{"type":"text","text":"%s"}],"isError":true}' % (b"x" * (SHORT + 1)), True),
        (b'{"content":[],"isError":false}', False),
        (b'{"content":[]}', False),
        (b'{"isError":"yes"}', False),
        (b"[]", False),
    ],
    ids=["failed", "long", "went well", "says nothing", "no flag", "no object"],
)
def test_a_tool_that_fails_is_an_error(result, failed):
    """Its protocol says so in a result, however long that is."""
    followed = following(TOOL)
    look = followed.look(from_node(b'{"id":1,"result":%s}' % result))
    assert [look.kind(item, "from_node") for item in look.items] == ["error" if failed else "result"]


def test_a_failed_tool_of_a_batch_is_the_one_that_says_so():
    """Each message of a long batch is looked at by itself."""
    followed = following(to_node(b'[{"id":1,"method":"tools/call"},{"id":2,"method":"tools/call"}]'))
    long = b"x" * SHORT
    answers = b'[{"id":2,"result":{"text":"%s","isError":true}},{"id":1,"result":{"text":"%s"}}]' % (long, long)
    assert [item.failed for item in followed.look(from_node(answers)).items] == [True, False]


def test_a_result_of_another_protocol_is_no_error():
    """A member of that name means nothing in plain JSON-RPC."""
    followed = following(CALL)
    assert [item.failed for item in followed.look(from_node(b'{"id":1,"result":{"isError":true}}')).items] == [False]


def test_a_session_keeps_the_protocol_that_its_traffic_told():
    """Until it is closed; by name it is fixed."""
    followed = Followed()
    followed.see(Opened(session=1, party="a", url="ws://n/?role=initiator"))
    assert followed.profile(1) is PROFILES["aeternity"]
    followed.see(Closed(session=1))
    assert followed.profile(1) is GENERIC
    assert followed.profile(1, [{"method": "channels.info"}]) is PROFILES["aeternity"]
    assert Followed("generic").profile(1, [{"method": "channels.info"}]) is GENERIC


def test_sessions_are_forgotten():
    """The oldest first, however many there are."""
    followed = Followed("aeternity")
    for session in range(MANY_SESSIONS + 1):
        followed.see(Opened(session=session, party="a"))
        followed.profile(session)
    assert (len(followed._openings), len(followed._told)) == (MANY_SESSIONS, MANY_SESSIONS)


def test_what_answers_over_http_without_json_rpc_is_about_the_call():
    """It is found by the call's method, and the call waits no more."""
    followed = following(to_node(b'[{"id":1,"method":"a"},{"id":2,"method":"b"}]', exchange=1))
    assert methods(from_node(b"Bad Gateway", exchange=1, status=502), followed) == ["a", "b"]
    assert followed.waiting() == []


def test_calls_wait_until_they_are_answered():
    """The oldest first; what has no id waits for nothing."""
    followed = following(CALL, to_node(b'{"method":"tell"}'), from_node(b'{"id":1,"method":"b"}'))
    assert [(one.method, one.direction, one.time) for one in followed.waiting()] == [
        ("a", "to_node", 5),
        ("b", "from_node", 0),
    ]
    assert [one.time for one in followed.look(ANSWER).requests] == [5]
    assert [one.method for one in followed.waiting()] == ["b"]


def test_nobody_waits_in_a_session_that_is_over():
    """Its calls will not be answered any more."""
    followed = following(CALL, to_node(b'{"id":1,"method":"c"}', session=2))
    followed.see(Closed(session=1))
    assert [one.method for one in followed.waiting()] == ["c"]


def test_what_waits_is_bounded():
    """However many calls go unanswered, the oldest are forgotten."""
    followed = following(*(to_node(b'{"id":%d,"method":"m"}' % number) for number in range(OPEN_LIMIT + 1)))
    assert (len(followed.waiting()), [alike.open for alike in followed._alike.values()]) == (OPEN_LIMIT, [OPEN_LIMIT])


def test_calls_that_are_told_apart_by_their_method_are_bounded():
    """Those without ids, of which most are never answered, fill no memory either."""
    followed = following(opened=Opened(session=1, party="a", url="ws://n/?role=initiator"))
    call = to_node(b'{"method":"channels.update.new"}')
    for _ in range(OPEN_LIMIT + 10):
        followed.look(call)
    assert len(followed._exchanges._open) == OPEN_LIMIT


@pytest.mark.parametrize(
    ("frames", "last", "what"),
    [
        ([CALL], CALL, "id in use"),
        ([CALL, ANSWER], CALL, ""),
        ([CALL], from_node(b'{"id":1,"method":"a"}'), ""),
        ([CALL], to_node(b'{"id":1,"method":"a"}', session=2), ""),
        ([to_node(b'{"id":1,"method":"a"}', exchange=1)], to_node(b'{"id":1,"method":"a"}', exchange=2), ""),
        ([CALL, ANSWER], ANSWER, "no request"),
        ([CALL, ANSWER], from_node(b'{"id":1,"result":"another"}'), ""),
        ([], from_node(b'{"id":1,"error":{"code":1}}'), "no request"),
        ([], from_node(b'{"id":null,"error":{"code":-32700}}'), ""),
        ([], from_node(b'{"id":null,"error":{"code":3,"request":{"method":"a"}}}'), ""),
        ([], to_node(b'{"id":1,"result":0}'), "no request"),
        ([CALL], from_node(b'{"id":"1","result":0}'), "another id"),
        ([to_node(b'{"id":0,"method":"a"}', exchange=1)], from_node(b'{"id":5,"result":0}', exchange=1), "another id"),
        ([to_node(b'{"id":0,"method":"a"}', exchange=1)], from_node(b'{"id":null,"error":1}', exchange=1), ""),
        ([to_node(b'{"id":0,"method":"a"}', exchange=1)], from_node(b'{"result":1}', exchange=1), "no id"),
        ([to_node(b'{"id":0,"method":"a"}', exchange=1)], from_node(b'{"id":null,"result":1}', exchange=1), "no id"),
        ([to_node(b'{"id":null,"method":"a"}', exchange=1)], from_node(b'{"id":null,"result":1}', exchange=1), ""),
    ],
)
def test_what_is_out_of_place(frames, last, what):
    """An id that is open already at the same end, an answer to nobody, and one under an id that nobody asked with."""
    assert odd(last, following(*frames)) == [what]


def test_one_error_answers_a_batch():
    """Over HTTP, under the id null: all of it is refused, and nothing waits any more."""
    followed = following(to_node(b'[{"id":1,"method":"a"},{"id":2,"method":"b"},{"id":3,"method":"c"}]', exchange=1))
    look = followed.look(from_node(b'{"id":null,"error":{"code":1}}', exchange=1))
    assert [one.method for one in look.requests] == ["b", "c", "a"]
    assert followed.waiting() == []


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"ok":true}', b'{"id":1,"result":1}{"id":1,"result":1}'])
def test_an_http_answer_that_answers_nothing_leaves_its_call(body):
    """The call waits no longer, because its exchange is over, and has no answer."""
    followed = following(to_node(b'{"id":1,"method":"a"}', exchange=1, time=4))
    look = followed.look(from_node(body, exchange=1, time=9))
    assert [(one.method, one.left, one.answer) for one in look.left] == [("a", 9, None)]
    assert (look.odd, look.requests, followed.waiting()) == (["no answer"], [], [])


def test_a_batch_leaves_the_calls_that_it_does_not_answer():
    """They wait no longer; in a stream they do, and where they were only accepted."""
    batch = to_node(b'[{"id":1,"method":"a"},{"id":2,"method":"b"},{"method":"c"}]', exchange=1)
    answer, streams = b'[{"id":1,"result":0}]', [("content-type", "text/event-stream")]
    followed = following(batch)
    look = followed.look(from_node(answer, exchange=1))
    assert ([one.method for one in look.left], look.answered, followed.waiting()) == (["b"], ["a"], [])
    for other in (from_node(answer, exchange=1, headers=streams), from_node(b"", exchange=1, status=202)):
        followed = following(batch)
        assert not followed.look(other).left
        assert "b" in [one.method for one in followed.waiting()]


def test_a_call_that_is_answered_twice_in_one_body_has_one_answer():
    """The other answers nothing; events of a stream may."""
    call, twice = to_node(b'{"id":1,"method":"a"}', exchange=1), b'[{"id":1,"result":1},{"id":1,"result":2}]'
    assert odd(from_node(twice, exchange=1), following(call)) == ["", "no request"]
    assert odd(from_node(twice, exchange=1, headers=[("content-type", "text/event-stream")]), following(call)) == [
        "",
        "",
    ]


def test_a_further_result_over_http_is_of_its_method():
    """It is not out of place, and has nothing to wait for any more."""
    followed = following(to_node(b'{"id":1,"method":"a"}', exchange=1), from_node(b'{"id":1,"result":0}', exchange=1))
    (item,) = followed.look(from_node(b'{"id":1,"result":1}', exchange=1)).items
    assert (item.answered, item.request, item.odd) == ("a", None, "")


@pytest.mark.parametrize(
    "opened", [None, Opened(session=1, party="a"), Opened(session=1, party="a", url="w", partial=True)]
)
def test_an_answer_to_what_was_not_seen_is_not_out_of_place(opened):
    """A session that was open before may have asked before."""
    assert odd(ANSWER, following(opened=opened)) == [""]


def test_nothing_is_out_of_place_where_something_was_missed():
    """Whoever did not look at all frames accuses nobody."""
    followed = following(CALL)
    followed.miss()
    assert odd(CALL, followed) + odd(from_node(b'{"id":7,"result":0}'), followed) == ["", ""]


def test_a_stream_that_ended_without_a_word_answers_nothing():
    """Its call waits: the client asks for the rest, where the answer comes. Another empty answer is one."""
    streams = [("Content-Type", "text/event-stream")]
    call = to_node(b'{"id":1,"method":"slow"}', exchange=1)
    followed = following(call, from_node(b"", exchange=1, headers=streams))
    assert [request.method for request in followed.waiting()] == ["slow"]
    assert followed.look(from_node(b'{"id":1,"result":2}', exchange=1)).answered == ["slow"]
    assert following(call, from_node(b"", exchange=1)).waiting() == []


def test_what_is_only_accepted_waits():
    """Its answer comes in a stream that the client listens to, in no exchange; how long it took is told from there."""
    call = to_node(b'{"id":1,"method":"slow"}', exchange=1)
    followed = following(call, from_node(b"", exchange=1, status=202))
    assert [request.method for request in followed.waiting()] == ["slow"]
    assert followed.look(from_node(b'{"id":1,"result":2}')).answered == ["slow"]
    assert followed.waiting() == []


def test_an_event_that_says_nothing_is_no_answer():
    """Neither a ping of a stream with a text, nor what comes after it; only a whole body without JSON-RPC is one."""
    call = to_node(b'{"id":1,"method":"slow"}', exchange=1)
    streams = [("content-type", "text/event-stream; charset=utf-8")]
    ping, done = from_node(b"now", exchange=1, headers=streams, event_type="ping"), from_node(b"[DONE]", exchange=1)
    followed = following(call, ping, done)
    assert followed.look(from_node(b'{"id":1,"result":2}', exchange=1)).answered == ["slow"]
    assert following(call, from_node(b"now", exchange=1)).waiting() == []


def test_a_text_after_an_event_is_no_answer():
    """The stream is known by its first event, whatever that says."""
    call = to_node(b'{"id":1,"method":"slow"}', exchange=1)
    streams = [("content-type", "text/event-stream")]
    pushed = from_node(b'{"method":"progress"}', exchange=1, headers=streams)
    followed = following(call, pushed, from_node(b"[DONE]", exchange=1))
    assert [request.method for request in followed.waiting()] == ["slow"]


def test_what_is_no_message_of_a_batch_has_no_text():
    """As an object with an id alone, which no request waits for; one that a request waits for is its answer."""
    batch = b'[{"id":1}, {"id":5}, {"method":"b"}]'
    for before, told in ([], [b'{"method":"b"}']), ([CALL], [b'{"id":1}', b'{"method":"b"}']):
        look = following(*before).look(from_node(batch))
        assert (look.texts(batch), len(look.items)) == (told, len(told))
    assert following().look(from_node(b'{"id":5}')).texts(b'{"id":5}') == []


def test_what_calls_no_method_may_be_answered():
    """Its answer is not out of place; nothing waits for it, since nobody knows whether one comes."""
    followed = following(to_node(b'{"id":7,"command":"fee"}', time=5))
    assert followed.waiting() == []
    (answer,) = followed.look(from_node(b'{"id":7,"result":{},"status":"success"}', time=9)).items
    assert (answer.odd, answer.request.time) == ("", 5)
    assert odd(from_node(b'{"id":8,"result":{},"status":"success"}'), followed) == ["no request"]
