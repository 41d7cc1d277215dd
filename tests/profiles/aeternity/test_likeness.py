"""Texts and transactions that are the same by what they hold, who signed them, and what they cost."""

import channel
import pytest

from recorder.bindings import Bindings, Kinds, compare
from recorder.difference import Difference
from recorder.profiles import PROFILES
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import UNSIGNED, unsigned
from recorder.profiles.aeternity.likeness import Likeness
from recorder.profiles.parts import Account, Identities

AETERNITY = PROFILES["aeternity"]
ONE, TWO, THREE = (chain.account_of(bytes([number]) * 32) for number in (1, 2, 3))
CHANNEL, OTHER = (chain.encode_text("ch", bytes([number]) * 32) for number in (1, 2))


def of(account, prefix):
    """The bytes of an account, as another kind of id."""
    return prefix + account[2:]


def deposit(**fields):
    """A deposit transaction without signatures."""
    values = {
        "channel_id": CHANNEL,
        "from_id": ONE,
        "amount": 5,
        "ttl": 0,
        "fee": 17,
        "state_hash": bytes(32),
        "round": 3,
        "nonce": 1,
    }
    return chain.build("channel_deposit_tx", **values | fields)


def signed(transaction, *signatures):
    """A transaction signed with anything."""
    return chain.build("signed_tx", signatures=list(signatures), transaction=chain.decode_text(transaction).data)


def differences(recorded, live, bindings=None):
    """Paths and rules."""
    bindings = bindings or Bindings(one_to_one=AETERNITY.one_to_one)
    return [(one.path, one.rule) for one in compare(recorded, live, bindings, Kinds(AETERNITY))]


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (deposit(), []),
        (deposit(round=9, nonce=4, state_hash=b"\x01" * 32, from_id=TWO, channel_id=OTHER), []),
        (deposit(amount=6), [(("tx", "amount"), "value")]),
        (deposit(fee=18, amount=6), [(("tx", "amount"), "value"), (("tx", "fee"), "value")]),
        ("tx_unreadable", [(("tx",), "value")]),
        (
            chain.build("channel_offchain_tx", 2, channel_id=CHANNEL, round=3, state_hash=bytes(32)),
            [(("tx", "type"), "value")],
        ),
    ],
    ids=["same", "volatile", "amount", "amount and fee", "unreadable", "another type"],
)
def test_transactions_are_compared_by_content(live, found):
    """Fields by name, under the path of the text."""
    assert differences({"tx": deposit()}, {"tx": live})[: len(found) or 1] == found


def test_a_difference_says_what_it_is_inside_of():
    """How much of its path leads to the text, and the type of the object that it is a field of."""
    (found,) = compare({"a.b": [signed(deposit())]}, {"a.b": [signed(deposit(amount=6))]}, Bindings(), Kinds(AETERNITY))
    assert found == Difference(("a.b", 0, "transaction", "amount"), "value", 5, 6, 2, "channel_deposit_tx")


@pytest.mark.parametrize(
    ("recorded", "live", "found"),
    [
        ({"a": ONE, "b": ONE}, {"a": TWO, "b": THREE}, [(("b",), "bound")]),
        ({"a": ONE, "b": TWO}, {"a": TWO, "b": TWO}, [(("b",), "bound")]),
        ({"a": ONE}, {"a": CHANNEL}, [(("a",), "value")]),
        ({"a": "is_connected"}, {"a": "is_validator"}, [(("a",), "value")]),
        ({"a": of(ONE, "ct"), "b": ONE}, {"a": of(TWO, "ct"), "b": TWO}, []),
        ({"a": of(ONE, "ct"), "b": ONE}, {"a": of(TWO, "ct"), "b": ONE}, [(("b",), "bound")]),
        ({"a": ONE, "b": of(ONE, "ok")}, {"a": TWO, "b": of(THREE, "ok")}, [(("b",), "bound")]),
        ({"a": ONE}, {"a": of(ONE, "ct")}, [(("a",), "value")]),
    ],
)
def test_ids_are_bound(recorded, live, found):
    """One to one; a contract, an oracle and an account of the same bytes as one. What only looks like an id is a text."""
    assert differences(recorded, live) == found


