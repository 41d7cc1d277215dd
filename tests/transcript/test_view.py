"""What templates may print: every value, for every kind of payload, and never an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from recorder.capture import frame
from recorder.model import UNRECORDED, Closed, Frame, Header, Note, Opened
from recorder.timeline.annotating import Annotations
from recorder.transcript.printed import views
from recorder.transcript.template import Template
from recorder.transcript.view import ClosedView, Dotted, FrameView, NoteView, OpenedView, dotted

SECOND = 1_000_000_000


def view(payload, **fields):
    """The view of a frame with this payload."""
    event = frame(payload, **{"session": 3, "direction": "to_node", **fields})
    return FrameView(event, event.session, "initiator", "node", "deposit")


def test_a_json_frame_shows_the_documents_form():
    """Two spaces of indent, the wire's key order and lexemes, and non-ASCII as it is."""
    shown = view('{"b":1.50,"a":[],"é":{"c":null}}'.encode())
    assert shown.body == '{\n  "b": 1.50,\n  "a": [],\n  "é": {\n    "c": null\n  }\n}'
    assert (shown.language, shown.fence, shown.arrow, shown.kind) == ("javascript", "```", "--->", "frame")


@pytest.mark.parametrize(
    ("payload", "language", "body"),
    [
        (b"hello", "", "hello"),
        (b"", "", ""),
        (b"NaN", "", "NaN"),
        (b'"\\ud800"', "", '"\\ud800"'),
        (b"\xff\x00", "base64", "/wA="),
        (b'{"a":\n1}', "javascript", '{\n  "a": 1\n}'),
    ],
)
def test_what_is_no_json_is_shown_as_it_was(payload, language, body):
    """Text stands as received, and bytes that are no text as base64."""
    shown = view(payload)
    assert (shown.language, shown.body, shown.payload) == (language, body, payload)


def test_binary_frames_that_hold_text_are_shown_as_text():
    """How a frame was sent does not decide how it is best read."""
    assert view(b'{"a":1}', opcode="binary").language == "javascript"
    assert view(b"plain", opcode="binary").body == "plain"


@pytest.mark.parametrize("depth", [100, 256, 257, 1000, 100_000])
def test_deep_json_never_raises(depth):
    """However deep a frame nests, it is shown, as JSON or as text."""
    shown = view(b"[" * depth + b"]" * depth)
    assert shown.body.count("[") == depth
    assert shown.message is None or isinstance(shown.message, list)


def test_huge_integers_keep_every_digit():
    """A 5,000-digit integer is printed whole, whether or not Python can hold it."""
    shown = view(b'{"a":' + b"7" * 5000 + b"}")
    assert "7" * 5000 in shown.body
    assert shown.message is None or shown.message.a


@pytest.mark.parametrize("raw", [b'{"a":"\xff"}', b"{", b"[" * 2000 + b"]" * 2000])
def test_json_that_this_recorder_would_not_have_written_is_shown_somehow(raw):
    """A capture made by another tool may say `json` of what is none: no reason to raise."""
    shown = FrameView(Frame(session=1, direction="to_node", json=Raw(raw)), 1, "a", "node", "")
    assert shown.body
    assert shown.message is None or isinstance(shown.message, list)


@given(st.text("`a\n ", max_size=40))
def test_the_fence_is_longer_than_any_run_of_backticks_in_the_body(text):
    """A payload can never close its own fence."""
    shown = view(text.encode())
    assert shown.fence not in shown.body
    assert len(shown.fence) >= 3


def test_the_fence_is_one_longer_than_the_longest_run():
    """Three backticks suffice until the body has three."""
    assert view(b"a `` b").fence == "```"
    assert view(b"a ``` b ````` c").fence == "``````"


def test_messages_are_read_by_dot_or_by_key():
    """A template writes event.message.params.amount; what is absent is none."""
    message = view(b'{"params":{"amount":1,"list":[{"x":2}]},"items":3}').message
    assert message.params.amount == 1
    assert message.params.list[0].x == 2
    assert message.method is None
    assert message["items"] == 3
    assert view(b"no json").message is None


def test_a_dotted_object_is_nothing_but_a_dict_to_python():
    """Filters ask objects for special methods; a member that is not there is not one."""
    assert not hasattr(Dotted(a=1), "__html__")
    assert dotted([{"a": [{"b": 1}]}])[0].a[0].b == 1


@pytest.mark.parametrize(
    ("time", "stamp"),
    [
        (0, ""),
        (1_552_475_087 * SECOND + 109_999_999, " (2019-03-13 11:04:47.10)"),
        (1_552_475_087 * SECOND, " (2019-03-13 11:04:47.00)"),
    ],
)
def test_the_stamp_is_the_older_documents_own(time, stamp):
    """Hundredths of a second, cut off, not rounded; nothing where nobody knows the time."""
    assert view(b"1", time=time).stamp == stamp


def test_the_clock_has_thousandths():
    """As live lines have them; nothing where nobody knows the time."""
    assert view(b"1", time=1_552_475_087 * SECOND + 109_999_999).clock == "11:04:47.109"
    assert view(b"1").clock == ""


