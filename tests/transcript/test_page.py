"""A page of a transcript: what is on it, and that nothing which was said becomes a part of it."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest
from hostile import HOSTILE, everywhere, rendered
from hypothesis import given
from hypothesis import strategies as st

import recorder
from recorder.model import Frame
from recorder.transcript import Excerpt, data_folder
from recorder.transcript.view import FrameView

NAMES = {"class", "id", "href", "for", "type", "name", "role", "content", "http-equiv", "charset", "lang"}
"""Attributes that do something; others are words and sizes."""


class Structure(HTMLParser):
    """The elements of a page, with what their attributes do, and the texts of its blocks."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.blocks, self._in = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Of an element, all that may do something."""
        self.elements.append((tag, *((name, value if name in NAMES else "") for name, value in attrs)))
        self._in = tag
        if tag == "pre":
            self.blocks.append("")

    def handle_endtag(self, tag):
        """Of an element."""
        self.elements.append((f"/{tag}",))
        self._in = ""

    def handle_data(self, data):
        """A text."""
        if self._in == "pre":
            self.blocks[-1] += data

    def handle_comment(self, data):
        """No page has any."""
        self.elements.append(("comment", data))


HARMLESS = Structure(rendered("harmless", "html")).elements


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_said_is_text(text):
    """In each place where an end or a user may put something, it changes no element and no attribute that does a thing."""
    assert Structure(rendered(text, "html")).elements == HARMLESS


@given(st.text(min_size=1) | st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3).map("".join))
def test_any_text_is_text(text):
    """Whatever anybody thinks of."""
    assert Structure(rendered(text, "html")).elements == HARMLESS


@pytest.mark.parametrize("text", HOSTILE)
def test_a_payload_is_shown_to_the_letter(text):
    """What stands in a block is what a transcript shows."""
    _header, events = everywhere(text)
    bodies = [FrameView(event, 1, "", "", "").body for event in events if isinstance(event, Frame)]
    blocks = Structure(rendered(text, "html")).blocks
    assert [block for block in blocks if block in bodies] == bodies


@pytest.fixture(scope="module")
def page():
    """That of a recorded example."""
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        return "".join(recorder.render(capture, "html"))


def test_a_page_asks_for_nothing(page):
    """One file, and no network: it has no element that loads something, and its links lead into it."""
    elements = Structure(page).elements
    assert not {"img", "link", "iframe", "object", "embed", "base", "form", "audio", "video"} & {
        one[0] for one in elements
    }
    assert [one for one in elements if any(name in {"src", "style", "xlink:href"} for name, _value in one[1:])] == []
    links = [value for one in elements for name, value in one[1:] if name == "href"]
    ids = {value for one in elements for name, value in one[1:] if name == "id"}
    assert links
    assert all(link.startswith("#") and link[1:] in ids for link in links)


def test_a_pages_policy_lets_its_own_script_and_style_run_and_nothing_else(page):
    """By their hashes; whatever else got into it would not run."""
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules.pop("default-src") == rules.pop("base-uri") == rules.pop("form-action") == "'none'"
    for name in ("script", "style"):
        (own,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert rules.pop(f"{name}-src") == f"'sha256-{digest}'"
    assert rules == {}


def test_a_page_has_contents_sentences_views_and_a_diagram(page):
    """By scenario; each frame folded to its sentence."""
    assert re.findall(r'<a href="#(s\d)"><span>(.*?)</span><small>(\d+)</small>', page) == [
        ("s0", "Frames", "2"),
        ("s1", "two_withdrawals", "24"),
    ]
    assert page.count('<details class="event ') == 22
    assert '<span class="says">signs a withdrawal of 1 aetto, round 2</span>' in page
    assert '<pre class="decoded">params.data.signed_tx: signed_tx (tag 11, version 1)' in page
    assert page.count("<svg ") == 2
    assert "<title>signs a withdrawal of 1 aetto, round 2</title>" in page


def test_a_page_of_nothing_says_so():
    """Rather than to be empty."""
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        text = "".join(recorder.render(capture, "html", recorder.transcript.Selection(frozenset({"nobody"}))))
    assert "Nothing was recorded." in text


def test_a_pages_legend_is_on_the_page():
    """As its last section."""
    with recorder.load(data_folder("transcripts") / "two_withdrawals.jsonl") as capture:
        text = "".join(recorder.render(capture, "html", excerpt=Excerpt(alias=True)))
    assert "<dt>«initiator»</dt><dd><code>ak_2MJU325LQVfAu36vjGvdVpVgiCDbjRsMAjHZc7ahzuLZHTjWYS</code></dd>" in text
    assert text.count("ak_") == 2


def test_an_own_template_of_a_page_is_escaped(tmp_path):
    """By its name, `.html.j2`; a Markdown one is not."""
    for name, shown in (("own.html.j2", "&lt;b&gt;"), ("own.j2", "<b>")):
        (tmp_path / name).write_text("{{ '<b>' }}")
        with recorder.load(data_folder("transcripts") / "inventory.jsonl") as capture:
            assert "".join(recorder.render(capture, str(tmp_path / name))) == shown
