"""A capture as a script."""

import channel
import msgspec
import pytest

from recorder.capture import frame
from recorder.model import UNRECORDED, Closed, Frame, Header, Note, Opened, Scenario
from recorder.profiles import GENERIC, PROFILES
from recorder.timeline import read
from recorder.timeline.script import NODE

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
AUTO = Header(format=1, run="x", recorder="0", profile="auto")
LIFE = channel.live()
SCRIPT = LIFE.script()
TO, FROM = "to_node", "from_node"


def put(text, direction=TO, session=1, **fields):
    """A frame."""
    return frame(text.encode(), session=session, direction=direction, **fields)


def script(*frames, header=AUTO, url="ws://n/"):
    """A script of frames of one session."""
    return read(header, [Opened(session=1, party="a", url=url), *frames])


def answered(*frames, **about):
    """Of each message, in order, the place of the request that it answers; None where it answers none."""
    parts = [part for step in script(*frames, **about).steps for part in step.parts]
    return [None if part.request is None else parts.index(part.request) for part in parts]


def test_steps_are_what_happens():
    """Openings, frames and closings by an end, with their lines and scenarios; no notes, pings or recorder's closes."""
    found = read(HEADER, [
        Scenario(name="one"),
        Opened(session=1, party="a", url="ws://n/?x=1"),
        Note(text="hm"),
        Frame(session=1, direction="to_node", opcode="ping", binary=b""),
        frame(b'{"method":"m"}', session=1, direction="to_node"),
        Scenario(name="two"),
        frame(b"\xff", session=1, direction="from_node", opcode="binary"),
        Closed(session=1, by="node"),
        Closed(session=2, by="recorder"),
    ])  # fmt: skip
    assert [(step.line, step.kind, step.direction, step.scenario, step.name) for step in found.steps] == [
        (3, "open", "to_node", "one", "open"),
        (6, "frame", "to_node", "one", "m"),
        (8, "frame", "from_node", "two", "a frame that is not JSON-RPC"),
        (9, "close", "from_node", "two", "close"),
    ]
    assert (found.parties, found.urls) == ({1: "a"}, {1: "ws://n/?x=1"})
    assert [found.sender(step) for step in found.steps] == ["a", "a", NODE, NODE]


def test_a_session_begins_and_ends_before_what_that_caused():
    """It is recorded when both ends have agreed, which frames of other sessions may overtake; its time says so."""
    found = read(HEADER, [
        Opened(session=1, party="a", time=1),
        frame(b"0", session=1, direction="from_node", time=4),
        frame(b"1", session=1, direction="from_node", time=6),
        Opened(session=2, party="b", time=5),
        frame(b"2", session=2, direction="from_node", time=6),
        frame(b"3", session=1, direction="from_node", time=9),
        Closed(session=2, time=8),
        Scenario(name="later"),
        Closed(session=1, time=1),
        Opened(session=3, party="c"),
    ])  # fmt: skip
    assert [step.line for step in found.steps] == [2, 3, 5, 4, 6, 8, 7, 10, 11]
    assert [step.index for step in found.steps] == list(range(9))


def test_a_session_begins_where_it_was_asked_for():
    """Before what came of that, not before who asked earlier; an older capture has no other time."""
    found = read(HEADER, [
        Opened(session=1, party="a", time=3, asked=1),
        frame(b"0", session=1, direction="from_node", time=4),
        frame(b"1", session=1, direction="from_node", time=6),
        Opened(session=3, party="c", time=8, asked=2),
        Opened(session=2, party="b", time=9, asked=5),
    ])  # fmt: skip
    assert [step.line for step in found.steps] == [2, 5, 3, 6, 4]


@pytest.mark.parametrize(("info", "told"), [("derived", (1000, "party")), ("noted", (UNRECORDED, ""))])
def test_a_document_does_not_tell_how_a_session_closed(info, told):
    """Though older imports wrote a code."""
    header = msgspec.structs.replace(HEADER, info=info)
    (step,) = read(header, [Closed(session=1, code=1000, time=3)]).steps
    assert (step.event.code, step.event.by) == told
    assert step.event.time == 3


