"""A list as something to keep: what `recorder render` makes of it."""

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
    """Exports a capture's events."""

    def make(events):
        shown = source(events)
        return Exports(shown, Rows(shown))

    return make


def whole(exports, form, numbers):
    """A file, as it is downloaded."""
    return b"".join(exports.pieces(FORMATS[form], numbers))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_all_of_a_capture_is_what_render_makes_of_it(path):
    """In every format; the capture is the file itself."""
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
    """With who said it, though the openings are not in it."""
    path = written(traffic())
    numbers = [2, 3, 10]
    expected = "".join(render(load(path), selection=Selection(lines=frozenset({4, 5, 12}))))
    assert whole(exports(path), "markdown", numbers).decode() == expected
    assert expected.count("alice --->") == 2


def test_a_part_of_a_capture_has_its_openings(exports, tmp_path):
    """So that it can be read as any other."""
    kept = tmp_path / "part.jsonl"
    kept.write_bytes(whole(exports(traffic()), "capture", [5, 13]))
    with Capture(kept) as capture:
        events = [*capture]
    assert [type(event) for event in events] == [Opened, Frame, Opened, Frame]
    assert [event.party for event in events if isinstance(event, Opened)] == ["alice", "bob"]


def test_nothing_is_exported_of_nothing(exports):
    """But the header."""
    assert whole(exports(traffic()), "capture", []).count(b"\n") == 1
    assert whole(exports(traffic()), "markdown", []) == b""


def test_a_diagram_knows_whose_event_each_step_is(exports):
    """With the lifelines of those in it, whatever the selection."""
    drawn = exports(traffic()).diagram([2, 3, 5])
    (picture,) = drawn["pictures"]
    assert (picture["names"], picture["rows"], drawn["cut"]) == (["alice", "node"], 3, False)
    assert [(place["n"], place["kind"], place["style"]) for place in picture["places"]] == [
        (2, "arrow", "call"),
        (3, "arrow", "answer"),
        (5, "arrow", "error"),
    ]


def test_a_diagram_has_an_end(exports):
    """And says that there is more."""
    found = exports([said({"id": n, "method": f"m{n}"}, n) for n in range(MOST_FRAMES + 10)])
    drawn = found.diagram(found.drawable(range(MOST_FRAMES + 10)))
    assert (sum(picture["rows"] for picture in drawn["pictures"]), drawn["cut"]) == (MOST_FRAMES, True)
    assert exports([]).diagram([]) == {"pictures": [], "cut": False}


def test_pings_are_not_drawn(exports):
    """They would fill it."""
    ping = Frame(session=1, direction="to_node", opcode="ping", binary=b"")
    assert exports([ping, *traffic()]).drawable(range(4)) == [1, 2, 3]
