"""What wscat and websocat print: as it stands in a terminal, in a recording of one, and in a log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otherfiles import imported, shown

from recorder.errors import InputError
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Closed, Frame

ASK, RESULT, TOLD = (
    '{"jsonrpc":"2.0","id":1,"method":"sum","params":["é\\"",2]}',
    '{"jsonrpc":"2.0","id":1,"result":"é\\""}',
    '{"jsonrpc":"2.0","method":"told"}',
)

COPIED = f"""\
$ wscat -c ws://127.0.0.1:8546/rpc
Connected (press CTRL+C to quit)
< {TOLD}
> {ASK}
< {RESULT}
>
Disconnected (code: 1001, reason: "bye")
"""
SHOWN = ["opened ws://127.0.0.1:8546/rpc", f"< {TOLD}", f"> {ASK}", f"< {RESULT}", "closed"]

# What wscat 6.1.0 writes to a terminal, as script(1) records it.
RECORDED = (
    'Script started on 2026-01-02 03:04:05+00:00 [COMMAND="wscat -c ws://127.0.0.1:8546/rpc" <not executed on terminal>]\n'
    "\r\x1b[2K\x1b[3D\x1b[32mConnected (press CTRL+C to quit)\x1b[39m\r\n"
    f"\x1b[1G\x1b[0J> \x1b[3G\r\x1b[2K\x1b[3D\x1b[34m< {TOLD}\x1b[39m\r\n"
    f"\x1b[1G\x1b[0J> \x1b[3G{ASK}\r\r\n"
    f"\x1b[1G\x1b[0J> \x1b[3G\r\x1b[2K\x1b[3D\x1b[34m< {RESULT}\x1b[39m\r\n"
    '\x1b[1G\x1b[0J> \x1b[3G\r\x1b[2K\x1b[3D\x1b[32mDisconnected (code: 1001, reason: "bye")\x1b[39m\r\n'
    "\x1b[1G\x1b[0J> \x1b[3G\r\x1b[2K\x1b[3D\n"
    'Script done on 2026-01-02 03:04:06+00:00 [COMMAND_EXIT_CODE="0"]\n'
)


def escaped(text):
    """As Rust's `escape_default` writes bytes."""
    names = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    return "".join(names.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in text)


def logged(*said):
    """A log of websocat."""
    return "".join(f'{kind} {len(text)} "{escaped(text)}"\n' for kind, text in said)


def read(path, text):
    """The events of a file."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert format_of(Source(path)) is FORMATS["console"]
    return imported(path)


@pytest.mark.parametrize("text", [COPIED, RECORDED, COPIED.replace("C", "c", 2).replace("\n", "\r\n")])
def test_what_wscat_shows_is_a_session(tmp_path, text):
    """With the URL of the command, and how it ended; in colours or without."""
    events = read(tmp_path / "a", text)
    assert shown(events) == SHOWN
    assert events[-1] == Closed(session=1, code=1001, reason="bye", by="node")


def test_a_message_may_go_over_lines_and_connections_may_follow_each_other(tmp_path):
    """What wscat says itself is no message; pings are none either."""
    text = f'{COPIED}Connected (press CTRL+C to quit)\n< {{\n  "id": 1\n}}\n< Received ping (data: "x")\nerror: gone\n> [1]\n'
    events = read(tmp_path / "a", text)
    assert shown(events)[5:] == ["opened ws://127.0.0.1:8546/rpc", '< {\n  "id": 1\n}', "< x", "> [1]"]
    assert [event.opcode for event in events[6:]] == ["text", "ping", "text"]


def test_a_wscat_that_listens_is_the_node(tmp_path):
    """What it receives goes to the node."""
    events = read(
        tmp_path / "a", f"Listening on port 80 (press CTRL+C to quit)\nClient connected\n< {ASK}\n> {RESULT}\n"
    )
    assert shown(events) == ["opened", f"> {ASK}", f"< {RESULT}"]


AT_WEBSOCKET = logged(
    ("READ", TOLD.encode()), ("WRITE", f"{ASK}\n".encode()), ("READ", RESULT.encode()), ("READ", b""),
)  # fmt: skip
AT_TERMINAL = logged(("WRITE", f"{TOLD}\n".encode()), ("READ", f"{ASK}\n".encode()), ("WRITE", f"{RESULT}\n".encode()))


@pytest.mark.parametrize(
    "text",
    [
        AT_WEBSOCKET,
        AT_TERMINAL,
        f"[INFO  websocat::lints] Auto-inserting the line mode\n{TOLD}\n{AT_WEBSOCKET}",
        "".join(f"000001.000002 {line}\n" for line in AT_WEBSOCKET.splitlines()),
    ],
)
def test_a_log_of_websocat_is_read_whichever_side_it_is_of(tmp_path, text):
    """Each byte as it was: websocat sends the line's end too. Other lines of it are none."""
    assert shown(read(tmp_path / "a", text)) == ["opened", f"< {TOLD}", f"> {ASK}\n", f"< {RESULT}"]


def test_a_log_that_reads_nothing_is_of_the_websocket(tmp_path):
    """What it writes was typed."""
    assert shown(read(tmp_path / "a", logged(("WRITE", b"{}\n")))) == ["opened", "> {}\n"]


def test_what_websocat_reads_in_pieces_is_one_message(tmp_path):
    """It reads 64 KiB at once."""
    text = b"x" * (1 << 16)
    events = read(tmp_path / "a", logged(("READ", text), ("READ", text), ("READ", b"end"), ("READ", b"next")))
    assert [len(event.payload) for event in events if isinstance(event, Frame)] == [2 * len(text) + 3, 4]


@given(
    st.lists(st.tuples(st.sampled_from(["READ", "WRITE"]), st.binary(min_size=1, max_size=40)), min_size=1, max_size=6)
)
def test_every_byte_of_a_log_comes_back(tmp_path_factory, said):
    """Whatever passed: text or none."""
    said = [("READ", b"{}"), *said]
    frames = read(tmp_path_factory.mktemp("w") / "a", logged(*said))[1:]
    assert [event.payload for event in frames] == [text for _kind, text in said]
    assert [event.direction == "from_node" for event in frames] == [kind == "READ" for kind, _text in said]


@pytest.mark.parametrize(
    "text",
    [
        b"> a quotation\n> in a mail\n",
        b"< b\n> c\n",
        b"#### a ---> node\n",
        b'{"method":"m"}\n{"id":1,"result":0}\n',
        b"READ 5 times\n",
        b"Connected (press CTRL+C to quit)\n",
        b"\x1b[2K" * 1000,
        b"",
    ],
)
def test_what_is_none_is_not_taken(tmp_path, text):
    """A quotation, another format, a log without a message."""
    (tmp_path / "a").write_bytes(text)
    assert not FORMATS["console"].load().recognises(Source(tmp_path / "a"))


def test_long_lines_take_no_long_time(tmp_path):
    """Whatever stands in them."""
    text = f"< {ASK}\n> {ASK}\n{'wscat ' * 200_000}\n{'x' * 2_000_000}\n{'[0J' * 400_000}\n"
    assert len(read(tmp_path / "a", text)) == 3


def test_a_file_that_is_said_to_be_one_and_is_none_is_refused(tmp_path):
    """With `--format`."""
    (tmp_path / "a").write_text("hello\n")
    with pytest.raises(InputError, match="a: has no message of wscat or websocat"):
        list(FORMATS["console"].load().read(Source(tmp_path / "a")))
