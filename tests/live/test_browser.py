"""The page in a real browser, used as a user does.

If `RECORDER_PICTURES` names a folder, each test saves a screenshot there: look at them when the page has changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile import HOSTILE, everywhere
from msgspec.structs import replace

from recorder.capture import FORMAT, dump_all, frame
from recorder.live.server import PAGE
from recorder.model import SECOND, Closed, Frame, Header, Opened
from recorder.timeline.words import lasting
from recorder.transcript import data_folder

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "e2e" / "servers"))

from installing import npm_folder, program  # noqa: E402 - what the tests with real servers share

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

IN_CHROMIUM = pytest.mark.parametrize("browse", ["chromium"], indirect=True)
"""What takes long, and depends on the page alone."""

HEADER = Header(format=FORMAT, run="r", recorder="0", started=1_700_000_000 * SECOND)
NOON = 1_795_000_000 * SECOND


@pytest.fixture(scope="module", params=["chromium", "firefox-esr"])
def browse(request, tmp_path_factory):
    """Performs a deed of `page.mjs` on a page and returns what it saw; fails on errors and foreign requests."""
    return browser(request.param, tmp_path_factory.mktemp("browser"), os.environ.get("RECORDER_PICTURES", ""))


def browser(name, folder, pictures):
    """A browser that performs deeds in a folder of its own, and saves screenshots in another."""
    executable, script = program(name), folder / "page.mjs"
    (folder / "node_modules").symlink_to(npm_folder() / "node_modules")
    script.write_text((HERE / "page.mjs").read_text())
    if pictures:
        Path(pictures).mkdir(parents=True, exist_ok=True)

    def use(address, deed, **wanted):
        command = [program("node"), script, executable, address, deed, json.dumps(wanted), pictures]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        assert (said["errors"], said["foreign"], said["violations"]) == ([], [], [])
        return said

    return use


@contextmanager
def viewed(*arguments):
    """The address of a page that shows these captures."""
    command = [sys.executable, "-m", "recorder", "view", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield address_in(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def address_in(process):
    """The first page address that a process prints."""
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0]
    raise AssertionError(f"no address, exit code {process.wait()}")


def written(path, events, header=HEADER):
    """Writes a capture; its path."""
    path.write_bytes(dump_all([header, *events]))
    return path


def said(value, direction="to_node", at=0, session=1):
    """A frame, so many milliseconds after noon."""
    return frame(json.dumps(value).encode(), session=session, direction=direction, time=NOON + round(at * 1_000_000))


def opened(at=0, session=1, party="shop"):
    """The opening of a session."""
    return Opened(session=session, party=party, url="ws://node:1/rpc", time=NOON + at * 1_000_000)


def call(number, method, at, **params):
    """A request."""
    return said({"jsonrpc": "2.0", "id": number, "method": method, "params": params}, at=at)


def answer(number, at, **result):
    """Its answer."""
    return said({"jsonrpc": "2.0", "id": number, "result": result}, "from_node", at)


HUNG = [
    opened(),
    call(1, "stock.take", 1, sku="A-1"),
    answer(1, 13, left=4),
    call(2, "orders.close", 20, order=7),
    call(3, "stock.take", 30, sku="B-2"),
    said({"jsonrpc": "2.0", "id": 3, "error": {"code": 7, "message": "none left"}}, "from_node", 41),
    said({"jsonrpc": "2.0", "id": 9, "result": 1}, "from_node", 50),
    call(4, "stock.take", 4000, sku="A-1"),
    answer(4, 4900, left=3),
]


@pytest.fixture
def hung(tmp_path):
    """A capture with a call that nobody answered."""
    return written(tmp_path / "run.jsonl", HUNG)


def test_which_call_was_never_answered_is_on_the_first_view(browse, hung):
    """An open call is shown with its party, method and age, without a click."""
    with viewed(hung) as address:
        seen = browse(address, "look", until="#waiting", picture="hung")
    assert seen["seen"]
    assert re.search(r"1 call without an answer\s*shop to node orders.close order 7 no answer for 4 s", seen["waiting"])
    assert seen["counts"] == ["1 error", "1 open call", "1 unexpected"]


@IN_CHROMIUM
@pytest.mark.parametrize(("width", "names"), [(360, 1), (800, 1), (1000, 2), (1400, 3)])
def test_the_method_of_a_call_without_an_answer_can_be_read(browse, tmp_path, width, names):
    """At any width: the parties are cut first, and fewer calls are named where there is no room."""
    calls = [
        call(1, "bed.list", 1, sku="A-1"),
        call(2, "hang", 2),
        call(3, "bed.water", 3, litres=4),
        call(4, "last", 12_000),
    ]
    path = written(tmp_path / "run.jsonl", [opened(), *calls])
    with viewed(path) as address:
        seen = browse(address, "look", until="#waiting", width=width, height=500, picture=f"strip-{width}")
    assert seen["named"] == [["bed.list", True], ["hang", True], ["bed.water", True]][:names]


@IN_CHROMIUM
def test_a_call_of_a_session_that_ended_does_not_wait(browse, tmp_path):
    """It was not answered, however long the recording goes on."""
    path = written(tmp_path / "run.jsonl", [opened(), call(1, "hang", 1), Closed(session=1, time=NOON + 3 * SECOND)])
    with viewed(path, "--follow") as address:
        seen = browse(address, "look", until="#waiting")
    assert re.search(r"1 call without an answer\s*shop to node hang no answer for 2 s", seen["waiting"])


@IN_CHROMIUM
def test_an_opened_call_says_for_how_long_it_has_no_answer(browse, hung):
    """As its row does; none can come any more when the recording is over."""
    with viewed(hung) as address:
        seen = browse(address, "look", hash="#filter=open%3A&event=2", shown="orders.close")
    assert "no answer for 4 s" in seen["facts"]


def test_each_event_has_a_row(browse, hung):
    """Each event is a row, in order, and the grid announces their number."""
    with viewed(hung) as address:
        seen = browse(address, "look", picture="rows")
    assert seen["count"] == "10"
    assert seen["rows"] == [
        "opens ws://node:1/rpc",
        "stock.take sku A-1",
        "result of stock.take",
        "orders.close order 7",
        "stock.take sku B-2",
        "error of stock.take sku B-2: 7 none left",
        "no request result without a request, id 9",
        "stock.take sku A-1",
        "result of stock.take",
    ]
    assert seen["methods"][0] == "stock.take16"


def test_what_another_process_writes_comes_by_itself(browse, hung):
    """At the end, the list follows new events; elsewhere it stays, and a button counts them."""
    with hung.open("ab") as file:
        file.write(dump_all([call(number, "stock.count", 5000 + number) for number in range(10, 60)]))
    lines = [
        dump_all([call(100, "news.first", 6000)]).decode(),
        dump_all([call(101, "news.second", 6001), call(102, "news.third", 6002)]).decode(),
    ]
    with viewed(hung, "--follow") as address:
        seen = browse(address, "follow", file=str(hung), lines=lines, sought=["news.first", "news.third"])
    assert seen["atEnd"] == "news.first"
    assert seen["took"] < 2000
    assert (seen["button"], seen["away"]) == ("↓ 2 new", 0)
    assert (seen["back"], seen["gone"]) == ("news.third", True)


def test_news_during_a_request_is_not_lost(browse, hung):
    """A page of rows whose answer was on its way when more was written is loaded again."""
    with hung.open("ab") as file:
        file.write(dump_all([call(number, "stock.count", 5000 + number) for number in range(10, 60)]))
    lines = [dump_all([call(number, "news.first", 6000 + number)]).decode() for number in (100, 101)]
    with viewed(hung, "--follow") as address:
        browse(address, "late", file=str(hung), lines=lines, words="2 new")


def test_a_filter_is_suggested_judged_and_linked(browse, hung):
    """Filters can be typed or clicked; a mistake is shown at its place."""
    with viewed(hung) as address:
        seen = browse(address, "filter", method="stock.take", wrong="colour:red", all=9)
    assert seen["words"] == ["method:"]
    assert seen["methods"] == ["method:stock.take", "method:orders.close"]
    assert (seen["found"], len(seen["rows"])) == ("6 rows", 6)
    assert seen["hash"] == "#filter=method%3Astock.take"
    assert "colour" in seen["problem"]
    assert seen["column"] == len("party:x ")
    assert (seen["pressed"], seen["field"]) == ("true", "method:stock.take")
    assert seen["both"] == "method:stock.take error:"


def test_a_list_without_rows_is_not_asked_for_again(browse, hung):
    """That no event matches is known with the first answer; the page does not ask with each frame that is drawn."""
    with viewed(hung) as address:
        assert browse(address, "idle", hash="#filter=nothing")["asked"] <= 1


def test_an_event_is_opened_read_and_copied(browse):
    """The panel shows the payload as a tree with decoded texts, and copies it for other tools."""
    with viewed(data_folder("transcripts") / "two_withdrawals.jsonl") as address:
        seen = browse(address, "frame", row="channels.withdraw_tx", heading="signs a withdrawal of 1 aetto")
    assert seen["lines"][:3] == [
        "{… 3 }valuepath",
        'jsonrpc: "2.0"valuepath',
        'method: "channels.withdraw_tx"valuepath',
    ]
    assert "signed_tx (tag 11, version 1)" in seen["decoded"][0]
    assert "initiator to node" in seen["facts"]
    assert seen["wider"] > 30
    assert seen["folded"] == 1
    assert seen["path"].startswith("params")
    assert seen["value"]
    assert "wscat" in seen["copies"]["wscat"]
    assert "websockets" in seen["copies"]["python"]
    assert json.loads(seen["copies"]["fixture"])["event"] == "frame"
    assert seen["hash"].startswith("#event=")


def test_the_story_of_a_frame_is_followed(browse, hung):
    """Links lead from a call to its answer and back; differences to the previous call are listed."""
    with viewed(hung) as address:
        seen = browse(address, "story", row="sku B-2", heading="sku B-2", why="answered by", then="none left")
    assert "answered by" in seen["chapters"]
    assert "none left" in seen["active"]
    assert seen["moved"]
    assert seen["back"]
    assert any("params.sku" in row and "B-2" in row for row in seen["difference"])


def test_runs_of_like_frames_fold_and_open(browse, tmp_path):
    """Runs of similar frames fold and unfold, one or all."""
    ticks = [
        said({"jsonrpc": "2.0", "method": "newHeads", "params": {"n": n}}, "from_node", 100 + n) for n in range(32)
    ]
    events = [opened(), call(1, "watch", 1), answer(1, 2), *ticks, call(2, "stop", 900), answer(2, 901)]
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "fold")
    assert "32" in seen["run"]
    assert (seen["folded"], seen["whole"]) == (6, 37)
    assert seen["open"] == 6 + 32
    assert seen["inside"] > 10


def test_the_keyboard_is_enough(browse, hung):
    """Keys move, open, go back, filter and switch views; `?` lists them."""
    with viewed(hung) as address:
        seen = browse(address, "keyboard", filter="error:")
    assert seen["third"] == "result of stock.take"
    assert "stock.take" in seen["opened"]
    assert seen["focused"] == "rows"
    assert "orders.close" in seen["moved"]
    assert seen["found"] == "1 row"
    assert (seen["firstRow"], seen["last"]) == ("opens ws://node:1/rpc", "result of stock.take")
    assert seen["time"] == "Elapsed"
    assert seen["keys"] > 20
    assert "Methods" in seen["health"]
    assert "rows" not in seen["tabbed"], "the rows keep nobody"


def test_a_narrow_page_is_whole(browse, hung):
    """At 360 pixels nothing is wider than the screen, with or without an open event."""
    with viewed(hung) as address:
        closed = browse(address, "look", width=360, height=720, picture="narrow")
        shown = browse(
            address, "look", hash="#event=1", shown="stock.take", width=360, height=720, picture="narrow-open"
        )
    assert (closed["wide"], shown["wide"]) == (360, 360)
    assert closed["rows"]


def test_a_token_is_in_no_link(browse, hung):
    """After the first visit, the token is not in the page's address."""
    with viewed(hung, "--token", "a-token-of-many-letters") as address:
        seen = browse(f"{address}?token=a-token-of-many-letters", "look", picture="token")
    assert seen["rows"]
    assert seen["address"] == address


