"""Marks of secrets: any value may stand for one in a document, and none is written into a document."""

import pytest
from recorded import Captures, call, fenced, recordings, said

from recorder.documents import check
from recorder.documents.masks import in_json, placeholders, stands_for
from recorder.documents.placing import place
from recorder.documents.reading import read
from recorder.documents.updating import update

EVENTS = [
    *said(
        (">", call("login", {"password": "«password 1»"}, id=1)),
        (">", call("auth", ["token:«secret 1»", "«pin 1»"], id=2)),
        url="ws://node/v1/«key 1»/rpc?name=ada&apiKey=«api key 1»",
        party="ada",
    )
]
SOURCE = Captures(**{"run.jsonl": EVENTS})
RECORDED = recordings(EVENTS)

STAND = {
    ("«password 1»", '"hunter2"'): True,
    ("«password 1»", '"hun..."'): True,
    ("«password 1»", "1234"): True,
    ("«password 1»", "null"): False,
    ("«password 1»", '{"a": 1}'): False,
    ("token:«secret 1»", '"token:x"'): True,
    ("token:«secret 1»", '"tok...x"'): True,
    ("token:«secret 1»", '"...secret"'): True,
    ("token:«secret 1»", '"tokn:x"'): False,
    ("token:«secret 1»", '"tokn..."'): False,
    ("token:«secret 1»", "7"): False,
    ("plain", '"other"'): False,
    (7, "7"): False,
}


@pytest.mark.parametrize("case", STAND)
def test_what_stands_for_a_mark(case):
    """Any text or number for a mark alone; what stands around a mark counts."""
    recorded, written = case
    assert stands_for(recorded, read(written).node) == STAND[case]


def test_placeholders_say_what_is_meant():
    """As documents write them; nothing else in guillemets is one."""
    assert placeholders("a «api key 12», «twice» and «token 1»") == "a <api-key>, «twice» and <token>"
    assert in_json('{"a": "«x", "b": "y 1»", "«c 1»": 1}'.encode()) == '{"a": "«x", "b": "y 1»", "<c>": 1}'.encode()


TRUE = {
    "a call": (call("login", {"password": "hunter2"}, id=1), "json", "method=login"),
    "a number": (call("auth", ["token:mine", 1234], id=2), "json", "method=auth"),
    "a URL": ('new WebSocket("wss://x/v1/k-77/rpc?name=ada&apiKey=secret")', "js", "method=opening"),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_was_masked_may_be_anything(name):
    """With a pin and without; an update leaves it."""
    text, language, pin = TRUE[name]
    for comment in (f"<!-- recorder: run.jsonl {pin} -->", ""):
        document = fenced(text, language, comment)
        assert [one.verdict for one in check(document, "g.md", RECORDED, SOURCE)] == ["true"]
        assert update(document, "g.md", RECORDED, SOURCE).text == document


def test_what_a_document_gives_in_place_of_a_secret_stays_when_it_is_pinned():
    """Values of another run become those of the frame, and a mark is none."""
    document = fenced(call("login", {"password": "hunter2"}, id=9))
    url = fenced('new WebSocket("wss://x/v1/k/rpc?name=ada&apiKey=KEY")', "js")
    placed = place(document + url, "g.md", RECORDED, SOURCE, {"run1.jsonl": "run.jsonl"}, values=True)
    assert len(placed.pinned) == 2
    assert '"password": "hunter2"' in placed.text
    assert '"id": 1' in placed.text
    assert "apiKey=KEY" in placed.text


WRITTEN = {
    "a member": (call("login", {}, id=1), "method=login", '"password": "<password>"'),
    "an empty block": ("", "method=auth", '"token:<secret>",'),
    "what stands around": (call("auth", ["tokn:x...", 1], id=2), "method=auth", '"token:<secret>"'),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_mark_is_written_as_a_placeholder(name):
    """Which the next check finds true."""
    text, pin, written = WRITTEN[name]
    found = update(fenced(text, before=f"<!-- recorder: run.jsonl {pin} -->"), "g.md", RECORDED, SOURCE)
    assert (written in found.text, found.left) == (True, [])


def test_an_example_without_a_pin_gets_no_mark():
    """As one with a pin."""
    found = update(fenced(call("login", id=1)), "g.md", RECORDED, SOURCE)
    assert ('"password": "<password>"' in found.text, found.left) == (True, [])


def test_a_url_gets_no_mark():
    """What stands around it is written as URLs have it."""
    source = Captures(**{"run.jsonl": [*said(url="ws://n/c?key=a%20«api key 1»%2Bb")]})
    document = fenced("$ wscat -c 'ws://h/c?key=x'", "sh", "<!-- recorder: run.jsonl method=opening -->")
    found = update(document, "g.md", RECORDED, source)
    assert (found.text, found.left) == (document.replace("key=x", "key=a%20<api-key>%2Bb"), [])
