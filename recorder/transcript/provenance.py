"""The provenance of a transcript, as a comment at its end: its capture and hash, the node and the date.

Rule: pure; one line, and a comment in Markdown as well as HTML, whatever a capture or its name contains.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from recorder.escaping import escape
from recorder.model import SECOND, Header

BEGINNING = "<!-- recorded: "
DATE = "date"
"""The name that somebody gives to a date in a capture's metadata; without it, it is that of its header."""

_COMMENT = re.compile(rf"^{BEGINNING}(?P<capture>.*?), sha256 (?P<digest>[0-9a-f]{{64}})\b.*-->\s*$", re.MULTILINE)
_HYPHENS = re.compile(r"-(?=[->])|<(?=!)")


def provenance(name: str, digest: str, header: Header) -> str:
    """The comment.

    Args:
        name: of the capture's file.
        digest: the SHA-256 of its lines, in hex.
        header: the capture's, whose metadata are told.
    """
    date = {DATE: f"{datetime.fromtimestamp(header.started // SECOND, UTC):%Y-%m-%d}"} if header.started > 0 else {}
    told = [
        _plain(name),
        f"sha256 {digest}",
        *(_plain(f"{key} {value}") for key, value in (date | header.meta).items()),
    ]
    return f"\n{BEGINNING}{', '.join(told)} -->\n"


def changed(committed: str, rendered: str) -> str:
    """The name of the capture that a committed transcript was rendered from in another state; empty where it was not."""
    before, now = _last(committed), _last(rendered)
    return now["capture"] if before and now and before["digest"] != now["digest"] else ""


def _last(text: str) -> re.Match[str] | None:
    return ([None, *_COMMENT.finditer(text)])[-1]


def _plain(text: str) -> str:
    """A text that ends no comment: hyphens do not stand together, or before a `>`."""
    return _HYPHENS.sub(lambda found: f"{found[0]} ", escape(text))