@pytest.mark.parametrize(
    ("direction", "status", "how"),
    [("from_node", 200, ""), ("from_node", 403, "403 Forbidden"), ("from_node", 299, "299"), ("to_node", 403, "")],
)
def test_an_answer_says_its_status_if_it_is_not_as_usual(direction, status, how):
    """In the words of HTTP; a request has none."""
    assert view(b"1", direction=direction, exchange=1, status=status).how == how


def test_a_page_shows_times_and_statuses():
    """The time to the thousandth of a second."""
    header = Header(format=2, run="r", recorder="0")
    refusing = frame(b'{"id":1,"error":{"code":3}}', session=1, direction="from_node", status=403, time=109_999_999)
    page = "".join(Template("html").render(header, views(header, [refusing], annotations=Annotations("generic"))))
    assert '<span class="says">status 403 Forbidden, refuses client-1: error 3</span><time>00:00:00.109</time>' in page


def test_notes_are_quoted_line_by_line():
    """A note of several lines stays one quotation."""
    note = NoteView(Note(text="one\n\nthree", party="initiator"), 1, "initiator", "node", "")
    assert (note.heading, note.quote, note.text) == ("initiator info", "> one\n> \n> three", "one\n\nthree")
    assert NoteView(Note(text="x"), 0, "", "node", "").heading == "info"


def test_views_pass_on_what_the_capture_says():
    """Values of the event itself are there under their own names."""
    opened = OpenedView(
        Opened(session=1, party="a", role="initiator", url="ws://n/", headers=[("Host", "n")], subprotocol="p", time=5),
        *(1, "a", "node", "s"),
    )
    assert (opened.kind, opened.url, opened.role, opened.headers, opened.subprotocol, opened.time, opened.scenario) == (
        *("opened", "ws://n/", "initiator", [("Host", "n")], "p", 5, "s"),
    )
    closed = ClosedView(Closed(session=1, code=1011, reason="full", by="node", lost="reset"), 1, "a", "node", "")
    assert (closed.kind, closed.code, closed.reason, closed.by, closed.lost) == (
        *("closed", 1011, "full", "node", "reset"),
    )
    shown = view(b"1", exchange=2, status=500, fragments=3)
    assert (shown.exchange, shown.status, shown.fragments, shown.direction, shown.opcode) == (
        *(2, 500, 3, "to_node", "text"),
    )


def test_what_an_event_has_not_is_said_with_its_kind():
    """A template that asks a closing for its URL learns that a closing has none."""
    closed = ClosedView(Closed(session=1), 1, "a", "node", "")
    with pytest.raises(AttributeError, match="closed events have no 'url'"):
        _ = closed.url


@pytest.mark.parametrize(
    ("closed", "words"),
    [
        (Closed(session=1, code=1000), "a closes its connection"),
        (Closed(session=1, code=1005, by="node"), "node closes a's connection"),
        (Closed(session=1, code=UNRECORDED, by=""), "a closes its connection"),
        (Closed(session=1, code=1011, reason="too\nbusy", by="node"), "node closes a's connection: 1011 too\\nbusy"),
        (Closed(session=1, code=1006, by="party", lost="reset"), "a closes its connection: 1006, connection reset"),
    ],
)
def test_an_end_is_told_with_its_reason_if_it_is_not_as_usual(closed, words):
    """And with the end that ended it."""
    assert ClosedView(closed, 1, "a", "node", "").words == words


@pytest.mark.parametrize("template", ["summary", "table", "sequence", "html"])
def test_a_server_over_pipes_that_ended_badly_is_told(template):
    """In every template for people; one that ended well, as one over HTTP, is not, and no transcript says either."""
    header = Header(format=2, run="r", recorder="0")

    def rendered(code, reason, template, url="stdio:server"):
        events = [
            Opened(session=1, party="a", url=url),
            frame(b'{"id":1,"method":"m"}', session=1, direction="to_node"),
            Closed(session=1, code=code, reason=reason, by="node"),
        ]
        return "".join(Template(template).render(header, views(header, events, annotations=Annotations("generic"))))

    assert "ends: exit code 3" in rendered(1006, "exit code 3", template)
    assert "ends:" not in rendered(1000, "exit code 0", template)
    assert "ends:" not in rendered(1006, "", template, url="http://n/")
    assert "exit code" not in rendered(1006, "exit code 3", "transcript")


@pytest.mark.parametrize(("took", "slow"), [(499, ""), (813, "813 ms"), (0, "")])
def test_a_slow_answer_says_how_long_it_took(took, slow):
    """From half a second on; where nobody knows the time, nothing."""
    times = (5 * SECOND, 5 * SECOND + took * 1_000_000) if took else (0, 5 * SECOND)
    events = [
        frame(payload, session=1, direction=direction, time=time)
        for payload, direction, time in zip(
            (b'{"id":1,"method":"m"}', b'{"id":1,"result":1}'), ("to_node", "from_node"), times, strict=True
        )
    ]
    header = Header(format=2, run="r", recorder="0")
    assert [one.slow for one in views(header, events, annotations=Annotations("generic"))] == ["", slow]