def test_both_colour_schemes(browse, hung):
    """The colour scheme is that of the browser."""
    with viewed(hung) as address:
        grounds = [browse(address, "look", scheme=scheme, picture=scheme)["ground"] for scheme in ("light", "dark")]
    light, dark = ([int(figure) for figure in re.findall(r"\d+", ground)[:3]] for ground in grounds)
    assert min(light) > 240
    assert max(dark) < 40


@IN_CHROMIUM
def test_axe_finds_nothing_serious(browse, hung):
    """Axe finds no serious problem in any view, light or dark."""
    views = [
        ("timeline", "#event=5", "#panel h2"),
        ("filtered", "#filter=party%3Ashop", "#rows .row.frame"),
        ("health", "#view=health", "#health table"),
        ("diagram", "#view=diagram", "#diagram svg"),
    ]
    with viewed(hung) as address:
        seen = browse(address, "views", views=views)
    assert {name: wrong for name, wrong in seen.items() if (name.endswith(("light", "dark"))) and wrong} == {}


@IN_CHROMIUM
def test_axe_finds_nothing_serious_in_a_comparison(browse, hung, tmp_path):
    """Axe finds no serious problem in a comparison."""
    other = written(tmp_path / "other.jsonl", HUNG[:-1])
    with viewed(hung, other) as address:
        seen = browse(address, "views", views=[("compare", "#view=compare", "#pairs .rows .row.same")])
    assert {name: wrong for name, wrong in seen.items() if (name.endswith(("light", "dark"))) and wrong} == {}


