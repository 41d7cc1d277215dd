"""What a timeline's events mean: each session's by its own protocol."""

from recorder.capture import frame
from recorder.model import Note, Opened
from recorder.timeline.annotating import Annotations
from recorder.timeline.followed import Followed

CALL = b'{"jsonrpc":"2.0","id":1,"method":"%s","params":{}}'


def told(*events, profile="auto"):
    """The sentences of these events."""
    annotations = Annotations(profile)
    return [found.sentence if (found := annotations.see(event)) is not None else None for event in events]


def test_each_session_is_told_by_its_own_protocol():
    """Two protocols in one capture; what has no traffic means nothing."""
    assert told(
        Opened(session=1, party="initiator", role="initiator", url="ws://node/channel?role=initiator"),
        Opened(session=2, party="wallet", url="http://node/"),
        frame(b'{"jsonrpc":"2.0","method":"channels.leave","params":{}}', session=1, direction="to_node"),
        frame(CALL % b"eth_chainId", session=2, direction="to_node", exchange=1),
        frame(b'{"jsonrpc":"2.0","id":1,"result":"0x539"}', session=2, direction="from_node", exchange=1),
        Note(text="x"),
    ) == [
        "initiator opens a connection",
        "wallet opens a connection",
        "initiator calls channels.leave",
        "wallet calls eth_chainId",
        "node answers wallet's eth_chainId: 1337",
        None,
    ]


def test_a_protocol_that_its_frames_tell_knows_how_its_session_opened():
    """The opening is told again to who annotates the frames: the party keeps its name."""
    opened = Opened(session=1, party="alice", url="ws://node/rpc")
    assert told(opened, frame(CALL % b"channels.update.new", session=1, direction="to_node"))[1].startswith("alice ")


def test_a_profile_may_be_fixed():
    """Then nothing is told from the traffic."""
    call = frame(b'{"jsonrpc":"2.0","method":"channels.leave"}', session=1, direction="to_node")
    assert told(call, profile="generic") == ["client-1 notifies node: channels.leave"]


def test_nobody_finds_out_what_a_frame_answers_where_it_does_not_matter(monkeypatch):
    """Whose node quotes what it answers is spared a second reading of each frame."""
    looked = []
    look = Followed.look
    monkeypatch.setattr(Followed, "look", lambda self, seen: looked.append(seen.session) or look(self, seen))
    told(frame(CALL % b"channels.leave", session=1, direction="to_node"), profile="aeternity")
    told(frame(CALL % b"eth_chainId", session=2, direction="to_node"), profile="ethereum")
    assert looked == [2]


def test_a_frame_that_was_looked_at_is_not_looked_at_again(monkeypatch):
    """Whoever follows the timeline hands on what it knows."""
    opened = Opened(session=1, party="a", url="ws://n")
    call = frame(b'{"id":1,"method":"eth_call"}', session=1, direction="to_node")
    followed, annotations = Followed(), Annotations("auto")
    followed.see(opened)
    annotations.see(opened)
    look = followed.look(call)
    monkeypatch.setattr(Followed, "look", None)
    assert annotations.see(call, look).method == "eth_call"
