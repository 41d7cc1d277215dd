"""What our ends say: the live form of recorded frames."""

import msgspec
import pytest
from mocking import capture

from recorder.capture import frame
from recorder.model import Frame, Header, Opened
from recorder.replay import Outcome, PlaySettings
from recorder.replay.plan import Plan
from recorder.replay.voice import Voice
from recorder.timeline import read
from recorder.timeline.handed_out import HANDED

TOKEN, LIVE = "fcf4680a-3c1d-4843-93a8-a1a7ee53b0ae", "0f5e6d10-8b1c-4a3f-9f0b-6a8f7c1d2e3f"


def voice(script, *ends, **settings):
    """The voice of the node, or of these ends."""
    return Voice(Plan(script, PlaySettings(ends=frozenset(ends or {"node"}), **settings)), Outcome())


ASKED = f'[{{"id":1,"method":"a"}}, {{"id":2,"method":"b","params":["{TOKEN}"]}}]'
GIVEN = f'[ {{"result":"{TOKEN}","id" : 2}},\n{{"id":1,"result":1}} ]'


def test_a_frame_is_the_recorded_one_but_for_what_is_bound():
    """Every other byte stays, in a batch too; answers have the ids that their requests came with."""
    script = capture((">", ASKED), ("<", GIVEN))
    one = voice(script)
    asked, given = script.steps[1:]
    assert one.frame(given) == GIVEN.encode()
    first, second = asked.parts
    one.came_with(first, b'"one"')
    one.came_with(second, b"2.0")
    one.bindings.rebind(HANDED, TOKEN, LIVE)
    assert one.frame(given) == f'[ {{"result":"{LIVE}","id" : 2.0}},\n{{"id":"one","result":1}} ]'.encode()
    assert one.frame(asked) == ASKED.replace(TOKEN, LIVE).encode()
    assert one.message(second.answer, b"7") == f'{{"result":"{LIVE}","id" : 7}}'.encode()
    assert one.message(second.answer, None) == f'{{"result":"{LIVE}","id" : 2}}'.encode()


@pytest.mark.parametrize(
    ("end", "first", "expected"),
    [("node", "<", TOKEN), ("node", ">", None), ("client", ">", TOKEN), ("client", "<", None)],
)
def test_what_our_end_hands_out_nobody_else_can_have_said_first(end, first, expected):
    """A client that uses an id before its node has given it has made it up: that is not bound."""
    other = {"<": ">", ">": "<"}[first]
    script = capture(*((arrow, f'{{"method":"a","params":["{TOKEN}"]}}') for arrow in (first, other)))
    bindings = voice(script, end).bindings
    assert bindings.trial().bind(HANDED, TOKEN, LIVE) == expected
    assert bindings.trial().bind(HANDED, TOKEN, TOKEN) is None


def test_a_frame_where_every_value_is_bound_to_itself():
    """As it was recorded but for ids; what is handed out in it is bound all the same."""
    script = capture((">", ASKED), ("<", GIVEN))
    one = voice(script)
    asked, given = script.steps[1:]
    one.came_with(asked.parts[0], b'"one"')
    assert one.frame(given) == GIVEN.replace('"id":1', '"id":"one"').encode()
    assert (one.bindings.get(HANDED, TOKEN), one.bindings.plain) == (TOKEN, True)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [("1", "7"), ("1.0", "7"), ('"1"', "7"), ('"other"', '"other"'), ("2", "2"), ("null", "null")],
)
def test_an_answer_under_another_id_than_its_request_s_stays_as_it_was_recorded(recorded, live):
    """Over HTTP a node may answer so, and its client has to cope with it; an id as a text is no other."""
    answer = f'{{"id":{recorded},"result":1,"error":{{"request":{{"id":1}}}}}}'
    script = capture((">", '{"id":1,"method":"a"}', 1), ("<", answer, 1), url="http://n/")
    one = voice(script)
    ((asked,), (given,)) = (step.parts for step in script.steps[1:])
    assert given.request is asked
    quoted = "1" if live == recorded != "null" else "7"
    said = f'{{"id":{live},"result":1,"error":{{"request":{{"id":{quoted}}}}}}}'.encode()
    assert one.message(given, b"7") == said
    one.came_with(asked, b"7")
    assert one.frame(given.step) == said


@pytest.mark.parametrize("payload", ["no JSON", "[]", "7", '[{"id":1,"method":"a"}]', '[7, "x"]', '{"id":null}'])
def test_any_frame(payload):
    """Whatever it is, it is said as it was."""
    script = capture(("<", payload))
    assert voice(script).frame(script.steps[1]) == payload.encode()


def test_headers():
    """Those that may be sent, with what was handed out in them, and those that were given in the place of others."""
    session = [("Accept", "x"), ("Authorization", "***"), ("X-Session", TOKEN), ("Content-Length", "5")]
    one = voice(capture(), headers=(("authorization", "Bearer me"), ("X-More", "1")))
    assert one.headers(session) == (
        ("Accept", "x"),
        ("X-Session", TOKEN),
        ("authorization", "Bearer me"),
        ("X-More", "1"),
    )
    one.bindings.bind(HANDED, TOKEN, LIVE)
    assert one.headers(session, [("accept", "y"), ("x-more", "2")]) == (
        ("X-Session", LIVE),
        ("accept", "y"),
        ("authorization", "Bearer me"),
        ("X-More", "1"),
    )


