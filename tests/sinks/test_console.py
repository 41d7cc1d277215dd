"""The terminal shows the traffic, never gets in its way, and obeys no peer."""

import io
from datetime import UTC, datetime

import pytest
from pages import text_of

from recorder import capture
from recorder.model import Closed, Note, Opened, Refused, Scenario
from recorder.profiles.aeternity import chain
from recorder.sinks.console import BACKLOG, BUSY, LONG, MAX_WORDS, REST, SLOW, Console, LineFilter
from recorder.timeline.annotating import Annotations

PAGE = text_of("docs/guides/debugging.md")
NOON = datetime(2026, 5, 1, 12, 0, 0, 250_000).astimezone(UTC)
TIME = int(NOON.timestamp() * 1000) * 1_000_000


def frame(payload: bytes = b'{"method":"m"}', direction="to_node", **fields):
    """A frame of session 1 at noon."""
    return capture.frame(payload, time=TIME, session=1, direction=direction, **fields)


def shown(*events, colour=False, **shows) -> list[str]:
    """The lines that these events make, without their stamps."""
    out = io.StringIO()
    console = Console(out, colour=colour, clock=lambda: 0, shows=LineFilter(**shows))
    console.write(events)
    console.turn()
    return [line.partition(" ")[2] for line in out.getvalue().splitlines()]


OPENED = Opened(time=TIME, session=1, party="initiator", url="ws://node:3014/channel")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (OPENED, "initiator opens ws://node:3014/channel"),
        (frame(), "initiator ---> m  14 B"),
        (frame(b'{"id":1,"result":1}', "from_node"), "initiator <--- result without a request, id 1  19 B"),
        (frame(b"x" * 1234), "initiator ---> text that is not JSON-RPC  1,234 B"),
        (frame(b"\xff", opcode="binary"), "initiator ---> something that is not JSON-RPC  1 B"),
        (frame(b"\xff", opcode="raw"), "initiator ---> raw  1 B"),
        (Closed(time=TIME, session=1, code=1000), "initiator closed by party, 1000"),
        (Closed(time=TIME, session=1, code=4000, reason="bye", by="node"), "initiator closed by node, 4000 bye"),
        (Closed(time=TIME, session=1, code=1006, lost="eof"), "initiator closed by party, 1006, no Close frame"),
        (Closed(time=TIME, session=1, code=1006, lost="reset"), "initiator closed by party, 1006, connection reset"),
        (Refused(time=TIME, status=401, url="ws://n/"), "a party is refused a WebSocket: 401 Unauthorized, ws://n/"),
        (Note(time=TIME, text="look"), "note: look"),
        (Note(time=TIME, text="look", party="responder"), "responder: look"),
        (Scenario(time=TIME, name="withdraw"), "scenario withdraw"),
    ],
)
def test_each_event_has_its_line(event, line):
    """Each kind of event is one line that says who, which way and what."""
    assert shown(OPENED, event)[-1] == line


@pytest.mark.parametrize("opcode", ["ping", "pong"])
def test_control_frames_are_not_shown(opcode):
    """Pings and pongs would bury the messages."""
    assert shown(frame(b"", opcode=opcode)) == []


def test_a_line_starts_with_the_local_time():
    """The reader's own clock stands first, to the millisecond."""
    out = io.StringIO()
    console = Console(out, colour=False, clock=lambda: 0)
    console.write([Note(time=TIME, text="n")])
    console.turn()
    assert out.getvalue() == "12:00:00.250 note: n\n"


def test_a_result_says_of_which_request():
    """Answers are joined to their requests."""
    lines = shown(OPENED, frame(b'{"id":1,"method":"add"}'), frame(b'{"id":1,"result":3}', "from_node"))
    assert lines[-1] == "initiator <--- result of add  0.0 ms, 19 B"


def test_a_session_opened_before_has_no_name():
    """A frame of a session that nobody saw open is shown all the same."""
    assert shown(frame()) == [" ---> m  14 B"]


def test_a_closed_sessions_name_is_forgotten():
    """A recorder that runs for months remembers only the sessions that are open."""
    assert shown(OPENED, Closed(time=TIME, session=1), frame())[-1] == " ---> m  14 B"


def test_colours_tell_errors_and_directions():
    """On a terminal an error is red, and each direction has a colour."""
    error, request = shown(frame(b'{"error":{"code":1},"id":null}', "from_node"), frame(), colour=True)
    assert error == " \x1b[32m<---\x1b[0m \x1b[31merror: 1\x1b[0m  \x1b[2m30 B\x1b[0m"
    assert request == " \x1b[36m--->\x1b[0m m  \x1b[2m14 B\x1b[0m"


