"""Which recorded message is this one."""

import pytest
from mocking import Mock, capture

from recorder.bindings import Bindings, Kinds
from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Header, Opened
from recorder.profiles import PROFILES
from recorder.replay.matching import EXACTLY, NEAREST, NEARLY, NOT, Expected, digest, explain, match, own_of
from recorder.timeline import read
from recorder.timeline.words import label_of

HEADER = Header(format=1, run="x", recorder="0", profile="aeternity")
KINDS = Kinds(PROFILES["aeternity"])


def script(*payloads):
    """A script of frames to the node."""
    opened = Opened(session=1, party="a")
    return read(HEADER, [opened, *(frame(one.encode(), session=1, direction="to_node") for one in payloads)], "r.jsonl")


def parts_of(recorded):
    """Its messages, in order."""
    return [part for step in recorded.steps for part in step.parts]


def expected_of(parts):
    """These may come."""
    expected = Expected()
    for part in parts:
        expected.add(part, label_of(part.value, KINDS.profile.telling))
    return expected


def matched(message, *payloads, mode="strict"):
    """What comes of looking for a message, and the places of the recorded ones."""
    parts = parts_of(script(*payloads))
    return match(message, expected_of(parts), Bindings(), KINDS, mode), parts


def found(message, *payloads, mode="strict"):
    """The place of the recorded message that a live one is; None where it is none."""
    one, parts = matched(message, *payloads, mode=mode)
    return None if one.part is None else parts.index(one.part)


INFO = '{"method":"channels.info","params":{"data":{"event":"%s"}}}'


@pytest.mark.parametrize(
    ("message", "mode", "place"),
    [
        ({"method": "a", "params": {"x": 1}}, "strict", 0),
        ({"method": "a", "params": {"x": 2}}, "strict", 1),
        ({"method": "a", "params": {"x": 3}}, "strict", None),
        ({"method": "a", "params": {"x": 3}}, "shape", 0),
        ({"method": "a", "params": {"x": "3"}}, "shape", None),
        ({"method": "a", "params": {"y": 3}}, "shape", None),
        ({"method": "a", "params": {"y": 3}}, "lenient", 0),
        ({"method": "b"}, "lenient", None),
        (b"no JSON", "strict", None),
    ],
)
def test_modes(message, mode, place):
    """By content first; what differs is forgiven as far as the mode says."""
    assert found(message, '{"method":"a","params":{"x":1}}', '{"method":"a","params":{"x":2}}', mode=mode) == place


@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_an_exact_match_anywhere_wins(mode):
    """However many that come near were recorded before it."""
    recorded = [f'{{"id":{number},"method":"a","params":[{number}]}}' for number in range(100)]
    for number in (99, 64, 0):
        assert found({"id": 7, "method": "a", "params": [number]}, *recorded, mode=mode) == number


@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_an_exact_match_before_one_that_binds(mode):
    """A volatile value that is a recorded one means that one."""
    recorded = [f'{{"method":"a","params":{{"round":{number}}}}}' for number in (1, 2, 3)]
    assert found({"method": "a", "params": {"round": 2}}, *recorded, mode=mode) == 1
    assert found({"method": "a", "params": {"round": 7}}, *recorded, mode=mode) == 0


def test_of_equals_the_first_is_taken():
    """The same call recorded several times is each of them in turn."""
    parts = parts_of(script(*['{"id":1,"method":"a"}'] * 3))
    expected, taken = expected_of(parts), []
    while expected:
        one = match({"id": 9, "method": "a"}, expected, Bindings(), KINDS, "strict")
        taken.append(parts.index(one.part))
        expected.remove(one.part)
    assert taken == [0, 1, 2]
    assert match({"id": 9, "method": "a"}, expected, Bindings(), KINDS, "strict").part is None


