"""Transcripts read back: the same events, whatever the payloads hold. Literals and generated events only."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import parse

from recorder.capture import FORMAT, frame, is_json
from recorder.errors import InputError
from recorder.interchange.markdown import is_heading
from recorder.model import Closed, Header, Note, Opened, Refused
from recorder.transcript import views
from recorder.transcript.template import Template

HEADER = Header(format=FORMAT, run="r", recorder="0", profile="aeternity", info="noted")
FORMS = {name: Template(name) for name in ("transcript", "timestamped")}
HUNDREDTH = 10_000_000

PARTIES = st.sampled_from(["initiator", "responder", "client-3", "a party", "info"])
NASTY = st.text(st.one_of(st.sampled_from("`# \n\r\u2028\x85>-<{}[]\"'~é"), st.characters(codec="utf-8")), max_size=60)
SECTIONS = st.sampled_from(
    ["#### initiator ---> node", "```", "````javascript", "#### x info\n> y", "```\n\n#### a info"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NASTY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.one_of(
    JSON.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()),
    JSON.map(lambda value: json.dumps(value, indent=1).encode()),
    NASTY.map(str.encode),
    SECTIONS.map(str.encode),
    st.binary(max_size=30),
)
TIMES = st.integers(1, 250_000_000_000_000).map(
    lambda hundredths: hundredths * HUNDREDTH // 1000 // HUNDREDTH * HUNDREDTH
)
DIRECTIONS = st.sampled_from(["to_node", "from_node"])
NOTES = st.lists(NASTY.map(lambda text: text.replace("\n", " ")), min_size=1, max_size=3).map("\n".join)


def lines(text):
    """The lines of a text, as a file gives them that translates no newlines."""
    return [f"{line}\n" for line in text.split("\n")]


def read(text, **how):
    """The events of a transcript."""
    return list(parse(lines(text), "aeternity", **how))


def rendered(events, form="transcript"):
    """The transcript of these events."""
    return "".join(FORMS[form].render(HEADER, views(HEADER, events)))


def compact(payload):
    """What a transcript keeps of a payload: JSON but for its whitespace, anything else as it is."""
    return msgspec.json.format(payload, indent=-1) if is_json(payload) else payload


@pytest.mark.untraced
@given(st.lists(st.tuples(PARTIES, DIRECTIONS, PAYLOADS), max_size=6))
def test_every_payload_comes_back(frames):
    """Backticks, headings, carriage returns, line separators, bytes: what was said is what is read."""
    numbers = {party: number for number, party in enumerate(dict.fromkeys(party for party, *_ in frames), 1)}
    opened = [Opened(session=number, party=party, url="ws://n/") for party, number in numbers.items()]
    sent = [frame(payload, session=numbers[party], direction=direction) for party, direction, payload in frames]
    text = rendered([*opened, *sent])
    back = [event for event in read(text) if not isinstance(event, Opened)]
    assert [(event.session, event.direction, compact(event.payload)) for event in back] == [
        (event.session, event.direction, compact(event.payload)) for event in sent
    ]
    assert rendered(read(text)) == text


@given(PARTIES | st.just(""), NOTES, TIMES)
def test_every_note_comes_back(party, text, time):
    """Notes of several lines, of a party or of nobody, keep their time in the older form."""
    note = Note(party=party, text=text, time=time)
    assert read(rendered([note])) == [Note(party=party, text=text)]
    assert read(rendered([note], "timestamped")) == [note]


@given(PARTIES, TIMES, PAYLOADS)
def test_times_come_back_from_the_older_form(party, time, payload):
    """To the hundredth of a second, for every kind of event."""
    events = [
        Opened(session=1, party=party, url="ws://n/?role=initiator", time=time),
        frame(payload, session=1, direction="from_node", time=time),
        Closed(session=1, time=time, code=1000),
    ]
    text = rendered(events, "timestamped")
    back = read(text)
    assert [(type(event), event.time) for event in back] == [(type(event), time) for event in events]
    assert rendered(back, "timestamped") == text


@given(PARTIES, TIMES, st.sampled_from([400, 401, 429, 500, 503, 599]), NASTY)
def test_refusals_come_back_from_the_older_form(party, time, status, said):
    """Of a handshake, and of a call."""
    events = [
        Refused(time=time, status=status, url="ws://n/x", party="" if party == "a party" else party),
        Opened(session=1, party=party, url="http://n/", time=time),
        frame(said.encode(), session=1, direction="from_node", exchange=1, status=status, time=time),
    ]
    text = rendered(events, "timestamped")
    back = read(text)
    handshake, refused = back[0], back[-1]
    assert handshake == events[0]
    assert (refused.status, refused.time, refused.direction) == (status, time, "from_node")
    assert rendered(back, "timestamped") == text


def test_openings_give_party_role_and_url():
    """The role is the URL's, read by the profile."""
    assert read("\n#### alice opens a WebSocket connection\n```\nws://n/channel?role=responder\n```\n") == [
        Opened(session=1, party="alice", role="responder", url="ws://n/channel?role=responder")
    ]


def test_frames_belong_to_the_session_their_party_opened_last():
    """When that closes, to the one before."""
    opens = "#### a opens a WebSocket connection\n```\nws://n/\n```\n"
    said, closes = "#### a ---> node\n```javascript\n1\n```\n", "#### a closes WebSocket connection\n"
    events = read(opens + opens + said + closes + said + closes)
    assert [event.session for event in events] == [1, 2, 2, 2, 1, 1]


