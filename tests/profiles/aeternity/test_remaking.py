"""Live values in the place of recorded ones, inside encoded texts too, and signatures of played parties."""

from __future__ import annotations

import pytest

from recorder.bindings import Bindings, Kinds
from recorder.bindings.slots import fill, layout
from recorder.profiles.aeternity import PROFILE, chain
from recorder.profiles.aeternity.encoded import UNSIGNED, decoded, unsigned
from recorder.profiles.aeternity.identities import Signers
from recorder.profiles.aeternity.remaking import Remaking
from recorder.profiles.parts import Account, Played

SEED = bytes((7,)) * 32
ONE, TWO, THREE, FOUR = (chain.account_of(bytes([number]) * 32) for number in (1, 2, 3, 4))
HASH, OTHER_HASH = bytes(32), b"\x01" * 32
KINDS = Kinds(PROFILE)


def create(**fields):
    """A create transaction."""
    values = {
        "initiator_id": ONE,
        "initiator_amount": 5,
        "responder_id": TWO,
        "responder_amount": 5,
        "channel_reserve": 0,
        "lock_period": 0,
        "ttl": 0,
        "fee": 17,
        "initiator_delegate_ids": [],
        "responder_delegate_ids": [],
        "state_hash": HASH,
        "nonce": 1,
    }
    return chain.build("channel_create_tx", **values | fields)


def signed(transaction, *signatures):
    """A transaction signed with anything."""
    return chain.build("signed_tx", signatures=list(signatures), transaction=chain.decode_text(transaction).data)


def made(signature="01" * 64, domain="raw", network="ae_one"):
    """Who made a recorded signature."""
    return chain.Attribution("", signature, "initiator", ONE, network, domain, inner=False)


class Run:
    """A protocol's part in one run, its bindings, and what it says."""

    def __init__(self, *bound, signers=(), keys=None, network="", accounts=None):
        self.bindings, self.said = Bindings(), []
        for kind, recorded, live in bound:
            self.bindings.bind(kind, recorded, live)
        signers = Signers(accounts or {}, {one.signature: one for one in signers})
        self.remaking = Remaking(Played(signers, self.bindings, keys or {}, network, self.said.append))
        self.text = self.remaking.text

    def payload(self, recorded, live_id=None):
        """The live form of a payload."""
        slots = layout(recorded, KINDS, [""]).slots
        return fill(recorded, slots, self.bindings, self.remaking, live_id)

    def signatures(self, text):
        """The signatures of the live form of a transaction."""
        return decoded(self.text(text)).value["fields"]["signatures"]


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (f'{{"a": "{ONE}" }}', f'{{"a": "{THREE}" }}'),
        (f'{{"a": "{TWO}"}}', f'{{"a": "{TWO}"}}'),
        (f'{{"a": "of {ONE}, to {ONE} and {TWO}"}}', f'{{"a": "of {THREE}, to {THREE} and {TWO}"}}'),
        (f"no JSON: {ONE}", f"no JSON: {THREE}"),
        ('{"round" : 3, "x": {"round":4}}', '{"round" : 30, "x": {"round":4}}'),
        ('{"round":3.5}', '{"round":3.5}'),
        ('{"round":"3"}', '{"round":"3"}'),
        ('{"rounds":3}', '{"rounds":3}'),
        ('{"x":"round 3","y":[3]}', '{"x":"round 3","y":[3]}'),
        ('{"state_hash": "\\u0061b", "x":"ab"}', '{"state_hash": "cd", "x":"ab"}'),
    ],
)
def test_bytes_that_need_no_change_stay(recorded, live):
    """Spaces, order, escapes and number lexemes too."""
    run = Run(("ak", ONE, THREE), ("round", 3, 30), ("state_hash", "ab", "cd"))
    assert run.payload(recorded.encode()) == live.encode()


@pytest.mark.parametrize(("live_id", "found"), [(b"9", b'{"id": 9, "a":1}'), (None, b'{"id": 1, "a":1}')])
def test_the_id_that_was_asked_with_is_echoed(live_id, found):
    """An answer has the id of its live request, and is the same in all else."""
    assert Run().payload(b'{"id": 1, "a":1}', live_id) == found
    assert Run().payload(b'{"id": 9, "a":1}', b"9") == b'{"id": 9, "a":1}'


def test_an_id_that_an_error_quotes_is_echoed():
    """The node's errors have none of their own."""
    error = b'{"id":null,"error":{"request":{"method":"m","id":1,"params":{"id":1}}}}'
    assert Run().payload(error, b'"one"') == error.replace(b'"m","id":1', b'"m","id":"one"')


def test_inside_a_transaction():
    """Ids, numbers and hashes of its fields, with the right checksum; what was made is remembered."""
    run = Run(("ak", ONE, THREE), (f"nonce {ONE}", 1, 8), ("state_hash", HASH.hex(), OTHER_HASH.hex()))
    live = create(initiator_id=THREE, nonce=8, state_hash=OTHER_HASH)
    assert run.text(create()) == live
    assert run.bindings.get("tx", create()) == live
    assert run.text("tx_unreadable") == "tx_unreadable"
    assert run.text(create(fee=1, initiator_id=TWO, responder_id=TWO)).startswith("tx_")


def read_as(prefix, account):
    """The same bytes, as another kind of id."""
    return prefix + account[2:]


