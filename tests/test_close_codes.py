"""The numbers with which WebSockets are closed."""

from recorder.close_codes import (
    ABNORMAL,
    BAD_GATEWAY,
    CODES,
    GOING_AWAY,
    INTERNAL_ERROR,
    NO_CODE,
    NORMAL,
    SENDABLE,
    parse_close,
)


def test_what_may_stand_in_a_close_frame():
    """RFC 6455, section 7.4: codes that say how a session ended do not travel, nor do those that nobody has given."""
    assert {NORMAL, GOING_AWAY, INTERNAL_ERROR, BAD_GATEWAY, 3000, 4999} < SENDABLE
    assert not {999, 1004, NO_CODE, ABNORMAL, 1015, 2999, 5000} & SENDABLE
    assert set(CODES) > SENDABLE


def test_close_frames_without_code():
    """A Close frame that carries no code counts as 1005."""
    assert parse_close(b"") == parse_close(b"\x03") == (NO_CODE, "")
