"""The lines of a unit, out of parcels."""

from dataclasses import replace

from hosts import BEGAN, HEADER, channels
from hypothesis import given
from hypothesis import strategies as st
from putting import lines_of, parcels_of

from recorder import capture
from recorder.fleet.collecting import around, together
from recorder.model import Note, Opened, Refused, Scenario

LINES = lines_of(HEADER, channels(1))


def of_session(number, slices=3):
    """The parcels of a session, and its lines."""
    parcels = [parcel for parcel in parcels_of(LINES, slices) if parcel.session == number]
    return parcels, [(line, LINES[line - 1]) for parcel in parcels for line in parcel.numbers]


@given(st.data())
def test_each_line_is_there_once_and_in_order(data):
    """In whatever order and slices parcels come, and how often."""
    one, lines = of_session(1, data.draw(st.integers(1, 20)))
    other, _lines = of_session(1, data.draw(st.integers(1, 20)))
    parcels = data.draw(st.permutations(one + data.draw(st.lists(st.sampled_from(other)))))
    assert together(parcels) == (lines, 0)


@given(st.data())
def test_what_is_missing_is_counted(data):
    """All but what is missing at the end, which nobody can tell."""
    parcels, lines = of_session(1, 1)
    kept = data.draw(st.lists(st.sampled_from(parcels), min_size=1, unique_by=lambda parcel: parcel.place))
    found, missing = together(kept)
    last = max(parcel.place + len(parcel.numbers) for parcel in kept)
    assert found == [line for line in lines[:last] if any(line[0] in parcel.numbers for parcel in kept)]
    assert missing == last - len(found)


def test_a_long_line_comes_in_pieces():
    """It is there when all of them are, and missing without one."""
    parcels, _lines = of_session(1, 1)
    whole = parcels[1]
    cut = [
        replace(whole, lines=whole.lines[at * 100 : (at + 1) * 100 if at < 2 else None], piece=(at + 1, 3))
        for at in range(3)
    ]
    assert together([parcels[0], *reversed(cut), cut[1], parcels[2]]) == together(parcels[:3])
    found, missing = together([parcels[0], cut[0], cut[2], parcels[2]])
    assert (len(found), missing) == (len(parcels[0].numbers) + len(parcels[2].numbers), 1)


def test_what_is_of_no_session_comes_along_while_the_unit_lasts():
    """The header, the scenario that it began in, and what was said until its end; no refusals of others."""
    general = [
        HEADER,
        Scenario(time=BEGAN, name="before"),
        Scenario(time=BEGAN, name="mine"),
        Note(text="of others"),
        Note(text="mine"),
        Refused(status=403, url="ws://node"),
        Scenario(time=BEGAN, name="next"),
        Scenario(time=BEGAN, name="after"),
    ]
    lines = [*zip((1, 2, 3, 4, 11, 12, 13, 30), map(capture.dump, general), strict=True)]
    own = [(number, capture.dump(Opened(session=1, party="p"))) for number in (10, 20)]
    assert [number for number, _line in around(lines, own, "run")] == [1, 3, 11, 13]
    assert [number for number, _line in around(lines[:1], own, "run")] == [1]


def test_a_header_that_is_lost_is_made_up():
    """The run's name is known."""
    own = [(10, capture.dump(Opened(session=1, party="p")))]
    ((number, line), *rest) = around([(5, capture.dump(Scenario(name="mine")))], own, "run a")
    assert (number, capture.load([line])[0].run, len(rest)) == (1, "run a", 1)
