"""The page's server: real requests on a real port."""

import http.client
import json
import socket
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from hostile import HOSTILE, everywhere
from ports import free_port
from viewing import HEADER, said, serving, traffic

from recorder.capture import dump, dump_all
from recorder.live import server as module
from recorder.live import source
from recorder.settings import Address

PATHS = [
    "/",
    "/page/nothing.js",
    "/api/capture",
    "/api/events",
    "/api/events/3",
    "/api/events/3/payload",
    "/api/position?event=3",
    "/api/stats",
    "/api/diagram",
    "/api/export?format=summary",
    "/api/compare",
    "/api/nothing",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def test_the_api_tells_what_there_is(page):
    """`/api/capture` has the counts, parties, nodes and methods."""
    told = page("/api/capture").value
    assert (told["names"], told["nodes"]) == (["run.jsonl"], ["node", "node 127.0.0.1:3015"])
    assert told["parties"] == [{"name": "alice", "frames": 9}, {"name": "bob", "frames": 1}]
    assert told["methods"][0] == {"name": "stock.take", "count": 4, "errors": 1}
    assert {name: told[name] for name in ("events", "errors", "open", "odd", "indexed", "following", "marks")} == {
        "events": 15,
        "errors": 1,
        "open": 2,
        "odd": 1,
        "indexed": True,
        "following": False,
        "marks": False,
    }
    assert (told["profile"], told["last"] - told["first"], told["trouble"]) == ("generic", 950_000, "")


def test_events_come_in_parts(page):
    """`/api/events` pages, filters and folds."""
    part = page("/api/events", **{"from": 3, "count": 2}).value
    assert (part["from"], part["total"], part["indexed"], [row["n"] for row in part["rows"]]) == (3, 15, True, [3, 4])
    part = page("/api/events", filter="method:stock.*", fold=1).value
    assert [(row["n"], row["times"], row["until"]) for row in part["rows"]] == [
        (2, 1, 2),
        (3, 1, 3),
        (4, 1, 4),
        (5, 1, 5),
        (6, 3, 8),
        (13, 1, 13),
    ]
    assert page("/api/events", **{"from": 99}).value["rows"] == []
    part = page("/api/events", **{"from": "end", "count": 2}).value
    assert (part["from"], part["total"], [row["n"] for row in part["rows"]]) == (13, 15, [13, 14])
    assert page("/api/position", event=8, fold=1, filter="method:stock.*").value == {"row": 4, "indexed": True}
    assert page("/api/position", event=13, filter="open:").value == {"row": 1, "indexed": True}


def test_an_event_is_opened(page):
    """`/api/events/N` has the details, `/payload` the whole payload."""
    assert page("/api/events/4").value["sentence"] == "alice calls stock.take, sku B-2, count 12"
    payload = page("/api/events/4/payload")
    assert (payload.body, payload.headers["content-type"]) == (traffic()[4].payload, "text/plain; charset=utf-8")
    assert payload.headers["content-disposition"] == 'attachment; filename="payload-4"'
    assert page("/api/events/99").status == 404
    assert page("/api/events/" + "9" * 400).status == 404


def test_figures_diagram_and_exports(page):
    """Statistics, diagrams and exports work for any filter."""
    assert page("/api/stats", filter="party:bob").value["methods"][0]["method"] == "stock.list"
    assert page("/api/diagram", filter="method:stock.take", count=2).value["pictures"][0]["rows"] == 2
    drawn = page("/api/diagram", **{"from": 2, "count": 12}).value
    assert (drawn["cut"], drawn["indexed"]) == (True, True)
    assert page("/api/diagram", **{"from": 2, "count": 13}).value["cut"] is False
    exported = page("/api/export", format="capture", filter="error:")
    assert exported.headers["content-disposition"] == 'attachment; filename="run.jsonl"'
    assert exported.body == dump_all([HEADER, traffic()[0], traffic()[5]])
    assert page("/api/export", format="pdf").status == 400


@pytest.mark.parametrize(
    ("path", "parameters", "said"),
    [
        ("/api/events", {"filter": "open: metod:x"}, {"at": 6}),
        ("/api/stats", {"filter": 'a "b'}, {"at": 2}),
        ("/api/export", {"filter": "kind:x"}, {"at": 5}),
        ("/api/position", {"filter": "-"}, {"at": 0}),
        ("/api/events", {"from": "-1"}, {}),
        ("/api/events", {"count": "1e9"}, {}),
        ("/api/events", {"from": "9" * 400}, {}),
    ],
)
def test_what_is_asked_wrongly_is_said(page, path, parameters, said):
    """Bad parameters give status 400 and a JSON error; a bad filter also its column."""
    answer = page(path, **parameters)
    assert answer.status == 400
    assert answer.value["error"]
    assert said.items() <= answer.value.items()


def test_two_captures_are_compared(written):
    """Two captures are compared, and each can be requested."""
    with serving(written(traffic(), "a.jsonl"), written(traffic()[:12], "b.jsonl")) as page:
        assert page("/api/capture").value["names"] == ["a.jsonl", "b.jsonl"]
        assert page("/api/capture", capture=1).value["events"] == 12
        assert page("/api/events/11", capture=1).value["row"]["odd"] == "no request"
        told = page("/api/compare").value
        assert (told["total"], told["differences"], told["rows"][-1]["verdict"]) == (13, [10], "missing")
        (pair,) = page("/api/compare", event=11, capture=1).value["rows"]
        assert (pair["left"]["n"], pair["right"]["n"]) == (11, 11)
        assert page("/api/compare", event=1).value["rows"] == [], "a note is in no pair"
    with serving(written(traffic())) as page:
        assert page("/api/compare").status == 404


def test_a_comparison_waits_for_the_whole_captures(written, monkeypatch):
    """A long capture is read before it is compared."""
    monkeypatch.setattr(source, "SLICE", 200)
    with serving(written(traffic(), "a.jsonl"), written(traffic(), "b.jsonl")) as page:
        told = page("/api/compare").value
        assert (told["total"], told["differences"]) == (13, [])


# Who may ask


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_a_strict_policy(page, path):
    """Every response has the security headers, errors included."""
    headers = page(path).headers
    assert headers["content-security-policy"] == POLICY
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    assert (headers["cache-control"], headers["cross-origin-resource-policy"]) == ("no-store", "same-origin")
    assert not any(name.startswith("access-control-") for name in headers)
    assert "server" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_no_other_site_reads_anything(page, path):
    """DNS rebinding and cross-site requests are refused."""
    assert page(path, headers={"Host": f"evil.example:{page.port}"}).status == 403
    assert page(path, headers={"Origin": "http://evil.example"}).status == 403
    assert page(path, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert page(path, "OPTIONS", headers={"Origin": "http://evil.example"}).status == 403


@pytest.mark.parametrize(
    "path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page//etc/passwd", "/page/..%2fserver.py"]
)
def test_only_the_pages_own_files_are_served(page, path):
    """No path leads outside the page's folder."""
    answer = page(path)
    assert answer.status in {403, 404}
    assert b"tornado" not in answer.body


def test_a_token_is_asked_for(written):
    """A required token is given once; then a cookie keeps it, unreadable for scripts and other sites."""
    with serving(written(traffic()), token="a-long-secret-token") as page:
        assert page("/api/capture").status == 401
        assert page("/api/capture", token="wrong").status == 401
        assert page("/api/capture", headers={"Authorization": "Bearer a-long-secret-token"}).status == 200
        first = page("/", token="a-long-secret-token")
        assert (first.status, first.headers["location"]) == (302, "/")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert page("/api/capture", headers={"Cookie": cookie.partition(";")[0]}).status == 200
        assert page("/api/capture", headers={"Cookie": 'x;;=;"'}).status == 401


# What is marked


class _Recorder(BaseHTTPRequestHandler):
    """Acts as a recorder: stores what is posted, and refuses some."""

    posted: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.posted.append((self.path, body))
        refused = body.get("name") == "../x"
        self.send_response(400 if refused else 200)
        self.end_headers()
        self.wfile.write(b'{"error":"a name is no path"}' if refused else b'{"ok":true}')

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def recorder():
    """A recorder's address."""
    _Recorder.posted.clear()
    with HTTPServer(("127.0.0.1", 0), _Recorder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Address("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


def test_marks_go_to_the_recorder(written, recorder):
    """Scenarios and notes reach the recorder, but only from the page itself."""
    with serving(written(traffic()), marks=recorder) as page:
        own = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{page.port}"}
        assert page("/api/scenario", "POST", '{"name":"x"}', own).status == 200
        assert page("/api/note", "POST", '{"text":"t","party":"alice"}', own).status == 200
        refused = page("/api/scenario", "POST", '{"name":"../x"}', own)
        assert (refused.status, "a name is no path" in refused.value["error"]) == (409, True)
        assert page("/api/scenario", "POST", '{"name":1}', own).status == 400
        assert page("/api/scenario", "POST", "{", own).status == 400
        assert page("/api/scenario", "POST", '{"name":"x"}', own | {"Content-Type": "text/plain"}).status == 415
        assert page("/api/scenario", "POST", '{"name":"x"}', own | {"Origin": "http://evil.example"}).status == 403
        assert page("/api/scenario", "POST", '{"name":"x"}', {"Content-Type": "application/json"}).status == 403
        assert page("/api/capture").value["marks"] is True
    assert [path for path, _body in _Recorder.posted] == [
        "/.recorder/scenario",
        "/.recorder/note",
        "/.recorder/scenario",
    ]


def test_a_recorder_that_has_ended_is_told_without_options_of_a_command(written):
    """Who has a page has no command line."""
    address = Address("127.0.0.1", free_port())
    with serving(written(traffic()), marks=address) as page:
        own = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{page.port}"}
        told = page("/api/note", "POST", '{"text":"t"}', own)
    assert told.status == 409
    assert told.value["error"].startswith(f"no recorder answers at {address} (")
    assert "--" not in told.value["error"]


def test_without_a_recorder_nothing_is_marked(page):
    """Without a recorder, scenarios and notes are refused."""
    own = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{page.port}"}
    assert page("/api/scenario", "POST", '{"name":"x"}', own).status == 404
    assert page("/api/events", "POST", "{}", own).status == 405


# What comes


@contextmanager
def listening(page):
    """A client of `/api/stream`: waits for a message that fulfils a condition; returns it and the number of lines before it."""
    with closing(http.client.HTTPConnection("127.0.0.1", page.port, timeout=20)) as connection:
        connection.request("GET", "/api/stream")
        with connection.getresponse() as answer:
            assert answer.getheader("content-type") == "text/event-stream"

            def until(holds):
                for count in range(10_000):
                    line = answer.readline()
                    if line.startswith(b"data: ") and holds(told := json.loads(line[6:])):
                        return told, count
                raise AssertionError("it never came")

            yield until


def test_what_comes_is_told_within_a_moment(written):
    """New events are announced at once, and their rows can be requested."""
    path = written(traffic()[:3])
    with serving(path, follow=True) as page, listening(page) as until:
        until(lambda told: told["events"] == 3)
        began = time.monotonic()
        with path.open("ab") as file:
            file.write(dump(traffic()[3]))
        told, _count = until(lambda told: told["events"] == 4)
        assert time.monotonic() - began < 2  # 0.2 where nothing else runs
        assert told == {"events": 4, "errors": 0, "open": 0, "odd": 0, "indexed": True}
        assert page("/api/events", **{"from": 3}).value["rows"][0]["took"] == 12_000


def test_many_events_are_few_messages(written):
    """A slow page gets the newest counts, not every change."""
    path = written(traffic()[:1])
    with serving(path, follow=True) as page, listening(page) as until:
        with path.open("ab", buffering=0) as file:
            for number in range(3_000):
                file.write(dump(said({"method": "m"}, number)))
        _told, count = until(lambda told: told["events"] == 3_001)
        assert count < 300


def test_who_takes_nothing_and_who_is_gone_slow_nobody(written):
    """Clients that do not read, or have gone, do not slow others."""
    path = written(traffic())
    with serving(path, follow=True) as page:
        deaf = [socket.create_connection(("127.0.0.1", page.port)) for _one in range(10)]
        for one in deaf:
            one.sendall(b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % page.port)
        for one in deaf[:5]:
            one.close()
        with path.open("ab") as file:
            file.write(dump_all([said({"method": "m"}, number) for number in range(500)]))
        with listening(page) as until:
            until(lambda told: told["events"] == 515)
        for one in deaf[5:]:
            one.close()


def test_too_many_pages_are_refused(written, monkeypatch):
    """A page too many is refused with a hint."""
    monkeypatch.setattr(module, "MOST_STREAMS", 1)
    with serving(written(traffic())) as page, listening(page) as until:
        until(lambda _told: True)
        assert page("/api/stream").status == 503


def test_a_capture_that_is_cut_off_meanwhile_is_said(written):
    """After a truncation, each request still gets a response."""
    path = written(traffic())
    with serving(path, follow=True) as page, listening(page) as until:
        until(lambda told: told["events"] == 15)
        path.write_bytes(path.read_bytes()[:200])
        assert page("/api/events/12").status == 409
        end = time.monotonic() + 20
        while not page("/api/capture").value["trouble"]:
            assert time.monotonic() < end
            time.sleep(0.01)


# What is hostile


def whole(page, **parameters):
    """A list, after all events have been checked."""
    end = time.monotonic() + 60
    while not (told := page("/api/events", **parameters).value)["indexed"]:
        assert time.monotonic() < end
    return told


def test_hostile_traffic_is_answered_as_json(written):
    """Hostile traffic gives valid JSON for every event and every view."""
    events = [event for text in HOSTILE for event in everywhere(text)[1]]
    odd = [
        said(b"[" * 1_000 + b"]" * 1_000, 2),
        said(b'{"method":"\xff\xfe"}', 3),
        said(b'{"method":"\\ud800"}', 4),
        said(b'{"id":' + b"9" * 5_000 + b',"method":"m"}', 5),
        said(b'{"id":1e999,"method":"m","params":{"a":NaN}}', 6),
    ]
    with serving(written([*events, *odd])) as page:
        rows = page("/api/events", count=1000).value["rows"]
        assert len(rows) == len(events) + len(odd)
        assert all(row["words"].isprintable() for row in rows)
        for number in [*range(0, len(events), 7), *range(len(events), len(rows))]:
            answer = page(f"/api/events/{number}")
            assert (answer.status, answer.value["row"]["n"]) == (200, number)
        assert page("/api/stats").value["indexed"] is True
        assert page("/api/diagram").value["pictures"]
        assert page("/api/events", filter="</script>").value["total"] > 5
        assert page("/api/events", filter="path:params.a>1 -xxxx").status == 200
        for form in ("capture", "html", "markdown", "sequence", "summary"):
            assert page("/api/export", format=form).status == 200


def test_a_text_of_64_mib_is_answered_in_part(written):
    """A long payload is cut; the whole of it is a download."""
    long = said(b'{"id":1,"method":"m","params":["' + b"x" * (1 << 26) + b'"]}', 1)
    with serving(written([long, said({"id": 1, "result": 1}, 2, to_node=False)])) as page:
        whole(page)
        assert [row["words"] for row in page("/api/events").value["rows"]] == ["m", "result of m"]
        opened = page("/api/events/0")
        assert (len(opened.body) < 1 << 20, opened.value["cut"]) == (True, len(long.payload))
        assert whole(page, filter="-xxxx")["total"] == 1
        assert len(page("/api/events/0/payload").body) == len(long.payload)
        assert page("/api/stats").value["methods"][0]["calls"] == 1
