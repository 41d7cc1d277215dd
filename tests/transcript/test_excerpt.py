"""Excerpts: what is cut, shown, left out, and named, in whatever a template prints."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import FORMAT, frame
from recorder.errors import InputError
from recorder.model import Closed, Frame, Header, Note, Opened
from recorder.rules import PathPattern
from recorder.timeline.annotating import Annotations
from recorder.transcript import Excerpt, views
from recorder.transcript.aliases import Aliases
from recorder.transcript.excerpt import Cutting
from recorder.transcript.template import Template

HEADER = Header(format=FORMAT, run="r", recorder="0")
ID = "c7b1d6f0-1f0e-4d58-9c55-0d9e2d5a1b3c"
LONG = "tx_+L0LAfhCuEAhIHCoITw4uzPEXDXUZU" * 40


def places(*paths):
    """Paths as they are given to a command."""
    return tuple(map(PathPattern, paths))


def cut(payload, aliases=None, **excerpt):
    """What is shown of a payload."""
    whole = frame(
        payload if isinstance(payload, bytes) else json.dumps(payload).encode(), session=1, direction="to_node"
    )
    return Cutting(Excerpt(**excerpt), aliases).event(whole).payload


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (LONG, "tx_+L0LAfhCu…"),
        (ID, "c7b1d6f0-1f0…"),
        ("0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1", "0x90f8bf6a47…"),
        (f"of {ID}, again", "of c7b1d6f0-1f0…, again"),
        ("channels.sign.withdraw_tx", "channels.sign.withdraw_tx"),
        ("a sentence that somebody may read", "a sentence that somebody may read"),
        ("https://node.example/a/long/path", "https://node.example/a/long/path"),
        ("short", "short"),
        (f"line\n{ID}\u0001{ID}", "line\nc7b1d6f0-1f0…\u0001c7b1d6f0-1f0…"),
    ],
)
def test_what_only_machines_read_is_cut(value, shown):
    """Words, methods and URLs are not, nor names of members."""
    assert json.loads(cut({"x": value, LONG: [value]}, elide=12)) == {"x": shown, LONG: [shown]}


def test_numbers_keep_every_digit_when_texts_are_cut():
    """What is left is as it was on the wire."""
    payload = b'{"a": 1.50e0, "b": 123456789012345678901234567890123456789, "a": "\\u00e9"}'
    assert cut(payload, elide=4) == payload


def test_parameters_of_a_url_are_cut_one_by_one():
    """Its address and its names are left; so are those of notes."""
    opened = Opened(session=1, party="a", url=f"ws://localhost:3014/channel?existing_channel_id=ch_{ID}&role=initiator")
    cutting = Cutting(Excerpt(elide=8))
    assert cutting.event(opened).url == "ws://localhost:3014/channel?existing_channel_id=ch_c7b1d…&role=initiator"
    assert cutting.event(Note(text=f"see {ID}")).text == "see c7b1d6f0…"
    assert cutting.event(Closed(session=1, reason=ID)).reason == "c7b1d6f0…"


MESSAGE = {"id": 1, "result": {"a": 1, "logsBloom": "0x0", "list": [{"a": 2, "b": 3}, {"b": 4}], "x.y": 5}}


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("logsBloom", {"id": 1, "result": {"a": 1, "list": [{"a": 2, "b": 3}, {"b": 4}], "x.y": 5}}),
        ("a", {"id": 1, "result": {"logsBloom": "0x0", "list": [{"b": 3}, {"b": 4}], "x.y": 5}}),
        ("$.id", {"result": MESSAGE["result"]}),
        ("list[0]", {"id": 1, "result": {"a": 1, "logsBloom": "0x0", "list": [{"b": 4}], "x.y": 5}}),
        ("list[*].b", {"id": 1, "result": {"a": 1, "logsBloom": "0x0", "list": [{"a": 2}, {}], "x.y": 5}}),
        ('result["x.y"]', {"id": 1, "result": {"a": 1, "logsBloom": "0x0", "list": MESSAGE["result"]["list"]}}),
        ("$.a", MESSAGE),
    ],
)
def test_what_is_dropped_is_gone(path, left):
    """By the paths of rules, at any depth or from the top; in a batch too."""
    assert json.loads(cut(MESSAGE, drop=places(path))) == left
    assert json.loads(cut([MESSAGE], drop=places(path)))[0] == (MESSAGE if path.startswith("$") else left)


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["result.a"], {"result": {"a": 1}}),
        (["b"], {"result": {"list": [{"b": 3}, {"b": 4}]}}),
        (["$.id", "list[1]"], {"id": 1, "result": {"list": [{"b": 4}]}}),
        (["nowhere"], {}),
    ],
)
def test_what_is_shown_is_left_with_what_leads_there(paths, left):
    """Nothing else is."""
    assert json.loads(cut(MESSAGE, show=places(*paths))) == left


def test_something_may_be_dropped_of_what_is_shown():
    """Both count."""
    assert json.loads(cut(MESSAGE, show=places("list"), drop=places("b"))) == {"result": {"list": [{"a": 2}, {}]}}


def test_a_path_at_which_nothing_is_can_be_told():
    """It may be misspelt."""
    cutting = Cutting(Excerpt(show=places("result", "none"), drop=places("logsBlom")))
    cutting.event(frame(json.dumps(MESSAGE).encode(), session=1, direction="to_node"))
    assert [place.text for place in cutting.missed] == ["none", "logsBlom"]


def test_what_is_no_path_is_refused():
    """In the words of a rule's."""
    with pytest.raises(InputError, match="write dots between names"):
        PathPattern("a..b[")


