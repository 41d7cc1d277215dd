"""A capture as a table: a row a message, which says what it answers, and nothing of an event is dropped in silence."""

import subprocess
import sys

import channel
import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import ROOT, table

from recorder import capture
from recorder.api import statistics
from recorder.errors import InputError
from recorder.interchange import parquet
from recorder.interchange.files import Capture, staging, write_capture
from recorder.interchange.parquet import COLUMNS, MORE
from recorder.model import Closed, Frame, Header, Note, Opened, Refused, Scenario

HEADER = Header(format=capture.FORMAT, run="r", recorder="0", profile="generic", meta={"who": "me"})
OPENED = Opened(time=1_000, session=1, party="shop", role="buyer", url="ws://node/shop")


def frame(payload, direction="to_node", **fields):
    """A frame of session 1."""
    return capture.frame(payload, **{"time": 2_000, "session": 1, "direction": direction} | fields)


def answer(payload, **fields):
    """A frame from the node, a thousand nanoseconds later."""
    return frame(payload, "from_node", **{"time": 3_000} | fields)


def read(path):
    """The rows of a table; times are numbers, as in captures."""
    found = pq.read_table(path)
    at = found.schema.get_field_index("time")
    return found.set_column(at, "time", found["time"].cast("int64")).to_pylist()


@pytest.fixture
def written(tmp_path):
    """Writes events as a table; gives its rows without nulls, and what was lost."""

    def _written(*events, header=HEADER):
        write_capture(tmp_path / "run.jsonl", header, events)
        with Capture(tmp_path / "run.jsonl") as recorded, staging() as stage:
            lost = parquet.write(recorded, tmp_path / "run.parquet", stage)
        rows = read(tmp_path / "run.parquet")
        return [{name: value for name, value in row.items() if value is not None} for row in rows], lost

    return _written


def test_an_answer_says_which_request_it_answers_and_how_long_that_took(written):
    """By line and member, with the method of the request."""
    rows, lost = written(OPENED, frame(b'{"id":7,"method":"take"}'), answer(b'{"id":7,"result":1}'))
    assert not lost
    common = {"event": "frame", "session": 1, "party": "shop", "role": "buyer", "profile": "generic", "opcode": "text"}
    assert rows[1] == common | {
        "line": 3,
        "time": 2_000,
        "direction": "to_node",
        "member": 0,
        "kind": "request",
        "method": "take",
        "id": "7",
        "bytes": 24,
        "payload": '{"id":7,"method":"take"}',
        "words": "take",
    }
    assert rows[2] == common | {
        "line": 4,
        "time": 3_000,
        "direction": "from_node",
        "member": 0,
        "kind": "result",
        "method": "take",
        "id": "7",
        "bytes": 19,
        "payload": '{"id":7,"result":1}',
        "words": "result of take",
        "answers": 3,
        "answers_member": 0,
        "latency_ns": 1_000,
    }


def test_a_batch_is_a_row_for_each_message(written):
    """Each with its own text; what is no message is counted."""
    batch = b'[{"id":1,"method":"a"}, {"id":"1","method":"b"},7, {"method":"c"}]'
    answers = b'[{"id":"1","error":{"code":-32601,"message":"none"}},{"id":1,"result":null}]'
    rows, lost = written(OPENED, frame(batch), answer(answers))
    told = ("line", "member", "kind", "method", "id", "payload", "answers", "answers_member", "error_code", "words")
    assert [tuple(row.get(name) for name in told) for row in rows[1:]] == [
        (3, 0, "request", "a", "1", '{"id":1,"method":"a"}', None, None, None, "a"),
        (3, 1, "request", "b", '"1"', '{"id":"1","method":"b"}', None, None, None, "b"),
        (3, 2, "notification", "c", None, '{"method":"c"}', None, None, None, "c"),
        (4, 0, "error", "b", '"1"', answers[1:52].decode(), 3, 1, -32601, "error of b: -32601 none"),
        (4, 1, "result", "a", "1", '{"id":1,"result":null}', 3, 0, None, "result of a"),
    ]
    assert dict(lost) == {"members of batches that are no messages": 1}


def test_an_id_alone_is_no_message_of_a_batch(written):
    """Where no request waits for it: it is counted, and the others keep their texts."""
    rows, lost = written(OPENED, frame(b'[{"id":5},{"method":"a"},{"id":6},{"method":"b"}]'))
    assert [(row["method"], row["payload"]) for row in rows[1:]] == [
        ("a", '{"method":"a"}'),
        ("b", '{"method":"b"}'),
    ]
    assert dict(lost) == {"members of batches that are no messages": 2}