@pytest.mark.parametrize("prefix", ["ak", "ct", "ok"])
def test_one_hash_under_any_prefix(prefix):
    """A contract's and an oracle's address is an account's too, in params, inside transactions and contract data."""
    run = Run(("ak", ONE, THREE))
    assert run.text(read_as(prefix, ONE)) == read_as(prefix, THREE)
    spends = [spend(recipient_id=read_as(prefix, account)) for account in (ONE, THREE)]
    assert run.text(spends[0]) == spends[1]
    kinds = {"ak": "address", "ct": "contract", "ok": "oracle"}
    calls = [chain.encode({"t": kinds[prefix], "v": read_as(prefix, account)}, "cb") for account in (ONE, THREE)]
    assert run.text(calls[0]) == calls[1]


def spend(**fields):
    """A spend transaction."""
    values = {"sender_id": TWO, "recipient_id": TWO, "amount": 5, "fee": 17, "ttl": 0, "nonce": 1, "payload": ""}
    return chain.build("spend_tx", **values | fields)


def test_what_is_signed_is_what_came():
    """A live node that wants another fee gets its own transaction signed, not the recorded one rewritten."""
    came = create(fee=99, nonce=500)
    run = Run((UNSIGNED, unsigned(create()), unsigned(came)), signers=[made()], keys={ONE: SEED})
    live = decoded(run.text(signed(create(), b"\x01" * 64))).value["fields"]
    assert live["transaction"] == decoded(came).value
    verifier = chain.Verifier({"initiator": chain.account_of(SEED)}, ["ae_one"])
    (signature,) = live["signatures"]
    assert verifier.attribute(bytes.fromhex(signature), unsigned(came)).signer == "initiator"
    assert run.said == []


@pytest.mark.parametrize("domain", ["raw", "hash"])
@pytest.mark.parametrize(("given", "network"), [("", "ae_one"), ("ae_two", "ae_two")])
def test_a_signature(domain, given, network):
    """The live transaction is signed in the recorded domain, for the network that is given or else the recorded one."""
    run = Run(("ak", ONE, THREE), signers=[made(domain=domain)], keys={ONE: SEED}, network=given)
    (signature,) = run.signatures(signed(create(), b"\x01" * 64))
    verifier = chain.Verifier({"initiator": chain.account_of(SEED)}, ["ae_one", "ae_two"])
    found = verifier.attribute(bytes.fromhex(signature), unsigned(create(initiator_id=THREE)))
    assert (found.signer, found.network_id, found.domain) == ("initiator", network, domain)


@pytest.mark.parametrize(
    "known",
    [
        {"signers": [made()]},
        {"signers": [made()], "keys": {TWO: SEED}},
        {"signers": [made("02" * 64)], "keys": {ONE: SEED}},
    ],
)
def test_signatures_by_keys_that_nobody_gave(known):
    """Without the key, or without knowing whose a signature was, it is kept, which is said once."""
    run = Run(("ak", ONE, THREE), **known)
    for fee in (1, 2):
        assert run.signatures(signed(create(fee=fee), b"\x01" * 64)) == ["01" * 64]
    assert len(run.said) == 1
    assert "is by an unknown key" in run.said[0]


def test_signatures_that_came_are_sorted():
    """As the node sorts them."""
    bound = (("sg", "01" * 64, "09" * 64), ("sg", "02" * 64, "08" * 64), ("ak", ONE, THREE))
    assert Run(*bound).signatures(signed(create(), b"\x01" * 64, b"\x02" * 64)) == ["08" * 64, "09" * 64]


def test_what_cannot_be_written_is_said():
    """A binding that makes no transaction leaves the recorded one."""
    run = Run(("ak", ONE, "ak_none"))
    assert run.text(create()) == create()
    assert "cannot be rewritten" in run.said[0]


def test_the_accounts_of_keys_stand_for_those_of_their_parties():
    """From the beginning; of others, from when a session's URL tells them."""
    accounts = {ONE: Account("initiator", frozenset({1})), TWO: Account("responder", frozenset({2}))}
    run = Run(keys={ONE: SEED}, accounts=accounts)
    assert (run.text(ONE), run.text(TWO)) == (chain.account_of(SEED), TWO)
    run.remaking.opened({}, {"responder_id": THREE, "initiator_id": chain.account_of(SEED)})
    assert run.text(TWO) == THREE
    assert run.remaking.parameters("responder") == {
        "role": "responder",
        "initiator_id": chain.account_of(SEED),
        "responder_id": THREE,
    }


def test_a_url_tells_whose_account_is_which():
    """A party may have another account in each session."""
    run = Run(accounts={ONE: Account("initiator", frozenset({1}))})
    run.remaking.opened({"initiator_id": TWO}, {"initiator_id": THREE})
    assert (run.text(ONE), run.text(TWO)) == (ONE, THREE)
    run.remaking.opened({}, {"initiator_id": FOUR})
    assert run.text(ONE) == FOUR


def test_a_nonce_is_of_the_sessions_account():
    """Each account counts its own: what is asked for is as far from its others as it was."""
    accounts = {ONE: Account("initiator", frozenset({1})), TWO: Account("initiator", frozenset({2}))}
    bound = ((f"nonce {ONE}", 1, 11), (f"nonce {TWO}", 1, 101))
    for session, live in ((1, 13), (2, 103)):
        run = Run(*bound, accounts=accounts)
        run.remaking.asking({"params": {"nonce": 3}}, session)
        assert run.payload(b'{"nonce":3}') == b'{"nonce":%d}' % live


def test_whether_transactions_are_made_anew_though_nothing_is_bound_to_another_value():
    """With keys: a signature may be for another network."""
    assert (Run().remaking.signs, Run(keys={ONE: bytes(32)}).remaking.signs) == (False, True)
