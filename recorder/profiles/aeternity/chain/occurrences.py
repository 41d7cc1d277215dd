"""Encoded strings inside any text: JSON, URLs, logs.

Rule: a finding is reported only when its checksum fits, so words such as `tx_hash` never are; what it means is the
business of `contents`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from recorder.errors import DecodeError
from recorder.profiles.aeternity.chain.encoding import PREFIXES, decode_text

if TYPE_CHECKING:
    from collections.abc import Iterator

# In the query of a URL, + / = are written %2B %2F %3D. A prefix starts a word, or follows a percent-encoded character.
_CANDIDATE = re.compile(
    r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2}))"
    rf"(?:{'|'.join(PREFIXES)})_"
    r"(?:[A-Za-z0-9+/]|%2[BbFf])+(?:=|%3[Dd]){0,2}"
)
_SHORTEST = len("ba_Xfbg4g==")


class Occurrence(NamedTuple):
    """An encoded string found in a text: `source[start:end]` is it, as written; `text` is it, unquoted."""

    start: int
    end: int
    text: str


def occurrences(source: str) -> Iterator[Occurrence]:
    """Every encoded string of `source`, in order, percent-encoded ones in URLs included.

    Args:
        source: any text; JSON escapes are not undone.
    """
    for match in _CANDIDATE.finditer(source):
        found = match.group()
        text = unquote(found) if "%" in found else found
        if len(text) < _SHORTEST:
            continue
        try:
            decode_text(text)
        except DecodeError:
            continue
        yield Occurrence(match.start(), match.end(), text)
