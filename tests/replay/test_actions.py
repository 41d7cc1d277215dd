"""What an end of ours does now."""

from recorder.replay import Begin, Close, Open, Send
from recorder.replay.actions import NO_CODE


def test_an_action_is_of_a_websocket_unless_it_says_otherwise():
    """A text frame that is whole, a closing without a code, an opening without headers."""
    assert Send(1, b"x") == Send(1, b"x", binary=False, exchange=0, status=200, headers=(), last=True)
    assert Close(1) == Close(1, NO_CODE, reason="", lost="", exchange=0)
    assert Open(1, "/") == Open(1, "/", headers=())
    assert len({Send(1, b"x"), Send(1, b"x"), Close(1), Open(1, "/"), Begin("one")}) == 4