def test_accounts_and_signers():
    """Each party's account is known, and who made each signature for which network."""
    assert {one.party: account for account, one in SCRIPT.accounts.items()} == LIFE.accounts
    signers = SCRIPT.identities_of(PROFILES["aeternity"]).signers.values()
    assert {(one.signer, one.network_id, one.domain) for one in signers} == {
        ("initiator", "ae_uat", "hash"),
        ("responder", "ae_uat", "hash"),
    }


def test_accounts_from_signatures_alone():
    """Where no URL was recorded, who sends a signed transaction has signed it."""
    events = [
        Opened(session=event.session, party=event.party) if isinstance(event, Opened) else event
        for event in LIFE.events
    ]
    assert {one.party: account for account, one in read(HEADER, events).accounts.items()} == LIFE.accounts


def test_networks_may_be_added(monkeypatch):
    """Signatures of a network that nobody knows are found when it is named."""
    monkeypatch.setattr(channel, "NETWORK", "my_own_net")
    life = channel.live()
    aeternity = PROFILES["aeternity"]
    assert life.script().identities_of(aeternity).signers == {}
    found = read(life.header, life.events, networks=["my_own_net"]).identities_of(aeternity)
    assert {one.network_id for one in found.signers.values()} == {"my_own_net"}


def test_what_carries_the_same_comes_after():
    """Signatures of a transaction do not matter."""
    step = next(step for step in SCRIPT.steps if step.name == "channels.sign.responder_sign")
    (cause,) = step.after
    assert SCRIPT.steps[cause].session != step.session
    assert SCRIPT.steps[cause].carries == step.carries != frozenset()


def test_a_session_has_its_own_protocol():
    """Told from its traffic, where nobody has fixed it."""
    found = read(AUTO, [
        Opened(session=1, party="a", url="ws://n/channel?role=initiator"),
        Opened(session=2, party="b", url="ws://n/"),
        put('{"id":1,"method":"getBlock"}', session=2),
    ])  # fmt: skip
    assert (found.profile(1), found.profile(2), found.profile(9)) == (PROFILES["aeternity"], GENERIC, GENERIC)
    assert [step.profile for step in found.steps] == [PROFILES["aeternity"], GENERIC, GENERIC]
    assert read(HEADER, [Opened(session=1, party="a")]).profile(1) is PROFILES["aeternity"]


@pytest.mark.parametrize(
    ("frames", "found"),
    [
        ([put('{"id":1,"method":"a"}'), put('{"id":1,"result":null}', FROM)], [None, 0]),
        ([put('{"id":1,"method":"a"}'), put('{"id":1,"error":{}}', FROM)], [None, 0]),
        ([put('{"id":1,"method":"a"}'), put('{"id":2,"result":1}', FROM)], [None, None]),
        ([put('{"id":1,"method":"a"}'), put('{"id":1,"result":1}')], [None, None]),
        ([put('{"id":1,"method":"a"}'), put('{"method":"a"}', FROM)], [None, None]),
        (
            [put('{"id":1,"method":"a"}'), put('{"id":2,"method":"b"}'), put('[{"id":2,"result":1},{"id":1,"result":2}]', FROM)],
            [None, None, 1, 0],
        ),
        ([put('[{"id":1,"method":"a"},{"id":2,"method":"b"}]'), put('{"id":2,"result":1}', FROM)], [None, None, 1]),
        (
            [put('{"id":1,"method":"a"}'), put('{"id":1,"method":"b"}', FROM), put('{"id":1,"result":1}'), put('{"id":1,"result":2}', FROM)],
            [None, None, 1, 0],
        ),
    ],
)  # fmt: skip
def test_what_answers_what(frames, found):
    """By the id and who asked, alone or in a batch; what nobody asked for answers nothing."""
    assert answered(*frames) == found


