"""Text that a peer chose, fit to stand on a line of ours.

Rule: the one home of it; whatever a peer can choose (a method, the name of a member, a reason) goes through here before
it is printed as ours, so that none moves the cursor or makes a line that nobody wrote. Doing it twice changes nothing.
"""

from __future__ import annotations


def escape(text: str) -> str:
    """The text on one line, every control character shown and none obeyed."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
