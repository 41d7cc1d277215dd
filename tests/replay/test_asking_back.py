"""A node that asks its client something before it answers."""

import json

import pytest
from mocking import Mock, capture

from recorder.jsonrpc import value_of
from recorder.replay import Player, PlaySettings, Send

CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask"}}'
QUESTION = '{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"prompt":"hm"}}'
REPLY = '{"jsonrpc":"2.0","id":1,"result":{"text":"well"}}'
NOTE = '{"jsonrpc":"2.0","method":"message","params":{"level":"info"}}'
ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"content":"well, then"}}'
OVER_WEBSOCKET = capture((">", CALL), ("<", NOTE), ("<", QUESTION), (">", REPLY), ("<", ANSWER))
OVER_HTTP = capture(
    (">", CALL, 1), ("<", NOTE, 1), ("<", QUESTION, 1), (">", REPLY, 2), ("<", "", 2), ("<", ANSWER, 1), url="http://n/"
)
"""Both ends ask under the same id. Over HTTP the first answer is a stream of events that the second request reaches."""


def answers(text):
    """The reply of a live client that says something of its own."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"text": text}})


@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
@pytest.mark.parametrize(("script", "exchanges"), [(OVER_WEBSOCKET, [0, 0, 0]), (OVER_HTTP, [1, 1, 1])])
def test_a_node_asks_its_client_and_goes_on_when_answered(script, exchanges, mode):
    """The answer waits for the client's; over HTTP, in the stream of the first request, which ends with it."""
    mock = Mock(script, mode=mode)
    note, question = mock.hears(CALL.replace('"id":1', '"id":"live"'))
    assert (note.payload, question.payload) == (NOTE.encode(), QUESTION.encode())
    assert mock.does(1.0) == []
    *accepted, answer = mock.hears(REPLY)
    assert value_of(answer.payload) == value_of(ANSWER) | {"id": "live"}
    assert [one.exchange for one in (note, question, answer)] == exchanges
    assert [(one.payload, one.exchange) for one in accepted] == ([(b"", 2)] if exchanges[0] else [])
    assert (note.last, question.last, answer.last) == ((False, False, True) if exchanges[0] else (True, True, True))
    assert mock.player.end().ok


@pytest.mark.parametrize("over_http", [False, True])
@pytest.mark.parametrize("first", [0, 1])
def test_what_a_node_says_by_itself_waits_for_all_that_it_was_answered_before(first, over_http):
    """A client may answer in any order, however many questions are open."""
    replies = [REPLY, REPLY.replace('"id":1', '"id":2')]
    asked = [(">", CALL), ("<", QUESTION), ("<", QUESTION.replace('"id":1', '"id":2'))]
    told = [("<", NOTE), ("<", NOTE), ("<", ANSWER)]
    if over_http:
        replied = [part for at, reply in enumerate(replies, 2) for part in ((">", reply, at), ("<", "", at))]
        script = capture(*((*one, 1) for one in asked), *replied, *((*one, 1) for one in told), url="http://n/")
    else:
        script = capture(*asked, *((">", reply) for reply in replies), *told)
    mock = Mock(script)
    mock.hears(CALL)
    assert NOTE.encode() not in [one.payload for one in mock.hears(replies[first])]
    assert [one.payload for one in mock.hears(replies[1 - first])].count(NOTE.encode()) == 2
    assert mock.player.end().ok


def test_a_stream_that_begins_without_a_word_is_answered_at_once():
    """Its beginning is none of what a node says before it answers."""
    mock = Mock(capture((">", CALL, 1), ("<", "", 1), ("<", ANSWER, 1), url="http://n/"))
    assert [one.payload for one in mock.hears(CALL)] == [ANSWER.encode()]
    assert mock.player.end().ok


@pytest.mark.parametrize("script", [OVER_WEBSOCKET, OVER_HTTP])
def test_a_client_that_answers_otherwise(script):
    """It is said, and the node goes on all the same; where the mode forgives another value, it is not said."""
    for mode, expected in (("strict", False), ("shape", True)):
        mock = Mock(script, mode=mode)
        mock.hears(CALL)
        answer = mock.hears(answers("something else"))[-1]
        assert value_of(answer.payload) == value_of(ANSWER)
        assert mock.expected is expected
        assert bool(mock.player.end().unexpected) is not expected
        assert mock.player.end().unused == []