def test_over_http_an_answer_belongs_to_its_exchange():
    """Though the same id is used in all of them; an error without an id answers the body it came back for."""
    frames = [
        put('{"id":1,"method":"a"}', exchange=1),
        put('{"id":1,"method":"b"}', exchange=2),
        put('{"id":1,"result":1}', FROM, exchange=2),
        put('{"id":null,"error":{"code":-32700}}', FROM, exchange=1),
    ]
    assert answered(*frames, url="http://n/") == [None, None, 1, 0]


def test_the_last_of_several_results_is_the_answer():
    """In a stream of events; those before it are pushes, of the same method and caused by the request."""
    frames = [put('{"id":1,"method":"a"}', exchange=1)]
    frames += [put(f'{{"id":1,"result":{number}}}', FROM, exchange=1) for number in range(3)]
    asked, *said = [part for step in script(*frames, url="http://n/").steps[1:] for part in step.parts]
    assert [(part.request, part.caused_by, part.method) for part in said] == [
        (None, asked, "a"), (None, asked, "a"), (asked, None, "a"),
    ]  # fmt: skip
    assert (asked.answer, asked.before) == (said[2], (said[0], said[1]))


def test_over_a_websocket_the_first_of_several_results_is_the_answer():
    """The call has subscribed to the others (CometBFT): they are pushes, of the same method and caused by it."""
    frames = [put('{"id":1,"method":"a"}')]
    frames += [put(f'{{"id":1,"result":{number}}}', FROM) for number in range(2)]
    frames += [put('{"id":1,"error":{"code":1}}', FROM), put('{"id":2,"result":0}', FROM)]
    asked, *said = [part for step in script(*frames).steps[1:] for part in step.parts]
    assert [(part.request, part.caused_by, part.method) for part in said] == [
        (asked, None, "a"), (None, asked, "a"), (None, asked, "a"), (None, None, ""),
    ]  # fmt: skip
    assert (asked.answer, asked.before) == (said[0], ())


@pytest.mark.parametrize("body", ["no", "[]", '{"method":1}'])
def test_over_http_what_is_no_request_is_answered_too(body):
    """In its exchange, by an error under no id."""
    frames = [
        put('{"id":1,"method":"a"}', exchange=1),
        put(body, exchange=2),
        put('{"id":null,"error":{"code":-32700}}', FROM, exchange=2),
        put('{"id":1,"result":1}', FROM, exchange=1),
    ]
    assert answered(*frames, url="http://n/") == [None, None, 1, 0]


def test_an_answer_is_called_by_its_method():
    """A frame is called by what it calls, pushes or answers."""
    steps = script(
        put('{"id":1,"method":"getBlock"}'),
        put('{"id":1,"result":1}', FROM),
        put('{"id":2,"method":"getPrice"}'),
        put('{"id":2,"error":{}}', FROM),
        put('{"id":9,"result":1}', FROM),
        put('[{"id":3,"method":"x"},{"method":"y"}]'),
        put('[{"id":3,"result":1}]', FROM),
    ).steps
    assert [step.label for step in steps] == [
        "open",
        "getBlock",
        "a result of getBlock",
        "getPrice",
        "an error of getPrice",
        "a result",
        "a batch",
        "a batch of x",
    ]
    assert [step.methods for step in steps[-2:]] == [("x", "y"), ("x",)]


def test_a_label_holds_what_is_telling():
    """Of a push whose profile says so."""
    (step,) = (step for step in SCRIPT.steps[:3] if step.kind == "frame")
    assert (step.name, step.label) == ("channels.info", "channels.info fsm_up")


def test_what_the_node_does_by_itself_has_a_cause():
    """The last thing that a party did; over HTTP, the request of its exchange."""
    pushes = script(
        put('{"method":"a"}'), put('{"method":"x"}', FROM), put('{"method":"b"}'), put('{"method":"y"}', FROM)
    )
    assert [step.cause for step in pushes.steps] == [-1, -1, 1, -1, 3]
    streams = script(
        put('{"id":1,"method":"a"}', exchange=1),
        put('{"id":2,"method":"b"}', exchange=2),
        put('{"method":"x"}', FROM, exchange=1),
        url="http://n/",
    )
    assert streams.steps[-1].cause == 1