def test_other_events_are_a_row(written):
    """With what they say, and the scenario that they belong to."""
    rows, _lost = written(
        Note(text="first"),
        Scenario(name="s"),
        OPENED,
        Refused(status=401, url="ws://node/x", party="thief", headers=[("A", "b")]),
        Note(text="a note", party="shop"),
        Closed(session=1, code=1006, by="node", lost="eof", reason="why"),
    )
    assert [row.get("scenario") for row in rows] == [None, "s", "s", "s", "s", "s"]
    assert [row["event"] for row in rows] == ["note", "scenario", "opened", "refused", "note", "closed"]
    assert [row["words"] for row in rows] == [
        *("first", "s", "opens ws://node/shop", "thief is refused a WebSocket: 401 Unauthorized, ws://node/x"),
        *("a note", "closed by node, 1006 why, no Close frame"),
    ]
    assert rows[3] | {"url": "ws://node/x", "status": 401, "more": '{"headers":[["A","b"]]}'} == rows[3]
    assert rows[5] | {"close_code": 1006, "close_reason": "why", "closed_by": "node", "lost": "eof"} == rows[5]
    assert "time" not in rows[5]


def test_over_http_an_answer_has_its_status(written):
    """An error's answers what its exchange asked, without JSON-RPC too; else what is no JSON-RPC is no answer."""
    rows, _lost = written(
        OPENED,
        frame(b'{"id":1,"method":"a"}', exchange=1),
        answer(b"no", exchange=1, status=500),
        frame(b'{"method":"n"}', exchange=2),
        answer(b"", exchange=2, status=202),
        frame(b'{"id":2,"method":"b"}', exchange=3),
        answer(b"", exchange=3),
    )
    assert [(row.get("kind"), row.get("method"), row.get("status"), row.get("answers")) for row in rows[1:]] == [
        ("request", "a", None, None),
        ("error", "a", 500, 3),
        ("notification", "n", None, None),
        (None, "n", 202, None),
        ("request", "b", None, None),
        (None, "b", 200, None),
    ]


def test_bytes_that_are_no_text_are_kept(written):
    """As base64, among the members that have no column."""
    rows, lost = written(OPENED, frame(b"\xff", opcode="binary", fragments=2), frame(b"hello"))
    assert msgspec.json.decode(rows[1]["more"]) == {"binary": "/w==", "fragments": 2}
    assert "payload" not in rows[1]
    assert (rows[2]["payload"], rows[2]["words"]) == ("hello", "text that is not JSON-RPC")
    assert "kind" not in rows[2]
    assert not lost


def test_a_transaction_is_decoded(written):
    """Its type, its round and who has signed it; the words are those of live lines."""
    life = channel.live()
    rows, _lost = written(*life.events, header=life.header)
    decoded = [dict(row["decoded"]) for row in rows if "decoded" in row]
    assert {"channel_create_tx", "channel_offchain_tx"} <= {one["transaction"] for one in decoded}
    assert {"initiator", "responder"} in [
        {*one.get("signers", "").split(", ")} for one in decoded if one.get("round") == "2"
    ]
    contents = [msgspec.json.decode(row["contents"]) for row in rows if "contents" in row]
    assert all(one["path"] and one["text"] for found in contents for one in found)
    assert any("round 2 · 2/2 signed" in row["words"] for row in rows)
    assert {row["channel"] for row in rows if "channel" in row} == {life.channel}


