"""Texts to copy for a frame; whatever a peer sent, they are safe to paste."""

import ast
import json
import subprocess

import pytest
from hostile import HOSTILE
from viewing import said

from recorder.capture import dump
from recorder.live.copies import copies, quoted
from recorder.model import Opened

WS = Opened(
    session=1,
    party="a",
    url="ws://127.0.0.1:3014/x?y=1",
    headers=[("X-Api-Key", "«key 1»"), ("X-Who", "it's me"), ("Sec-WebSocket-Key", "x"), ("Host", "n")],
    subprotocol="json",
)
HTTP = Opened(session=1, party="a", url="http://127.0.0.1:3014/", headers=[("Accept", "a/b")])
CALL = said({"id": 1, "method": "m", "params": {"t": "it's"}}, 1)


def made(frame, opened):
    """The copies of a frame."""
    return copies(frame, opened, dump(frame))


def test_over_a_websocket_with_wscat_and_python():
    """A WebSocket message has wscat and Python, with headers except secrets and those of the handshake."""
    found = made(CALL, WS)
    assert found.keys() == {"fixture", "wscat", "python"}
    assert found["wscat"].startswith("wscat -c 'ws://127.0.0.1:3014/x?y=1' -s json -H 'X-Who: it'\"'\"'s me' -w 2 -x ")
    assert "«" not in found["wscat"] + found["python"]
    ast.parse(found["python"])


def test_over_http_with_curl_and_python():
    """An HTTP request has curl and Python, with a JSON content type."""
    found = made(CALL, HTTP)
    assert found.keys() == {"fixture", "curl", "python"}
    assert "-H 'Accept: a/b' -H 'Content-Type: application/json' --data-raw" in found["curl"]
    ast.parse(found["python"])


def test_a_fixture_is_its_line():
    """The capture line is copied unchanged."""
    assert json.loads(made(CALL, WS)["fixture"])["json"] == json.loads(CALL.payload)


def test_what_the_node_said_is_not_sent():
    """Messages of the node have no command, and very long frames nothing."""
    assert made(said({"id": 1, "result": 1}, 1, to_node=False), WS).keys() == {"fixture"}
    assert made(said({"id": 1, "method": "m", "params": ["x" * (1 << 17)]}, 1), WS) == {}
    assert made(CALL, None).keys() == {"fixture"}


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a'b\"c$(touch x)`touch x`\\", "line\nline\r\x1b[2J", "\u202egnp", "\U000e0001"]
)
def test_a_shell_takes_any_text_as_one_word(text):
    """Any text is one shell word, without control characters."""
    text = text.replace("\x00", "")
    word = quoted(text)
    assert word.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert done.stdout.decode() == text


def test_python_takes_any_text_as_text():
    """Any text is a valid Python string."""
    for text in HOSTILE:
        opened = Opened(session=1, party="a", url=f"ws://n/{text}", headers=[("X", "y")])
        code = made(said({"id": 1, "method": text}, 1), opened)["python"]
        assert ast.parse(code)
        assert not any(letter in code for letter in "\u2028\u202e\x00")