def test_two_captures_are_compared(browse, hung, tmp_path):
    """Two captures are side by side; keys lead to each difference, which is explained, and from one event to the other."""
    changed = [*HUNG[:2], answer(1, 13, left=5), *HUNG[3:-1], answer(4, 4900, left=2)]
    with viewed(hung, written(tmp_path / "other.jsonl", changed)) as address:
        seen = browse(address, "compare")
    assert seen["hash"] == "#view=compare"
    assert seen["differing"] == "2 differences"
    assert all("result of stock.take" in side for side in seen["first"])
    assert any("result.left" in finding for finding in seen["findings"])
    assert seen["second"] != seen["first"]
    assert seen["other"].startswith("In other.jsonl")
    assert "result.left: 4 expected, 5 came" in seen["other"]
    assert (seen["current"], len(seen["there"])) == ("other.jsonl", len(seen["rows"]))
    assert seen["back"].startswith("In run.jsonl")


@IN_CHROMIUM
def test_a_comparison_follows_captures_that_grow(browse, hung, tmp_path):
    """What is appended to either capture is compared without a reload."""
    other = written(tmp_path / "other.jsonl", HUNG[:-1])
    last = written(tmp_path / "last.jsonl", HUNG[-1:]).read_text().splitlines(keepends=True)[1]
    with viewed("--follow", hung, other) as address:
        seen = browse(address, "compared", file=str(other), line=last)
    assert seen["differing"] == ["1 difference", "No difference"]