def test_what_should_have_come_is_told_as_it_would_stand_there():
    """The account of a contract as an account, though the contract told it."""
    recorded, live = {"a": of(ONE, "ct"), "b": ONE}, {"a": of(TWO, "ct"), "b": THREE}
    (one,) = compare(recorded, live, Bindings(), Kinds(AETERNITY))
    assert (one.recorded, one.live) == (TWO, THREE)
    (one,) = compare({"a": ONE, "b": recorded["a"]}, {"a": TWO, "b": of(THREE, "ct")}, Bindings(), Kinds(AETERNITY))
    assert (one.recorded, one.live) == (of(TWO, "ct"), of(THREE, "ct"))


def test_a_transaction_that_differs_is_bound_all_the_same():
    """A party signs what came, not what was recorded, where a live node asks another fee."""
    bindings = Bindings()
    assert differences({"tx": signed(deposit())}, {"tx": signed(deposit(fee=99))}, bindings)
    assert bindings.get(UNSIGNED, unsigned(deposit())) == unsigned(deposit(fee=99))
    assert bindings.get("tx", signed(deposit())) == signed(deposit(fee=99))


def test_nonces_are_counted_by_account():
    """Two accounts with the same recorded nonce have other live ones."""
    recorded = [deposit(from_id=ONE), deposit(from_id=TWO)]
    assert differences(recorded, [deposit(from_id=ONE, nonce=7), deposit(from_id=TWO, nonce=9)]) == []
    twice = [deposit(amount=5), deposit(amount=6)]
    live = [deposit(amount=5, nonce=7), deposit(amount=6, nonce=8)]
    assert differences(twice, live) == [((1, "nonce"), "bound")]


def test_signatures_are_bound_in_any_order():
    """They are sorted by their bytes; how many there are is compared."""
    recorded = signed(deposit(), b"\x01" * 64, b"\x02" * 64)
    bindings = Bindings()
    assert differences(recorded, signed(deposit(), b"\x08" * 64, b"\x09" * 64), bindings) == []
    assert bindings.get("sg", "01" * 64) == "08" * 64
    assert differences(recorded, signed(deposit(), b"\x01" * 64)) == [(("signatures",), "length")]


def test_a_contract_call_is_compared_by_its_data():
    """The same but for the ids in it; data that cannot be read must be equal."""
    assert differences({"a": "cb_AAAAAAAAAAAA"}, {"a": "cb_BBBBBBBBBBBB"}) == [(("a",), "value")]


def asked(**life):
    """What the node asks to sign to close a channel."""
    return next(s.message for s in channel.live(**life).script().steps if s.name == "channels.sign.shutdown_sign")


RECORDED, SIGNED_TX = asked(), ("params", "data", "signed_tx")
BYTE = 20 * 10**9
SHARES = ("initiator_amount_final", "responder_amount_final")
NOBODY = Likeness(Identities(), Identities())


