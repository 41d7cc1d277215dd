"""Where a stream is: what is one, what is none, and that nothing secret is shown of it."""

import pytest

from recorder.errors import InputError
from recorder.fleet.address import StreamAddress, is_stream


@pytest.mark.parametrize(
    ("text", "servers", "shown"),
    [
        ("nats://host:4222/T", ["nats://host:4222"], "nats://host:4222/T"),
        ("tls://host/T_1-a", ["tls://host"], "tls://host/T_1-a"),
        ("nats://[::1]:4222/T", ["nats://[::1]:4222"], "nats://[::1]:4222/T"),
        ("nats://me:secret@host/T", ["nats://me:secret@host"], "nats://host/T"),
        ("nats://token@a:1,token@b:2/T", ["nats://token@a:1", "nats://token@b:2"], "nats://a:1,b:2/T"),
    ],
)
def test_an_address(text, servers, shown):
    """Of one server or several."""
    address = StreamAddress.parse(text)
    assert address.servers == tuple(servers)
    assert str(address) == shown
    assert is_stream(text)


@pytest.mark.parametrize(
    "text",
    [
        "run.jsonl",
        "nats://host:4222",
        "nats://host:4222/",
        "nats:///T",
        "nats://host/a.b",
        "nats://host/a b",
        "nats://host/T/more",
        "nats://host:port/T",
        "nats://host:0/T",
        "nats://host,/T",
        "nats://host?a=b/T",
        "http://host/T",
    ],
)
def test_what_is_none(text):
    """Is refused with one that is."""
    with pytest.raises(InputError, match=r"write it as nats://127\.0\.0\.1:4222/TRAFFIC"):
        StreamAddress.parse(text)


@pytest.mark.parametrize("text", ["nats://me:secret@host", "nats://me:secret@host:x/T", "nats://a,me:secret@b/a.b"])
def test_a_wrong_address_shows_no_secret(text):
    """Neither of its first server nor of another."""
    with pytest.raises(InputError) as error:
        StreamAddress.parse(text)
    assert "secret" not in str(error.value)