def test_an_answer_that_nobody_asked_for():
    """It is unexpected, and has no answer."""
    mock = Mock(OVER_WEBSOCKET)
    mock.hears(CALL)
    assert mock.hears(REPLY.replace('"id":1', '"id":2')) == []
    assert not mock.expected


def test_a_party_answers_what_its_node_asks():
    """Under the id that the live node asks with, as soon as it is asked."""
    party = Player(OVER_WEBSOCKET, PlaySettings(ends=frozenset({"client"}), mode="strict"))
    assert [action.payload for action in party.due(1.0) if isinstance(action, Send)] == [CALL.encode()]
    assert party.received(1, NOTE.encode(), 1.0)
    assert list(party.due(1.0)) == []
    assert party.received(1, QUESTION.replace('"id":1', '"id":"q-77"').encode(), 1.0)
    (reply,) = party.due(1.0)
    assert value_of(reply.payload) == value_of(REPLY) | {"id": "q-77"}
    assert party.received(1, ANSWER.encode(), 1.0)
    assert party.over
    assert party.end().ok


LATER = '{"jsonrpc":"2.0","id":2,"method":"later"}'


def playing(script):
    """The party of a script, that has made its call."""
    party = Player(script, PlaySettings(ends=frozenset({"client"}), goes_on=True))
    assert CALL.encode() in [action.payload for action in party.due(1.0) if isinstance(action, Send)]
    return party


def said(party, now=1.0):
    """What a party says now, as JSON values."""
    return [value_of(action.payload) for action in party.due(now) if isinstance(action, Send)]


@pytest.mark.parametrize("over_http", [False, True])
def test_a_party_does_not_answer_what_it_was_not_asked(over_http):
    """It goes on without the question, and answers that when it comes late after all."""
    posted = [(1, 1, 2, 2, 1), (3, 3)] if over_http else [(0, 0, 0, 0, 0), (0, 0)]
    asked = [(">", CALL), ("<", QUESTION), (">", REPLY), ("<", ""), ("<", ANSWER)]
    asked = [(*one, at) for one, at in zip(asked, posted[0], strict=True) if one[1] or at]
    then = [(">", LATER, posted[1][0]), ("<", ANSWER.replace('"id":1', '"id":2'), posted[1][1])]
    script = capture(*asked, *then, url="http://n/" if over_http else "ws://n/")
    party = playing(script)
    assert said(party) == []
    assert party.received(1, ANSWER.encode(), 1.5, exchange=posted[0][0])
    assert [one["method"] for one in said(party, 4.0)] == ["later"]
    assert party.received(1, QUESTION.replace('"id":1', '"id":"q-7"').encode(), 4.1, exchange=posted[0][0])
    assert said(party, 4.1) == [value_of(REPLY) | {"id": "q-7"}]


def test_a_party_does_not_wait_for_a_question_in_an_answer_that_is_over():
    """Nor for the acknowledgement of its reply, which it does not post."""
    talk = [(">", CALL, 1), ("<", QUESTION, 1), (">", REPLY, 2), ("<", "", 2), ("<", ANSWER, 1), (">", LATER, 3)]
    party = playing(capture(*talk, url="http://n/"))
    for came in (ANSWER, ""):
        assert party.received(1, came.encode(), 1.0, exchange=1)
    assert [one["method"] for one in said(party)] == ["later"]


def test_a_party_ends_without_what_it_was_not_asked():
    """Where nothing else is left to do; the question is missing."""
    party = playing(OVER_WEBSOCKET)
    assert party.received(1, NOTE.encode(), 1.0)
    assert party.received(1, ANSWER.encode(), 1.0)
    assert said(party, 9.0) == []
    assert party.over
    assert [line.split(": ")[0] for line in party.end().unused] == ["r.jsonl:5", "r.jsonl:6"]


def test_a_party_refuses_a_question_too_many():
    """Else its node would wait for ever: with an error, under the live id."""
    party = playing(OVER_WEBSOCKET)
    for message in (NOTE, QUESTION):
        assert party.received(1, message.encode(), 1.0)
    assert said(party) == [value_of(REPLY)]
    for question in (QUESTION, QUESTION.replace("sampling/createMessage", "roots/list")):
        assert not party.received(1, question.replace('"id":1', '"id":"q-8"').encode(), 1.0)
        (refused,) = said(party)
        assert (refused["id"], refused["error"]["code"]) == ("q-8", -32001)
    assert party.received(1, ANSWER.encode(), 1.0)
    assert party.over


