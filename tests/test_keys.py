"""Keys of parties: read from files, in hex or as `sk_…`, and shown nowhere."""

import pytest

from recorder.errors import InputError
from recorder.keys import parse_keys, with_throwaway
from recorder.profiles.aeternity import chain

SEED = bytes(range(32))


@pytest.mark.parametrize(
    "text",
    [SEED.hex(), SEED.hex().upper() + "\n", SEED.hex() + "ab" * 32, chain.encode_text("sk", SEED)],
    ids=["hex", "upper case", "with its public key", "sk"],
)
def test_a_key_is_read(tmp_path, text):
    """In each of the forms that tools write."""
    (tmp_path / "key").write_text(text)
    assert parse_keys([f"initiator={tmp_path}/key"]) == {"initiator": SEED}


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("initiator", "--key 'initiator': write it as PARTY=FILE"),
        ("=key", "--key '=key': write it as PARTY=FILE"),
        ("initiator=", "--key 'initiator=': write it as PARTY=FILE"),
        ("initiator=no-such", "no-such: cannot read the key: No such file or directory"),
        ("initiator=text", "text: holds no key; write the 32-byte seed in hex, or encoded"),
        ("initiator=account", "account: holds no key; write the 32-byte seed in hex, or encoded"),
        ("initiator=bytes", "bytes: cannot read the key: no text"),
    ],
)
def test_what_is_no_key(tmp_path, monkeypatch, item, line):
    """It is one line, and tells nothing of what is in the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text("secret")
    (tmp_path / "account").write_text(chain.encode_text("ak", SEED))
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(InputError) as error:
        parse_keys([item])
    assert str(error.value) == line


def test_a_party_has_one_key(tmp_path):
    """A second one is a mistake."""
    (tmp_path / "key").write_text(SEED.hex())
    item = f"initiator={tmp_path}/key"
    with pytest.raises(InputError, match="initiator has a key already"):
        parse_keys([item, item])


def test_others_get_keys_for_this_run():
    """New ones each time, and not in the place of a given one."""
    first, second = (with_throwaway({"a": SEED}, ["a", "b"]) for _ in range(2))
    assert first["a"] == SEED
    assert len(first["b"]) == 32
    assert first["b"] != second["b"]
