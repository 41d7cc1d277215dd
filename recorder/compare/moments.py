"""Times that a clock has put into messages: a live one stands for the recorded one where each is a time of its own run.

Rule: pure. When its frame passed, and when its run began, says whether a value is one; its name says nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from recorder.bindings.comparison import is_number
from recorder.compare.differences import Scripts
from recorder.difference import Difference
from recorder.model import SECOND
from recorder.timeline import Script, Step

SLACK = 2 * SECOND
"""How far two clocks may be apart, in nanoseconds."""

DAY = 86_400 * SECOND
"""How far from its frame a time is still taken for one that a clock has told."""

UNITS = {10: SECOND, 13: SECOND // 1_000, 16: SECOND // 1_000_000, 19: 1}
"""By how many digits a number has that tells the time since 1970: its unit, in nanoseconds."""

NUMBER = re.compile(r"\d{10,19}")
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,20}")
"""RFC 3339, with or without a zone."""

HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \S{1,5}")
"""RFC 9110, section 5.6.7."""

MAY_TELL = re.compile(rb"(?<![\w.])\d{10}|\d{4}-\d\d-\d\d[T ]\d\d:|[A-Z][a-z]{2}, \d\d [A-Z]")
"""In every payload that tells a time, and in few others."""

FRACTION, VARIES = re.compile(r"[.,]\d+"), re.compile(r"\d|[A-Z][a-z]{2}")


class Moment(NamedTuple):
    """A time in a frame.

    Args:
        form: how it is written: a number of so many digits, or a text with such signs between its digits.
        time: in nanoseconds since 1970.
        ahead: by how much it is later than its frame.
    """

    form: str
    time: int
    ahead: int

    @classmethod
    def told(cls, value: Any, step: Step) -> Moment | None:
        """The time that a value tells, if that is within a day of its frame."""
        form, time = _of_number(value) if is_number(value) else _of_text(value) if isinstance(value, str) else NO_TIME
        ahead = time - step.event.time
        return cls(form, time, ahead) if time and abs(ahead) < DAY else None

    def since(self, begin: int) -> bool:
        """Whether it lies between the beginning of its run and its frame."""
        return begin - SLACK <= self.time and self.ahead <= SLACK


class Moments:
    """The times of two runs.

    Args:
        scripts: of the recorded run, and of the live one.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._begins = [_begin(script) for script in scripts]

    def alike(self, one: Step, other: Step, item: Difference) -> bool:
        """Whether two values are times, written alike, each of its own run, or each as long before or after its frame.

        Args:
            one: the recorded frame.
            other: the live one.
            item: a difference of both.
        """
        recorded, live = Moment.told(item.recorded, one), Moment.told(item.live, other)
        if recorded is None or live is None or recorded.form != live.form:
            return False
        own = zip((recorded, live), self._begins, strict=True)
        return abs(recorded.ahead - live.ahead) <= SLACK or all(moment.since(begin) for moment, begin in own)


NO_TIME = "", 0


def _begin(script: Script) -> int:
    return min((step.event.time for step in script.steps if step.event.time), default=0)


def _of_number(value: int | Decimal) -> tuple[str, int]:
    digits = len(str(int(value))) if 0 < value < 10 ** max(UNITS) else 0
    return (f"{digits}", int(value * UNITS[digits])) if digits in UNITS else NO_TIME


def _of_text(value: str) -> tuple[str, int]:
    if NUMBER.fullmatch(value):
        form, time = _of_number(int(value))
        return f'"{form}"', time
    try:
        if ISO.fullmatch(value):
            when = datetime.fromisoformat(value)
        elif HTTP_DATE.fullmatch(value):
            when = parsedate_to_datetime(value)
        else:
            return NO_TIME
    except ValueError:
        return NO_TIME
    seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return VARIES.sub("0", FRACTION.sub("", value)), int(seconds * SECOND)