@pytest.mark.untraced
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_an_excerpt_is_json(value):
    """Whatever the message holds."""
    payload = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    json.loads(
        cut(
            payload,
            elide=1,
            drop=places("a", "**[0]"),
            show=places("b", "*"),
            aliases=Aliases([("0", "x"), ("u001f000", "y")]),
        )
    )


@pytest.mark.parametrize("payload", [b"\xff\x00", b"", b"{not json", b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_what_is_no_message_passes_whole(payload):
    """Or what is nested deeper than anybody looks."""
    assert cut(payload, elide=5, drop=places("a")) == payload


def test_meaning_and_words_are_of_the_whole_message():
    """What is left out of the JSON is still said; what is said has aliases and cuts as well."""
    said = {"id": 1, "method": "m", "params": {"token": ID, "x": 1}}
    events = [
        Opened(session=1, party="a", url="ws://n/"),
        frame(json.dumps(said).encode(), session=1, direction="to_node"),
    ]
    cutting = Cutting(Excerpt(drop=places("params")), Aliases([(ID, "token")]))
    items = views(HEADER, events, annotations=Annotations("generic"), cutting=cutting)
    assert "| a | `--->` | m | calls m, token «token», x 1 |" in "".join(Template("table").render(HEADER, items))


def test_an_own_template_gets_excerpts_of_all_that_an_annotation_holds():
    """Lists and objects in it, however deep."""

    class Part:
        def __init__(self):
            self.names, self.table, self.number = (ID,), {ID: [ID]}, 7

        def __str__(self):
            return ID

    shown = Cutting(Excerpt(elide=4)).meaning(SimpleNamespace(items=[Part()])).items[0]
    assert (shown.names, shown.table, shown.number, str(shown)) == (["c7b1…"], {"c7b1…": ["c7b1…"]}, 7, "c7b1…")


def test_frames_of_bytes_that_are_text_are_excerpts_too():
    """Language servers answer in such."""
    whole = Frame(session=1, direction="from_node", opcode="binary", binary=json.dumps(MESSAGE).encode())
    assert b"logsBloom" not in Cutting(Excerpt(drop=places("logsBloom"))).event(whole).payload
