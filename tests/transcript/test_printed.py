"""Events in, text out: order, info lines, selection. Literals only."""

import pytest

from recorder.capture import FORMAT, frame
from recorder.model import Closed, Frame, Header, Note, Opened, Refused
from recorder.rules import PathPattern
from recorder.timeline.annotating import Annotations
from recorder.transcript import Excerpt, Selection, views
from recorder.transcript.excerpt import Cutting
from recorder.transcript.template import Template

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="aeternity")
INITIATOR = Opened(session=1, party="initiator", url="ws://node/channel?role=initiator")
RESPONDER = Opened(session=2, party="responder", url="ws://node/channel?role=responder")


def call(method="m", session=1, **fields):
    """A request to the node."""
    return frame(f'{{"id":1,"method":"{method}"}}'.encode(), session=session, direction="to_node", **fields)


def said(payload, session=1, **fields):
    """Something from the node."""
    return frame(payload.encode(), session=session, direction="from_node", **fields)


def info(event, session=1):
    """The node's news of an event."""
    return said(f'{{"method":"channels.info","params":{{"data":{{"event":"{event}"}}}}}}', session)


def text(*events, header=HEADER, selection=None):
    """The transcript of these events."""
    return "".join(Template("transcript").render(header, views(header, events, selection)))


def headings(*events, header=HEADER, **how):
    """The headings of the transcript of these events."""
    return [line.removeprefix("#### ") for line in text(*events, header=header, **how).split("\n") if line[:1] == "#"]


def test_a_transcript_is_the_documents_form():
    """Each section starts with an empty line, in the order of the timeline."""
    assert text(INITIATOR, call("a"), Note(text="so\nit is", party="initiator"), Closed(session=1)) == (
        "\n#### initiator opens a WebSocket connection\n```\nws://node/channel?role=initiator\n```\n"
        '\n#### initiator ---> node\n```javascript\n{\n  "id": 1,\n  "method": "a"\n}\n```\n'
        "\n#### initiator info\n> so\n> it is\n"
        "\n#### initiator closes WebSocket connection\n"
    )


def test_an_info_line_follows_the_frame_that_causes_it():
    """Even where the other party's frame comes next."""
    assert headings(INITIATOR, RESPONDER, info("fsm_up"), said("1", 2)) == [
        "initiator opens a WebSocket connection",
        "responder opens a WebSocket connection",
        "initiator <--- node",
        "initiator info",
        "responder <--- node",
    ]


def test_imported_captures_hold_their_info_lines_as_notes():
    """Nothing is derived where the info lines stand in the capture, maybe elsewhere."""
    noted = Header(format=FORMAT, run="r", recorder="0", profile="aeternity", info="noted")
    assert headings(INITIATOR, info("fsm_up"), header=noted)[1:] == ["initiator <--- node"]


def test_the_generic_profile_derives_nothing():
    """Info lines are one protocol's; an unknown profile means nothing special."""
    for profile in ("generic", "of-the-future"):
        header = Header(format=FORMAT, run="r", recorder="0", profile=profile)
        assert headings(INITIATOR, info("fsm_up"), header=header)[1:] == ["initiator <--- node"]


def test_the_other_end_has_the_name_the_header_gives_it():
    """Not every other end is called node."""
    named = Header(format=FORMAT, run="r", recorder="0", node="alice")
    assert headings(INITIATOR, call(), said("1"), header=named)[1:] == ["initiator ---> alice", "initiator <--- alice"]


def test_two_sessions_of_one_party_print_under_its_name():
    """A party may hold two open sockets of one role."""
    second = Opened(session=2, party="initiator", url="ws://node/2")
    assert headings(INITIATOR, second, call(session=1), call(session=2), Closed(session=2), call(session=1))[2:] == [
        "initiator ---> node",
        "initiator ---> node",
        "initiator closes WebSocket connection",
        "initiator ---> node",
    ]


def test_a_session_that_was_open_before_the_capture_prints_no_opening():
    """There is no URL to print, and nothing happened that one could have seen."""
    assert headings(Opened(session=1, party="initiator"), call()) == ["initiator ---> node"]