def test_without_colours_no_control_character_is_written():
    """A file or a pipe gets plain text."""
    assert all("\x1b" not in line for line in shown(OPENED, frame(), Note(text="n"), Scenario(name="s")))


HOSTILE = "\x1b[2J\r\n\x07\x9b\u202e\ud800"


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(
    "event",
    [
        Opened(session=1, party=HOSTILE, url=HOSTILE),
        capture.frame(b'{"method":"\\u001b[2J\\r\\n\\u0007\\u009b\\u202e"}', session=1, direction="to_node"),
        Closed(session=1, reason=HOSTILE),
        Note(text=HOSTILE, party=HOSTILE),
        Scenario(name=HOSTILE),
    ],
)
def test_what_a_peer_sent_is_shown_and_not_obeyed(event, colour):
    """A peer cannot clear the screen, move the cursor, or start a line of its own."""
    (line,) = shown(event, colour=colour)
    assert "\\x1b[2J\\r\\n\\x07\\x9b\\u202e" in line
    assert HOSTILE not in line
    assert "\u202e" not in line


def test_a_long_line_is_cut():
    """A method name of a mebibyte does not flood the terminal."""
    (line,) = shown(frame(b'{"method":"' + b"m" * (1 << 20) + b'"}'))
    assert line == f" ---> {'m' * MAX_WORDS}…  1,048,589 B"


def test_what_waits_is_bounded_and_the_rest_is_counted():
    """A burst costs bounded memory, and says how much of it was not shown."""
    lines = shown(*[frame()] * (BACKLOG + 1500))
    assert (len(lines), lines[-1]) == (BACKLOG + 1, "1,500 more events, recorded but not shown")


def test_rare_events_are_never_dropped():
    """A burst hides frames only, neither sessions nor notes."""
    assert shown(*[frame()] * (BACKLOG + 1), Note(text="n"))[-2] == "note: n"


def test_what_was_not_shown_is_said_once():
    """The count starts anew after it was said."""
    out = io.StringIO()
    console = Console(out, colour=False, clock=lambda: 0)
    console.write([frame()] * (BACKLOG + 1))
    console.turn()
    console.turn()
    assert out.getvalue().count("not shown") == 1


def ticking():
    """A clock that goes on by a second each time it is read."""
    now = 0

    def clock():
        nonlocal now
        now += 1
        return now

    return clock


def test_a_turn_takes_only_its_time():
    """A turn ends when its time is over; what is left waits for the next one, in order."""
    out = io.StringIO()
    console = Console(out, colour=False, clock=ticking())
    console.write([Note(text=str(number)) for number in range(5)])
    counts = []
    for _ in range(3):
        console.turn(seconds=3)
        counts.append(out.getvalue().count("\n"))
    assert counts == [2, 4, 5]
    assert [line[-1] for line in out.getvalue().splitlines()] == list("01234")


def test_a_turn_without_events_writes_nothing():
    """An idle recorder leaves the terminal alone."""
    out = io.StringIO()
    Console(out, colour=True).turn()
    assert out.getvalue() == ""


def test_writing_only_remembers():
    """The traffic waits for no terminal."""
    out = io.StringIO()
    Console(out, colour=False).write([OPENED, frame()])
    assert out.getvalue() == ""


def test_the_recorders_own_lines_stand_in_their_place():
    """What the recorder says comes after the events before it, escaped."""
    out = io.StringIO()
    console = Console(out, colour=True, clock=lambda: 0)
    console.write([Note(text="first")])
    console.say("listening\n")
    assert out.getvalue().splitlines()[1:] == ["listening\\n"]
    assert "first" in out.getvalue().splitlines()[0]


def later(milliseconds: float) -> int:
    """So long after noon."""
    return TIME + round(milliseconds * 1_000_000)


def answer(milliseconds: float, payload: bytes = b'{"id":1,"result":3}', **fields):
    """A node's answer, so long after noon."""
    return capture.frame(payload, time=later(milliseconds), session=1, direction="from_node", **fields)


CALL = frame(b'{"id":1,"method":"add"}')


@pytest.mark.parametrize(("took", "words"), [(12, "12 ms, 19 B"), (499.9, "500 ms, 19 B"), (612, "slow: 612 ms, 19 B")])
def test_an_answer_says_how_long_it_took(took, words):
    """And whether that is long."""
    assert shown(OPENED, CALL, answer(took))[-1] == f"initiator <--- result of add  {words}"


def test_what_is_slow_is_for_the_reader_to_say():
    """From so many seconds on; on a terminal it has a colour."""
    assert shown(OPENED, CALL, answer(12), slow=0.01, colour=True)[-1].endswith(
        "result of add  \x1b[33mslow: 12 ms\x1b[0m\x1b[2m, 19 B\x1b[0m"
    )


