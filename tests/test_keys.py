"""Keys of parties: read from files, in hex or as `sk_…`, and shown nowhere."""

import pytest

from recorder.errors import InputError
from recorder.keys import by_account, made_for, parse_keys
from recorder.profiles.aeternity import chain
from recorder.profiles.parts import Account

SEED = bytes(range(32))


@pytest.mark.parametrize(
    "text",
    [
        SEED.hex(),
        SEED.hex().upper() + "\n",
        SEED.hex() + "ab" * 32,
        chain.encode_text("sk", SEED),
        f"\ufeff{SEED.hex()}\r\n",
    ],
    ids=["hex", "upper case", "with its public key", "sk", "by a Windows editor"],
)
def test_a_key_is_read(tmp_path, text):
    """In each of the forms that tools write."""
    (tmp_path / "key").write_text(text)
    assert parse_keys([f"initiator={tmp_path}/key"]) == {"initiator": SEED}


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("initiator", "--key 'initiator': write it as PARTY=FILE or ACCOUNT=FILE"),
        ("=key", "--key '=key': write it as PARTY=FILE or ACCOUNT=FILE"),
        ("initiator=", "--key 'initiator=': write it as PARTY=FILE or ACCOUNT=FILE"),
        ("initiator=no-such", "no-such: cannot read the key: No such file or directory"),
        ("initiator=text", "text: holds no key; write the 32-byte seed into it, in hex or encoded"),
        ("initiator=account", "account: holds no key; write the 32-byte seed into it, in hex or encoded"),
        ("initiator=bytes", "bytes: cannot read the key: it is not text"),
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


ONE, TWO, THREE, NONE = "ak_1", "ak_2", "ak_3", "ak_0"
INITIATORS = {
    NONE: Account("initiator", frozenset({1}), known=False),
    ONE: Account("initiator", frozenset({2})),
    TWO: Account("initiator", frozenset({3}), signs=True),
}
ACCOUNTS = INITIATORS | {
    THREE: Account("responder", frozenset({4})),
    "ak_4": Account(signs=True),
    "ak_5": Account("nobody", frozenset({5}), known=False),
}
NO_NAME = "no account in run.jsonl has this name; there is"


@pytest.mark.parametrize(
    ("given", "keys", "line"),
    [
        ({"initiator": b"1"}, {TWO: b"1"}, ""),
        ({"responder": b"1"}, {THREE: b"1"}, ""),
        ({ONE: b"1", NONE: b"2", "ak_4": b"3"}, {ONE: b"1", NONE: b"2", "ak_4": b"3"}, ""),
        ({"initiator": b"1", TWO: b"2"}, {ONE: b"1", TWO: b"2"}, ""),
        (
            {"nobody": b"1"},
            {},
            "--key nobody: the recorded node knew no account of nobody; to replace one write --key ak_5=FILE",
        ),
    ],
)
def test_a_key_goes_to_the_account_that_signs(given, keys, line):
    """To one that the node knew; or to the account that it is given for, whatever that is."""
    said = []
    assert by_account(given, ACCOUNTS, "run.jsonl", said.append) == keys
    assert said == [line] * bool(line)


@pytest.mark.parametrize(
    ("accounts", "line"),
    [
        (INITIATORS, f"{NO_NAME} initiator (ak_0), initiator (ak_1), initiator (ak_2)"),
        ({ONE: Account(signs=True)}, f"{NO_NAME} ak_1"),
        ({}, f"{NO_NAME} none"),
    ],
)
@pytest.mark.parametrize("name", ["alice", "ak_9"])
def test_a_key_for_nobody_is_said(name, accounts, line):
    """With who is there."""
    said = []
    assert by_account({name: b"1"}, accounts, "run.jsonl", said.append) == {}
    assert said == [f"--key {name}: {line}"]


@pytest.mark.parametrize(
    ("given", "accounts", "line"),
    [
        ({"responder": b"1", THREE: b"2"}, ACCOUNTS, "--key responder: each of its accounts has a key already"),
        (
            {"initiator": b"1"},
            ACCOUNTS | {ONE: Account("initiator", signs=True)},
            "--key initiator: it has 2 accounts; give each a key, as --key ak_1=FILE",
        ),
        (
            {"responder": b"1", "initiator": b"1"},
            ACCOUNTS,
            "--key: ak_3 and ak_2 are two accounts; give each a key of its own",
        ),
    ],
)
def test_a_key_that_fits_nowhere_is_a_mistake(given, accounts, line):
    """Of several accounts it is for nobody to choose; two accounts do not become one."""
    with pytest.raises(InputError) as error:
        by_account(given, accounts, "run.jsonl", pytest.fail)
    assert str(error.value) == line


def test_others_get_keys_for_this_run():
    """New ones each time, and not in the place of a given one; an account that the node did not know stays as it is."""
    first, second = (made_for({"initiator", "responder"}, {TWO: SEED}, ACCOUNTS) for _ in range(2))
    assert first.keys() == {ONE, THREE}
    assert {len(seed) for seed in first.values()} == {32}
    assert first[ONE] != second[ONE]
    assert made_for({"responder"}, {}, ACCOUNTS).keys() == {THREE}
