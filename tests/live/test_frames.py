"""The details of one event, which are bounded."""

import json

from hostile import HOSTILE, everywhere
from viewing import said, traffic

from recorder.capture import dump_all, frame
from recorder.live.frames import SHOWN, Frames, headers_of
from recorder.live.rows import Rows
from recorder.live.source import Source
from recorder.model import Frame, Opened
from recorder.transcript import data_folder


def frames(shown):
    """The details of events of a capture."""
    return Frames(shown, Rows(shown))


def recorded(name):
    """A recorded example, indexed."""
    shown = Source(str(data_folder("transcripts") / f"{name}.jsonl"))
    while shown.turn():
        pass
    return shown


def test_a_frame_is_told_with_its_story(source):
    """Details of a frame have its call, the previous frame of its method, and the differences."""
    opened = frames(source(traffic())).opened(4)
    assert opened["sentence"] == "alice calls stock.take, sku B-2, count 12"
    assert json.loads(opened["payload"])["params"] == {"sku": "B-2", "count": 12}
    assert [(part["why"], [row["n"] for row in part["rows"]]) for part in opened["story"]] == [("answered by", [5])]
    assert (opened["before"]["n"], opened["opening"]["n"]) == (2, 0)
    assert opened["difference"] == [
        {"path": "id", "here": "2", "there": "1"},
        {"path": "params.sku", "here": '"B-2"', "there": '"A-1"'},
        {"path": "params.count", "here": "12", "there": "3"},
    ]
    assert opened["copies"].keys() == {"fixture", "wscat", "python"}
    assert opened["event"] == {
        "event": "frame",
        "time": 1_795_000_000_020_000,
        "session": 1,
        "direction": "to_node",
        "opcode": "text",
        "fragments": 1,
        "exchange": 0,
        "stream": 0,
        "status": 200,
        "query": "",
        "event_id": "",
        "event_type": "message",
    }


def test_what_is_no_frame_is_opened_too(source):
    """Other events have details too: the text of a note, the headers of an opening."""
    opening = Opened(session=1, party="a", url="ws://n/", headers=[("A", "b")], answer=[("C", "d")])
    shown = frames(source([opening, *traffic()[1:]]))
    assert shown.opened(0)["headers"] == [["A", "b"], ["C", "d"]]
    assert shown.opened(9)["event"]["text"] == "now it hangs"
    begins = frame(b"", session=1, direction="from_node", headers=[("C", "d")], request_headers=[("A", "b")])
    assert headers_of(begins) == [["A", "b"], ["C", "d"]]
    assert all(json.dumps(shown.opened(number)) for number in range(15))


def test_encoded_texts_are_decoded_in_place():
    """Each decoded text has its path, a line and its tree."""
    shown = recorded("two_withdrawals")
    (item,) = frames(shown).opened(7)["decoded"]
    assert item["path"] == "params.signed_tx"
    assert item["text"].startswith("withdraw 1 → initiator · round 2 · 1/2 signed\n\nsigned_tx (tag 11, version 1)")
    assert "signed by initiator ✓" in item["text"]
    shown.close()


def test_a_long_payload_is_cut_and_kept_whole_elsewhere(source):
    """A long payload is cut between two characters; the whole of it can be requested."""
    text = "ü" * SHOWN
    event = said({"id": 1, "method": "m", "params": [text]}, 1)
    shown = frames(source([event]))
    opened = shown.opened(0)
    assert opened["cut"] == len(event.payload)
    assert event.payload.decode().startswith(opened["payload"])
    assert len(opened["payload"].encode()) >= SHOWN - 3
    assert shown.payload(0) == event.payload


def test_bytes_are_base64(source):
    """A payload that is not UTF-8 is base64, also when it is cut."""
    binary = Frame(session=1, direction="to_node", opcode="binary", binary=b"\xff\x00" * 10)
    long = Frame(session=1, direction="to_node", opcode="binary", binary=b"\xff" * (SHOWN + 1))
    shown = frames(source([binary, long]))
    assert (shown.opened(0)["payload"], shown.opened(0)["base64"]) == ("/wD/AP8A/wD/AP8A/wD/AP8A/wA=", True)
    assert (shown.opened(1)["cut"], shown.opened(1)["base64"]) == (SHOWN + 1, True)


def test_whatever_is_said_becomes_json(tmp_path):
    """Details of every event of hostile timelines are valid JSON, at any depth."""
    for text in [*HOSTILE, "\\ud800", "x" * 100_000]:
        header, events = everywhere(text)
        events.append(said(b'{"a":"\\ud800","method":"m"}', 1))
        events.append(said(b"[" * 1_000 + b"]" * 1_000, 2))
        events.append(said(b'{"method":"m","params":' + b"[" * 1_000 + b"]" * 1_000 + b"}", 2))
        path = tmp_path / "run.jsonl"
        path.write_bytes(dump_all([header, *events]))
        shown = Source(str(path))
        while shown.turn():
            pass
        opened = [frames(shown).opened(number) for number in range(len(events))]
        assert json.loads(json.dumps(opened)) == opened
        assert [one["row"]["words"].isprintable() for one in opened] == [True] * len(events)
        shown.close()