def test_a_clock_that_was_set_back_tells_no_duration():
    """Nothing took less than no time."""
    assert shown(OPENED, CALL, answer(-1))[-1] == "initiator <--- result of add  19 B"


def test_a_batch_takes_as_long_as_its_first_call():
    """Its answer comes when all is answered."""
    second = capture.frame(b'{"id":2,"method":"sub"}', time=later(5), session=1, direction="to_node")
    batch = answer(12, b'[{"id":2,"result":1},{"id":1,"result":3}]')
    assert (
        shown(OPENED, CALL, second, batch)[-1] == "initiator <--- batch of 2: result of sub, result of add  12 ms, 41 B"
    )


def test_a_refusal_without_a_body_is_shown():
    """Over HTTP a status may be all that is said; to what is told, nothing is."""
    call = frame(b'{"id":1,"method":"add"}', exchange=1)
    assert shown(OPENED, call, answer(3, b"", exchange=1, status=401))[-1] == (
        "initiator <--- status 401, no body of add  3.0 ms, 0 B"
    )
    assert len(shown(OPENED, call, answer(3, b"", exchange=1, status=202))) == len(shown(OPENED, call))


SEVERAL = [
    OPENED,
    CALL,
    answer(1),
    frame(b'{"id":2,"method":"sub"}'),
    answer(2, b'{"id":2,"error":{"code":7}}'),
    answer(3, b'{"id":8,"result":0}'),
    answer(4, b'{"method":"news.flash"}'),
    Note(time=TIME, text="look"),
    Closed(time=TIME, session=1, code=1011, by="node"),
]
OPENS, ADD, ADDED, SUB, REFUSED, STRAY, NEWS, NOTE, CLOSED = range(len(SEVERAL))


@pytest.mark.parametrize(
    ("shows", "kept"),
    [
        ({}, [*range(9)]),
        ({"only": ["add"]}, [ADD, ADDED, NOTE]),
        ({"only": ["news.*", "sub"]}, [SUB, REFUSED, NEWS, NOTE]),
        ({"only": ["an error", "open"]}, [OPENS, REFUSED, NOTE]),
        ({"without": ["add", "*.flash", "close"]}, [OPENS, SUB, REFUSED, STRAY, NOTE]),
        ({"only": ["a result"], "without": ["add"]}, [STRAY, NOTE]),
        ({"errors": True}, [REFUSED, STRAY, NOTE, CLOSED]),
        ({"parties": frozenset({"initiator"})}, [*range(9)]),
        ({"parties": frozenset({"responder"})}, [NOTE]),
    ],
)
def test_only_what_is_wanted_is_shown(shows, kept):
    """By names as rules have them, by party, or errors alone; what somebody notes is for everybody."""
    lines = shown(*SEVERAL)
    assert shown(*SEVERAL, **shows) == [lines[at] for at in kept]


def test_a_failed_tool_is_an_error():
    """A protocol may say in a result that a call failed; the line names the call."""
    lines = shown(
        OPENED,
        frame(b'{"id":1,"method":"tools/call","params":{"name":"pay","arguments":{"amount":5000}}}'),
        frame(b'{"id":1,"result":{"content":[{"type":"text","text":"no"}],"isError":true}}', "from_node"),
        errors=True,
    )
    assert [line.partition("  ")[0] for line in lines] == [
        "initiator <--- result of tools/call pay, amount 5000: failed: no"
    ]


def test_a_session_that_ends_well_is_no_error():
    """Whoever looks for errors does not look for farewells."""
    assert shown(OPENED, Closed(session=1, code=1000), errors=True) == []


def test_an_answer_names_a_call_that_is_not_shown():
    """What is hidden is followed all the same."""
    assert shown(OPENED, CALL, answer(12, b'{"id":1,"error":{}}'), errors=True) == [
        "initiator <--- error of add  12 ms, 19 B"
    ]


def test_what_is_out_of_place_has_a_colour():
    """An answer to nobody is no error, and no good sign either."""
    (line,) = shown(OPENED, answer(0, b'{"id":8,"result":0}'), colour=True)[1:]
    assert "\x1b[33mresult without a request, id 8\x1b[0m" in line


def test_an_http_answer_that_answers_nothing_is_shown_among_errors():
    """An empty one, too; what is told over HTTP gets an empty answer, which is not shown."""
    asked = frame(b'{"id":1,"method":"m"}', exchange=1)
    told = [frame(b'{"method":"m"}', exchange=2), frame(b"", "from_node", exchange=2, status=204)]
    lines = shown(OPENED, asked, frame(b"", "from_node", exchange=1, status=204), *told, errors=True)
    assert lines == ["initiator <--- no body, no answer to m (id 1)  0.0 ms, 0 B"]


