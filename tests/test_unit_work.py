"""What a worker does with a unit, without a stream: its captures are there."""

import json

import pytest

from recorder.assessing import assessing
from recorder.capture import FORMAT, dump_all, frame
from recorder.fleet.units import Job, Member, Session, Unit
from recorder.model import Closed, Header, Opened
from recorder.unit_work import ASIDE, Units

STREAM = "TRAFFIC of today"
UNIT = Unit("shop", [Member(Session("a", 1), 3, closed=True)], 9, 0.0)


@pytest.fixture
def units(tmp_path):
    """Does units in a folder; what it says is in `said`, and what it notes in `noted`."""
    (tmp_path / "out").mkdir()
    said, noted = [], []
    made = Units(tmp_path / "out", "transcript", assessing(lint=True), said.append, noted.append)
    made.said, made.noted, made.folder = said, noted, tmp_path / "out"
    return made


@pytest.fixture
def job(tmp_path):
    """A unit to do, whose only call is this."""

    def make(call=b'{"jsonrpc":"2.0","id":1,"method":"sell"}', captures=1):
        events = [
            Header(format=FORMAT, run="a", recorder="0"),
            Opened(time=1, session=1, party="ada", url="ws://node/"),
            frame(call, time=2, session=1, direction="to_node"),
            Closed(time=3, session=1, code=1000),
        ]
        (tmp_path / "a.jsonl").write_bytes(dump_all(events))
        (tmp_path / "temporary").mkdir()
        said = [] if captures else ["its first parcel is gone"]
        return Job(STREAM, UNIT, [tmp_path / "a.jsonl"][:captures], 3, said, tmp_path / "temporary")

    return make


def test_a_unit_has_its_files_and_a_line(units, job):
    """Its capture, its transcript and its record; what is well is said, too."""
    units.do(job())
    assert sorted(path.name for path in units.folder.iterdir()) == ["shop.json", "shop.jsonl", "shop.md"]
    assert units.said == ["shop: 1 session, 3 events: well"]
    assert units.summary == "1 unit: nothing wrong"
    assert units.done(STREAM, UNIT) == 9


@pytest.mark.parametrize(
    ("given", "what"), [({"call": b"{}"}, "1 violation of the protocol"), ({"captures": 0}, "it cannot be read")]
)
def test_what_is_wrong_is_in_the_line_and_in_the_record(units, job, given, what):
    """With a unit that cannot be read, too: it stops no worker."""
    units.do(job(**given))
    assert units.said[0].startswith(f"shop: 1 session, 3 events: {what}")
    assert json.loads((units.folder / "shop.json").read_text())["findings"][0]["what"] == what
    assert units.summary == "1 unit: 1 with something wrong"


def test_a_unit_that_kills_is_put_aside(units):
    """With how to look at it."""
    units.put_aside(STREAM, UNIT, "recorder gather --channel shop")
    assert units.said == [f"shop: 1 session: {ASIDE}; look at it with `recorder gather --channel shop`"]
    assert units.summary == "1 unit: 1 put aside"


def test_who_finds_nothing_to_do_says_what_was_wrong_before(units, job, tmp_path):
    """By the records; where there is none, that is noted."""
    units.nothing_left(STREAM, 1)
    assert "has no record" in units.noted[0]
    units.do(job(call=b"{}"))
    said = []
    later = Units(units.folder, "transcript", assessing(lint=True), said.append, said.append)
    later.nothing_left(STREAM, 1)
    assert said == [f"shop: 1 violation of the protocol, as recorded in {units.folder / 'shop.json'}"]
