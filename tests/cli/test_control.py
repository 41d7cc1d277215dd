"""`recorder scenario` and `recorder note`, against an HTTP server that notes what it is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ports import free_port


@pytest.fixture
def recorder():
    """A server that remembers requests, and answers what the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            server.asked.append((self.path, self.headers["content-type"], json.loads(body)))
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(server.answer)

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.status, server.answer = [], 200, b'{"ok":true}'
        server.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["scenario", "deposit"], ("/.recorder/scenario", {"name": "deposit"})),
        (["note", "so é\nit is"], ("/.recorder/note", {"text": "so é\nit is", "party": ""})),
        (["note", "x", "--party", "initiator"], ("/.recorder/note", {"text": "x", "party": "initiator"})),
    ],
)
def test_an_event_is_posted_as_json(run, recorder, arguments, asked):
    """What curl could do too; in silence."""
    result = run(*arguments, "--to", recorder.address)
    assert (result.code, result.out, result.err) == (0, "", "")
    assert recorder.asked == [(asked[0], "application/json", asked[1])]


def test_a_refusal_is_the_recorders_own_words(run, recorder):
    """It knows why."""
    recorder.status, recorder.answer = 400, b'{"error":"a note needs a text"}'
    result = run("note", "", "--to", recorder.address)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"recorder: the recorder at {recorder.address} refused: a note needs a text\n"


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"", b"\xff", b"7"])
def test_what_answers_without_being_a_recorder_is_none(run, recorder, answer):
    """Another server at that address is no success, whatever its status."""
    recorder.answer = answer
    result = run("note", "x", "--to", recorder.address)
    assert result.code == 2
    assert result.err.startswith(f"recorder: no recorder answers at {recorder.address} (")


def test_nobody_there_is_said_with_what_to_do(run):
    """The option that names the right address."""
    address = f"127.0.0.1:{free_port()}"
    result = run("scenario", "x", "--to", address)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"recorder: no recorder answers at {address} (")
    assert result.err.endswith("give its address with --to HOST:PORT\n")


def test_a_wrong_address_is_refused(run):
    """Before anybody is asked."""
    result = run("scenario", "x", "--to", "nowhere")
    assert result.code == 2
    assert result.err.startswith("recorder: 'nowhere' is not an address")