def test_after_a_burst_nobody_is_accused():
    """The call may be among what was not shown."""
    out = io.StringIO()
    console = Console(out, colour=False, clock=lambda: 0)
    console.write([OPENED, *[frame()] * BACKLOG, CALL])
    console.turn()
    console.write([answer(1)])
    console.turn()
    assert out.getvalue().splitlines()[-1].endswith("initiator <--- result  19 B")


def test_the_lines_of_the_guide_are_printed():
    """Those that need no more than two frames."""
    asked = frame(b'{"jsonrpc":"2.0","method":"channels.withdraw","params":{"amount":1}}')
    refused = answer(
        2.1,
        b'{"jsonrpc":"2.0","id":null,"error":{"code":3,"message":"Rejected","request":{"method":"channels.update",'
        b'"params":{"state":"tx_+E0LAaxAAA=="}},"data":[{"code":1007,"message":"Not a party of channel"}]}'
        b',"version":1}',
    )
    update = frame(b'{"method":"channels.update","params":{"state":"tx_+E0LAaxAAA=="}}')
    opened = Opened(time=TIME, session=1, party="responder", url="ws://node/channel?role=responder")
    lines = shown(opened, asked, update, refused)
    assert [line for line in (lines[1], lines[3]) if f" {line}\n" not in PAGE] == []


class TestMeaning:
    """What transactions mean is said while there is time."""

    OFFCHAIN = chain.sign(
        chain.decode(
            chain.build(
                "channel_offchain_tx", 2, channel_id=chain.encode_text("ch", bytes(32)), round=7, state_hash=b""
            )
        ),
        [],
        "ae_uat",
    )
    PAYLOAD = b'{"method":"channels.update","params":{"signed_tx":"%s"}}' % OFFCHAIN.encode()

    def lines(self, *events) -> list[str]:
        """The lines of a console that annotates."""
        out = io.StringIO()
        console = Console(out, colour=False, clock=lambda: 0, annotations=Annotations("auto"))
        console.write([OPENED, *events])
        console.turn()
        return out.getvalue().splitlines()[1:]

    def test_the_short_form_stands_behind_the_method(self):
        """A frame with a transaction says what it is."""
        (line,) = self.lines(frame(self.PAYLOAD))
        assert f"---> channels.update  off-chain state · round 7 · 0/2 signed  {len(self.PAYLOAD)} B" in line

    def test_a_frame_without_transactions_has_its_plain_line(self):
        """Nothing is added where there is nothing to say."""
        (line,) = self.lines(frame())
        assert line.endswith("initiator ---> m  14 B")

    def test_what_a_push_is_about_is_said_once(self):
        """It tells the push from others of its method, and is what it means."""
        (line,) = self.lines(frame(b'{"method":"channels.info","params":{"data":{"event":"died"}}}', "from_node"))
        assert line.endswith("initiator <--- channels.info died  61 B")

    def test_what_a_protocol_says_in_words_is_said_once(self):
        """It stands in the line's own words."""
        call = frame(b'{"id":1,"method":"eth_getBalance","params":["latest"]}')
        answer = frame(b'{"id":1,"result":"0xde0b6b3a7640000"}', "from_node")
        asked, answered = self.lines(call, answer)
        assert asked.endswith("initiator ---> eth_getBalance latest  54 B")
        assert answered.endswith("initiator <--- result of eth_getBalance: 1 ETH  0.0 ms, 37 B")

    def test_nothing_is_decoded_under_load(self):
        """With many events waiting, plain lines are printed until the console has caught up."""
        lines = self.lines(*[frame(self.PAYLOAD)] * (BUSY + 10))
        assert ["round 7" in line for line in lines] == [False] * 9 + [True] * (BUSY + 1)

    def test_a_long_frame_is_not_decoded(self):
        """However little waits, a long frame costs no more than its line."""
        (line,) = self.lines(frame(self.PAYLOAD[:-1] + b" " * LONG + b"}"))
        assert "round 7" not in line

    def test_decoding_rests_after_a_slow_frame(self):
        """A frame that took long to decode, a hostile one perhaps, is the last to be decoded for a while."""

        class Sleepy(Annotations):
            def see(self, event, look=None):
                nonlocal now
                now += SLOW * 2
                return super().see(event, look)

        now = 100.0
        out = io.StringIO()
        console = Console(out, colour=False, clock=lambda: now, annotations=Sleepy("auto"))
        for wait in (0, 0, REST):
            now += wait
            console.write([frame(self.PAYLOAD)])
            console.turn(seconds=9)
        assert ["round 7" in line for line in out.getvalue().splitlines()] == [True, False, True]
