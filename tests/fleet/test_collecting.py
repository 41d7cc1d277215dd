"""The captures of a unit: what happened to nobody comes along while it lasts."""

import pytest
from hosts import BEGAN, HEADER

from recorder import capture
from recorder.capture import frame
from recorder.fleet.collecting import narrowed
from recorder.model import Closed, Note, Opened, Refused, Scenario

OPENED, CLOSED = Opened(time=BEGAN, session=1, party="shop"), Closed(time=BEGAN, session=1)
ASKED = frame(b"{}", time=BEGAN, session=1, direction="to_node")
OTHERS, MINE, NEXT, AFTER = (Scenario(time=BEGAN, name=name) for name in ("others", "mine", "next", "after"))
NOTE, REFUSED = Note(time=BEGAN, text="said"), Refused(time=BEGAN, status=403, url="ws://node")


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ([OPENED, ASKED, CLOSED], [OPENED, ASKED, CLOSED]),
        ([OTHERS, MINE, NOTE, OPENED, CLOSED, AFTER, NOTE], [MINE, OPENED, CLOSED]),
        ([OPENED, NOTE, REFUSED, NEXT, ASKED, CLOSED, AFTER], [OPENED, NOTE, NEXT, ASKED, CLOSED]),
        ([OTHERS, NOTE], []),
    ],
)
def test_what_happened_to_nobody_comes_along_while_the_unit_lasts(events, kept):
    """The scenario that it began in, and what was said until its end; no handshakes of others."""
    found = [*narrowed(map(capture.dump, [HEADER, *events]))]
    assert found == [(capture.dump(HEADER), False)] + [
        (capture.dump(event), event in (OPENED, ASKED, CLOSED)) for event in kept
    ]


def test_a_line_that_is_malformed_is_kept():
    """It is said where the capture is read."""
    assert [*narrowed([capture.dump(HEADER), b"{}\n"])] == [(capture.dump(HEADER), False), (b"{}\n", True)]
