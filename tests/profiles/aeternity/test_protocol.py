"""The æternity channel API: what its URLs and frames mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.model import Frame
from recorder.profiles import PROFILES
from recorder.profiles.aeternity.protocol import INFO_LINES

AETERNITY = PROFILES["aeternity"]


def from_node(text: str) -> Frame:
    """A text frame from the node."""
    return Frame(session=1, direction="from_node", text=text)


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("ws://localhost:3014/channel?channel_reserve=2&role=initiator&lock_period=10", "initiator"),
        ("ws://localhost:3014/channel?role=responder", "responder"),
        ("ws://localhost:3014/channel?role=observer", ""),
        ("ws://localhost:3014/channel?other_role=initiator", ""),
        ("ws://localhost:3014/channel?role=", ""),
        ("ws://localhost:3014/role=initiator", ""),
        ("ws://localhost:3014/channel#?role=initiator", ""),
        ("ws://[/channel?role=initiator", "initiator"),
        ("", ""),
    ],
)
def test_the_role_is_in_the_url(url, role):
    """A client's URL names it initiator or responder; anything else names no role."""
    assert AETERNITY.role(url) == role


@given(st.text(st.sampled_from("ws:/[]?&=#%role;")) | st.text())
def test_no_url_raises(url):
    """A party may ask for any URL."""
    assert AETERNITY.role(url) == "" or "role" in url


@pytest.mark.parametrize(("event", "line"), INFO_LINES.items())
def test_an_info_frame_has_its_line(event, line):
    """The documents print a line after each of these events."""
    frame = '{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"%s"}},"version":1}'
    assert AETERNITY.info(from_node(frame % event)) == line


def test_the_info_lines_are_the_documents():
    """The lines stand in the published documents word for word."""
    assert INFO_LINES == {
        "fsm_up": "The local fsm has been started",
        "channel_open": "Received an WebSocket opening request",
        "channel_accept": "Received an WebSocket connection accepted",
        "own_funding_locked": "Funding has been confirmed locally on-chain",
        "funding_locked": "Funding has been confirmed on-chain by other party",
        "open": "Channel is `open` and ready to use",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "channels.info",
        '{"method":"channels.info"',
        '{"method":"channels.info"}',
        '{"method":"channels.info","params":[]}',
        '{"method":"channels.info","params":{"data":{}}}',
        '{"method":"channels.info","params":{"data":{"event":7}}}',
        '{"method":"channels.info","params":{"data":{"event":"died"}}}',
        '{"method":"channels.on_chain_tx","params":{"data":{"event":"open","info":"channels.info"}}}',
        '{"method":"channels.info","params":{"data":' + "[" * 100_000 + "}}",
    ],
    ids=lambda text: text[:50],
)
def test_other_frames_have_no_line(text):
    """Whatever else speaks of channels.info prints no line, and raises nothing."""
    assert AETERNITY.info(from_node(text)) == ""


def test_a_party_gives_no_info():
    """Only the node knows what happened."""
    text = '{"method":"channels.info","params":{"data":{"event":"open"}}}'
    assert AETERNITY.info(from_node(text))
    assert AETERNITY.info(Frame(session=1, direction="to_node", text=text)) == ""


@given(st.binary())
def test_no_payload_raises(payload):
    """A frame that is not even text means nothing."""
    frame = Frame(session=1, direction="from_node", binary=b"channels.info" + payload)
    assert AETERNITY.info(frame) == AETERNITY.channel(frame) == ""


CHANNEL = "ch_s8RwBYpaPCPvUxvDsoLxH9KTgSV6EPGNjSYHfpbb4BL4qudgR"


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (f'{{"params":{{"channel_id":"{CHANNEL}"}}}}', CHANNEL),
        (f'{{"channel_id" : "{CHANNEL}"}}', CHANNEL),
        ('{"channel_id":null}', ""),
        ('{"channel_id":"ch_0OIl"}', ""),
        (f'{{"id":"{CHANNEL}"}}', ""),
        ("", ""),
    ],
)
def test_a_frame_names_its_channel(text, channel):
    """The channel's id stands in the frame once there is one."""
    assert AETERNITY.channel(from_node(text)) == channel


@pytest.mark.parametrize(
    ("message", "keeps_alive"),
    [
        ({"method": "channels.system", "params": {"action": "ping"}}, True),
        (AETERNITY.pong(CHANNEL), True),
        (AETERNITY.pong(""), True),
        ({"method": "channels.system", "params": {"action": "stop"}}, False),
        ({"method": "channels.system", "params": ["ping"]}, False),
        ({"method": "channels.system"}, False),
        ({"method": "channels.leave", "params": {"action": "ping"}}, False),
        ({"result": "channels.system.pong"}, False),
        (["channels.system.pong"], False),
        (None, False),
    ],
)
def test_what_keeps_a_session_alive(message, keeps_alive):
    """A ping and its pong mean nothing for a channel; other messages of the same method do."""
    assert AETERNITY.keeps_alive(message) is keeps_alive


@pytest.mark.parametrize(("channel", "named"), [(CHANNEL, CHANNEL), ("", None)])
def test_a_pong_names_its_channel(channel, named):
    """A client takes a pong for its own only if it names its channel, or none where there is none yet."""
    assert AETERNITY.pong(channel)["params"]["channel_id"] == named