def test_what_was_awaited_in_vain_comes_last():
    """Others like it are likelier now; it is still one that may come."""
    parts = parts_of(script(*['{"method":"a"}'] * 3))
    expected = expected_of(parts)
    assert expected.exactly("a", {"method": "a"}) is parts[0]
    expected.postpone(parts[0])
    taken = []
    while expected:
        taken.append(match({"method": "a"}, expected, Bindings(), KINDS, "strict").part)
        expected.remove(taken[-1])
    assert taken == [parts[1], parts[2], parts[0]]
    expected.postpone(parts[0])
    assert parts[0] not in expected


@pytest.mark.parametrize(
    ("message", "fit"),
    [
        ({"method": "a", "params": {"round": 1, "x": 1}}, EXACTLY),
        ({"method": "a", "params": {"round": 2, "x": 1}}, NEARLY),
        ({"method": "a", "params": {"round": 1, "x": 2}}, NEARLY),
        ({"method": "a", "params": {"round": 1}}, NOT),
    ],
)
def test_how_well_a_message_fits(message, fit):
    """A bound value that is another makes it a near one, as any other value does."""
    assert matched(message, '{"method":"a","params":{"round":1,"x":1}}', mode="shape")[0].fit == fit


def test_who_loses_binds_nothing():
    """What a match binds holds when it is kept, and nothing of those that were tried in vain does."""
    recorded = ('{"method":"a","params":{"round":1,"x":1}}', '{"method":"a","params":{"round":2,"x":2}}')
    bindings = Bindings()
    message = {"method": "a", "params": {"round": 7, "x": 2}}
    one = match(message, expected_of(parts_of(script(*recorded))), bindings, KINDS, "strict")
    assert list(bindings.changed()) == []
    one.bindings.keep()
    assert list(bindings.changed()) == [("round", 2, 7)]


def test_a_message_that_comes_as_it_was_recorded_binds_what_is_known_of_it():
    """As a comparison would, which is left out while every value is bound to itself; whether it has an id counts too."""
    parts, bindings = (
        parts_of(script('{"method":"a","params":{"round":1}}', '{"method":"b","params":{"round":1}}')),
        Bindings(),
    )

    def fit(method, **more):
        message = {"method": method, "params": {"round": 1}, **more}
        one = match(message, expected_of(parts), bindings, KINDS, "strict", lambda part: own_of(part, KINDS))
        if one.bindings is not None:
            one.bindings.keep()
        return one.fit

    assert (fit("a", id=5), bindings.get("round", 1)) == (NOT, None)
    assert (fit("a"), bindings.get("round", 1)) == (EXACTLY, 1)
    assert fit("b") == EXACTLY
    bindings.rebind("round", 1, 7)
    assert fit("b") == NOT


def test_what_is_known_of_a_message():
    """Its id, and what it binds; nothing of what is no object."""
    first, second, third = parts_of(script('{"id":null,"method":"a","params":{"round":1}}', '{"method":"b"}', "[]"))
    assert (own_of(first, KINDS).id, own_of(first, KINDS).bindings.get("round", 1)) == ((True, True), 1)
    assert own_of(second, KINDS).id == (False, True)
    assert own_of(third, KINDS) is None


def test_an_event_is_never_another():
    """A push that nobody recorded takes no other's place, however much alike they are."""
    message = {"method": "channels.info", "params": {"data": {"event": "aborted"}}}
    assert found(message, INFO % "open", mode="shape") is None
    assert found(message, INFO % "open", INFO % "aborted", mode="shape") == 1


def test_bytes():
    """What is no JSON is compared as it is."""
    assert found(b"hello", "hello") == 0
    assert found(b"hello", "hallo") is None


