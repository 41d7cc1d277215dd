"""What stands in a published capture in the place of accounts, ids, hashes and signatures."""

import pytest
from leaks import ids, keys_of, leaks
from play import Play

from recorder.anonymising import Anonymised
from recorder.api import load
from recorder.bindings import Bindings
from recorder.compare import compare
from recorder.masking import Masking
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.anonymous import made_up, seed_for
from recorder.profiles.aeternity.protocol import PROFILE
from recorder.profiles.parts import Account, Identities, Played, Said
from recorder.timeline import read
from recorder.transcript import data_folder

CAPTURES = {
    "two withdrawals": load(data_folder("transcripts") / "two_withdrawals.jsonl"),
    "a channel's life": load(data_folder("transcripts") / "channel_lifecycle.jsonl"),
}


def made_of(capture):
    """The published form of a capture: what made it, and its events."""
    made = Anonymised(capture.header, capture, Masking())
    return made, list(made)


@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_nothing_of_it_is_left(capture):
    """No account, id, hash or host, in no form; and there is something to be left."""
    made, events = made_of(capture)
    assert made.notes == []
    assert len(ids([*capture])) > 2
    assert leaks([*capture], events) == []
    assert leaks([*capture], [*capture]) != []


@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_it_plays_and_every_signature_verifies(capture):
    """Both ends against each other, with the keys that follow from the names; as many signatures as were recorded."""
    made, events = made_of(capture)
    script = read(made.header, events, "b.jsonl")
    play = Play(script, keys_of(script))
    recorded, _verified = Play(read(capture.header, capture, "a.jsonl"), {}).signatures()
    assert play.ok
    assert play.signatures() == (recorded, recorded)
    assert recorded > 0


@pytest.mark.parametrize("capture", CAPTURES.values(), ids=CAPTURES)
def test_it_is_the_same_to_a_comparison(capture):
    """Amounts, methods, order and sizes of texts too; and making it twice gives the same bytes."""
    made, events = made_of(capture)
    assert made_of(capture)[1] == events
    assert compare(read(capture.header, capture, "a.jsonl"), read(made.header, events, "b.jsonl")).same
    assert made_of(_Again(made.header, events))[1] == events


class _Again:
    """Events as a capture."""

    def __init__(self, header, events):
        self.header, self._events = header, events

    def __iter__(self):
        return iter(self._events)


def test_parties_have_the_keys_of_their_names():
    """In every published capture the same: whoever has one may sign for it."""
    made, events = made_of(CAPTURES["two withdrawals"])
    script = read(made.header, events)
    accounts = {one.party: account for account, one in script.accounts.items()}
    assert accounts == {party: chain.account_of(seed_for(party)) for party in ("initiator", "responder")}


def replaced(*texts):
    """The published forms of texts."""
    identities = Identities({texts[0]: Account("initiator")}) if texts and texts[0].startswith("ak_") else Identities()
    said = [Said(session=1, party="initiator", to_node=True, message={"params": list(texts)})]
    found = PROFILE.anonymous(said, Played(identities, Bindings(), {}, "", pytest.fail), Bindings)
    return [found.text(text) for text in texts]


def text_of(prefix, label, size=32):
    """An encoded text of its own."""
    return chain.encode_text(prefix, made_up(f"test {label}", size))


def test_one_key_is_one_key_under_every_prefix():
    """An account's oracle, a contract's account; and where its bytes stand as digits."""
    account = text_of("ak", 1)
    raw = chain.decode_text(account)[1]
    made = replaced(account, chain.encode_text("ok", raw), raw.hex())
    new = chain.decode_text(made[0])[1]
    assert new == chain.decode_text(chain.account_of(seed_for("initiator")))[1]
    assert made[1:] == [chain.encode_text("ok", new), new.hex()]


@pytest.mark.parametrize(("prefix", "size"), [("kh", 32), ("st", 32), ("ba", 8), ("sg", 64), ("nm", 32), ("th", 32)])
def test_ids_are_of_the_same_size_and_kind(prefix, size):
    """Others, the same for the same one."""
    one, other = text_of(prefix, 1, size), text_of(prefix, 2, size)
    made = replaced(one, other, one)
    assert made[0] == made[2] != made[1]
    assert not {one, other} & {*made}
    assert [len(chain.decode_text(text)[1]) for text in made] == [size] * 3


def test_what_only_looks_encoded_stands():
    """Its checksum says that it is none."""
    assert replaced("ak_not2an4account") == ["ak_not2an4account"]
