"""What a new capture keeps of the old one, as literals: lines as they stand in both."""

import re

import pytest

from recorder.capture import frame
from recorder.model import Closed, Header, Note, Opened, Scenario
from recorder.renewing import Whole, headed, renewed

PARTY = re.compile(r"(\d) (open|close) ?(.*)")
FRAME = re.compile(r"(\d) ([<>]) (.*)")


def whole(*lines, **about):
    """A capture of these lines: `1 open ada`, `1 > BYTES`, `1 < BYTES`, `1 close`, `note ada: …`, `scenario NAME`."""
    header = Header(format=2, recorder="0", **({"run": "x"} | about))
    return Whole.read(header, [event_of(line, at) for at, line in enumerate(lines, 1)])


def event_of(line, at):
    """The event of such a line, at this time."""
    if line.startswith("scenario "):
        return Scenario(name=line.removeprefix("scenario "), time=at)
    if line.startswith("note "):
        party, _colon, text = line.removeprefix("note ").partition(": ")
        return Note(text=text, party=party, time=at)
    if found := PARTY.fullmatch(line):
        session = int(found[1])
        opened = Opened(session=session, party=found[3], url="ws://node/rpc", time=at)
        return opened if found[2] == "open" else Closed(session=session, code=1000, time=at)
    session, arrow, text = FRAME.fullmatch(line).groups()
    direction = "to_node" if arrow == ">" else "from_node"
    return frame(text.encode(), session=int(session), direction=direction, time=at)


def shown(events):
    """Events as the lines of `whole`."""
    for event in events:
        if isinstance(event, Scenario):
            yield f"scenario {event.name}"
        elif isinstance(event, Note):
            yield f"note {event.party}: {event.text}"
        elif isinstance(event, Opened | Closed):
            yield f"{event.session} open {event.party}" if isinstance(event, Opened) else f"{event.session} close"
        else:
            yield f"{event.session} {'>' if event.direction == 'to_node' else '<'} {event.payload.decode()}"


def kept(old, new):
    """The new capture once it is renewed."""
    return list(shown(renewed(old, new)))


def asks(number, method):
    """A call."""
    return f'{{"id":{number},"method":"{method}"}}'


def answers(number, result):
    """The answer to a call."""
    return f'{{"id":{number},"result":{result}}}'


def test_notes_and_names_are_kept():
    """A note follows the step that it followed, though the node says something else now; the party has its name."""
    old = whole("1 open ada", f"1 > {asks(1, 'a')}", f"1 < {answers(1, 1)}", "note ada: Once more", "1 close")
    new = whole("1 open client-1", f"1 > {asks(1, 'a')}", f"1 < {answers(1, 2)}", "1 close")
    assert kept(old, new) == [
        "1 open ada",
        f"1 > {asks(1, 'a')}",
        f"1 < {answers(1, 2)}",
        "note ada: Once more",
        "1 close",
    ]


def test_a_note_has_the_time_of_its_place():
    """Not that of the old run: the times of a capture do not go back."""
    old = whole("note : Begin", "1 open ada", f"1 > {asks(1, 'a')}", "note : End")
    new = whole("1 open client-1", f"1 > {asks(1, 'a')}")
    assert [event.time for event in renewed(old, new)] == [1, 1, 2, 2]


def test_names_are_those_of_the_same_sessions():
    """Whichever came first this time."""
    old = whole("1 open ada", "2 open client-2", f"1 > {asks(1, 'a')}", f"2 > {asks(1, 'b')}")
    new = whole("1 open client-1", f"1 > {asks(1, 'b')}", "2 open client-2", f"2 > {asks(1, 'a')}")
    assert kept(old, new)[0::2] == ["1 open client-2", "2 open ada"]


def test_a_session_that_is_new_has_a_name_of_its_own():
    """Not the one that now stands for another."""
    old = whole("1 open client-2", f"1 > {asks(1, 'a')}")
    new = whole("1 open client-1", f"1 > {asks(1, 'a')}", "2 open client-2", f"2 > {asks(1, 'b')}")
    assert [line for line in kept(old, new) if "open" in line] == ["1 open client-2", "2 open client-3"]


def test_a_note_whose_step_never_came_follows_what_was_before_it():
    """None is lost, and they stay in order."""
    old = whole(
        "note : One", "1 open ada", f"1 > {asks(1, 'a')}", '1 < {"method":"news"}', "note : Two", "note : Three"
    )
    new = whole("1 open client-1", f"1 > {asks(1, 'a')}")
    assert kept(old, new) == [
        "note : One",
        "1 open ada",
        f"1 > {asks(1, 'a')}",
        "note : Two",
        "note : Three",
    ]


def test_a_note_stays_in_its_scenario():
    """Behind the beginning of the second run of the name, not of the first."""
    run = ["1 open client-1", f"1 > {asks(1, 'a')}", "1 close", "2 open client-2", f"2 > {asks(1, 'a')}", "2 close"]
    old = whole("scenario s", *run[:3], "scenario s", "note : Again", *run[3:])
    new = whole("scenario s", *run[:3], "scenario s", *run[3:])
    assert kept(old, new) == ["scenario s", *run[:3], "scenario s", "note : Again", *run[3:]]


def test_scenarios_that_nobody_told_of_are_kept():
    """Where there is no recorder to tell, as before a server that its client starts; not those that never began."""
    old = whole(
        "scenario one", "1 open ada", f"1 > {asks(1, 'a')}", "scenario two", f"1 > {asks(2, 'b')}", "scenario x"
    )
    new = whole("1 open client-1", f"1 > {asks(1, 'a')}", f"1 > {asks(2, 'b')}")
    assert kept(old, new) == [
        "scenario one",
        "1 open ada",
        f"1 > {asks(1, 'a')}",
        "scenario two",
        f"1 > {asks(2, 'b')}",
    ]


def test_scenarios_that_the_new_run_did_not_reach_stay_out():
    """Its recorder was told which began: a session that ends too soon does so in the scenario that it is in."""
    begin = ["scenario one", "1 open ada", f"1 > {asks(1, 'a')}"]
    old = whole(*begin, "scenario two", f"1 > {asks(2, 'b')}", "1 close")
    new = whole(*begin, "1 close")
    assert kept(old, new) == [*begin, "1 close"]


@pytest.mark.parametrize(
    ("info", "texts"), [("noted", ["Mine"]), ("derived", ["The local fsm has been started", "Mine"])]
)
def test_info_lines_of_a_document_are_no_notes(info, texts):
    """They follow from the new traffic, and would stand there twice."""
    up = '1 < {"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"fsm_up"}}}'
    old = whole(
        "1 open ada", up, "note ada: The local fsm has been started", "note ada: Mine", info=info, profile="aeternity"
    )
    new = whole("1 open client-1", up, profile="aeternity")
    assert [event.text for event in renewed(old, new) if isinstance(event, Note)] == texts


def test_the_header_says_what_the_old_one_said():
    """Of what the capture is about, and of the node's name; what the new recorder says comes on top."""
    old = whole(node="server", meta={"team": "billing", "test": "old"}, profile="lsp").header
    new = whole(meta={"test": "new"}, run="y").header
    assert headed(old, new, "generic") == Header(
        format=2,
        run="y",
        recorder="0",
        profile="generic",
        node="server",
        meta={"team": "billing", "test": "new"},
    )
