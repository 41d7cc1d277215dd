"""A capture keeps every byte, and says what is wrong with a file that is none."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET, Raw, json

from recorder import capture
from recorder.errors import InputError
from recorder.model import AnyEvent, Closed, Frame, Header, Note, Opened, Scenario

HEADER = b'{"format":1,"run":"r","recorder":"0.1.0"}\n'
NOTE = b'{"event":"note","text":"n"}\n'


def frame(payload: bytes, **fields) -> Frame:
    """The frame event of a payload to the node."""
    return capture.frame(payload, session=1, direction="to_node", **fields)


def field(payload: bytes) -> str:
    """The payload field that a text frame of these bytes stands under."""
    found = [name for name in ("json", "text", "binary") if getattr(frame(payload), name) is not UNSET]
    assert len(found) == 1
    return found[0]


def load(*lines: bytes) -> list[AnyEvent]:
    """The events of a capture that has these lines after its header."""
    return list(capture.load([HEADER, *lines], file="run.jsonl")[1])


def nested(levels: int) -> bytes:
    """Arrays within arrays, so many levels deep."""
    return b"[" * levels + b"]" * levels


# --- payloads -------------------------------------------------------------------------------------------------------

ODD_PAYLOADS = [
    b"",
    b" ",
    b"\n",
    b"null",
    b'{"a":\n1}',
    b'{"a":\r1}',
    b' {"a":1} ',
    b"\xef\xbb\xbf{}",
    b"NaN",
    b"[Infinity]",
    b"1" * 5000,
    b"-" + b"9" * 5000,
    b"[1e999999]",
    b"-0.0E+00",
    b'{"a":1,"a":2}',
    b'"\\ud800"',
    b'"\xed\xa0\x80"',
    b'"\\u0061\\/"',
    '"\u2028\u0085é"'.encode(),
    b'"\x00"',
    b"\x00",
    b"\xff",
    b"[1,]",
    b"{" * 1000,
    nested(capture.MAX_DEPTH),
    nested(capture.MAX_DEPTH + 1),
    nested(1000),
    nested(100_000),
]


@pytest.mark.parametrize("payload", ODD_PAYLOADS, ids=lambda payload: repr(payload[:20]))
def test_an_odd_payload_is_read_back_byte_for_byte(payload):
    """What was on the wire is what is read back, however odd."""
    assert load(capture.dump(frame(payload)))[0].payload == payload


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
payloads = st.binary() | st.text().map(str.encode) | json_values.map(json.encode)


@pytest.mark.untraced
@given(payloads)
def test_any_payload_is_read_back_byte_for_byte(payload):
    """No bytes, text or JSON changes on its way through a capture."""
    assert load(capture.dump(frame(payload)))[0].payload == payload


@pytest.mark.untraced
@given(payloads, st.sampled_from(["binary", "ping", "pong", "raw"]))
def test_any_payload_of_another_opcode_is_read_back_byte_for_byte(payload, opcode):
    """Frames that are not text keep their bytes and their opcode."""
    event = load(capture.dump(frame(payload, opcode=opcode)))[0]
    assert (event.opcode, event.payload) == (opcode, payload)


@pytest.mark.untraced
@given(payloads)
@example(b'{"a":\r1}')
@example(b'{"a":\n1}')
def test_an_event_is_one_line_of_json(payload):
    """Each event is one line, for whoever splits at newlines or carriage returns, and valid JSON."""
    line = capture.dump(frame(payload))
    assert line.endswith(b"\n")
    assert len(line.splitlines()) == 1
    assert json.decode(line)["event"] == "frame"


@pytest.mark.untraced
@given(json_values)
def test_readable_json_stays_readable(value):
    """JSON as clients write it stands verbatim in the capture, for grep and jq."""
    payload = json.encode(value)
    assert field(payload) == "json"
    assert payload in capture.dump(frame(payload))


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"a":1,"a":2}', id="duplicate keys"),
        pytest.param(b"1" * 5000, id="a 5,000-digit integer"),
        pytest.param(b"[1e999999]", id="a float beyond doubles"),
        pytest.param(b'{ "a" :\t1.0 }', id="whitespace within"),
        pytest.param('"\u2028é"'.encode(), id="non-ASCII"),
        pytest.param(nested(capture.MAX_DEPTH), id="as deep as allowed"),
        pytest.param(b"[" + b'"[",' * 1000 + b'"\\"[["]', id="brackets within strings"),
        pytest.param(b"[" + b'"\\\\",[],' * 1000 + b"1]", id="backslashes within strings"),
    ],
)
def test_unusual_json_is_json(payload):
    """JSON that the standard allows stands as JSON, every lexeme kept."""
    assert field(payload) == "json"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b"[1,]", id="a comma too many"),
        pytest.param(b'"\\ud800"', id="an escaped lone surrogate"),
        pytest.param("\ufeff{}".encode(), id="a byte order mark"),
        pytest.param(b'{"a":\n1}', id="a newline within"),
        pytest.param(b'{"a":\r1}', id="a carriage return within"),
        pytest.param(b" {}", id="a space before"),
        pytest.param(b"{}\t", id="a tab after"),
        pytest.param(nested(capture.MAX_DEPTH + 1), id="deeper than allowed"),
        pytest.param(b"[" + b'"\\\\",' * 301 + nested(capture.MAX_DEPTH) + b"]", id="deeper, after strings"),
        pytest.param(nested(100_000), id="100,000 levels"),
    ],
)
def test_text_that_is_no_plain_json_is_a_string(payload):
    """Text that cannot stand inside a line as JSON is kept as a string."""
    assert field(payload) == "text"


@pytest.mark.parametrize("payload", [b"\xff", b'"\xed\xa0\x80"', b'{"a":"\xc3"}', b'"\xf4\x90\x80\x80"'])
def test_text_that_is_no_utf8_is_base64(payload):
    """A text frame that breaks UTF-8 (a raw lone surrogate, say) is kept as bytes."""
    assert field(payload) == "binary"


def test_json_sent_as_binary_is_base64():
    """A binary frame is bytes, whatever they spell."""
    assert frame(b"{}", opcode="binary").binary == b"{}"


def test_json_with_a_newline_is_still_json():
    """How a frame is kept says nothing about whether it is JSON."""
    assert capture.is_json(b' {"a":\n1}\r\n')


@pytest.mark.parametrize("levels", [1, 255, 256])
def test_nesting_up_to_the_limit_is_json(levels):
    """What any interpreter can read is JSON."""
    assert capture.is_json(nested(levels))


@pytest.mark.parametrize("levels", [257, 999, 100_000])
def test_nesting_beyond_the_limit_is_not(levels):
    """What some interpreter could not read is no JSON for any of them."""
    assert not capture.is_json(nested(levels))
    assert not capture.is_json(b'{"a":' * levels + b"1" + b"}" * levels)


@pytest.mark.parametrize("levels", [capture.MAX_DEPTH, capture.MAX_DEPTH + 1])
def test_an_event_at_the_limit_of_nesting_is_valid_json(levels):
    """Whatever the payload's depth, its line can be parsed."""
    assert json.decode(capture.dump(frame(nested(levels))))


