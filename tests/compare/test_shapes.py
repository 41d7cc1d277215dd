"""Shapes: messages without what differs from run to run."""

import pytest

from recorder.capture import frame
from recorder.compare.differences import kinds_of
from recorder.compare.shapes import Shapes
from recorder.model import Closed, Header, Opened
from recorder.profiles.aeternity import chain
from recorder.rules import NO_RULES
from recorder.timeline import read

ONE, TWO = (chain.account_of(bytes([number]) * 32) for number in (1, 2))
URL = f"ws://n/channel?role=initiator&initiator_id={ONE}"
TO, FROM = "to_node", "from_node"


def shapes(*events, keeping="origin", profile="auto"):
    """The shapes of the steps of a capture."""
    script = read(Header(format=1, run="x", recorder="0", profile=profile), events)
    made = Shapes(script, kinds_of(script, NO_RULES), keeping)
    return [made.of(step) for step in script.steps]


def put(payload, direction=TO):
    """A frame."""
    return frame(payload.encode(), session=1, direction=direction)


def same(one, other, keeping="origin", profile="aeternity"):
    """Whether two payloads have the same shape, the second of another capture."""
    opened = Opened(session=1, party="initiator", url=URL)
    ours, theirs = (shapes(opened, put(payload), keeping=keeping, profile=profile) for payload in (one, other))
    assert ours[0] == theirs[0]
    return ours[1] == theirs[1]


def test_what_is_handed_out_is_counted_by_no_protocol():
    """Texts may be, and numbers: also in one capture."""
    opened = Opened(session=1, party="initiator", url="ws://n/channel?role=initiator&token=«token 1»")
    said = [put('{"id":1,"method":"m","params":{"jobId":5}}'), put('{"id":1,"result":{"jobId":5}}', FROM)]
    made = shapes(opened, *said, put('{"method":"n","params":{"jobId":5}}'), profile="aeternity")
    assert len({*made}) == len(made)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ('{"a":1}', '{"a":2}', False),
        ('{"a":1}', '{"a":true}', False),
        ('{"a":"1"}', '{"a":1}', False),
        ('{"a":null}', '{"a":false}', False),
        ('{"id":1}', '{"id":2}', True),
        ('{"params":{"id":1}}', '{"params":{"id":2}}', False),
        ('{"round":3}', '{"round":9}', True),
        ('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":10}}', True),
        ('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":12}}', False),
        ('{"x":[{"round":3}]}', '{"x":[{"round":3},{}]}', False),
        ('{"state_hash":"a"}', '{"state_hash":"b"}', True),
        (f'{{"a":"{ONE}"}}', f'{{"a":"{TWO}"}}', False),
        (f'{{"a":"{TWO}"}}', f'{{"a":"{chain.account_of(bytes(32))}"}}', True),
        ('{"a":"tx_AAAAAAAAAAA="}', '{"a":"tx_BBBBBBBBBBB="}', False),
        ("hello", "hello", True),
        ("hello", "world", False),
    ],
)
def test_shapes_of_a_protocol(one, other, alike):
    """Volatile values have none, numbers only their distance; a known account is that of its party."""
    assert same(one, other) is alike


def test_plain_messages_are_what_they_say():
    """Where nothing was handed out."""
    assert not same('{"round":3}', '{"round":9}', profile="generic")
    assert same('{"id":"a","params":[1]}', '{"params":[1],"id":"b"}', profile="generic")


def test_blank_numbers_have_no_distance():
    """The second way to pair, for captures of which frames are missing."""
    assert same('{"round":3,"x":{"round":4}}', '{"round":9,"x":{"round":12}}', "blank")


def test_blank_costs():
    """A nonce of more bytes costs more: the frame is the same, wherever it came."""
    assert same('{"fee":3,"nonce":1}', '{"fee":9,"nonce":300}', "blank")
    assert not same('{"fee":3,"nonce":1}', '{"fee":9,"nonce":300}')


def test_closings():
    """With code and end."""
    one, other = (shapes(Opened(session=1, party="a"), Closed(session=1, code=code)) for code in (1000, 1011))
    assert one[1] != other[1]


