"""Logs for people, as tools write them, with messages in their lines."""

import json

import pytest
from otherfiles import imported, shown

from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Frame, Opened

ASK = '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":"{é"}}'
RESULT = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'
S = 1_000_000_000
AT = 1767323045 * S

DIALECTS = {
    "Claude Desktop": (
        (
            f"2026-01-02T03:04:05.000Z [notes] [info] Initializing server...\n"
            f"2026-01-02T03:04:05.000Z [notes] [info] Message from client: {ASK} {{ metadata: undefined }}\n"
            f"2026-01-02T03:04:05.250Z [notes] [info] Message from server: {RESULT} {{ metadata: undefined }}\n"
        ),
        [AT, AT + S // 4],
    ),
    "Helix": (
        (
            f"2026-01-02T03:04:05.000 helix_lsp::transport [INFO] rust-analyzer -> {ASK}\n"
            f"2026-01-02T03:04:05.250 helix_lsp::transport [INFO] rust-analyzer <- {RESULT}\n"
        ),
        [AT, AT + S // 4],
    ),
    "jsonrpc.el": (
        f"[jsonrpc] e[03:04:05.1] --> tools/list[1] {ASK}\n[jsonrpc] e[03:04:05.2] <-- tools/list[1] {RESULT}\n",
        [0, 0],
    ),
    "the inspector of language servers": (
        (
            f'[LSP   - 3:04:05 AM] {{"isLSPMessage":true,"type":"send-request","message":{ASK},"timestamp":1767323045000}}\n'
            f'[LSP   - 3:04:05 AM] {{"isLSPMessage":true,"type":"receive-response","message":{RESULT},"timestamp":1767323045250}}\n'
        ),
        [AT, AT + S // 4],
    ),
    "the specification": (f"--> {ASK}\n<-- {RESULT}\n", [0, 0]),
    "Python's logging": (
        f"2026-01-02 03:04:05,000 DEBUG server Received: {ASK}\n2026-01-02 03:04:05,250 DEBUG server Sending: {RESULT}\n",
        [AT, AT + S // 4],
    ),
    "words": (f"RPC request {ASK}\nRPC response {RESULT}\n", [0, 0]),
    "ends": (f"client -> server: {ASK}\r\nserver -> client: {RESULT}\r\n", [0, 0]),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_log_is_understood(tmp_path, dialect):
    """Its messages to the letter, who sent them, and when, where it tells that."""
    text, times = DIALECTS[dialect]
    (tmp_path / "a.log").write_text(text)
    assert format_of(Source(tmp_path / "a.log")) is FORMATS["log"]
    events = imported(tmp_path / "a.log")
    assert shown(events) == ["opened stdio:", f"> {ASK}", f"< {RESULT}"]
    assert [event.time for event in events if isinstance(event, Frame)] == times


def test_what_is_no_message_or_tells_no_direction_is_counted(tmp_path):
    """Blank lines are nothing."""
    text = f"starting\n\nMessage from client: {ASK}\ncannot answer {ASK}\nsent {{}}\n"
    (tmp_path / "a").write_text(text)
    warned = []
    assert shown(imported(tmp_path / "a", warned=warned)) == ["opened stdio:", f"> {ASK}"]
    assert warned == [f"{tmp_path}/a: 3 lines left out: no message with a direction"]


def test_the_words_of_a_log_tell_the_direction_and_not_the_message(tmp_path):
    """By itself a notification would be taken for the server's."""
    notified = '{"jsonrpc":"2.0","method":"told"}'
    (tmp_path / "a").write_text(f"Message from client: {ASK}\nMessage from client: {notified}\n")
    assert shown(imported(tmp_path / "a")) == ["opened stdio:", f"> {ASK}", f"> {notified}"]


def test_servers_of_one_log_are_told_apart(tmp_path):
    """Their ids may be the same."""
    lines = [f"2026-01-02T03:04:05.000Z [{name}] [info] Message from client: {ASK}\n" for name in ("one", "two", "one")]
    (tmp_path / "a").write_text("".join(lines))
    events = imported(tmp_path / "a")
    assert [event.session for event in events if isinstance(event, Frame)] == [1, 2, 1]
    assert len([event for event in events if isinstance(event, Opened)]) == 2


@pytest.mark.parametrize(
    "text",
    [
        ASK,
        f"{ASK}\n{RESULT}\n",
        f"here is {ASK}\n",
        "sent a letter\n",
        'sent {"method":"POST","url":"/"}\n',
        json.dumps({"request": {"method": "POST", "body": ASK}, "response": {"status": 200}}),
        json.dumps([{"name": "sent request", "body": ASK}]),
        "sent " + "[" * 100_000,
        "sent {" * 1000,
        "",
    ],
)
def test_what_is_none_is_not_taken(tmp_path, text):
    """Bare messages, other JSON, texts."""
    (tmp_path / "a").write_text(text)
    assert not FORMATS["log"].load().recognises(Source(tmp_path / "a"))


def test_bytes_that_are_no_text_hold_up_nobody(tmp_path):
    """They stand around the message."""
    (tmp_path / "a").write_bytes(b"\xff sent " + ASK.encode() + b" \xfe\n")
    assert shown(imported(tmp_path / "a")) == ["opened stdio:", f"> {ASK}"]