@given(st.lists(st.sampled_from('[]{}"\\a,: 1'), max_size=60).map("".join))
def test_many_brackets_side_by_side_are_not_deep(text):
    """However many brackets stand in a frame, only their depth matters."""
    few, many = b"[[]," + text.encode() + b"]", b"[" + b"[]," * 300 + text.encode() + b"]"
    assert capture.is_json(many) == capture.is_json(few)


LARGE = 64 << 20


@pytest.mark.untraced
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(lambda: b'{"a":"' + b"x" * LARGE + b'"}', id="one string"),
        pytest.param(lambda: b"[" + b"[]," * 300 + b'"' + b"[" * LARGE + b'"]', id="one string of brackets"),
        pytest.param(lambda: b"[" * 300 + b'"' + b'\\"' * (LARGE // 2), id="a string without an end"),
        pytest.param(lambda: b"[" + b'{"abcde":"fg"},' * (LARGE // 16) + b"1]", id="many objects"),
        pytest.param(lambda: b"[" * LARGE, id="brackets only"),
    ],
)
def test_64_mib_take_linear_time(payload):
    """A frame as large as 64 MiB is recorded in about a second, hostile or not (a square would take hours)."""
    data = payload()
    before = time.process_time()
    event = frame(data)
    assert time.process_time() - before < 5
    assert event.payload == data


@pytest.mark.parametrize(
    ("payload", "printed"),
    [
        (b'{"a":[],"b":{},"c":1.0}', '{\n  "a": [],\n  "b": {},\n  "c": 1.0\n}'),
        (b'{"b":1,"a":1e2,"b":"\\u0061"}', '{\n  "b": 1,\n  "a": 1e2,\n  "b": "\\u0061"\n}'),
        ('["é"]'.encode(), '[\n  "é"\n]'),
        (b"1" * 5000, "1" * 5000),
    ],
)
def test_pretty_is_the_documents_form(payload, printed):
    """Key order, lexemes and non-ASCII as received, two spaces a level, empty containers short."""
    assert capture.pretty(payload) == printed


@pytest.mark.parametrize("payload", [b"", b"NaN", b"\xff", b'"\\ud800"', nested(257)])
def test_pretty_of_no_json_is_none(payload):
    """What is no JSON has no pretty form."""
    assert capture.pretty(payload) is None


# --- events ---------------------------------------------------------------------------------------------------------

EVENTS = [
    Opened(session=1, party="initiator"),
    Opened(
        time=7,
        session=2,
        party="responder",
        role="responder",
        url="ws://localhost:3014/channel?role=responder",
        headers=[("host", "localhost"), ("x", "1"), ("x", "2")],
        subprotocol="json-rpc",
    ),
    Frame(time=8, session=1, direction="from_node", fragments=3, exchange=1, status=204, text=""),
    Frame(time=9, session=1, direction="to_node", opcode="ping", binary=b""),
    Closed(time=10, session=1, code=1000, reason="bye\n", by="node"),
    Closed(session=1, code=1006, by="party", lost="reset"),
    Note(text="line\nline", party="initiator"),
    Scenario(name="two withdrawals"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_back_as_it_was(event):
    """Every field of every kind of event survives the capture."""
    assert load(capture.dump(event)) == [event]


texts = st.text()
numbers = st.integers(0, 2**62)
events = st.one_of(
    st.builds(Opened, time=numbers, session=numbers, party=texts, role=texts, url=texts, subprotocol=texts),
    st.builds(Closed, time=numbers, session=numbers, code=numbers, reason=texts),
    st.builds(Note, time=numbers, text=texts, party=texts),
    st.builds(Scenario, time=numbers, name=texts),
)


@given(st.lists(events))
def test_any_events_are_read_back_in_order(timeline):
    """The timeline is read back as it was written, whatever text it holds."""
    assert load(*map(capture.dump, timeline)) == timeline


def test_defaults_are_not_written():
    """What every reader assumes anyway costs no bytes."""
    assert capture.dump(frame(b"{}")) == b'{"event":"frame","session":1,"direction":"to_node","json":{}}\n'


def test_a_header_is_read_back_as_it_was():
    """Every field of the header survives the capture."""
    header = Header(
        format=capture.FORMAT,
        run="8f2c",
        recorder="0.1.0",
        mitmproxy="11.0.2",
        started=1,
        profile="aeternity",
        upstreams=["ws://127.0.0.1:3014"],
        info="noted",
        meta={"node": "7.1.0"},
    )
    assert capture.load([capture.dump(header)])[0] == header


def test_an_events_unknown_fields_are_ignored():
    """A field that a later recorder adds does not stop this one from reading."""
    assert load(b'{"event":"note","text":"n","colour":"red"}\n') == [Note(text="n")]


def test_a_headers_unknown_fields_are_ignored():
    """A header may grow within a format version."""
    header, _ = capture.load([b'{"format":2,"run":"r","recorder":"x","host":"h"}\n'])
    assert header == Header(format=2, run="r", recorder="x")


def test_events_are_read_as_they_are_asked_for():
    """A capture of any size is read in constant memory: no line before it is needed."""

    def lines():
        yield HEADER
        yield NOTE
        raise AssertionError

    assert next(capture.load(lines())[1]) == Note(text="n")


# --- files that are no capture, or a damaged one --------------------------------------------------------------------


def refused(*lines: bytes) -> str:
    """What is said of a file that has these lines, in one line."""
    with pytest.raises(InputError) as error:
        list(capture.load(lines, file="run.jsonl")[1])
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_empty_file_is_no_capture():
    """An empty file is said to be empty, with what to do."""
    assert refused() == "run.jsonl: the file is empty, not a capture; record one with `recorder record`"


@pytest.mark.parametrize(
    "line",
    [
        b"#### initiator ---> node\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"1\n",
        b'{"format":"1"}\n',
        b'{"format":' + b"1" * 5000 + b"}\n",
        nested(100_000) + b"\n",
        b'{"a":' * 100_000 + b"\n",
        HEADER[:20],
    ],
    ids=lambda line: repr(line[:20]),
)
def test_another_file_is_no_capture(line):
    """Whatever else the first line holds, the file is refused by name and line."""
    assert refused(line) == "run.jsonl:1: not a capture; `recorder import` makes one from a transcript"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"format":1}\n', "Object missing required field `run`"),
        (b'{"format":1,"run":"r","recorder":7}\n', "Expected `str`, got `int` - at `$.recorder`"),
    ],
)
def test_a_header_says_what_it_lacks(line, reason):
    """A capture written by hand, nearly one."""
    assert refused(line) == f"run.jsonl:1: malformed header: {reason}"


@pytest.mark.parametrize("line", [b"{}\n", b'{"log":{}}\n', b'{"format":0}\n', b'{"format":-1}\n', NOTE])
def test_json_without_a_version_is_no_capture(line):
    """Another tool's JSON is refused for lack of a format version."""
    assert refused(line) == "run.jsonl:1: not a capture: its first line has no format version"


def test_a_newer_format_is_refused_with_what_to_do():
    """A capture of a newer recorder asks for an upgrade, whatever else its header holds."""
    assert refused(b'{"format":3,"runs":[]}\n') == (
        "run.jsonl: format 3 is newer than this recorder reads (2): upgrade it (`pip install -U jsonrpc-recorder`)"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\n", "malformed"),
        (b"x\n", "malformed"),
        (b'{"event":"note"}\n', "missing required field `text`"),
        (b'{"event":"frame","session":"1","direction":"to_node"}\n', "Expected `int`, got `str` - at `$.session`"),
        (b'{"event":"frame","session":1,"direction":"up","json":1}\n', "Invalid enum value 'up'"),
        (b'{"event":"frame","session":1,"direction":"to_node","binary":"?"}\n', "base64"),
        (b'{"event":"frame","session":1,"direction":"to_node","jsn":1}\n', "a frame has json, text or binary"),
        (b'{"event":"note","text":"\xff"}\n', "malformed"),
        (b'{"event":"note","text":"n","time":-1}\n', "Expected `int` >= 0 - at `$.time`"),
        (b'{"event":"note","text":"n","time":9223372036854775808}\n', "Expected `int` <= 9223372036854775807"),
        (b'{"event":"frame","session":1,"direction":"to_node","json":' + nested(100_000) + b"}\n", "recursion"),
        (HEADER, "malformed"),
    ],
)
def test_a_malformed_line_is_found_by_file_and_line(line, reason):
    """A damaged line in the middle of a capture is an error with file, line and reason."""
    message = refused(HEADER, NOTE, line, NOTE)
    assert message.startswith("run.jsonl:3: malformed event: ")
    assert reason in message