def test_a_push_knows_the_request_that_caused_it():
    """Where its protocol can tell."""
    push = next(step for step in SCRIPT.steps if step.name == "channels.sign.deposit_tx")
    assert push.parts[0].caused_by.method == "channels.deposit"


def test_values_that_are_handed_out():
    """In messages, URLs and headers; JSON-RPC's own ids are none."""
    token = "8f14e45fceea167a5a36dedd4bea2543"
    found = read(AUTO, [
        Opened(session=1, party="a", url="http://n/"),
        put('{"id":"8f14e45fceea167a5a36dedd4bea2544","method":"open"}', exchange=1),
        put(f'{{"id":"8f14e45fceea167a5a36dedd4bea2544","result":{{"key":"{token}"}}}}', FROM, exchange=1),
        Opened(session=2, party="b", url=f"ws://n/rooms/{token}"),
    ])  # fmt: skip
    assert found.handed.texts == {token}


def test_a_message_is_read_when_it_is_asked_for():
    """A step holds the bytes that were recorded, and of its messages no values."""
    (_opened, step) = script(put('{"a":NaN}')).steps
    assert (step.message, step.parts[0].value, step.parts[0].kind) == (None, None, None)
    (_opened, batch) = script(put('[1,{"method":"m"}]')).steps
    assert [part.value for part in batch.parts] == [1, {"method": "m"}]
    assert [part.asks for part in batch.parts] == [False, True]


def test_a_stream_that_is_told_what_was_not_asked_for():
    """Its beginning is no step; what comes on it is caused by what its party did last."""
    head = put("", FROM, headers=[("content-type", "text/event-stream")])
    made = script(
        put('{"id":1,"method":"a"}', exchange=1),
        head,
        put('{"method":"changed"}', FROM),
        url="http://n/",
    )
    assert [step.name for step in made.steps] == ["open", "a", "changed"]
    assert made.streams == {1: {0: (head, [("accept", "text/event-stream")], 4, True, "")}}
    assert made.steps[2].cause == 1


def test_an_event_that_is_repeated_is_no_second_message():
    """A stream that is resumed may say again what its client had; without an id nobody can tell."""
    asked = put('{"id":1,"method":"a"}', exchange=1)
    said = put('{"method":"half"}', FROM, exchange=1, event_id="7")
    plain = put('{"method":"half"}', FROM, exchange=1)
    made = script(asked, said, said, plain, plain, url="http://n/")
    assert [step.line for step in made.steps] == [2, 3, 4, 6, 7]


def test_an_id_alone_answers_the_request_that_has_it():
    """Its result was left out; where nobody asked, or over HTTP from a party, it is no message."""
    made = script(put('{"id":"x1","method":"dispose"}'), put('{"id":"x1"}', FROM), put('{"id":"x2"}', FROM))
    _opened, asked, answer, other = made.steps
    assert answer.parts[0].request is asked.parts[0]
    assert (answer.label, other.parts[0].kind) == ("a result of dispose", None)
    wrong = script(
        put('{"id":1}', exchange=1), put('{"id":1,"error":{"code":-32600}}', FROM, exchange=1), url="http://n/"
    )
    assert wrong.steps[2].parts[0].request is wrong.steps[1].parts[0]


def test_what_calls_no_method_is_answered_by_what_has_its_id():
    """In a protocol that is no JSON-RPC: whatever members the answers have, and however many follow. No node's id asks."""
    made = script(
        put('{"id":3,"type":"subscribe"}'),
        put('{"id":4,"type":"ping"}'),
        put('{"id":4,"type":"pong"}', FROM),
        put('{"id":3,"type":"result","result":null}', FROM),
        put('{"id":3,"type":"event","event":1}', FROM),
        put('{"id":5,"type":"event","event":1}', FROM),
        put('{"id":5,"type":"ping"}'),
    )
    subscribe, ping, pong, result, event, other, again = [step.parts[0] for step in made.steps[1:]]
    assert [pong.request, result.request, event.request, event.caused_by] == [ping, subscribe, None, subscribe]
    assert [other.request, other.caused_by, again.request] == [None, None, None]
