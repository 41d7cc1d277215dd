"""Which sessions begin with what their node says first."""

import pytest

from recorder.capture import frame
from recorder.model import Opened
from recorder.timeline.greetings import Greetings

UP = b'{"method":"channels.info","params":{"data":{"event":"fsm_up"}}}'
OPEN = b'{"method":"channels.info","params":{"data":{"event":"open"}}}'
ERROR = b'{"id":null,"error":{"code":1}}'
PLAIN = b'{"method":"hello"}'


def late(*sessions, profile="auto", url="ws://node/"):
    """What is said of sessions that begin with these frames."""
    greetings = Greetings(profile)
    for number, said in enumerate(sessions, 1):
        greetings.see(Opened(session=number, party="p", url=url))
        greetings.see(frame(b'{"method":"ask"}', session=number, direction="to_node"))
        for payload in said:
            greetings.see(frame(payload, session=number, direction="from_node"))
    return greetings.late


@pytest.mark.parametrize(
    ("sessions", "said"),
    [
        ([[UP, OPEN], [OPEN, UP], [OPEN]], "2 of 3 sessions do not begin with channels.info fsm_up"),
        ([[UP, OPEN], [UP]], ""),
        ([[OPEN], [OPEN]], ""),
        ([[UP], [ERROR], []], ""),
        ([[PLAIN], [PLAIN]], ""),
    ],
    ids=["some are late", "all begin so", "none does", "refused", "another protocol"],
)
def test_sessions_that_begin_otherwise_are_late_where_others_are_not(sessions, said):
    """By the first frame of the node in each."""
    assert late(*sessions) == said
    assert late(*sessions, url="") == ""


def test_a_profile_that_is_named_counts():
    """Whatever the frames say."""
    assert late([UP], [OPEN], profile="generic") == ""
    assert late([UP], [OPEN], profile="aeternity") != ""