def test_an_unknown_kind_of_event_is_an_error():
    """Skipping what it does not know would make a reader lie about the timeline."""
    assert refused(HEADER, b'{"event":"teleport"}\n') == (
        "run.jsonl:2: malformed event: Invalid value 'teleport' - at `$.event`"
    )


def test_events_before_a_malformed_line_are_read():
    """What stands before the damage can still be used."""
    _, found = capture.load([HEADER, NOTE, b"x\n"])
    assert next(found) == Note(text="n")


@pytest.mark.parametrize("line", [NOTE[:-2], NOTE[:5], b"\x00"])
def test_a_torn_last_line_is_reported_and_skipped(line):
    """A part of a line was being written when the recorder was killed: it is no event, and no error."""
    torn: list[int] = []
    _, found = capture.load([HEADER, NOTE, line], torn=torn.append)
    assert (list(found), torn) == ([Note(text="n")], [3])


def test_a_torn_last_line_may_be_nobodys_business():
    """Without somebody to tell, a torn line is just skipped."""
    assert load(NOTE, NOTE[:9]) == [Note(text="n")]


def test_a_whole_capture_is_not_torn():
    """Nothing is reported about a capture that ends with a newline, or lacks nothing but that."""
    for last in (NOTE, NOTE[:-1]):
        torn: list[int] = []
        _, found = capture.load([HEADER, last], torn=torn.append)
        assert (list(found), torn) == ([Note(text="n")], [])