def test_pipes_print_no_opening_and_no_closing():
    """They are no WebSocket connections."""
    opened, closed = Opened(session=1, party="client", url="stdio:server --fast"), Closed(session=1, code=1000)
    assert headings(opened, call(), closed) == ["client ---> node"]


def test_http_sessions_print_no_opening():
    """HTTP opens nothing: the first request speaks for itself."""
    assert headings(Opened(session=1, party="client-1", url="http://node/"), call()) == ["client-1 ---> node"]


def test_a_session_that_nobody_opened_is_named_by_its_number():
    """A merged or torn capture still renders."""
    assert headings(call(session=7), Closed(session=8)) == [
        "client-7 ---> node",
        "client-8 closes WebSocket connection",
    ]


def test_control_frames_are_not_printed():
    """Pings, pongs and raw bytes are in the capture, not in the transcript."""
    hidden = [Frame(session=1, direction="to_node", opcode=opcode, binary=b"x") for opcode in ("ping", "pong", "raw")]
    assert headings(*hidden) == []


def test_a_party_is_selected_with_its_notes_and_with_those_of_nobody():
    """What one party saw, and what was said about everybody."""
    events = [INITIATOR, RESPONDER, call(), call(session=2), Note(text="x"), Note(text="y", party="responder")]
    assert headings(*events, selection=Selection(parties=frozenset({"initiator"}))) == [
        "initiator opens a WebSocket connection",
        "initiator ---> node",
        "info",
    ]


def test_a_method_selects_its_calls_pushes_and_answers():
    """An answer belongs to its request's method, in the same session only; nothing else is printed."""
    events = [
        INITIATOR,
        call("b"),
        said('{"id":1,"result":null}'),
        call("a.x"),
        said('{"method":"a.y"}'),
        Note(text=""),
    ]
    answers = [said('{"id":1,"result":2}'), call("a.x"), said('{"id":1,"result":3}', session=2), said("no json")]
    assert headings(*events, *answers, selection=Selection(methods=("a.*",))) == [
        "initiator ---> node",
        "initiator <--- node",
        "initiator <--- node",
        "initiator ---> node",
    ]


def test_times_select_what_has_a_time():
    """Both ends count, and what has no time always does."""
    events = [call(time=time) for time in (1, 2, 3, 4, 0)]
    assert len(headings(*events, selection=Selection(since=2, until=3))) == 3
    assert len(headings(*events, selection=Selection(since=3))) == 3


def test_lines_of_the_capture_select():
    """What stands before them is followed, not printed."""
    events = (INITIATOR, call("a"), call("b"), Closed(session=1))
    assert headings(*events, selection=Selection(first=3, last=4)) == ["initiator ---> node"] * 2
    assert headings(*events, selection=Selection(first=5)) == ["initiator closes WebSocket connection"]
    assert len(headings(*events, selection=Selection(last=2))) == 1


def test_a_note_belongs_to_the_session_its_party_opened_last():
    """So that a split by session or channel keeps it."""
    again = Opened(session=3, party="initiator", url="ws://node/")
    notes = [Note(text="", party="initiator")] * 2
    shown = list(views(HEADER, [INITIATOR, notes[0], RESPONDER, again, notes[1], Note(text=""), info("fsm_up", 2)]))
    assert [view.session for view in shown if view.kind == "note"] == [1, 3, 0, 2]


REFUSED = (
    Refused(status=401, url="ws://node/", party="initiator"),
    Opened(session=1, party="client", url="http://node/"),
    call(exchange=1),
    said("```no```", exchange=1, status=429),
    Closed(session=1),
)


def test_documents_say_nothing_of_refusals():
    """They are about what is said; over HTTP nothing is opened and closed in them either."""
    assert headings(*REFUSED) == ["client ---> node"]


def test_a_timestamped_transcript_has_the_status_of_an_error():
    """As an info line behind its frame, which an import reads; the documents' own form has none."""
    events = REFUSED[1], said('{"id":1,"error":{"code":1}}', exchange=1, status=403)
    made = {
        name: "".join(Template(name).render(HEADER, views(HEADER, events))) for name in ("timestamped", "transcript")
    }
    assert made["timestamped"].endswith("}\n```\n\n###### client info\n> HTTP status 403 Forbidden\n")
    assert "403" not in made["transcript"]


