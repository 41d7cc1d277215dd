"""Exports of a list: the same as `recorder render` makes."""

import pytest
from viewing import said, traffic

from recorder.api import load, render
from recorder.interchange.files import Capture
from recorder.live.exporting import FORMATS, MOST_FRAMES, Exports
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.model import Frame, Opened
from recorder.transcript import Selection, data_folder

RECORDED = sorted(data_folder("transcripts").glob("*.jsonl"))


@pytest.fixture
def exports(source):
    """Makes the exports of a capture with these events."""

    def make(events):
        shown = source(events)
        return Exports(shown, Rows(shown))

    return make


def whole(exports, form, numbers):
    """The whole exported file."""
    return b"".join(exports.pieces(FORMATS[form], numbers))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_all_of_a_capture_is_what_render_makes_of_it(path):
    """Each format of the whole capture equals the output of `render`; the capture format equals the file."""
    shown = Source(str(path))
    while shown.turn():
        pass
    exported = Exports(shown, Rows(shown))
    everything = range(len(shown.index))
    assert whole(exported, "capture", everything) == path.read_bytes()
    for name, form in FORMATS.items():
        if form.template:
            assert whole(exported, name, everything).decode() == "".join(render(load(path), form.template))
    shown.close()


def test_a_selection_is_what_render_makes_of_it(exports, written):
    """A selection equals the output of `render`, with the names of parties."""
    path = written(traffic())
    numbers = [2, 3, 10]
    expected = "".join(render(load(path), selection=Selection(lines=frozenset({4, 5, 12}))))
    assert whole(exports(path), "markdown", numbers).decode() == expected
    assert expected.count("alice --->") == 2


def test_a_part_of_a_capture_has_its_openings(exports, tmp_path):
    """A part of a capture is a valid capture, with the openings of its sessions."""
    kept = tmp_path / "part.jsonl"
    kept.write_bytes(whole(exports(traffic()), "capture", [5, 13]))
    with Capture(kept) as capture:
        events = [*capture]
    assert [type(event) for event in events] == [Opened, Frame, Opened, Frame]
    assert [event.party for event in events if isinstance(event, Opened)] == ["alice", "bob"]


def test_nothing_is_exported_of_nothing(exports):
    """An empty selection exports only the header."""
    assert whole(exports(traffic()), "capture", []).count(b"\n") == 1
    assert whole(exports(traffic()), "markdown", []) == b""


def test_a_diagram_knows_whose_event_each_step_is(exports):
    """Each step of a diagram has the number of its event, and its party a lifeline."""
    drawn = exports(traffic()).diagram([2, 3, 5])
    (picture,) = drawn["pictures"]
    assert (picture["names"], picture["rows"], drawn["cut"]) == (["alice", "node"], 3, False)
    assert [(place["n"], place["kind"], place["style"]) for place in picture["places"]] == [
        (2, "arrow", "call"),
        (3, "arrow", "answer"),
        (5, "arrow", "error"),
    ]


def test_a_diagram_marks_a_call_without_an_answer(exports):
    """Even if no event behind it is drawn; a call whose answer is not drawn is not marked."""
    (picture,) = exports(traffic()).diagram([2, 10])["pictures"]
    assert [(place["n"], place["open"]) for place in picture["places"]] == [(2, False), (10, True)]


def test_a_diagram_has_an_end(exports):
    """A long diagram is cut, and says so."""
    found = exports([said({"id": n, "method": f"m{n}"}, n) for n in range(MOST_FRAMES + 10)])
    drawn = found.diagram(found.drawable(range(MOST_FRAMES + 10), 0, MOST_FRAMES + 1))
    assert (sum(picture["rows"] for picture in drawn["pictures"]), drawn["cut"]) == (MOST_FRAMES, True)
    assert exports([]).diagram([]) == {"pictures": [], "cut": False}


def test_pings_are_not_drawn(exports):
    """Control frames are not drawn."""
    ping = Frame(session=1, direction="to_node", opcode="ping", binary=b"")
    assert exports([ping, *traffic()]).drawable(range(4), 0, 9) == [1, 2, 3]