def fee(recorded, live, name="fee", rule="value", inside=3):
    """A difference of a field of the closing transaction."""
    return Difference((*SIGNED_TX, "transaction", name), rule, recorded, live, inside, "channel_close_mutual_tx")


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        ([fee(100, 100 + BYTE)], 1),
        ([fee(100, 100 + 2 * BYTE)], 1),
        ([fee(100, 101)], 0),
        ([fee(100, 100 - BYTE)], 0),
        ([fee(100, 100 + BYTE, rule="type")], 0),
        ([fee(100, 100 + BYTE, inside=0)], 0),
        ([fee(100, 100 + BYTE), *(fee(BYTE, BYTE // 2, name) for name in SHARES)], 3),
        ([fee(100, 100 + BYTE), *(fee(BYTE, BYTE - 1, name) for name in SHARES)], 1),
    ],
)
def test_a_fee_may_follow_from_the_size(found, passed):
    """A byte more costs so much gas, and the shares of a closing pay for it; nothing else passes."""
    assert len(NOBODY.follows(RECORDED, asked(nonce=200), found)) == passed


def test_the_same_size_costs_the_same():
    """Then another fee is a difference."""
    assert NOBODY.follows(RECORDED, asked(name="other"), [fee(100, 100 + BYTE)]) == {}


def signers(*names):
    """The identities and the state of a channel that these have signed."""
    life = channel.live()
    life.send("initiator", {"method": "x", "params": {"tx": life.signed(life.offchain(2), *names)}})
    script = life.script()
    return script.identities_of(AETERNITY), script.steps[-1].message


def test_signatures_have_makers():
    """Where the recorded signer has not signed the live transaction, whatever it holds."""
    recorded, one = signers("initiator")
    live, other = signers("responder")
    assert list(Likeness(recorded, live).further(one, other)) == [
        Difference(("params", "tx", "signatures"), "signature", "initiator", "", 2, "signed_tx")
    ]
    assert list(Likeness(recorded, recorded).further(one, one)) == []
    assert list(Likeness(recorded, Identities()).further(one, other)) == []


def test_what_carries_a_difference():
    """The two transactions without signatures, and what is beside that in the path; a plain value has none."""
    live = asked(name="other")
    one, other = fee(1, 2), fee(1, 2, "ttl")
    carriers = [NOBODY.carried(RECORDED, live, item) for item in (one, other, one)]
    assert carriers[0] == carriers[2] != carriers[1]
    assert NOBODY.carried(RECORDED, live, one._replace(inside=0)) is None
    assert NOBODY.carried(RECORDED, live, one._replace(rule="length")) is None


def test_shapes_of_texts():
    """An account is its party's, another id is of its kind, a transaction is what its fields are; a plain text has none."""
    life = channel.live()
    who = life.script().identities_of(AETERNITY)
    likeness = Likeness(who, Identities({ONE: Account("initiator")}))

    def shape(value, path):
        return path[-1]

    assert likeness.text_shape(life.accounts["initiator"], shape, live=False) == "ak initiator"
    assert likeness.text_shape(ONE, shape, live=True) == "ak initiator"
    assert likeness.text_shape(TWO, shape, live=True) == "ak "
    assert likeness.text_shape("plain", shape, live=True) is None
    assert likeness.text_shape(deposit(), shape, live=True) == likeness.text_shape(deposit(amount=9), shape, live=True)
    assert likeness.text_shape(signed(deposit()), shape, live=True) != likeness.text_shape(deposit(), shape, live=True)


@pytest.mark.parametrize("turned", [False, True])
def test_another_version_is_told_with_what_it_has_and_lacks(turned):
    """Fields that only one of the two has are told on either side."""
    fields = {
        "initiator_id": ONE,
        "initiator_amount": 5,
        "responder_id": TWO,
        "responder_amount": 5,
        "channel_reserve": 1,
        "lock_period": 10,
        "ttl": 0,
        "fee": 17,
        "state_hash": bytes(32),
        "nonce": 1,
    }
    first = chain.build("channel_create_tx", 1, **fields, delegate_ids=[])
    second = chain.build("channel_create_tx", 2, **fields, initiator_delegate_ids=[], responder_delegate_ids=[])
    one, other = (second, first) if turned else (first, second)
    lists = [
        (("delegate_ids",), "missing"),
        (("initiator_delegate_ids",), "added"),
        (("responder_delegate_ids",), "added"),
    ]
    swapped = {"missing": "added", "added": "missing"}
    wanted = {(("tx", *path), swapped[rule] if turned else rule) for path, rule in lists}
    assert set(differences({"tx": one}, {"tx": other})) == {*wanted, (("tx", "version"), "value")}


def state(*balances):
    """State trees of nothing but accounts, each with its balance."""

    def tree(*leaves):
        return {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": list(leaves)}}

    def leaf(account, balance):
        held = {"type": "account", "tag": 10, "version": 1, "fields": {"nonce": 0, "balance": balance}}
        fields = {"key": chain.decode_text(account).data.hex(), "val": held}
        return {"type": "mtree_value", "tag": 64, "version": 1, "fields": fields}

    tags = {"contracts": 621, "calls": 622, "channels": 623, "ns": 624, "oracles": 625, "accounts": 626}
    inner = {"ns": ("nameservice_mtree", "mtree"), "oracles": ("oracles_mtree", "otree")}
    trees = {}
    for name, tag in tags.items():
        kind, field = inner.get(name, (f"{name}_mtree", name))
        leaves = [leaf(*one) for one in balances] if name == "accounts" else []
        trees[name] = {"type": kind, "tag": tag, "version": 1, "fields": {field: tree(*leaves)}}
    return chain.encode({"type": "state_trees", "tag": 62, "version": 0, "fields": trees}, "ss")


def test_what_contracts_have_is_compared_by_contract():
    """In state trees they are accounts, sorted by their bytes, which says nothing of which is which."""
    one, two, three, four = sorted(
        (ONE, TWO, THREE, chain.account_of(bytes(32))), key=lambda account: chain.decode_text(account).data
    )
    recorded = {"ids": [of(one, "ct"), of(two, "ct")], "trees": state((one, 5), (two, 6))}
    live = {"ids": [of(four, "ct"), of(three, "ct")], "trees": state((three, 6), (four, 5))}
    assert differences(recorded, live) == []
