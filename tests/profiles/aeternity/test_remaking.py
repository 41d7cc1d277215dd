"""Transactions made anew for a live run, and signed by those whose keys there are."""

import pytest

from recorder.bindings import Bindings
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import UNSIGNED, decoded, unsigned
from recorder.profiles.aeternity.identities import Signers
from recorder.profiles.aeternity.remaking import Remaking

SEED = bytes((7,)) * 32
ONE, TWO, THREE = (chain.account_of(bytes([number]) * 32) for number in (1, 2, 3))
HASH, OTHER_HASH = bytes(32), b"\x01" * 32


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


class Made:
    """The protocol's part in a run, what is bound in it, and what it says."""

    def __init__(self, *bound, keys=None, network="", **identities):
        self.bindings = Bindings()
        for kind, recorded, live in bound:
            self.bindings.bind(kind, recorded, live)
        self.said = []
        self.remaking = Remaking(Signers(**identities), self.bindings, keys or {}, network, self.said.append)

    def signatures(self, text):
        """Those of the live form of a transaction."""
        return decoded(self.remaking.text(text)).value["fields"]["signatures"]


def made_by(party, domain, network="ae_one"):
    """Who made a recorded signature."""
    return chain.Attribution("", "aa", party, "ak_x", network, domain, inner=False)


@pytest.mark.parametrize("domain", ["raw", "hash"])
@pytest.mark.parametrize(("given", "network"), [("", "ae_one"), ("ae_two", "ae_two")])
def test_a_signature(domain, given, network):
    """The live transaction is signed in the recorded domain, for the network that is given or else the recorded one."""
    signers = {"01" * 64: made_by("initiator", domain)}
    made = Made(("ak", ONE, THREE), keys={"initiator": SEED}, network=given, signers=signers)
    (signature,) = made.signatures(signed(create(), b"\x01" * 64))
    verifier = chain.Verifier({"initiator": chain.account_of(SEED)}, ["ae_one", "ae_two"])
    found = verifier.attribute(bytes.fromhex(signature), chain.decode_text(create(initiator_id=THREE)).data)
    assert (found.signer, found.network_id, found.domain) == ("initiator", network, domain)
    assert made.said == []


def test_parties_are_known_by_their_keys_and_urls():
    """The live accounts stand for the recorded ones from the beginning, or from the opening on."""
    made = Made(keys={"initiator": SEED}, accounts={"initiator": ONE, "responder": TWO})
    assert made.remaking.text(ONE) == chain.account_of(SEED)
    made.remaking.opened({}, {"responder_id": THREE})
    assert made.remaking.text(TWO) == THREE
    found = made.remaking.parameters("responder")
    assert found == {"role": "responder", "initiator_id": chain.account_of(SEED), "responder_id": THREE}


def test_inside_a_transaction():
    """Ids, numbers and hashes of its fields, with the right checksum; what was made is remembered."""
    made = Made(("ak", ONE, THREE), (f"nonce {ONE}", 1, 8), ("state_hash", HASH.hex(), OTHER_HASH.hex()))
    live = create(initiator_id=THREE, nonce=8, state_hash=OTHER_HASH)
    assert made.remaking.text(create()) == live
    assert made.bindings.get("tx", create()) == live
    assert made.remaking.text("tx_unreadable") == "tx_unreadable"
    assert made.remaking.text(create(fee=1, initiator_id=TWO, responder_id=TWO)).startswith("tx_")


def test_what_is_signed_is_what_came():
    """A live node that wants another fee gets its own transaction signed, not the recorded one rewritten."""
    came = create(fee=99, nonce=500)
    signers = {"01" * 64: made_by("initiator", "raw")}
    made = Made((UNSIGNED, unsigned(create()), unsigned(came)), keys={"initiator": SEED}, signers=signers)
    live = decoded(made.remaking.text(signed(create(), b"\x01" * 64))).value["fields"]
    assert live["transaction"] == decoded(came).value
    assert live["signatures"] != ["01" * 64]
    assert made.said == []


def test_signatures_by_keys_that_nobody_gave():
    """They are kept, which is said once."""
    made = Made(("ak", ONE, THREE))
    for fee in (1, 2):
        text = signed(create(fee=fee), b"\x01" * 64)
        assert decoded(made.remaking.text(text)).value["fields"]["signatures"] == ["01" * 64]
    assert len(made.said) == 1
    assert "is by a key nobody gave" in made.said[0]


def test_signatures_that_came_are_sorted():
    """As the node sorts them."""
    bound = (("sg", "01" * 64, "09" * 64), ("sg", "02" * 64, "08" * 64), ("ak", ONE, THREE))
    live = Made(*bound).remaking.text(signed(create(), b"\x01" * 64, b"\x02" * 64))
    assert decoded(live).value["fields"]["signatures"] == ["08" * 64, "09" * 64]


def test_what_cannot_be_written_is_said():
    """A binding that makes no transaction leaves the recorded one."""
    made = Made(("ak", ONE, "ak_none"))
    assert made.remaking.text(create()) == create()
    assert "cannot be rewritten" in made.said[0]
