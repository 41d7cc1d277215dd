"""Playwright's zips: what their entries say, and the bodies beside them."""

import json
import zipfile
from pathlib import Path

import pytest

from recorder.errors import InputError
from recorder.interchange import playwright_trace
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.model import Frame

HERE = Path(__file__).parent / "browsers"
ASK = '{"jsonrpc":"2.0","id":1,"method":"sum","params":[1]}'
RESULT = '{"jsonrpc":"2.0","id":1,"result":1}'


def entry(**response):
    """A call, whose request stands beside."""
    return {
        "startedDateTime": "2026-01-31T12:00:00.000Z",
        "time": 2,
        "request": {
            "method": "POST",
            "url": "http://n/rpc",
            "headers": [],
            "postData": {"text": "", "_file": "resources/a.json"},
        },
        "response": {"status": 200, "headers": [], **response},
    }


def packed(path, **files):
    """A zip of these texts; in names, `_` stands for `.` and `__` for `/`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name.replace("__", "/").replace("_", "."), text)
    return path


def lines(*entries):
    """A log of these entries, among what the test did."""
    told = [{"type": "before", "snapshot": 1}, *({"type": "resource-snapshot", "snapshot": one} for one in entries)]
    return "".join(json.dumps(one) + "\n" for one in told)


def payloads(path):
    """What was said."""
    return [
        one.payload.decode(errors="replace") for one in playwright_trace.read(Source(path)) if isinstance(one, Frame)
    ]


@pytest.mark.parametrize("name", ["trace.zip", "attached.har.zip"])
def test_a_zip_of_playwright_is_recognised_and_read(name):
    """A page's WebSocket, a call, and a stream."""
    path = HERE / name
    assert format_of(Source(path)) is FORMATS["playwright"]
    assert len(payloads(path)) == 6 + 2 + 3


def test_bodies_are_found_by_path_or_by_hash(tmp_path):
    """Older traces name the hash alone."""
    new, old = entry(content={"_file": "resources/b.json"}), entry(content={"_sha1": "b.json"})
    files = {"resources__a_json": ASK, "resources__b_json": RESULT}
    assert payloads(packed(tmp_path / "a.zip", trace_network=lines(new, old), **files)) == [ASK, ASK, RESULT, RESULT]


def test_each_context_of_a_test_has_its_log(tmp_path):
    """`0-trace.network`, `1-trace.network`."""
    logs = {"0-trace_network": lines(entry()), "1-trace_network": lines(entry())}
    assert payloads(packed(tmp_path / "a.zip", resources__a_json=ASK, **logs)) == [ASK, ASK, "", ""]


def test_another_zip_is_not_taken(tmp_path):
    """Nor what only begins as one."""
    (tmp_path / "torn").write_bytes(playwright_trace.ZIP + b"\0" * 50)
    assert not playwright_trace.recognises(Source(packed(tmp_path / "a.zip", a_txt="")))
    assert not playwright_trace.recognises(Source(tmp_path / "torn"))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"trace_network": lines(entry())[:-20]}, r"a.zip: trace.network:2: cannot be read"),
        ({"har_har": "{"}, r"a.zip: har.har: cannot be read: Input data was truncated"),
        ({"har_har": '{"log":{"entries":[{"x":' + "[" * 100_000}, r"a.zip: har.har: cannot be read: .*recursion"),
        ({"trace_network": lines(entry() | {"startedDateTime": "x"})}, "a.zip: entry 1: not a time"),
    ],
)
def test_a_bad_log_is_one_line(tmp_path, files, why):
    """With where it stands."""
    with pytest.raises(InputError, match=why) as caught:
        payloads(packed(tmp_path / "a.zip", resources__a_json=ASK, **files))
    assert "\n" not in str(caught.value)


def test_a_torn_zip_is_one_line(tmp_path):
    """Whatever Python says of it."""
    whole = packed(tmp_path / "a.zip", trace_network=lines(entry()), resources__a_json=ASK).read_bytes()
    at = whole.index(b"trace.network") + 40
    (tmp_path / "b.zip").write_bytes(whole[:at] + b"\xff" * 20 + whole[at + 20 :])
    (tmp_path / "c.zip").write_bytes(whole[:-10])
    for name in ("b.zip", "c.zip"):
        with pytest.raises(InputError, match=rf"{name}: is no whole Playwright trace: "):
            payloads(tmp_path / name)


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    """However small it is."""
    monkeypatch.setattr(playwright_trace, "MOST", 1 << 20)
    path = packed(tmp_path / "a.zip", trace_network=lines(entry()), resources__a_json=" " * (1 << 20))
    with pytest.raises(InputError, match=r"a.zip: holds more than 1 MiB of traffic"):
        payloads(path)