def test_frames_belong_to_the_session_of_their_channel():
    """A channel's last words may come when its party has opened the next one; it is then the old session that ends."""

    def says(channel):
        return f'#### a <--- node\n```javascript\n{{\n  "channel_id": {channel}\n}}\n```\n'

    opens, asks = (
        "#### a opens a WebSocket connection\n```\nws://n/\n```\n",
        "#### a ---> node\n```javascript\n1\n```\n",
    )
    closes, one, two, none = "#### a closes WebSocket connection\n", says('"ch_1"'), says('"ch_2"'), says("null")
    events = read(opens + one + opens + none + one + two + one + asks + closes + asks + two + closes)
    assert [event.session for event in events] == [1, 1, 2, 2, 1, 2, 1, 2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "section", ["#### a ---> node\n```javascript\n1\n```\n", "#### a closes WebSocket connection\n"]
)
def test_a_party_that_was_connected_before_gets_a_session_without_a_url(section):
    """A document may begin inside a session; rendering it again prints no opening."""
    events = read(section)
    assert events[0] == Opened(session=1, party="a")
    assert rendered(events) == f"\n{section}"


def test_number_lexemes_and_key_order_stay():
    """1.50 is not 1.5, and a document's order is its meaning."""
    text = '\n#### a ---> node\n```javascript\n{\n  "b": 1.50,\n  "a": 1e2,\n  "a": 12345678901234567890123\n}\n```\n'
    assert rendered(read(text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#### a ---> node\n```javascript\n{'a': 1}\n```\n", "t.md:1: this block is not JSON"),
        ("\n#### a ---> node\n```javascript\n[ 1 ]\n```\n", "t.md:2: this block is not in the documents' form"),
        ("#### a ---> node\n```\n[1]\n```\n", "t.md:1: this block is not in the documents' form"),
        ("#### a ---> alice\n```\nx\n```\n", "t.md:1: rendering will write `node` for the other end"),
        ("#### a closes WebSocket connection\n```\n```\n", "t.md:1: rendering will write no code block"),
    ],
)
def test_what_will_not_render_to_the_same_bytes_is_said(text, words):
    """Import reads it, and warns with the line."""
    warnings = []
    assert read(text, file="t.md", warn=warnings.append)
    assert len(warnings) == 1
    assert words in warnings[0]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n# A title\n", 2, "belongs to no section"),
        ("#### a ---> node\n```\nx\n", 1, "is not closed"),
        ("#### a ---> node\nx\n", 1, "needs one code block"),
        ("#### a ---> node\n", 1, "needs one code block"),
        ("#### a ---> node\n```\n", 1, "is not closed"),
        ("#### a ---> node\n```\n1\n```\ntext\n", 5, "needs one code block"),
        ("#### a ---> node\n```\n1\n```\n\n#### a ----> node\n```\n2\n```\n", 6, "needs one code block"),
        ("#### a opens a WebSocket connection\n```\nws://n/\n```\n```\n2\n```\n", 5, "needs one code block"),
        ("\n\n#### a opens a WebSocket connection\n", 3, "needs one code block"),
        ("#### a info\n\n", 1, "needs a line that begins with `> `"),
        ("#### a info\nno quote\n", 1, "holds lines that begin with `> `"),
        ("#### a ---> node\n```base64\n!\n```\n", 1, "is not base64"),
        ("#### a closes WebSocket connection\n\ntext\n", 1, "the end of a session has no text"),
        ("#### a closes WebSocket connection\n```\n1\n```\n", 1, "the end of a session has no text"),
        ("###### a info (2019-99-99 10:00:00)\n> x\n", 1, "not a valid time: 2019-99-99"),
        ("###### a info (9999-01-01 10:00:00)\n> x\n", 1, "not a valid time: 9999-01-01"),
    ],
)
def test_what_is_no_transcript_is_an_error_with_its_line(text, line, words):
    """Nothing is skipped in silence."""
    with pytest.raises(InputError) as caught:
        read(text, file="t.md")
    assert (caught.value.file, caught.value.line) == ("t.md", line)
    assert words in str(caught.value)


def test_an_empty_document_is_an_empty_capture():
    """No sections, no events."""
    assert read("") == []
    assert read("\n\n") == []


FIRST = """
#### initiator init (2018-10-24 12:53:09.447)
```
ws://localhost:3014/channel?role=initiator
```

#### initiator <--- (2018-10-24 12:53:09.9)
```javascript
{
  "method": "told"
}
```

##### initiator ---> (2018-10-24 12:53:09.30)
```javascript
{
  "method": "asked"
}
```

#### initiator: (2018-10-24 12:53:10)
> It is over
"""


def test_the_first_documents_had_other_words():
    """An opening, arrows without a name, a note; milliseconds stand without their zeros."""
    opened, told, asked, noted = read(FIRST)
    second = 1540385589_000_000_000
    assert (opened.time, opened.party, opened.role) == (second + 447_000_000, "initiator", "initiator")
    assert (told.time, told.direction, told.payload) == (second + 9_000_000, "from_node", b'{"method":"told"}')
    assert (asked.time, asked.direction) == (second + 30_000_000, "to_node")
    assert noted == Note(time=second + 1_000_000_000, party="initiator", text="It is over")


def test_their_words_without_a_time_are_no_headings():
    """Other documents have such headings."""
    assert [is_heading(line) for line in FIRST.splitlines() if line.startswith("#")] == [True] * 4
    others = ["#### git init", "## Note:", "### a --->", "### client <---", "#### x: (2018)"]
    assert [is_heading(line) for line in others] == [False] * 5