def test_openings():
    """With the parameters of their URLs, but for where a peer listens."""
    urls = ("ws://n/?x=1&port=3", "ws://n/?port=4&x=1", "ws://n/?x=2")
    one, same_one, other = (shapes(Opened(session=1, party="a", url=url))[0] for url in urls)
    assert one == same_one != other


def test_batches_are_what_is_in_them():
    """In whatever order."""
    one, other, third = (
        shapes(Opened(session=1, party="a"), put(text))[1]
        for text in (
            '[{"id":1,"method":"a"},{"id":2,"method":"b"}]',
            '[{"id":7,"method":"b"},{"id":8,"method":"a"}]',
            '[{"id":7,"method":"b"},{"id":8,"method":"b"}]',
        )
    )
    assert one == other != third


def calls(first, second, *order, keys=("11" * 20, "22" * 20)):
    """Two things are asked for, each gets a key; then something is asked about each, in an order."""
    asked = [put(f'{{"id":{at},"method":"new","params":["{word}"]}}') for at, word in enumerate((first, second))]
    words = dict(zip((first, second), keys, strict=True))
    answers = [put(f'{{"id":{at},"result":"{words[word]}"}}', FROM) for at, word in enumerate((first, second))]
    about = [put(f'{{"id":9,"method":"about","params":["{words[word]}"]}}') for word in order]
    return [Opened(session=1, party="a"), *asked, *answers, *about]


def test_what_was_handed_out_is_known_by_who_asked_for_it():
    """In whatever order it was asked for, and whatever it is; blank, it is any."""
    one = calls("x", "y", "x", "y")
    other = calls("y", "x", "x", "y", keys=("33" * 20, "44" * 20))
    assert shapes(*one)[5:] == shapes(*other)[5:]
    told, blank = shapes(*one)[5:], shapes(*one, keeping="blank")[5:]
    assert told[0] != told[1]
    assert blank[0] == blank[1]


def test_what_was_asked_for_alike_is_known_by_its_turn():
    """The first answer's is the first."""
    one, other = calls("x", "x ", "x", "x "), calls("x", "x ", "x", "x ", keys=("33" * 20, "44" * 20))
    assert shapes(*one)[5:] == shapes(*other)[5:]


def test_what_differs_in_a_url():
    """The path and each parameter have shapes of their own."""

    def marks(url):
        script = read(Header(format=1, run="x", recorder="0", profile="auto"), [Opened(session=1, party="a", url=url)])
        return Shapes(script, kinds_of(script, NO_RULES), "origin").marks(script.steps[0])

    one, other = marks("ws://n/p?a=1&b=2"), marks("ws://n/p?a=1&b=3")
    assert (len(one), len(set(one) & set(other))) == (3, 2)
    assert marks("") == []


def test_what_came_together_has_a_shape_in_any_order():
    """Several messages may bring the same new value: which of them was the first is no difference, whose it is remains one."""

    def attached(session, context, url):
        info = f'{{"targetId":"T{session}","url":"{url}","browserContextId":"{context}"}}'
        return put(
            f'{{"method":"Target.attachedToTarget","params":{{"sessionId":"{session}","targetInfo":{info}}}}}', FROM
        )

    def told(first, second, context):
        pushes = [attached(first, context, "a"), attached(second, context, "b")]
        asks = [
            put(f'{{"id":{at},"method":"Page.enable","sessionId":"{one}"}}') for at, one in enumerate((first, second))
        ]
        return pushes, asks

    (one, two), (ask_one, ask_two) = told("S1", "S2", "C1")
    (live_one, live_two), (live_ask_one, live_ask_two) = told("S8", "S9", "C2")
    ours = shapes(one, two, ask_one, ask_two, profile="devtools")
    theirs = shapes(live_two, live_one, live_ask_one, live_ask_two, profile="devtools")
    assert [theirs[at] for at in (1, 0, 2, 3)] == ours
    assert len(set(ours)) == len(ours)