@pytest.mark.parametrize("path", sorted((ROOT / "transcripts").glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_table_agrees_with_the_statistics(path, tmp_path):
    """Calls, errors, latencies, and what nobody answered, of every committed capture."""
    with Capture(path) as recorded, staging() as stage:
        parquet.write(recorded, tmp_path / "run.parquet", stage)
        counted = statistics(recorded)
    rows = read(tmp_path / "run.parquet")
    calls = [row for row in rows if row["kind"] == "request"]
    assert len(calls) == sum(method.calls for method in counted.methods.values())
    assert sum(row["kind"] == "error" for row in rows) == counted.errors
    answered = {(row["answers"], row["answers_member"]) for row in rows}
    waiting = [row for row in calls if row["id"] is not None and (row["line"], row["member"]) not in answered]
    assert [row["method"] for row in waiting] == [request.method for request in counted.unanswered]
    for (direction, name), method in counted.methods.items():
        took = [row["latency_ns"] for row in rows if row["method"] == name and row["direction"] != direction]
        assert sum(one is not None for one in took) == sum(method.took.histogram([]))


def test_every_member_of_an_event_has_its_column():
    """Or it is kept with those that have none: a member that is added must be given a place."""
    named = {"reason": "close_reason", "code": "close_code", "by": "closed_by", "json": "payload", "text": "payload"}
    for kind in (Opened, Frame, Closed, Refused, Note, Scenario):
        members = {field.name for field in msgspec.structs.fields(kind)} - MORE.get(kind, {}).keys()
        assert {named.get(name, name) for name in members} - {"name"} <= COLUMNS.keys(), kind


def test_every_column_is_listed():
    """In the page, in the order of the table."""
    rows = table("docs/formats/parquet.md", "column")
    assert [name.strip("`") for row in rows for name in row[0].split(", ")] == [*COLUMNS]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["to_node", "from_node"]),
            st.binary(max_size=40)
            | st.sampled_from(
                [
                    b"[]",
                    b"[[]]",
                    b'[{"id":1,"method":"m"},[{"id":2,"method":"m"}]]',
                    b'{"id":[1],"error":7}',
                    b'{"id":1e999,"method":"m"}',
                    b'{"id":1,"error":{"code":99999999999999999999999,"message":[]}}',
                    b' [{"id":1,"result":2}] ',
                    b"[" * 300,
                    b'{"method":"\\ud800"}',
                    b'{"id":1,"method":"m"}',
                    b"NaN",
                    b'{"id":1,"method":"m","params":["\xff"]}',
                    b'[{"id":1,"method":"m","params":["\xff"]}]',
                ]
            ),
        ),
        max_size=8,
    )
)
def test_whatever_a_peer_sends_is_in_the_table(tmp_path_factory, said):
    """Every frame has a row, and its bytes are in it."""
    folder = tmp_path_factory.mktemp("any")
    events = [frame(payload, direction) for direction, payload in said]
    write_capture(folder / "run.jsonl", HEADER, events)
    with Capture(folder / "run.jsonl") as recorded, staging() as stage:
        parquet.write(recorded, folder / "run.parquet", stage)
    rows = pq.read_table(folder / "run.parquet", columns=["line", "payload", "bytes", "more"]).to_pylist()
    assert {row["line"] for row in rows} == {*range(2, len(said) + 2)}
    whole = [(line, payload) for line, (_way, payload) in enumerate(said, 2) if not payload.strip().startswith(b"[")]
    for line, payload in whole:
        (row,) = [row for row in rows if row["line"] == line]
        kept = (
            row["payload"].encode()
            if row["payload"] is not None
            else msgspec.json.decode(row["more"], type=Kept).binary
        )
        assert (kept, row["bytes"]) == (payload, len(payload))


class Kept(msgspec.Struct):
    """What is kept of a frame that is not text."""

    binary: bytes


def test_row_groups_are_bounded(written, monkeypatch, tmp_path):
    """By their rows and by the bytes of their payloads."""
    monkeypatch.setattr(parquet, "ROWS", 3)
    monkeypatch.setattr(parquet, "BYTES", 100)
    written(OPENED, *[frame(b'{"method":"m"}')] * 5, *[frame(b"x" * 60)] * 4)
    groups = pq.ParquetFile(tmp_path / "run.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [3, 3, 2, 2]


def test_the_header_of_the_capture_is_in_the_table(written, tmp_path):
    """As the metadata of the schema."""
    written(OPENED)
    kept = pq.read_schema(tmp_path / "run.parquet").metadata[b"recorder.header"]
    assert msgspec.json.decode(kept, type=Header) == HEADER


def test_a_number_that_is_too_large_is_said(written, tmp_path):
    """With its line, and nothing is written."""
    with pytest.raises(InputError, match=r"run.jsonl:3: a number does not fit into a table"):
        written(Closed(session=1), Closed(session=1 << 70))
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]


def test_without_its_library_the_extra_is_named(tmp_path):
    """In one line; the other formats do without."""
    write_capture(tmp_path / "run.jsonl", HEADER, [OPENED])
    code = "import sys; sys.modules['pyarrow'] = None; from recorder.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "export", "run.jsonl", "-o", "run.parquet"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "recorder: Parquet needs pyarrow; install it with `pip install 'jsonrpc-recorder[parquet]'`\n"
    assert [path.name for path in tmp_path.iterdir()] == ["run.jsonl"]