# --- versions -------------------------------------------------------------------------------------------------------


def test_every_older_format_has_a_converter():
    """A capture of any version up to this one can be read: each version has changed headers, or events."""
    assert sorted(capture.CONVERTERS.keys() | capture.HEADER_CONVERTERS.keys()) == list(range(1, capture.FORMAT))


@pytest.mark.parametrize(
    ("written", "meant"),
    [(b',"profile":"aeternity"', "auto"), (b',"profile":"generic"', "generic"), (b"", "generic")],
)
def test_the_profile_that_was_the_default_is_told_from_the_traffic(written, meant):
    """In format 1 `aeternity` was written whoever was recorded, and `generic` was left out."""
    header, _ = capture.load([b'{"format":1,"run":"r","recorder":"x"%s}\n' % written])
    assert header.profile == meant


@pytest.fixture
def newer(monkeypatch):
    """The format after next, in which first `remark` and then `comment` came to be called `text`."""

    def rename(old, new):
        return lambda members: {new if name == old else name: value for name, value in members.items()}

    monkeypatch.setattr(capture, "FORMAT", 3)
    monkeypatch.setattr(capture, "CONVERTERS", {1: rename("remark", "comment"), 2: rename("comment", "text")})


@pytest.mark.parametrize(("version", "name"), [(1, "remark"), (2, "comment"), (3, "text")])
def test_older_formats_are_converted_step_by_step(newer, version, name):
    """An older capture is lifted through each version's converter to today's events."""
    header, found = capture.load(
        [
            b'{"format":%d,"run":"r","recorder":"x"}\n' % version,
            b'{"event":"note","%s":"n"}\n' % name.encode(),
        ]
    )
    assert (header.run, list(found)) == ("r", [Note(text="n")])


