import json

import pytest


@pytest.mark.parametrize("size", [300, 4096, 1 << 16])
@pytest.mark.parametrize("answer", [False, True])
def test_a_message_is_json_rpc_of_exactly_the_size(size, answer):
    """The figures name a size: it is the payload's, to the byte."""
    import traffic

    message = traffic.message(size, 7, answer=answer)
    assert len(message) == size
    assert ("result" if answer else "method") in json.loads(message)


def test_a_size_too_small_is_refused():
    """No message is ever longer than its name says."""
    import traffic

    with pytest.raises(ValueError, match="at least"):
        traffic.message(50, 1)


@pytest.mark.parametrize(("size", "head"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_a_masked_frame_hides_its_payload_behind_its_key(size, head):
    """What is sent is a frame by RFC 6455, section 5.2, in each of its three lengths."""
    import traffic

    payload = bytes(n % 251 for n in range(size))
    frame = traffic.frame(payload, b"\x01\x02\x03\x04")
    hidden = frame[head + 4 :]
    assert frame[1] & 0x80
    assert bytes(byte ^ (1, 2, 3, 4)[n % 4] for n, byte in enumerate(hidden)) == payload
    assert traffic.frame(payload)[head:] == payload


def test_the_handshake_is_the_one_of_the_standard():
    """The example of RFC 6455, section 1.3."""
    import traffic

    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in traffic.upgraded(traffic.upgrade(3014, "/"))