def test_a_push_with_an_id_is_no_question():
    """What clients were never seen to answer is not answered when it comes once more."""
    told = '{"jsonrpc":"2.0","id":"n-1","method":"told","params":[]}'
    party = playing(capture((">", CALL), ("<", told), ("<", ANSWER)))
    assert party.received(1, told.encode(), 1.0)
    assert not party.received(1, told.encode(), 1.0)
    assert said(party) == []


CANCEL = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'


def test_an_answer_to_what_was_called_off_waits_for_that():
    """It is another than the one that would have come."""
    refused = '{"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"cancelled"}}'
    script = capture((">", CALL, 1), (">", CANCEL, 2), ("<", "", 2), ("<", refused, 1), url="http://n/", profile="mcp")
    mock = Mock(script)
    assert mock.hears(CALL) == []
    assert b"-32800" in b"".join(one.payload for one in mock.hears(CANCEL))


def test_a_language_servers_answer_waits_too():
    """Whatever the protocol is, its base is that of language servers: `$/cancelRequest`."""
    refused = '{"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"cancelled"}}'
    cancel = '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}'
    mock = Mock(capture((">", CALL), (">", cancel), ("<", refused)))
    assert mock.hears(CALL) == []
    assert b"-32800" in b"".join(one.payload for one in mock.hears(cancel))


def test_what_was_called_off_and_not_answered_is_not_answered():
    """Not even by an end of the exchange, which would be an answer to its client."""
    script = capture((">", CALL, 1), (">", CANCEL, 2), ("<", "", 2), url="http://n/", profile="mcp")
    mock = Mock(script)
    assert mock.hears(CALL) == []
    assert [one.exchange for one in mock.hears(CANCEL)] == [2]
    assert mock.player.over


def test_a_party_goes_on_before_it_calls_off_what_nobody_answers():
    """It has stopped waiting for that when it makes its next call, which may be written down before the other."""
    other = '{"jsonrpc":"2.0","id":2,"method":"next"}'
    script = capture(
        (">", CALL, 1), (">", other, 2), (">", CANCEL, 3), ("<", "", 3), ("<", ANSWER.replace('"id":1', '"id":2'), 2),
        url="http://n/", profile="mcp",
    )  # fmt: skip
    party = Player(script, PlaySettings(ends=frozenset({"client"})))
    assert [action.exchange for action in party.due(1.0) if isinstance(action, Send)] == [1, 2, 3]


def test_a_call_is_called_off_by_whatever_id_it_has():
    """An id differs from run to run, where it is called off too."""
    cancel = '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}'
    script = capture((">", CALL), (">", cancel), ("<", ANSWER))
    mock = Mock(script, mode="strict")
    assert mock.hears(CALL.replace('"id":1', '"id":"b-9"')) == []
    (answer,) = mock.hears(cancel.replace('"id":1', '"id":"b-9"'))
    assert value_of(answer.payload)["id"] == "b-9"
    assert mock.expected
    assert mock.player.end().ok


@pytest.mark.parametrize(
    ("profile", "cancel"),
    [
        ("generic", '{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}'),
        ("mcp", CANCEL),
    ],
)
def test_of_several_calls_the_one_is_called_off_that_is_named(profile, cancel):
    """Whichever was called off first when it was recorded; and a call that was not, is not."""
    others = [text.replace('"id":1', '"id":2') for text in (CALL.replace('"method":"', '"method":"other/'), ANSWER)]
    call, answer = others
    both = [(">", CALL), (">", call), (">", cancel), ("<", ANSWER), (">", cancel.replace(":1}", ":2}")), ("<", answer)]
    mock = Mock(capture(*both, profile=profile))
    assert mock.hears(CALL) == mock.hears(call) == []
    assert [one.payload for one in mock.hears(cancel.replace(":1}", ":2}"))] == [answer.encode()]
    assert [one.payload for one in mock.hears(cancel)] == [ANSWER.encode()]
    assert mock.player.end().ok
    mock = Mock(capture(*both[:3], ("<", answer), ("<", ANSWER), profile=profile))
    assert mock.hears(CALL) == []
    assert [one.payload for one in mock.hears(call)] == [answer.encode()]
    assert mock.hears(cancel.replace(":1}", ":2}")) == []
    assert not mock.expected


def test_an_answer_that_is_an_id_alone_has_the_live_one():
    """As Playwright's servers answer what has no result."""
    mock = Mock(capture((">", '{"id":"a@1","method":"dispose"}'), ("<", '{"id":"a@1"}')))
    assert mock.asked('{"id":"b@7","method":"dispose"}') == [{"id": "b@7"}]
