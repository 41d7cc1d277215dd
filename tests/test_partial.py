"""Captures of documents whose log began late in a session: compared and played, and what is still found in them."""

import channel
import msgspec
import pytest
from changes import CREATE, FOUND, HARMLESS, edit, find, message, method, put, raw_frame, remove
from play import Play

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.model import Header, Opened
from recorder.replay import Player, PlaySettings
from recorder.timeline import read

LIFE = channel.live()
ACCEPTED, UP = method("info", event="channel_accept"), method("info", event="fsm_up")
ASKED_TO_SIGN = method("sign.responder_sign")
REFUSAL = b'{"jsonrpc":"2.0","id":null,"error":{"code":3,"message":"Participant not found"}}'
STRANGE = b'{"jsonrpc":"2.0","method":"channels.strange","params":{}}'


def script(events, file="live.jsonl"):
    """A capture of a channel."""
    return read(LIFE.header, events, file)


def marked(events):
    """The events as `import --partial` writes them."""
    return [msgspec.structs.replace(e, partial=True) if isinstance(e, Opened) else e for e in events]


def logged_late(events):
    """The events as a log that begins late has them: `fsm_up` of both parties is not in it, nor `channel_open`."""
    for wanted in (UP, UP, method("info", event="channel_open")):
        events = remove(wanted)(events)
    return marked(events)


PARTIAL = script(logged_late(LIFE.events), "document.jsonl")


def told(recorded, live):
    """The kind of each finding, and its text."""
    found = compare(recorded, live).findings
    return [(one.kind, "\n".join(finding_lines(one))) for one in found]


@pytest.mark.parametrize("name", ["recorded", "fresh"])
def test_what_came_before_the_log_is_no_difference(name):
    """In either direction, and each is told to those who ask."""
    whole = channel.live(name=name).script("live.jsonl")
    for pair in ((PARTIAL, whole), (whole, PARTIAL)):
        found = compare(*pair)
        assert found.findings == ()
        assert [one.text for one in found.decisions if one.what == "partial"] == [
            f"live.jsonl:{line} channels.info {event}: document.jsonl has no log of this session before a later frame"
            for line, event in ((4, "fsm_up"), (6, "fsm_up"), (7, "channel_open"))
        ]


def test_without_the_mark_it_is_a_difference():
    """What nobody says is unknown was absent."""
    unmarked = script([e for e in LIFE.events if not (UP(e, message(e)))])
    assert [kind for kind, _text in told(unmarked, LIFE.script())] == ["extra", "extra"]


@pytest.mark.untraced
@pytest.mark.parametrize("change", FOUND, ids=lambda change: change.name)
def test_a_change_is_found_as_ever(change):
    """One finding that names it: what stands first in the log too, and whatever is amiss behind it."""
    ((kind, text),) = told(PARTIAL, script(change.apply(LIFE.events)))
    assert kind == change.kind
    assert change.text in text


@pytest.mark.untraced
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_stays_so(name):
    """Whatever may differ anyway."""
    assert told(PARTIAL, script(HARMLESS[name](LIFE.events))) == []


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (remove(ACCEPTED), "missing", "channel_accept missing"),
        (remove(ASKED_TO_SIGN), "missing", "sign.responder_sign missing"),
        (edit(ACCEPTED, put("params", "data", "more", value=1)), "changed", "params.data.more was added"),
        (edit(ACCEPTED, put("params", "data", "event", value="accepted")), "missing", "channel_accept missing"),
        (edit(ASKED_TO_SIGN, put("method", value="channels.sign.both")), "missing", "sign.responder_sign missing"),
        (edit(ASKED_TO_SIGN, put("params", "data", value={})), "changed", "params.data.signed_tx is missing"),
    ],
)
def test_the_first_frame_of_a_log_is_not_passed_over(change, kind, words):
    """It is missing where another came in its place: of that nobody knows whether it came before the log."""
    live = script(change(LIFE.events))
    ((found, text),) = told(PARTIAL, live)
    assert found == kind
    assert words in text


