"""Captures of the network: what tshark prints of them, and what is said where it cannot."""

import shutil
from pathlib import Path

import pytest

from recorder.errors import InputError
from recorder.interchange import pcap
from recorder.interchange.connections import Piece
from recorder.interchange.formats import FORMATS, Source, format_of
from recorder.interchange.pcap import _followed
from recorder.model import Frame

FILE = Path(__file__).parent / "networks" / "traffic.pcapng"
PRINTED = b"""peers:
  - peer: 0
    host: 127.0.0.1
    port: 40000
  - peer: 1
    host: NOBODY
    port: 0
packets:
  - packet: 4
    peer: 0
    timestamp: 1795967455.245108366
    data: !!binary |
      R0VU
      IC8=
  - packet: 9
    peer: 1
    timestamp: 1795967456.000000001
    data: !!binary |
      T0s=
peers:
  - peer: 0
    host: 127.0.0.1
    port: 40001
packets:
""".replace(b"NOBODY", b"")


def test_a_file_is_recognised_by_its_first_bytes():
    """In each of the forms that there are."""
    assert format_of(Source(FILE)) is FORMATS["pcap"]


def test_what_tshark_follows_is_read():
    """Each piece with its time to the nanosecond, and who sent it."""
    one, other = _followed(iter(PRINTED.splitlines(keepends=True)), Source(Path("x")))
    assert one.ends == {0: ("127.0.0.1", "40000"), 1: ("", "0")}
    assert one.pieces == [Piece(1795967455245108366, 0, b"GET /"), Piece(1795967456000000001, 1, b"OK")]
    assert other == ({0: ("127.0.0.1", "40001")}, [])


def test_a_missing_tshark_is_named(monkeypatch):
    """And how to have it."""
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(InputError, match=r"traffic.pcapng: reading it needs tshark; install it"):
        [*pcap.read(Source(FILE))]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_a_file_is_read_with_tshark(tmp_path):
    """A compressed WebSocket and calls over HTTP; torn or of other traffic, it is refused in one line."""
    frames = [event for event in pcap.read(Source(FILE)) if isinstance(event, Frame)]
    assert [frame.session for frame in frames] == [1, 1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert len(frames[3].payload) > 70_000
    torn = tmp_path / "torn.pcapng"
    torn.write_bytes(FILE.read_bytes()[:300])
    with pytest.raises(InputError, match=r"torn.pcapng: "):
        [*pcap.read(Source(torn))]
