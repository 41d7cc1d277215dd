"""What the messages of a frame say by themselves."""

from recorder.profiles.aeternity.annotation import messages
from recorder.profiles.aeternity.annotation.messages import MANY_FRAMES, Messages, ReadMessage
from recorder.profiles.aeternity.chain import encode_text

CHANNEL, CODE = encode_text("ch", bytes(32)), encode_text("cb", b"\x01")


def test_a_message_says_its_method_its_event_and_what_changes():
    """What has not the node's form says nothing, and is no reason to raise."""
    push = b'{"method":"m","params":{"channel_id":"%s","data":{"event":"open","updates":[{"code":"%s"},7]}}}'
    (message,) = Messages().of(push % (CHANNEL.encode(), CODE.encode()))
    assert (message.method, message.event, message.updates) == ("m", "open", [{"code": CODE}])
    assert message.texts == [("params.channel_id", CHANNEL), ("params.data.updates[0].code", CODE)]
    assert (message.channels, message.codes) == ({CHANNEL}, [CODE])
    odd = Messages().of(b'[{"method":7,"params":{"data":{"event":7,"updates":7}}},{"params":{"data":[]}},{"params":0}]')
    assert [(one.method, one.event, [*one.updates]) for one in odd] == [("", "", [])] * 3


def test_a_batch_has_its_messages_and_all_else_is_one():
    """A text's path says which message it is in; a list without a message is no batch."""
    text = CHANNEL.encode()
    batch = Messages().of(b'[{"a":"%s"},"%s"]' % (text, text))
    assert [message.texts for message in batch] == [[("[0].a", CHANNEL)], [("[1]", CHANNEL)]]
    assert Messages().of(b'["%s"]' % text) == [ReadMessage([CHANNEL], [("[0]", CHANNEL)])]
    assert Messages().of(b"[]") == [ReadMessage([], [])]
    assert Messages().of(b"see %s!" % text) == [ReadMessage(f"see {CHANNEL}!", [("", CHANNEL)])]
    assert Messages().of(b"\xff") == [ReadMessage(None, [])]


def test_a_frame_that_comes_again_is_not_read_again(monkeypatch):
    """Both parties are told the same: it is read once, and forgotten when many others came."""
    reads = []
    read = messages.value_or_text
    monkeypatch.setattr(messages, "value_or_text", lambda payload: reads.append(payload) or read(payload))
    known = Messages()
    for payload in (b"7", b"7", *(b"%d" % number for number in range(100, 100 + MANY_FRAMES)), b"7"):
        known.of(payload)
    assert reads.count(b"7") == 2
