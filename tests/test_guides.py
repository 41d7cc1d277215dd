"""Documents on disk, and the captures near them that their pins name."""

import shutil
from pathlib import Path

import pytest
from recorded import call, fenced, said

from recorder.api import load, render
from recorder.capture import dump, frame
from recorder.documents.coverage import coverage
from recorder.documents.pins import Pin, pinned
from recorder.errors import InputError
from recorder.guides import (
    Near,
    captures_of,
    check_documents,
    load_recordings,
    pin_document,
    pinned_captures,
    update_document,
)
from recorder.model import Closed, Header, Note, Scenario
from recorder.transcript import Selection, data_folder


@pytest.fixture
def guide(tmp_path):
    """A document with a capture in a folder beside its own."""
    capture = tmp_path / "captures" / "run.jsonl"
    capture.parent.mkdir()
    events = [
        *said((">", call("sum", {"a": 1, "b": [1, 2]}, id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "result": 3})),
        Scenario(name="end"),
        frame(b'{"jsonrpc": "2.0", "method": "tick"}', session=1, direction="from_node"),
    ]
    capture.write_bytes(b"".join(map(dump, [Header(format=2, run="x", recorder="0"), *events])))
    return tmp_path / "docs" / "guide.md"


def test_captures_are_found_from_the_documents_folder(guide):
    """Whatever the folder of the process; each is read once."""
    known = {}
    first = Near(guide, known).messages("../captures/run.jsonl")
    assert Near(guide.parent.parent / "x.md", known).messages("captures/run.jsonl") is first
    assert str(first[0].at) == f"{guide.parent.parent / 'captures' / 'run.jsonl'}:3"


def test_a_part_is_shown_as_transcripts_show_it(guide):
    """By the same paths; one that leads nowhere says so."""
    source = Near(guide)
    pin = Pin("../captures/run.jsonl", show=("params.b",))
    messages = pinned(pin, source.messages(pin.capture))
    assert source.excerpts(pin, messages) == [b'{"params":{"b":[1,2]}}']
    with pytest.raises(InputError, match=r"is at params\.c; correct the pin's show= or drop="):
        source.excerpts(Pin("x", drop=("params.c",)), messages)


def rendered(guide, text):
    """What a pin shows of a stretch."""
    return Near(guide).rendered(Pin.parse(f"../captures/run.jsonl {text}"))[0]


def test_a_stretch_is_rendered(guide):
    """As `recorder render` does; of lines, of a scenario, of a party or a method."""
    with load(guide.parent.parent / "captures" / "run.jsonl") as capture:
        whole = "".join(render(capture))
    assert rendered(guide, "as=transcript") == whole
    assert rendered(guide, "as=transcript to=3").count("```javascript") == 1
    assert rendered(guide, "as=transcript from=3 to=4").count("```javascript") == 2
    assert "--->" not in rendered(guide, "as=transcript from=4 to=5")
    assert rendered(guide, "as=transcript line=4") == rendered(guide, "as=transcript from=4 to=4")
    assert rendered(guide, "as=transcript method='result of sum' nth=1 line=4") == rendered(
        guide, "as=transcript line=4"
    )
    assert "tick" in rendered(guide, "as=transcript scenario=end")
    assert '"a"' not in rendered(guide, "as=transcript scenario=end")
    assert "jsonrpc" not in rendered(guide, "as=transcript show=params.b")


SCENARIOS = [
    Scenario(name="sums"),
    *said((">", call("lot.list", id=1)), ("<", {"jsonrpc": "2.0", "id": 1, "result": True})),
    Scenario(name="between"),
    Note(text="a pause"),
    Scenario(name="sums"),
    *[*said((">", call("lot.bid", id=2)), (">", call("other", id=3)), ("<", {"jsonrpc": "2.0", "id": 2, "result": 7}))][
        1:
    ],
    Closed(session=1, code=1000),
    Note(text="that was all"),
    Scenario(name="end"),
    Note(text="the end"),
]


@pytest.fixture
def scenarios(guide):
    """A document beside a capture of scenarios."""
    capture = guide.parent.parent / "captures" / "run.jsonl"
    capture.write_bytes(b"".join(map(dump, [Header(format=2, run="x", recorder="0"), *SCENARIOS])))
    return guide


def test_a_scenario_is_rendered_whole(scenarios):
    """With its opening, its closing and its notes, wherever it goes on; nothing of another one."""
    text = rendered(scenarios, "as=summary scenario=sums")
    assert [line.removeprefix("- ") for line in text.splitlines() if line] == [
        "client opens a connection",
        "client calls lot.list",
        "node answers client's lot.list: true",
        "client calls lot.bid",
        "client calls other",
        "node answers client's lot.bid: 7",
        "client's other has no answer",
        "client closes its connection",
        "info: that was all",
    ]
    assert rendered(scenarios, "as=summary scenario=end").strip() == "- info: the end"