@pytest.mark.parametrize(("version", "name"), [(1, "remark"), (2, "comment"), (3, "text")])
def test_lines_are_converted_too(newer, version, name):
    """For who wants them as they stand; those of today's format are not touched."""
    lines = [b'{"event":"note", "%s":"n"}\n' % name.encode()]
    found = list(capture.load_lines([b'{"format":%d,"run":"r","recorder":"x"}\n' % version, *lines]))
    assert found == (lines if version == 3 else [b'{"event":"note","text":"n"}\n'])


@pytest.mark.parametrize("payload", [b"1" * 5000, b'{ "a":1.0,"a":1e2, "b":"\\u0061" }', nested(256)])
def test_conversion_keeps_payloads_byte_for_byte(newer, payload):
    """An older capture's payloads are not re-serialised on the way."""
    line = capture.dump(Frame(session=1, direction="to_node", json=Raw(payload)))
    _, found = capture.load([b'{"format":1,"run":"r","recorder":"x"}\n', line])
    assert next(found).payload == payload


def test_a_malformed_line_of_an_older_capture_is_found_by_file_and_line(newer):
    """Damage is told the same way before and after conversion."""
    assert refused(HEADER, b"[]\n").startswith("run.jsonl:2: malformed event: ")


def test_pieces_are_the_lines_of_a_capture():
    """Made at once they are what they are line by line, however many and however long."""
    events = [frame(b'"' + b"x" * size + b'"') for size in (1, capture.PIECE, 7, 3)] * 3
    made = list(capture.pieces(events))
    assert b"".join(made) == b"".join(map(capture.dump, events))
    assert len(made) > 3


def test_single_lines_are_read_by_the_header_of_their_capture():
    """In any order; what is malformed is named by the number that is given."""
    lines = [
        capture.dump(item) for item in (Header(format=1, run="a", recorder="0"), Note(text="one"), Note(text="two"))
    ]
    reader = capture.Reader(lines[0], "run.jsonl")
    assert reader.header == capture.load(lines)[0]
    assert [reader.event(lines[at], at + 1).text for at in (2, 1, 2)] == ["two", "one", "two"]
    assert [event.text for event in reader.events(lines[1:], 2)] == ["one", "two"]
    with pytest.raises(InputError, match=r"run\.jsonl:7: malformed event"):
        reader.event(b"{}\n", 7)


def test_the_marks_in_events_are_found_wherever_they_stand():
    """Each as often as it is there."""
    said = capture.frame('{"id":1,"params":["«token 1»","as «token 1»"]}'.encode(), session=1, direction="to_node")
    headers = [("Authorization", "Bearer «token 2»")]
    events = [Opened(session=1, party="a", url="ws://n/?key=«key 1»", headers=headers), said]
    assert sorted(capture.marks_in(events)) == ["«key 1»", "«token 1»", "«token 1»", "«token 2»"]