@pytest.mark.parametrize(("masked", "known"), [("«cookie 1»", "«cookie 2»"), ("plain", "other")])
def test_cookies_are_sent_back(masked, known):
    """Those that the live node sets, also where they were masked; one that it does not set stays as it was recorded."""
    setting = [("Set-Cookie", f"sid={masked}; Path=/"), ("set-cookie", f"b={known}")]
    events = [
        Opened(session=1, party="a", url="http://n/"),
        frame(b'{"id":1,"method":"a"}', session=1, direction="to_node", exchange=1),
        frame(b'{"id":1,"result":1}', session=1, direction="from_node", exchange=1, headers=setting),
    ]
    one = voice(read(Header(format=2, run="r", recorder="0"), events), "a")
    one.learn_headers(1, 1, (("SET-COOKIE", "sid=live=1; Path=/; HttpOnly"), ("set-cookie", "b=2"), ("x", "y")))
    assert one.headers([("Cookie", f"sid={masked}; a=b; b={known}")]) == (("Cookie", "sid=live=1; a=b; b=2"),)
    assert one.headers([("Cookie", "sid=«cookie 9»")]) == ()


def test_what_an_answer_hands_out_in_its_headers():
    """It is learned by the header's name, from the first frame of its exchange."""
    named = [("Session-Id", TOKEN), ("X-Other", "o")]
    events = [
        Opened(session=1, party="a", url="http://n/"),
        frame(b'{"id":1,"method":"a"}', session=1, direction="to_node", exchange=1),
        frame(b'{"method":"push"}', session=1, direction="from_node", exchange=1, status=201, headers=named),
        frame(b'{"id":1,"result":1}', session=1, direction="from_node", exchange=1),
        Frame(session=1, direction="to_node", exchange=2, text="{}", headers=[("session-id", TOKEN)]),
    ]
    one = voice(read(Header(format=2, run="r", recorder="0"), events), "a")
    one.learn_headers(1, 1, (("SESSION-ID", LIVE), ("X-Other", "changed")))
    assert list(one.bindings.changed()) == [(HANDED, TOKEN, LIVE)]
    one.learn_headers(1, 2, (("SESSION-ID", LIVE),))


def test_a_request_that_was_recorded_without_a_header_of_its_session_is_sent_without_it():
    """Not with the one that was given in its place, nor with one that says what its body is."""
    session = [("Authorization", "Basic «credentials 1»"), ("Content-Type", "application/json")]
    opened = Opened(session=1, party="a", url="http://n/", headers=session)
    plain = frame(b'{"id":1,"method":"a"}', session=1, direction="to_node", exchange=1)
    bare = msgspec.structs.replace(plain, headers=[("authorization", ""), ("content-type", "")])
    script = read(Header(format=2, run="r", recorder="0"), [opened, plain, bare])
    one = voice(script, headers=(("Authorization", "Basic me"),))
    assert dict(one.posted(plain, opened)) == {"Content-Type": "application/json", "Authorization": "Basic me"}
    assert one.posted(bare, opened) == ()


def test_a_given_header_takes_the_place_of_a_recorded_one_where_there_are_any():
    """A call that was made without it is one of somebody who had not logged in; where nobody had it, everybody has."""
    opened = Opened(session=1, party="a", url="http://n/")
    call = frame(b'{"id":1,"method":"a"}', session=1, direction="to_node", exchange=1)
    signed = msgspec.structs.replace(call, headers=[("authorization", "Bearer «token 1»")])
    for events, sent in (([opened, call, signed], [None, "Bearer me"]), ([opened, call, call], ["Bearer me"] * 2)):
        one = voice(read(Header(format=2, run="r", recorder="0"), events), headers=(("Authorization", "Bearer me"),))
        assert [dict(one.posted(event, opened)).get("Authorization") for event in events[1:]] == sent


MASKED = '{"id":1,"method":"login","params":["ada","«password 1»","token:«token 2»"]}'


def test_what_is_given_for_a_mark_is_sent_in_its_place():
    """Alone, within a longer text, and as a header; the mark of another secret stays."""
    script = capture((">", MASKED), (">", MASKED.replace("1»", "7»")))
    one = voice(script, secrets={"«password 1»": 'a"b', "«token 2»": "xyz"})
    sent = one.frame(script.steps[1])
    assert sent == MASKED.replace("«password 1»", r"a\"b").replace("«token 2»", "xyz").encode()
    assert one.headers([("Authorization", "Bearer «token 2»")]) == (("Authorization", "Bearer xyz"),)
    assert one.frame(script.steps[2]).decode() == MASKED.replace("1»", "7»").replace("«token 2»", "xyz")


def test_a_mark_that_is_sent_is_noted():
    """Once, with the option that gives what it stands for; and each of its frames is known."""
    script = capture((">", MASKED), (">", MASKED), ("<", MASKED))
    outcome = Outcome()
    one = Voice(Plan(script, PlaySettings(ends=frozenset({"client"}), secrets={"«token 2»": "x"})), outcome)
    for step in script.steps[1:]:
        one.frame(step)
    gives = "--secret 'password 1=…' gives what it stands for"
    assert outcome.notes == [f"r.jsonl:3: login was sent with «password 1»; {gives}"]
    assert outcome.masked == {3: "«password 1»", 4: "«password 1»"}