@pytest.mark.parametrize("stretch", ["scenario=sums", "to=11", ""])
def test_calls_are_rendered_with_their_answers(scenarios, stretch):
    """As `recorder render --method` does, within a scenario and without; what is shown is covered."""
    pin = Pin.parse(f"../captures/run.jsonl as=summary method='lot.*' {stretch}")
    text, shown = Near(scenarios).rendered(pin)
    with load(scenarios.parent.parent / "captures" / "run.jsonl") as capture:
        assert text == "".join(render(capture, "summary", Selection(methods=("lot.*",))))
    assert [one.name for one in shown] == ["lot.list", "result of lot.list", "lot.bid", "result of lot.bid"]


@pytest.mark.parametrize("text", ["line=99", "from=99", "party=nobody", "method=mul", "scenario=x", "nth=9"])
def test_a_stretch_in_which_nothing_is_says_so(guide, text):
    """So does a path."""
    with pytest.raises(InputError, match="pin"):
        rendered(guide, f"as=table {text}")
    with pytest.raises(InputError, match=r"no message has the path params.c; correct the pin"):
        rendered(guide, "as=table show=params.c")


def test_a_rendering_is_held_against_its_capture(guide):
    """And written; a second time nothing changes, a check says true."""
    guide.parent.mkdir()
    recorded = load_recordings([guide.parent.parent / "captures"])
    for newline in ("\n", "\r\n"):
        text = "# x\n\n<!-- recorder: ../captures/run.jsonl as=transcript from=3 to=4 -->\nold\n<!-- /recorder -->\ny\n"
        guide.write_text(text.replace("\n", newline), newline="")
        (found,) = check_documents([guide], recorded)
        assert (found.verdict, found.reasons[0].what) == (
            "stale",
            "it is not what `recorder render -t transcript` makes of these frames",
        )
        _before, updated = update_document(guide, recorded)
        assert updated.text.startswith(
            text.split("old", maxsplit=1)[0].replace("\n", newline) + newline + "#### client ---> node"
        )
        assert updated.text.endswith("```\n\n<!-- /recorder -->\ny\n".replace("\n", newline))
        assert updated.text.count("\n") == updated.text.count(newline)
        guide.write_text(updated.text, newline="")
        assert [one.verdict for one in check_documents([guide], recorded)] == ["true"]
        assert update_document(guide, recorded)[1].text == updated.text


def test_what_a_rendering_shows_is_covered(guide):
    """The frames that it is of, and no others."""
    guide.parent.mkdir()
    recorded = load_recordings([guide.parent.parent / "captures"])
    for stretch, shown in (("from=3 to=4", {"sum"}), ("scenario=end", {"tick"}), ("method=mul", set())):
        guide.write_text(f"<!-- recorder: ../captures/run.jsonl as=table {stretch} -->\n<!-- /recorder -->\n")
        rows = coverage(recorded, check_documents([guide], recorded)).rows
        assert {row.name for row in rows if row.shown} == shown


def test_a_rendering_without_an_end_is_broken(guide):
    """And left to people."""
    guide.parent.mkdir()
    guide.write_text("<!-- recorder: ../captures/run.jsonl as=table -->\n")
    (found,) = check_documents([guide], load_recordings([guide.parent.parent / "captures"]))
    assert (found.verdict, found.reasons[0].what) == (
        "broken",
        "what the pin shows has no end; put `<!-- /recorder -->` behind it, in no list and no quote",
    )


@pytest.mark.parametrize("name", ["two_withdrawals", "mcp_tools", "inventory"])
def test_a_recorded_transcript_is_pinned(name, tmp_path):
    """Frame by frame; each block is true then, an update and a second run change nothing."""
    for file in (f"{name}.md", f"{name}.jsonl"):
        shutil.copy(data_folder("transcripts") / file, tmp_path)
    guide, captures = tmp_path / f"{name}.md", [str(tmp_path / f"{name}.jsonl")]
    recorded = load_recordings(captures)
    before, placed = pin_document(guide, recorded, captures)
    assert len(placed.left) <= 2 < len(placed.pinned)
    assert [line for line in placed.text.split("\n") if not line.startswith("<!-- recorder: ")] == before.split("\n")
    guide.write_text(placed.text)
    assert {one.verdict for one in check_documents([guide], recorded)} == {"true"}
    assert update_document(guide, recorded)[1].text == placed.text
    assert pin_document(guide, recorded, captures)[1].text == placed.text