@pytest.mark.parametrize(
    ("recorded", "live", "fits"),
    [
        ('{"id":1,"method":"a"}', {"id": 9, "method": "a"}, True),
        ('{"id":1,"method":"a"}', {"id": "one", "method": "a"}, True),
        ('{"id":null,"error":{}}', {"id": None, "error": {}}, True),
        ('{"id":1,"method":"a"}', {"method": "a"}, False),
        ('{"method":"a"}', {"id": 1, "method": "a"}, False),
        ('{"id":1,"method":"a"}', {"id": None, "method": "a"}, False),
        ('{"id":null,"method":"a"}', {"method": "a"}, False),
        ('{"id":[1],"method":"a"}', {"id": [1], "method": "a"}, True),
        ('[{"id":1,"method":"a"}]', {"id": 5, "method": "a"}, True),
        ('[{"id":1,"method":"a"}]', {"id": 5, "method": "b"}, False),
        (
            '{"id":null,"error":{"request":{"id":3,"method":"a"}}}',
            {"id": None, "error": {"request": {"id": 8, "method": "a"}}},
            True,
        ),
    ],
)
@pytest.mark.parametrize("mode", ["strict", "shape"])
def test_ids(recorded, live, fits, mode):
    """Which one it is tells who asked, and is not compared; whether there is one is: who asks waits for an answer."""
    assert (found(live, recorded, mode=mode) == 0) is fits


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (b'{"id":1,"a":1,"b":2}', b'{"b": 2, "id": 5, "a": 1}', True),
        (b'{"a":1.0}', b'{"a":1}', False),
        (b'{"a":"1"}', b'{"a":1}', False),
        (b'{"a":{"id":1}}', b'{"a":{"id":2}}', False),
        (b'{"error":{"request":{"id":1}}}', b'{"error":{"request":{"id":2}}}', True),
        (b"[1,2]", b"[2,1]", False),
    ],
)
def test_what_says_the_same(one, other, same):
    """The order of members does not count, nor who asked; all else does."""
    assert (digest(value_of(one)) == digest(value_of(other))) is same


def test_an_unexpected_frame_is_explained():
    """The nearest candidates with file and line, rule, path and both values; not all of them."""
    recorded = script(*(f'{{"method":"a","params":{{"x":{number},"b":1,"c":1,"d":1}}}}' for number in range(5)))
    message = {"method": "a", "params": {"x": 9}}
    nearest = match(message, expected_of(parts_of(recorded)), Bindings(), KINDS, "strict").nearest
    lines = explain(recorded, message, 1, nearest).splitlines()
    assert lines[:5] == [
        "a a extra: it came, and was not recorded",
        "  not r.jsonl:3 a:",
        "    params.x: 0 expected, 9 came (they must be equal)",
        "    params.b is missing: 1",
        "    params.c is missing: 1",
    ]
    assert lines[5] == "    and 1 more differences"
    assert sum(line.startswith("  not ") for line in lines) == NEAREST
    assert explain(recorded, message, 7, []).splitlines()[1:] == [
        "  nothing more was recorded in this session and direction"
    ]


def test_what_is_no_message_is_known_by_its_first_members():
    """The name of what is not JSON-RPC would say nothing."""
    recorded = script('{"event":"volume","to":3}')
    nearest = match({"event": "track"}, expected_of(parts_of(recorded)), Bindings(), KINDS, "strict").nearest
    assert explain(recorded, {"event": "track"}, 1, nearest).splitlines()[:2] == [
        "a JSON that is not JSON-RPC: event track extra: it came, and was not recorded",
        "  not r.jsonl:3 JSON that is not JSON-RPC: event volume, to 3:",
    ]


def test_a_request_that_is_none_is_explained():
    """That it has no id is what a client must know."""
    recorded = script('{"id":1,"method":"a"}')
    nearest = match({"method": "a"}, expected_of(parts_of(recorded)), Bindings(), KINDS, "shape").nearest
    assert explain(recorded, {"method": "a"}, 1, nearest).splitlines()[1:] == [
        "  not r.jsonl:3 a:",
        "    id is missing: 1",
    ]


def test_a_call_too_many_is_explained():
    """Whoever polls needs a rule, and learns that it exists."""
    call, answer = '{"id":1,"method":"height"}', '{"id":1,"result":7}'
    mock = Mock(capture((">", call), ("<", answer), (">", '{"id":2,"method":"other"}')))
    mock.hears(call)
    mock.hears(call)
    (said,) = mock.player.outcome.unexpected
    assert said.splitlines() == [
        "client height extra: it came, and was not recorded",
        "  it has come as often as it was recorded; a rule with `repeats = true` lets the last answer stand",
    ]
