"""What a run takes from accounts, read from its transactions; and what an API is asked so that others get that."""

import asyncio

import pytest

from recorder.errors import InputError
from recorder.profiles import PROFILES
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.funding import AE, FEE, SPARE
from recorder.profiles.parts import Identities

PROFILE = PROFILES["aeternity"]
SEED = bytes(range(32))
PAYER, INITIATOR, RESPONDER, NEW, OTHER = (chain.account_of(bytes([number]) + SEED[1:]) for number in range(5))
CHANNEL = chain.encode_text("ch", bytes(32))
HASH = chain.encode_text("st", bytes(32))
CREATE = chain.build(
    "channel_create_tx",
    2,
    initiator_id=INITIATOR,
    initiator_amount=3 * AE,
    responder_id=RESPONDER,
    responder_amount=2 * AE,
    channel_reserve=1,
    lock_period=1,
    ttl=0,
    fee=70,
    initiator_delegate_ids=[],
    responder_delegate_ids=[],
    state_hash=HASH,
    nonce=1,
)


def moved(kind, party, account, amount):
    """A deposit or a withdrawal."""
    fields = {"channel_id": CHANNEL, party: account, "amount": amount, "ttl": 0, "fee": 5, "state_hash": HASH}
    return chain.build(kind, **fields, round=2, nonce=2)


DEPOSIT = moved("channel_deposit_tx", "from_id", RESPONDER, 400)
WITHDRAWAL = moved("channel_withdraw_tx", "to_id", INITIATOR, 9 * AE)


class Asked:
    """An API that answers as it is told, and keeps what it was asked."""

    url = "http://node"

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def __call__(self, method, path, value=None):
        """The answer to a question."""
        self.asked.append((method, path))
        answer = self.answers.get(path, (200, {"tx_hash": "th_1"}))
        if value is not None:
            self.asked[-1] += (chain.decode(value["tx"]),)
        return answer


def paid(*messages, accounts):
    """The spends (fields) for accounts, of a capture with these messages."""
    answers = {
        f"/v3/accounts/{PAYER}": (200, {"balance": 100 * AE}),
        f"/v3/accounts/{PAYER}/next-nonce": (200, {"next_nonce": 41}),
    }
    node = Asked(answers)
    asyncio.run(PROFILE.funding(Identities(), messages).pay(node, SEED, accounts, "ae_dev"))
    return [asked[2].value["fields"]["transaction"]["fields"] for asked in node.asked if len(asked) == 3]


def test_an_account_gets_what_the_recorded_ones_transactions_took():
    """Amounts that go into channels and fees; each transaction once, whoever passes it on, signed or not."""
    signed = chain.sign(chain.decode(CREATE), [SEED], "ae_uat")
    messages = [{"tx": CREATE}, {"params": {"signed_tx": signed}}, {"tx": DEPOSIT}, {"tx": WITHDRAWAL}, None, [1]]
    spends = paid(*messages, accounts={NEW: INITIATOR, OTHER: RESPONDER})
    assert [(spend["recipient_id"], spend["amount"] - SPARE) for spend in spends] == [
        (NEW, 3 * AE + 70 + 5),
        (OTHER, 2 * AE + 400 + 5),
    ]


def test_an_account_that_nothing_was_taken_from_gets_something():
    """It must be there, and fees may be paid that nobody recorded."""
    assert [spend["amount"] for spend in paid(accounts={NEW: INITIATOR})] == [SPARE]


def test_a_spend_is_by_the_payer_with_the_next_nonce():
    """For a fee that any node takes."""
    (spend,) = paid(accounts={NEW: INITIATOR})
    assert (spend["sender_id"], spend["nonce"], spend["fee"]) == (PAYER, 41, FEE)


def test_accounts_lack_what_has_not_come():
    """One that the chain does not know has nothing; one that has too little is an error."""
    funding = PROFILE.funding(Identities(), [{"tx": CREATE}])
    node = Asked({f"/v3/accounts/{NEW}": (404, None), f"/v3/accounts/{OTHER}": (200, {"balance": 2 * AE})})
    assert asyncio.run(funding.lacking(node, {NEW: INITIATOR, OTHER: RESPONDER})) == [NEW]
    with pytest.raises(InputError, match=f"{OTHER} got 2 AE, and its party needs 3.0"):
        asyncio.run(funding.lacking(node, {OTHER: INITIATOR}))


def test_a_faucet_is_asked_for_one_account_after_the_other():
    """Its path names the account; an answer without a transaction is a refusal, whatever its status."""
    funding = PROFILE.funding(Identities(), [])
    faucet = Asked({})
    asyncio.run(funding.draw(faucet, [NEW, OTHER]))
    assert faucet.asked == [("POST", f"/account/{NEW}"), ("POST", f"/account/{OTHER}")]
    with pytest.raises(InputError, match=f"http://node does not fund {NEW}: Unknown error; try later"):
        asyncio.run(funding.draw(Asked({f"/account/{NEW}": (200, {"message": "Unknown error"})}), [NEW]))


@pytest.mark.parametrize(
    ("node", "api"),
    [
        ("ws://127.0.0.1:3014", "http://127.0.0.1:3013"),
        ("http://[::1]:3014", "http://[::1]:3013"),
        ("ws://node", "http://node"),
        ("wss://testnet.aeternity.io", "https://testnet.aeternity.io"),
        ("wss://node:8443", "https://node:8443"),
    ],
)
def test_where_a_nodes_api_is(node, api):
    """On the port before, as a node has them by default; behind a proxy with TLS at the same address."""
    assert PROFILE.funding(Identities(), []).api(node) == api


def test_what_was_recorded_was_signed_for_networks():
    """Of the signatures whose makers are known."""
    signed = chain.sign(chain.decode(CREATE), [bytes([1]) + SEED[1:]], "ae_uat")
    script = PROFILE.identities([said("initiator", {"tx": signed})])
    assert PROFILE.funding(script, []).networks == {"ae_uat"}
    assert PROFILE.funding(Identities(), []).networks == frozenset()


def said(party, message):
    """A frame to the node."""
    from recorder.profiles.parts import Said

    return Said(1, party, True, message)