def test_transcripts_are_captures(tmp_path):
    """As they are published: alone, or in a folder without captures; findings and pins name their lines."""
    shutil.copy(data_folder("transcripts") / "inventory.md", tmp_path)
    (tmp_path / "README.md").write_text("# no transcript\n")
    (tmp_path / "latin.md").write_bytes(b"\xe9")
    transcript = tmp_path / "inventory.md"
    recorded = load_recordings([tmp_path])
    assert recorded.methods == load_recordings([transcript]).methods != []
    first = Near(transcript).messages("inventory.md")[0]
    line = transcript.read_text().split("\n").index("#### client-1 ---> node") + 1
    assert str(first.at) == f"{transcript}:{line}"
    guide = tmp_path / "guide.md"
    guide.write_text(transcript.read_text())
    _before, placed = pin_document(guide, recorded, captures_of([tmp_path]))
    guide.write_text(placed.text)
    assert "<!-- recorder: inventory.md party=" in placed.text
    assert {one.verdict for one in check_documents([guide], load_recordings(pinned_captures([guide])))} == {"true"}
    shutil.copy(data_folder("transcripts") / "inventory.jsonl", tmp_path / "other.jsonl")
    assert captures_of([tmp_path]) == [str(tmp_path / "other.jsonl")]
    with pytest.raises(InputError, match=r"README.md:1: belongs to no section; a transcript begins with"):
        load_recordings([tmp_path / "README.md"])
    with pytest.raises(InputError, match=r"inventory.md is a transcript; import it"):
        Near(guide).rendered(Pin("inventory.md", form="table"))


def test_what_pins_name_is_what_others_are_held_against(guide):
    """Each capture once; a pin that leads nowhere is a finding of its block."""
    guide.parent.mkdir()
    pins = ["../captures/run.jsonl method=sum", "nowhere.jsonl", "x=y", "../captures/../captures/run.jsonl line=4"]
    guide.write_text("".join(fenced("", before=f"<!-- recorder: {pin} -->") for pin in pins))
    assert pinned_captures([guide]) == [str(guide.parent.parent / "captures" / "run.jsonl")]


def test_without_pins_there_is_nothing_to_hold_examples_against(guide):
    """Where there are any that are not left alone."""
    guide.parent.mkdir()
    guide.write_text(fenced(call("sum"), before="<!-- recorder: ignore -->") + fenced("{}"))
    assert pinned_captures([guide]) == []
    guide.write_text(fenced(call("sum")))
    with pytest.raises(InputError, match="no captures to hold the examples against; name one with --against"):
        pinned_captures([guide])


def test_what_is_no_capture_is_said():
    """With its path."""
    with pytest.raises(InputError, match=r"nowhere.jsonl: cannot read"):
        Near(Path("guide.md")).messages("nowhere.jsonl")


def moved(tmp_path):
    """A pinned document that was moved, beside its capture; what it was before, and the recordings."""
    shutil.copy(data_folder("transcripts") / "two_withdrawals.md", tmp_path / "guide.md")
    captures = [str(tmp_path / "captures" / "my run.jsonl")]
    Path(captures[0]).parent.mkdir()
    shutil.copy(data_folder("transcripts") / "two_withdrawals.jsonl", captures[0])
    recorded = load_recordings(captures)
    _before, placed = pin_document(tmp_path / "guide.md", recorded, captures)
    guide = tmp_path / "docs" / "deep" / "guide.md"
    guide.parent.mkdir(parents=True)
    guide.write_text(placed.text)
    return guide, placed.text, recorded


def test_pins_of_a_moved_document_say_why_they_lead_nowhere(tmp_path):
    """And what to do."""
    guide, _text, recorded = moved(tmp_path)
    found = check_documents([guide], recorded)
    assert {one.verdict for one in found} == {"broken"}
    assert "a pin has the path of its capture from the document's folder: correct it" in found[0].reasons[0].what


def test_pins_of_a_moved_document_are_corrected(tmp_path):
    """By an update and by new pins, where the capture is given; all that name it, and nothing else changes."""
    guide, text, recorded = moved(tmp_path)
    corrected = text.replace("'captures/my run.jsonl'", "'../../captures/my run.jsonl'")
    _before, updated = update_document(guide, recorded)
    assert (updated.text, updated.left, len(updated.changed)) == (corrected, [], text.count("recorder:"))
    _before, placed = pin_document(guide, recorded, recorded.captures)
    assert (placed.text, {one.verdict for one in placed.pinned}) == (corrected, {"true"})
    guide.write_text(text.replace('"amount": 1', '"amount": 7', 1))
    assert update_document(guide, recorded)[1].text == corrected, "what is stale besides is rewritten"
    guide.write_text(corrected)
    assert update_document(guide, recorded)[1].changed == []


def test_a_capture_of_another_name_or_content_is_not_pinned_to(tmp_path):
    """The document stays as it is."""
    guide, text, _recorded = moved(tmp_path)
    other = tmp_path / "other" / "my run.jsonl"
    other.parent.mkdir()
    shutil.copy(data_folder("transcripts") / "inventory.jsonl", other)
    named = tmp_path / "other" / "run.jsonl"
    shutil.copy(data_folder("transcripts") / "two_withdrawals.jsonl", named)
    for capture in (other, named):
        updated = update_document(guide, load_recordings([capture]))[1]
        assert (updated.text, updated.changed) == (text, [])