def test_a_timestamped_transcript_has_refusals():
    """With the URL that was refused, or what the node said instead of an answer."""
    made = "".join(Template("timestamped").render(HEADER, views(HEADER, REFUSED)))
    assert made.startswith("\n###### initiator is refused: 401 Unauthorized\n```\nws://node/\n```\n")
    assert made.endswith("\n###### client is refused: 429 Too Many Requests\n````\n```no```\n````\n")


@pytest.mark.parametrize("template", ["timestamped", "summary", "table", "sequence", "html"])
@pytest.mark.parametrize("said", [b"", b"busy"])
def test_a_refusal_is_shown_whether_or_not_it_says_anything(template, said):
    """But not that a client gave up, or that a stream broke off: no node has said that."""

    def shown(status):
        answer = frame(said, session=1, exchange=1, direction="from_node", status=status)
        return "".join(Template(template).render(HEADER, views(HEADER, [REFUSED[1], answer])))

    assert "client is refused: 503 Service Unavailable" in shown(503).replace("&#32;", " ")
    assert said or "refused" not in shown(499) + shown(502)


def without_answer(*events, selection=None, cutting=None):
    """The words for calls without an answer."""
    shown = views(HEADER, events, selection, Annotations("generic"), cutting, unanswered=True)
    return [view.words for view in shown if view.kind == "unanswered"]


def test_a_call_without_an_answer_is_told_where_its_session_ends_or_the_capture():
    """By who called and what; a notification and what was answered are not told."""
    other = frame(b'{"id":7,"method":"ask"}', session=2, direction="from_node")
    events = [INITIATOR, RESPONDER, call("a"), call("b", session=2), said('{"id":1,"result":1}', 2), other]
    assert without_answer(*events) == ["initiator's a has no answer", "node's ask has no answer"]
    kinds = [
        view.kind
        for view in views(HEADER, [INITIATOR, call(), Closed(session=1)], None, Annotations("generic"), unanswered=True)
    ]
    assert kinds == ["opened", "frame", "unanswered", "closed"]
    assert "unanswered" not in [view.kind for view in views(HEADER, events, None, Annotations("generic"))]


@pytest.mark.parametrize(
    ("body", "kinds"), [("<html>", ["frame", "frame", "unanswered"]), ("", ["frame", "unanswered"])]
)
def test_a_call_without_an_answer_is_told_where_its_http_answer_has_none(body, kinds):
    """Also where that is empty, and not printed."""
    events = [
        call("a", exchange=1),
        said(body, exchange=1),
        call("b", exchange=2),
        said('{"id":1,"result":1}', exchange=2),
    ]
    shown = [*views(HEADER, events, None, Annotations("generic"), unanswered=True)]
    assert [view.kind for view in shown] == [*kinds, "frame", "frame"]
    assert [view.words for view in shown if view.kind == "unanswered"] == ["client-1's a has no answer"]


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(methods=("a",)), ["initiator's a has no answer"]),
        (Selection(parties=frozenset({"responder"})), ["responder's b has no answer"]),
        (Selection(last=4), ["initiator's a has no answer"]),
        (Selection(methods=("c",)), []),
    ],
)
def test_a_call_that_is_not_selected_is_not_told(selection, told):
    """By its method, its party and its line; the answer may stand behind what is selected."""
    events = [INITIATOR, RESPONDER, call("a"), call("b", session=2), call("c"), said('{"id":1,"result":1}')]
    events[4] = frame(b'{"id":5,"method":"c"}', session=1, direction="to_node")
    events[5] = said('{"id":5,"result":1}')
    assert without_answer(*events, selection=selection) == told


def test_an_excerpt_names_a_call_without_an_answer_by_its_method():
    """Nothing that is left out of the messages comes back there."""
    asked = frame(b'{"id":1,"method":"pay","params":{"card":"4711"}}', session=1, direction="to_node")
    assert without_answer(INITIATOR, asked) == ["initiator's pay card 4711 has no answer"]
    assert without_answer(INITIATOR, asked, cutting=Cutting(Excerpt(drop=(PathPattern("params"),)))) == [
        "initiator's pay has no answer"
    ]
