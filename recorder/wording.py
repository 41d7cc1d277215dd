"""Words for numbers.

Rule: pure; what is counted is given in the singular, by the program itself.
"""

from __future__ import annotations


def counted(number: int, what: str, none: str = "0") -> str:
    """A number of things: `1 frame`, `2,000 frames`; `none` stands for no number."""
    return f"{f'{number:,}' if number else none} {what}{'s' * (number != 1)}"