@IN_CHROMIUM
def test_nothing_that_was_said_does_anything(browse, tmp_path):
    """Hostile texts run no script and make no element; invisible characters are shown as code points."""
    events, calls = [], []
    for number, text in enumerate(HOSTILE):
        moved = [
            replace(event, session=event.session + 10 * number) if hasattr(event, "session") else event
            for event in everywhere(text)[1]
        ]
        calls.append(len(events) + next(at for at, event in enumerate(moved) if isinstance(event, Frame)))
        events += moved
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "hostile", events=calls)
    for text, page in zip(HOSTILE, seen["events"], strict=True):
        everything = page.pop("everything")
        assert page == {"scripts": 1, "foreign": [], "handlers": 0}, text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x0b\ufeff]", everything), text


@IN_CHROMIUM
def test_a_long_search_is_counted_to_its_end(browse, tmp_path):
    """While the server searches, the first rows are shown; at last all are counted, and can be reached."""
    events = [opened(), *(call(n, "m", n, amount=n, note="x" * 200) for n in range(60_000))]
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "search", hash="#filter=path%3Aparams.amount%3E99", last="amount 59999")
    assert (seen["found"], seen["total"]) == ("59,900 rows", "59901")


@IN_CHROMIUM
def test_a_diagram_says_what_it_leaves_out(browse, tmp_path):
    """It has all frames, whatever row is selected; if they are too many, those from the selected row on."""
    events = [opened(), *(call(n, f"m{n}", n) for n in range(1, 40))]
    with viewed(written(tmp_path / "few.jsonl", events)) as address:
        seen = browse(address, "diagram", row="m20", words=["All frames that match"])
    assert seen["pictures"] == [[40, "opens a connection"]]
    events = [opened(), *(call(n, f"m{n}", n) for n in range(1, 300))]
    with viewed(written(tmp_path / "many.jsonl", events)) as address:
        seen = browse(address, "diagram", row="m7", words=["200 frames from the selected row on"])
    assert seen["pictures"] == [[200, "no answer: calls m7"]]


