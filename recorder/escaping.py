"""Escapes text that a peer chose, for printing on one line.

Rule: every text that a peer can choose (a method, the name of a member, a reason) goes through here before it is
printed, so that none can move the cursor or fake a line. Escaping twice changes nothing.
"""

from __future__ import annotations


def escape(text: str) -> str:
    """The text on one line, with every control character escaped."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
