"""The Python interface: what the README promises, lazily."""

import pytest

import recorder
from recorder.capture import FORMAT, dump, frame
from recorder.errors import InputError
from recorder.model import Header, Note, Opened
from recorder.transcript import Selection

EVENTS = [
    Opened(session=1, party="a", url="ws://n/"),
    Opened(session=2, party="b", url="ws://n/"),
    Note(text="of nobody"),
    frame(b"1", session=1, direction="to_node"),
    Note(text="of b", party="b"),
]


@pytest.fixture
def capture(tmp_path):
    """A capture of two parties on disk."""
    header = Header(format=FORMAT, run="r", recorder="0", profile="aeternity")
    (tmp_path / "run.jsonl").write_bytes(b"".join(map(dump, (header, *EVENTS))))
    with recorder.load(tmp_path / "run.jsonl") as opened:
        yield opened


def test_a_capture_is_its_header_and_its_events(capture):
    """Iterated over as often as one likes."""
    assert capture.header.profile == "aeternity"
    assert list(capture) == list(capture) == EVENTS


def test_a_capture_may_be_read_twice_at_once(capture):
    """Two readers do not disturb each other."""
    assert all(one == other for one, other in zip(capture, capture, strict=True))


def test_rendering_takes_template_and_selection(capture):
    """The same parts that the command has options for."""
    assert "".join(recorder.render(capture)).count("####") == 5
    chosen = "".join(recorder.render(capture, "timestamped", Selection(parties=frozenset({"b"}))))
    assert chosen.count("###### ") == 3


def test_a_split_gives_each_session_its_own_and_what_is_nobodys(capture):
    """Notes follow their party; those of nobody are in all."""
    texts = {name: "".join(pieces) for name, pieces in recorder.render_split(capture, "session")}
    assert list(texts) == ["1-a", "2-b"]
    assert ["of nobody" in text for text in texts.values()] == [True, True]
    assert ["of b" in text for text in texts.values()] == [False, True]


def test_a_split_has_no_empty_transcripts(capture):
    """A session of which nothing was selected is not there."""
    chosen = recorder.render_split(capture, "session", selection=Selection(methods=("none",)))
    assert list(chosen) == []


def test_an_unknown_template_raises_before_anything_is_made(capture):
    """Not somewhere in the middle."""
    with pytest.raises(InputError):
        recorder.render(capture, "none")


def test_the_package_has_what_it_says_and_nothing_else():
    """A misspelt name is an AttributeError, as everywhere."""
    assert all(getattr(recorder, name) for name in recorder.__all__)
    with pytest.raises(AttributeError):
        _ = recorder.rendr