@IN_CHROMIUM
def test_names_and_durations_are_whole(browse, tmp_path):
    """In tables a name is broken only where it is very long, and in lists of events a duration is not cut."""
    names = ["payments.subscribe", "textDocument/publishDiagnostics", "x" * 300]
    events = [
        opened(),
        call(1, "account.balance", 1, sku="s" * 40),
        *(call(n, name, n) for n, name in enumerate(names, 3)),
    ]
    events.insert(2, said({"id": 1, "error": {"code": 3, "message": "nobody knows it " * 9}}, "from_node", 1.6))
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "health", width=700, height=800)
    lines = {name: (height, width) for name, height, width, _fits in seen["names"]}
    assert lines[names[0]][0] == lines[names[1]][0] < 30
    assert lines[names[2]][1] < 400
    assert all(fits for *_others, fits in seen["names"])
    assert seen["took"]


@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_wrong_is_told_in_whole_words(browse, tmp_path, width):
    """How long a call waits, what is odd of a message, and what it violates; on a telephone, too."""
    long = {"pages": "s" * 18}
    events = [
        *HUNG,
        call(5, "orders.cancel", 4950, **long),
        call(5, "orders.cancel", 4960, **long),
        said({"jsonrpc": "2.0", "method": "orders.of_customer", "params": "s" * 18}, at=4970),
    ]
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "health", width=width, height=800)
    tags = [text for text, _fits in seen["tags"]]
    assert {"no request", "id in use"} < set(tags)
    assert any(text.startswith("for ") for text in tags)
    assert any(": " in text for text in tags), "a violation"
    assert [text for text, fits in seen["tags"] if not fits] == []


def test_durations_are_those_of_the_terminal(tmp_path):
    """The page rounds as live lines and `stats` do."""
    some = [
        0,
        400,
        6_250,
        6_349,
        9_950,
        9_996,
        814_499,
        814_500,
        999_499,
        999_500,
        9_950_000,
        119_600_000,
        7_100_000_000,
        18_000_000_000,
    ]
    shutil.copy(PAGE / "words.js", tmp_path / "words.mjs")
    script = f"import {{ lasting }} from './words.mjs'; console.log(JSON.stringify({some}.map(lasting)))"
    done = subprocess.run(
        [program("node"), "--input-type=module", "-e", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [lasting(one * 1000) for one in some]


@IN_CHROMIUM
def test_a_million_pixels_are_no_end(browse, tmp_path):
    """Every row of a very long list can be reached by key, scroll bar, wheel and link."""
    events = [opened(), *(said({"method": "m", "params": {"n": n}}, at=n) for n in range(340_000))]
    with viewed(written(tmp_path / "run.jsonl", events)) as address:
        seen = browse(address, "far", total=340_001, last="n 339999", event=234_568, sought="n 234567")
    assert seen["last"].endswith("n 339999")
    assert seen["elements"] < 100
    assert abs(seen["middle"] - 170_000) < 1000
    assert 5 <= seen["crept"] <= 15
    assert seen["linked"].endswith("n 234567")


def test_scenarios_and_notes_are_written_from_the_page(browse, tmp_path):
    """During a recording, the page adds scenarios and notes to the capture."""
    capture = tmp_path / "run.jsonl"
    node = "ws://127.0.0.1:9"  # nobody has to be there
    command = [
        sys.executable,
        "-m",
        "recorder",
        "record",
        node,
        "-o",
        capture,
        "--listen",
        "127.0.0.1:0",
        "--view",
        "--view-port",
        "0",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        browse(address_in(process), "mark", scenario="a refund", note="the till is closed", party="")
    finally:
        process.terminate()
        process.communicate(timeout=30)
    text = capture.read_text()
    assert '"name":"a refund"' in text
    assert '"text":"the till is closed"' in text
