"""Values that one end hands out and the other sends back, when one of them is played."""

import json

import pytest
from mocking import Mock, capture

from recorder.capture import frame
from recorder.jsonrpc import value_of
from recorder.model import Frame, Header, Opened
from recorder.replay import Open, Player, PlaySettings, Send
from recorder.timeline import read

TOKEN, LIVE = "fcf4680a-3c1d-4843-93a8-a1a7ee53b0ae", "0f5e6d10-8b1c-4a3f-9f0b-6a8f7c1d2e3f"


def work(token, identity=1):
    """A request with a token of its client's own."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "method": "work", "params": {"token": token}})


def progress(token, value=1):
    """A push that names its request by the token."""
    return json.dumps({"jsonrpc": "2.0", "method": "progress", "params": {"token": token, "value": value}})


DONE = '{"jsonrpc":"2.0","id":1,"result":"done"}'


@pytest.mark.parametrize(("token", "live"), [(TOKEN, LIVE), (7, 1234), ("short-1", "other-2")])
@pytest.mark.parametrize("mode", ["strict", "shape", "lenient"])
def test_a_clients_own_token_comes_back(token, live, mode):
    """In the pushes that its request causes: text or number, for it stands where a name says that it is a token."""
    mock = Mock(capture((">", work(token)), ("<", progress(token)), ("<", DONE), ("<", progress(token, 2))), mode=mode)
    heard = [value_of(action.payload) for action in mock.hears(work(live, 5))]
    assert [one["params"]["token"] for one in heard if "method" in one] == [live, live]
    assert [one["id"] for one in heard if "id" in one] == [5]
    assert mock.player.end().ok


def test_two_tokens_are_not_mixed_up():
    """Each push has the token of the request that it was recorded for, in whatever order those come."""
    tokens = [TOKEN, TOKEN.replace("f", "e")]
    said = [(">", work(token, at)) for at, token in enumerate(tokens)]
    said += [("<", progress(token, at)) for at, token in enumerate(tokens)]
    mock = Mock(capture(*said), mode="strict")
    heard = [mock.hears(work(live)) for live in (LIVE, LIVE.replace("f", "d"))]
    pushes = [value_of(action.payload)["params"] for actions in heard for action in actions]
    assert [(one["token"], one["value"]) for one in pushes] == [(LIVE, 0), (LIVE.replace("f", "d"), 1)]


def test_a_token_that_a_node_hands_out_is_the_recorded_one():
    """A mock hands out what was recorded, and takes that and nothing else for it."""
    script = capture(
        (">", '{"id":1,"method":"open"}'),
        ("<", f'{{"id":1,"result":"{TOKEN}"}}'),
        (">", f'{{"id":2,"method":"close","params":["{TOKEN}"]}}'),
        ("<", '{"id":2,"result":true}'),
    )
    mock = Mock(script, mode="strict")
    (opened,) = mock.asked('{"id":1,"method":"open"}')
    assert opened["result"] == TOKEN
    (refused,) = mock.asked(f'{{"id":2,"method":"close","params":["{LIVE}"]}}')
    assert "error" in refused
    assert mock.asked(f'{{"id":3,"method":"close","params":["{TOKEN}"]}}') == [{"id": 3, "result": True}]


def handed(http=False):
    """A party that sends back what its node gave it, in params, inside of a batch and in the next session's URL."""
    ways = {">": "to_node", "<": "from_node"}
    said = [
        (">", '{"jsonrpc":"2.0","id":1,"method":"subscribe","params":["heads"]}'),
        ("<", f'{{"jsonrpc":"2.0","id":1,"result":"{TOKEN}"}}'),
        (">", f'[{{"jsonrpc":"2.0","id":2,"method":"get","params":{{"deep":[{{"x":"{TOKEN}"}}]}}}}]'),
        ("<", '[{"jsonrpc":"2.0","id":2,"result":0}]'),
        (">", f'{{"jsonrpc":"2.0","id":3,"method":"unsubscribe","params":["{TOKEN}","heads {TOKEN}"]}}'),
        ("<", '{"jsonrpc":"2.0","id":3,"result":true}'),
    ]
    scheme = "http" if http else "ws"
    events = [Opened(session=1, party="client", url=f"{scheme}://node/")]
    for at, (who, text) in enumerate(said):
        more = {"exchange": at // 2 + 1} if http else {}
        events.append(frame(text.encode(), session=1, direction=ways[who], **more))
    events.append(Opened(session=2, party="other", url=f"{scheme}://node/page/{TOKEN}?key={TOKEN}"))
    return read(Header(format=2, run="r", recorder="0", profile="generic"), events)


@pytest.mark.parametrize("http", [False, True])
def test_a_party_sends_back_what_this_node_gave_it(http):
    """Whole values and parts of URLs; a text that only contains it is another text."""
    one = Player(handed(http), PlaySettings(ends=frozenset({"client", "other"}), mode="strict"))
    sent = []
    answers = iter([LIVE, 0, True])
    for _ in range(8):
        for action in one.due(1.0):
            sent.append(action)
            if isinstance(action, Send):
                value = value_of(action.payload)
                whole = value if isinstance(value, dict) else value[0]
                answer = {"jsonrpc": "2.0", "id": whole["id"], "result": next(answers)}
                payload = json.dumps(answer if isinstance(value, dict) else [answer]).encode()
                assert one.received(1, payload, 1.0, exchange=action.exchange)
    assert [value_of(action.payload) for action in sent if isinstance(action, Send)][1:] == [
        [{"jsonrpc": "2.0", "id": 2, "method": "get", "params": {"deep": [{"x": LIVE}]}}],
        {"jsonrpc": "2.0", "id": 3, "method": "unsubscribe", "params": [LIVE, f"heads {TOKEN}"]},
    ]
    assert [action.path for action in sent if isinstance(action, Open)] == ["/", f"/page/{LIVE}?key={LIVE}"]
    assert one.end().ok


def created(tab):
    """A push that tells of a new tab, whose ever it is."""
    return json.dumps({"jsonrpc": "2.0", "method": "created", "params": {"tab": tab}})


def test_a_push_about_a_thing_of_somebody_else_names_none_of_ours():
    """The answer to our call says which is ours, though the first that was told of is another."""
    call, result = '{"jsonrpc":"2.0","id":%d,"method":"%s","params":%s}', '{"jsonrpc":"2.0","id":1,"result":"%s"}'
    script = capture(
        (">", call % (1, "create", "{}")),
        ("<", created(TOKEN)),
        ("<", result % TOKEN),
        (">", call % (2, "go", f'{{"tab":"{TOKEN}"}}')),
    )
    one = Player(script, PlaySettings(ends=frozenset({"client"}), mode="strict"))
    other = LIVE.replace("f", "d")
    assert len([*one.due(1.0)]) == 2  # it opens, and calls
    assert [one.received(1, text.encode(), 1.0) for text in (created(other), created(LIVE))] == [True, False]
    assert one.received(1, (result % LIVE).encode(), 1.0)
    (sent,) = one.due(1.0)
    assert value_of(sent.payload)["params"] == {"tab": LIVE}


def test_a_session_that_its_node_names_in_a_header():
    """The live name goes out where the recorded one did: with the next request, by the header that it came in."""
    name, live = "3b1f0a0c9e8d7c6b5a49382716050403", "99990a0c9e8d7c6b5a49382716059999"
    events = [
        Opened(session=1, party="a", url="http://node/rpc", headers=[("Accept", "x/y"), ("Authorization", "***")]),
        frame(b'{"id":1,"method":"initialize"}', session=1, direction="to_node", exchange=1),
        frame(b'{"id":1,"result":{}}', session=1, direction="from_node", exchange=1, headers=[("Session-Id", name)]),
        frame(b'{"method":"note"}', session=1, direction="to_node", exchange=2, headers=[("session-id", name)]),
        Frame(session=1, direction="from_node", exchange=2, status=202, text=""),
        frame(b'{"id":2,"method":"list"}', session=1, direction="to_node", exchange=3, headers=[("session-id", name)]),
        frame(b'{"id":2,"result":[]}', session=1, direction="from_node", exchange=3),
    ]
    script = read(Header(format=2, run="r", recorder="0"), events)
    one = Player(script, PlaySettings(ends=frozenset({"a"}), headers=(("Authorization", "Bearer me"),)))
    opened, first = one.due(1.0)
    common = (("Accept", "x/y"), ("Authorization", "Bearer me"))
    assert opened.headers == common
    assert first.headers == (*common, ("content-type", "application/json"))
    one.received(1, b'{"id":1,"result":{}}', 1.0, exchange=1, headers=(("session-id", live),))
    (note,) = one.due(1.0)
    assert dict(note.headers) == dict(first.headers) | {"session-id": live}
    assert one.received(1, b"", 1.0, exchange=2)
    (listed,) = one.due(1.0)
    assert dict(listed.headers) == dict(first.headers) | {"session-id": live}
    assert one.received(1, b'{"id":2,"result":[]}', 1.0, exchange=3)
    assert one.over
    assert one.end().ok


OTHER = "0b6a8f7c-1d2e-4f3a-9f0b-fcf4680a3c1d"


@pytest.mark.parametrize(("token", "other"), [(TOKEN, OTHER), (7, 8), ("short-1", "short-2")])
def test_what_is_said_of_a_call_comes_before_its_answer(token, other):
    """A call's progress needs this call alone, whether other calls were under way when it was recorded, or now."""
    said = [(">", work(token, 1)), (">", work(other, 2))]
    said += [("<", progress(token, 1)), ("<", progress(other, 1)), ("<", progress(token, 2)), ("<", progress(other, 2))]
    said += [("<", '{"jsonrpc":"2.0","id":2,"result":"done"}'), ("<", DONE)]
    mock = Mock(capture(*said))
    calls = [work(token, 1), work(other, 2)]
    heard = [value_of(action.payload) for action in mock.hears(calls[0])]
    assert [one.get("params", {}).get("value") for one in heard] == [1, 2, None]
    heard = [value_of(action.payload) for action in mock.hears(calls[1])]
    assert [one.get("params", {}).get("value") for one in heard] == [1, 2, None]
    assert mock.player.end().ok
