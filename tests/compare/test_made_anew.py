"""Ids that an end makes anew in each run may be any; an id that is another where others are the same is a difference."""

from __future__ import annotations

import uuid

import msgspec
import pytest

from recorder.capture import frame
from recorder.compare import compare
from recorder.compare.report import finding_lines
from recorder.model import Header, Opened
from recorder.timeline import read

ONE, TWO, THREE, FOUR, FIVE = (str(uuid.UUID(int=at * 2**100, version=4)) for at in range(1, 6))
HASHES = [str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) for name in "abcd"]


MISSING = range(7, 80, 10)
FEWER = [number for number in range(80) if number not in MISSING]


def run(file, *results, asked=()):
    """A run of calls with these results, and with these params."""
    events = [Opened(session=1, party="ada", url="ws://n/")]
    for number, result in enumerate(results, 1):
        params = asked[number - 1] if asked else {}
        call = {"id": number, "method": "send", "params": params}
        events.append(frame(msgspec.json.encode(call), session=1, direction="to_node"))
        answer = {"id": number, "result": result}
        events.append(frame(msgspec.json.encode(answer), session=1, direction="from_node"))
    return read(Header(format=2, run="r", recorder="0"), events, file)


def told(recorded, live):
    """The findings, each as lines."""
    return [list(finding_lines(finding)) for finding in compare(recorded, live).findings]


@pytest.mark.parametrize(
    "named", [lambda one: {"messageId": one}, lambda one: {"message": {"id": one}}, lambda one: {"m": one}]
)
def test_ids_that_are_all_others_are_no_difference(named):
    """Whether a name says that they are ids, or they are random UUIDs."""
    assert not told(run("a", named(ONE), named(TWO)), run("b", named(THREE), named(FOUR)))


def test_ids_that_a_client_makes_are_no_difference():
    """Its own messages, say."""
    ours, theirs = ([{"messageId": one} for one in some] for some in ((ONE, TWO), (THREE, FOUR)))
    assert not told(run("a", 1, 2, asked=ours), run("b", 1, 2, asked=theirs))


def test_texts_that_no_one_would_choose_are_ids_by_their_name_alone():
    """Another hash is a difference: it stands for what it was made of."""
    ours, theirs = ("9f86d081884c7d65", "4e07408562bedb8b"), ("ef2d127de37b942b", "6b86b273ff34fce1")
    assert not told(*(run("a", *({"jobId": one} for one in some)) for some in (ours, theirs)))
    assert len(told(*(run("a", *({"digest": one} for one in some)) for some in (ours, theirs)))) == 2
    hashes = [run("a", *({"m": one} for one in some)) for some in (HASHES[:2], HASHES[2:])]
    assert len(told(*hashes)) == 2


def test_one_other_id_among_the_same_is_a_difference():
    """The node has taken one thing for another."""
    recorded = run("a", {"userId": ONE}, {"userId": TWO})
    assert told(recorded, run("b", {"userId": ONE}, {"userId": THREE})) == [
        [
            "a:6 | b:6: ada <--- a result of send changed",
            f'  result.userId: "{TWO}" expected, "{THREE}" came (they must be equal)',
        ]
    ]
    assert len(told(recorded, run("b", {"userId": TWO}, {"userId": ONE}))) == 2


def test_one_id_alone_shows_nothing():
    """It may be one that the node always gives, and then it is the wrong one."""
    assert len(told(run("a", {"userId": ONE}), run("b", {"userId": TWO}))) == 1


def test_ids_that_should_be_others_and_are_the_same_are_a_difference():
    """The node makes one, and then no other."""
    assert len(told(run("a", {"m": ONE}, {"m": TWO}), run("b", {"m": THREE}, {"m": THREE}))) == 2


def test_ids_that_the_other_end_has_sent_are_not_made():
    """A node that repeats what its client says makes two ids beside; as `verify` sends what was recorded."""
    asked = [{"messageId": ONE}, {"messageId": TWO}]
    ours, theirs = (
        [{"heard": {"messageId": heard}, "messageId": made} for heard, made in zip((ONE, TWO), some, strict=True)]
        for some in ((THREE, FOUR), (HASHES[0], HASHES[1]))
    )
    assert not told(run("a", *ours, asked=asked), run("b", *theirs, asked=asked))


@pytest.mark.parametrize("theirs", ["a word", 7, None])
def test_what_is_no_id_does_not_come_for_one(theirs):
    """Nor another type."""
    ours, others = ([{"m": one} for one in some] for some in ((ONE, TWO, FIVE), (THREE, FOUR, theirs)))
    assert len(told(run("a", *ours), run("b", *others))) == 1


def test_pushes_with_ids_made_anew_are_paired_by_what_else_they_say():
    """Where some of them are missing, these are all that is."""
    scripts = []
    for file, first, numbers in (("a", 100, range(80)), ("b", 200, FEWER)):
        events = [Opened(session=1, party="ada", url="ws://n/")]
        for number in numbers:
            made = str(uuid.UUID(int=(first + number) * 2**100, version=4))
            told = {"method": "tick", "params": {"number": number, "eventId": made}}
            events.append(frame(msgspec.json.encode(told), session=1, direction="from_node"))
        scripts.append(read(Header(format=2, run="r", recorder="0"), events, file))
    assert [(one.kind, one.recorded) for one in compare(*scripts).findings] == [
        ("missing", f"a:{number + 3}") for number in MISSING
    ]


def test_a_batch_is_compared_member_by_member():
    """The place of a member in its batch is no part of a name."""
    scripts = []
    for file, some in (("a", (ONE, TWO)), ("b", (THREE, FOUR))):
        calls = [{"id": number, "method": "send"} for number in (1, 2)]
        answers = [{"id": number, "result": {"id": one}} for number, one in enumerate(some, 1)]
        said = [(calls, "to_node"), (answers, "from_node")]
        events = [frame(msgspec.json.encode(value), session=1, direction=way, exchange=1) for value, way in said]
        opened = Opened(session=1, party="ada", url="http://n/")
        scripts.append(read(Header(format=2, run="r", recorder="0"), [opened, *events], file))
    assert not told(*scripts)
