"""Live values in the place of recorded ones."""

import pytest
from msgspec import Raw

from recorder.bindings import Bindings
from recorder.profiles import Volatile
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.encoded import UNSIGNED, decoded, unsigned

VOLATILE = Volatile(numbers=frozenset({"round", "nonce"}), texts=frozenset({"state_hash"}))
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


class Rewriting:
    """A rewriter, its bindings, what it says, and a key that signs with its own first byte."""

    def __init__(self, *bound, signs=""):
        self.bindings = Bindings()
        for kind, recorded, live in bound:
            self.bindings.bind(kind, recorded, live)
        self.said = []
        self.rewriter = Rewriter(self.bindings, VOLATILE, lambda _old, _data: signs, self.said.append)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (f'{{"a": "{ONE}" }}', f'{{"a": "{THREE}" }}'),
        (f'{{"a": "{TWO}"}}', f'{{"a": "{TWO}"}}'),
        ('{"round" : 3, "x": {"round":4}}', '{"round" : 30, "x": {"round":4}}'),
        ('{"round":3.5}', '{"round":3.5}'),
        ('{"rounds":3}', '{"rounds":3}'),
    ],
)
def test_bytes_that_need_no_change_stay(recorded, live):
    """Spaces, order and number lexemes too."""
    rewriting = Rewriting(("ak", ONE, THREE), ("round", 3, 30))
    assert rewriting.rewriter.payload(recorded.encode()) == live.encode()


@pytest.mark.parametrize(("live_id", "found"), [(Raw(b"9"), b'{"id":9,"a":1}'), (None, b'{"id": 1, "a":1}')])
def test_the_id_that_was_asked_with_is_echoed(live_id, found):
    """An answer has the id of its live request."""
    assert Rewriting().rewriter.payload(b'{"id": 1, "a":1}', live_id) == found
    assert Rewriting().rewriter.payload(b'{"id": 9, "a":1}', Raw(b"9")) == b'{"id": 9, "a":1}'


def test_inside_a_transaction():
    """Ids, numbers and hashes of its fields, with the right checksum; what was made is remembered."""
    rewriting = Rewriting(("ak", ONE, THREE), (f"nonce {ONE}", 1, 8), ("state_hash", HASH.hex(), OTHER_HASH.hex()))
    live = create(initiator_id=THREE, nonce=8, state_hash=OTHER_HASH)
    assert rewriting.rewriter.text(create()) == live
    assert rewriting.bindings.get("tx", create()) == live
    assert rewriting.rewriter.text("tx_unreadable") == "tx_unreadable"
    assert rewriting.rewriter.text(create(fee=1, initiator_id=TWO, responder_id=TWO)).startswith("tx_")


def test_what_is_signed_is_what_came():
    """A live node that wants another fee gets its own transaction signed, not the recorded one rewritten."""
    came = create(fee=99, nonce=500)
    rewriting = Rewriting((UNSIGNED, unsigned(create()), unsigned(came)), signs="07" * 64)
    live = decoded(rewriting.rewriter.text(signed(create(), b"\x01" * 64))).value["fields"]
    assert live["transaction"] == decoded(came).value
    assert live["signatures"] == ["07" * 64]
    assert rewriting.said == []


def test_signatures_by_keys_that_nobody_gave():
    """They are kept, which is said once."""
    rewriting = Rewriting(("ak", ONE, THREE))
    for fee in (1, 2):
        text = signed(create(fee=fee), b"\x01" * 64)
        assert decoded(rewriting.rewriter.text(text)).value["fields"]["signatures"] == ["01" * 64]
    assert len(rewriting.said) == 1
    assert "is by a key nobody gave" in rewriting.said[0]


def test_signatures_that_came_are_sorted():
    """As the node sorts them."""
    bound = (("sg", "01" * 64, "09" * 64), ("sg", "02" * 64, "08" * 64), ("ak", ONE, THREE))
    live = Rewriting(*bound).rewriter.text(signed(create(), b"\x01" * 64, b"\x02" * 64))
    assert decoded(live).value["fields"]["signatures"] == ["08" * 64, "09" * 64]


def test_what_cannot_be_written_is_said():
    """A binding that makes no transaction leaves the recorded one."""
    rewriting = Rewriting(("ak", ONE, "ak_none"))
    assert rewriting.rewriter.text(create()) == create()
    assert "cannot be rewritten" in rewriting.said[0]
