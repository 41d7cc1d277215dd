"""The reserved path on the recording port: scenarios and notes from any language that can post.

Rule: it answers only when the event is in the capture, only to this machine, and never to a web page.
Every browser puts an `Origin` on every POST, to its own site too, so a page that had its name rebound to this machine
is refused as any other; and without POST and a JSON content type nothing is done. Never forwarded.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

import msgspec
from mitmproxy import http

from recorder.errors import CaptureWriteError
from recorder.journal.session import Journal
from recorder.model import Note, Scenario

PREFIX = "/.recorder/"
_PART = r"[\w-][\w. -]{0,99}"
NAME, PATH = re.compile(_PART), re.compile(rf"{_PART}(?:/{_PART})*")
"""A party's name becomes a heading, and a scenario's a file's, in a folder perhaps: no leading dot, one line."""
RULE = "made of letters, digits, spaces and . _ -, at most 100"


class _Scenario(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class _Note(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    party: str = ""


def _scenario(body: bytes, journal: Journal) -> None:
    name = msgspec.json.decode(body, type=_Scenario).name
    if not PATH.fullmatch(name):
        raise msgspec.ValidationError(f"a scenario's name is {RULE}, between slashes if it is a path")
    journal.write([Scenario(time=journal.now(), name=name)])


def _note(body: bytes, journal: Journal) -> None:
    note = msgspec.json.decode(body, type=_Note)
    if not note.text.strip():
        raise msgspec.ValidationError("a note needs a text")
    if note.party and not NAME.fullmatch(note.party):
        raise msgspec.ValidationError(f"a party's name is {RULE}")
    journal.write([Note(time=journal.now(), text=note.text, party=note.party)])


ACTIONS: dict[str, Callable[[bytes, Journal], None]] = {"scenario": _scenario, "note": _note}


def is_control(flow: http.HTTPFlow) -> bool:
    """Whether this request is for the recorder itself."""
    return flow.request.path.startswith(PREFIX)


def answer(flow: http.HTTPFlow, journal: Journal) -> http.Response:
    """Carry out a control request, and say how that went."""
    action = ACTIONS.get(flow.request.path.removeprefix(PREFIX))
    if refusal := _refusal(flow, known=action is not None):
        return _response(*refusal)
    assert action is not None
    try:
        action(flow.request.get_content(strict=False) or b"", journal)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _response(400, str(error))
    except CaptureWriteError as error:
        return _response(500, str(error))
    return _response(200, "")


def _refusal(flow: http.HTTPFlow, *, known: bool) -> tuple[int, str] | None:
    request = flow.request
    peer = ipaddress.ip_address(flow.client_conn.peername[0])
    if not peer.is_loopback and not getattr(getattr(peer, "ipv4_mapped", None), "is_loopback", False):
        return 403, "only this machine may do that"
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        return 403, "no web page may do that"
    if not known:
        return 404, f"there is {PREFIX}scenario and {PREFIX}note"
    if request.method != "POST":
        return 405, "post it"
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "the body must be JSON, with content-type: application/json"
    return None


def _response(status: int, error: str) -> http.Response:
    body = {"error": error} if error else {"ok": True}
    return http.Response.make(status, msgspec.json.encode(body), {"content-type": "application/json"})