@pytest.mark.parametrize(
    ("wanted", "payload", "direction"),
    [(UP, REFUSAL, "from_node"), (UP, STRANGE, "to_node"), (CREATE, STRANGE, "from_node")],
    ids=["a refusal", "a request", "behind the first"],
)
def test_only_what_a_node_says_by_itself_is_missed_by_a_log(wanted, payload, direction):
    """A refusal stays one, a party's request is told, and so is what comes when the log has begun."""
    at = find(LIFE.events, wanted) + 1
    more = msgspec.structs.replace(raw_frame(LIFE.events[at - 1], payload), direction=direction)
    assert [kind for kind, _text in told(PARTIAL, script([*LIFE.events[:at], more, *LIFE.events[at:]]))] == ["extra"]


def test_a_session_that_begins_with_the_greeting_is_whole():
    """Nothing comes before what a node says first."""
    at = find(LIFE.events, UP)
    before = [*LIFE.events[:at], raw_frame(LIFE.events[at], STRANGE), *LIFE.events[at:]]
    assert [kind for kind, _text in told(script(marked(LIFE.events)), script(before))] == ["extra"]


def test_where_nothing_comes_that_was_logged_all_is_told():
    """The first of what came was not before the log, for nobody knows where that begins."""
    first = [e for e in LIFE.events if isinstance(e, Opened)][1]
    others = [e for e in LIFE.events if getattr(e, "session", 0) != first.session]
    strange = frame(STRANGE, session=first.session, direction="from_node")
    texts = [text for _kind, text in told(PARTIAL, script([*others, first, strange]))]
    assert any("channels.strange" in text for text in texts), texts


def test_parties_play_on_through_what_came_before_the_log():
    """They sign what a whole node asks them to, and have nothing to say of the rest."""
    play = Play(PARTIAL, node_script=LIFE.script())
    assert play.outcomes.parties.ok
    assert play.outcomes.node.ok
    assert told(PARTIAL, script(play.events)) == []


def test_a_mock_plays_what_was_logged():
    """Its parties miss nothing that the document did not have."""
    play = Play(PARTIAL)
    assert play.ok
    assert told(PARTIAL, script(play.events)) == []


def player(events):
    """The responder of a capture."""
    made = Player(script(events), PlaySettings(ends=frozenset({"responder"})))
    made.opened(2, PARTIAL.urls[2], 1.0)
    return made


@pytest.mark.parametrize(
    ("payload", "expected"), [(STRANGE, True), (REFUSAL, False)], ids=["by itself", "as a refusal"]
)
def test_a_party_minds_what_is_no_push(payload, expected):
    """Where its log began late."""
    assert player(logged_late(LIFE.events)).received(2, payload, 1.0) is expected
    assert not player(LIFE.events).received(2, payload, 1.0)


def test_a_party_minds_a_first_frame_that_changed():
    """It has the name of what is awaited, and so was not said before the log."""
    changed = edit(ASKED_TO_SIGN, put("params", "data", value={}))(LIFE.events)
    party = player(logged_late(LIFE.events))
    assert not party.received(2, changed[find(changed, ASKED_TO_SIGN)].payload, 1.0)


def test_a_party_minds_what_comes_when_the_log_has_begun():
    """It is as unexpected as ever."""
    party = player(logged_late(LIFE.events))
    assert party.received(2, STRANGE, 1.0)
    first = LIFE.events[find(LIFE.events, ASKED_TO_SIGN)]
    assert party.received(2, first.payload, 1.0)
    assert not party.received(2, STRANGE, 1.0)


def test_protocols_without_a_greeting_are_marked_alike():
    """Nothing is assumed of them but what the mark says."""
    header = Header(format=2, run="r", recorder="0", profile="generic")
    opened = Opened(session=1, party="client", url="ws://n/")
    said = [frame(text, session=1, direction="from_node") for text in (b'{"method":"hello"}', b'{"method":"ready"}')]
    late = read(header, [*marked([opened]), said[1]])
    assert compare(late, read(header, [opened, *said])).findings == ()
    assert len(compare(late, read(header, [opened, *reversed(said)])).findings) == 1
