"""Times that a clock has put into messages are no difference between two runs, and all other numbers and texts are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.moments import DAY, MAY_TELL, Moment
from recorder.jsonrpc import value_of
from recorder.model import SECOND, Header, Opened
from recorder.timeline import read

NOON = 1_796_126_400
TOMORROW = NOON + 20 * 3600 + 17
EAST = timezone(timedelta(hours=2))


MISSING = range(7, 80, 10)
FEWER = [number for number in range(80) if number not in MISSING]


def run(file, began, value, *, after=10):
    """A run that began at a time, of a call whose answer came so many seconds later: it has a value."""
    answer = msgspec.json.encode({"id": 1, "result": {"at": value}})
    events = [
        Opened(session=1, party="ada", url="ws://n/", time=began * SECOND),
        frame(b'{"id":1,"method":"now"}', session=1, direction="to_node", time=began * SECOND),
        frame(answer, session=1, direction="from_node", time=(began + after) * SECOND),
    ]
    return read(Header(format=2, run="r", recorder="0"), events, file)


def same(ours, theirs, *, began=(NOON, TOMORROW)):
    """Whether two runs that began then are the same with these values."""
    return compare(run("a", began[0], ours), run("b", began[1], theirs)).same


WRITTEN = {
    "seconds": lambda at: at,
    "seconds, with a part": lambda at: at + 0.25,
    "milliseconds": lambda at: at * 1_000 + 7,
    "microseconds": lambda at: at * 1_000_000 + 7,
    "nanoseconds": lambda at: at * SECOND + 7,
    "digits": lambda at: str(at * 1_000),
    "RFC 3339": lambda at: datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z"),
    "RFC 3339, parts of a second": lambda at: datetime.fromtimestamp(at + at % 7 / 8, UTC).isoformat(),
    "RFC 3339, a zone": lambda at: datetime.fromtimestamp(at, EAST).isoformat(),
    "no zone": lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
    "of HTTP": lambda at: format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_time_of_its_own_run_is_no_difference(written):
    """However it is written, and whenever in its run it was told: what was made then may be asked for later."""
    assert same(written(NOON + 10), written(TOMORROW + 10))
    assert same(written(NOON + 1), written(TOMORROW + 9))


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_time_before_or_after_its_run_must_be_as_far_from_its_frame(written):
    """As when a token ends in an hour; but for two seconds."""
    assert same(written(NOON + 3610), written(TOMORROW + 3611))
    assert not same(written(NOON + 3610), written(TOMORROW + 3640))
    assert not same(written(NOON - 3600), written(TOMORROW - 3640))


def test_clocks_of_other_zones_are_clocks_too():
    """A text without a zone tells the time of where its node is."""
    ours, theirs = (datetime.fromtimestamp(at + 10, EAST).strftime("%Y-%m-%dT%H:%M:%S") for at in (NOON, TOMORROW))
    assert same(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (NOON + 10, (TOMORROW + 10) * 1_000),
        (NOON + 10, str(TOMORROW + 10)),
        (WRITTEN["RFC 3339"](NOON), WRITTEN["RFC 3339, a zone"](TOMORROW)),
        (WRITTEN["RFC 3339"](NOON), WRITTEN["no zone"](TOMORROW)),
    ],
)
def test_a_time_in_another_form_is_a_difference(ours, theirs):
    """A client may not read it."""
    assert not same(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (1_500_000_000, 1_500_000_001),
        (NOON + 10, 7),
        (10**12, 10**12 + 10**6),
        ("2026-12-01", "2026-12-02"),
        ("2026-13-45T99:99:99Z", "2026-13-45T99:99:98Z"),
        ("Tue, 99 Dec 2026 12:00:00 GMT", "Tue, 98 Dec 2026 12:00:00 GMT"),
        (True, False),
    ],
)
def test_what_is_no_time_of_a_run_is_compared(ours, theirs):
    """A number or a date that a clock of these days does not tell."""
    assert not same(ours, theirs)


def test_a_capture_without_times_tells_none():
    """One that was read from a document."""
    one, other = (run(name, 0, at, after=0) for name, at in (("a", NOON), ("b", TOMORROW)))
    assert not compare(one, other).same


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_pushes_that_tell_a_time_are_paired_by_what_else_they_say(written):
    """Where some of them are missing, these are all that is."""
    scripts = []
    for file, began, numbers in (("a", NOON, range(80)), ("b", TOMORROW, FEWER)):
        events = [Opened(session=1, party="ada", url="ws://n/", time=began * SECOND)]
        for number in numbers:
            passed = began + 5 * number
            told = msgspec.json.encode({"method": "tick", "params": {"number": number, "at": written(passed)}})
            events.append(frame(told, session=1, direction="from_node", time=passed * SECOND))
        scripts.append(read(Header(format=2, run="r", recorder="0"), events, file))
    assert [(one.kind, one.recorded) for one in compare(*scripts).findings] == [
        ("missing", f"a:{number + 3}") for number in MISSING
    ]


def test_it_is_said_what_was_allowed():
    """Among the decisions, with both values."""
    decisions = compare(run("a", NOON, NOON + 1), run("b", TOMORROW, TOMORROW + 1)).decisions
    told = f"a:4 result.at: {NOON + 1} recorded, {TOMORROW + 1} came: each a time of its run"
    assert [decision.text for decision in decisions if decision.what == "clock"] == [told]


@given(
    st.one_of(
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.text(),
        st.booleans(),
        st.none(),
        st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*", fullmatch=True),
        st.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \S+", fullmatch=True),
        st.datetimes(min_value=datetime(1980, 1, 1)).map(lambda when: when.isoformat()),  # noqa: DTZ001 - without one
    )
)
def test_any_value_tells_a_time_or_none(value):
    """And none that is a day from its frame; a payload with one looks as if it had one."""
    moment = Moment.told(value, SimpleNamespace(event=SimpleNamespace(time=NOON * SECOND)))
    assert moment is None or abs(moment.time - NOON * SECOND) < DAY
    assert moment is None or MAY_TELL.search(msgspec.json.encode([value]))


@given(st.sampled_from([*WRITTEN.values()]), st.integers(NOON - 10**4, NOON + 10**4))
def test_a_payload_that_tells_a_time_is_found(written, at):
    """Whatever form that has."""
    payload = msgspec.json.encode([written(at)])
    assert Moment.told(value_of(payload)[0], SimpleNamespace(event=SimpleNamespace(time=NOON * SECOND))) is not None
    assert MAY_TELL.search(payload)
