"""What frames mean: strings found and read, signatures attributed, transactions followed; on literals of our own."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder import capture
from recorder.errors import InputError
from recorder.model import Closed, Frame, Note, Opened
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.annotation import Annotator, tree
from recorder.profiles.aeternity.annotation.text_contents import TextContents
from recorder.profiles.aeternity.annotation.transactions import MOST_SIGNATURES
from recorder.profiles.aeternity.annotation.words import short_id
from recorder.profiles.aeternity.chain.fate import function_hash
from recorder.profiles.annotation import MANY_SESSIONS
from recorder.profiles.remembered import MUCH_TEXT

INITIATOR, RESPONDER, STRANGER = (sha256(name).digest() for name in (b"initiator", b"responder", b"stranger"))
ALICE, BOB = chain.account_of(INITIATOR), chain.account_of(RESPONDER)
NETWORK = "local_iris_testnet"
URL = f"ws://localhost:3014/channel?initiator_id={ALICE}&responder_id={BOB}&role=initiator"
STATE = sha256(b"state").digest()
CREATE = chain.build(
    "channel_create_tx",
    initiator_id=ALICE,
    initiator_amount=70_000_000_000_000,
    responder_id=BOB,
    responder_amount=40_000_000_000_000,
    channel_reserve=2,
    lock_period=10,
    ttl=0,
    fee=17_620_000_000_000,
    initiator_delegate_ids=[],
    responder_delegate_ids=[],
    state_hash=STATE,
    nonce=12,
)
CHANNEL = chain.channel_id(ALICE, 12, BOB)
WITHDRAW = chain.build(
    "channel_withdraw_tx",
    channel_id=CHANNEL,
    to_id=ALICE,
    amount=1,
    ttl=0,
    fee=17_340_000_000_000,
    state_hash=STATE,
    round=2,
    nonce=13,
)
OFFCHAIN = chain.build("channel_offchain_tx", 2, channel_id=CHANNEL, round=3, state_hash=STATE)


def calling(function: str, *args: dict) -> str:
    """Contract data that calls a function."""
    name = {"t": "string", "hex": function_hash(function)}
    return chain.encode({"t": "tuple", "v": [name, {"t": "tuple", "v": [*args]}]})


def signed(text: str, *seeds: bytes, network: str = NETWORK, **how) -> str:
    """A transaction with the signatures of these seeds."""
    return chain.sign(chain.decode(text), seeds, network, **how)


def frame(method: str, direction: str = "to_node", session: int = 1, **params):
    """A frame that calls or pushes a method."""
    body = {"jsonrpc": "2.0", "method": method, "params": params}
    return capture.frame(json.dumps(body).encode(), session=session, direction=direction)


def asked(method: str, text: str, **more):
    """A node's frame that asks to sign."""
    return frame(method, "from_node", channel_id=CHANNEL, data={"signed_tx": text, "updates": []} | more)


def opened(url: str = URL, session: int = 1, party: str = "initiator") -> Opened:
    """A session opens."""
    return Opened(session=session, party=party, role=party, url=url)


def last(*events, **knowledge):
    """The annotation of the last of these events."""
    annotator = Annotator(**knowledge)
    return [annotator.see(event) for event in events][-1]


def facts(annotation) -> str:
    """All facts of an annotation's transactions."""
    return "\n".join(fact for transaction in annotation.transactions for fact in transaction.facts)


class TestStrings:
    """Where encoded strings stand, and what they say."""

    def test_paths(self):
        """Values, members' names, lists and text inside text are found with their paths, in order."""
        payload = {"a": [ALICE], BOB: {"b": f"see {CHANNEL}!"}}
        annotation = last(capture.frame(json.dumps(payload).encode(), session=1, direction="to_node"))
        assert [(item.path, item.text) for item in annotation.items] == [
            ("a[0]", ALICE),
            (f"[{BOB}]", BOB),
            (f"{BOB}.b", CHANNEL),
        ]

    def test_text_that_is_no_json(self):
        """Any text may hold encoded strings."""
        annotation = last(capture.frame(f"to {ALICE}".encode(), session=1, direction="to_node"))
        assert [item.text for item in annotation.items] == [ALICE]

    def test_words_that_look_encoded_are_none(self):
        """`tx_hash` and the like are names, no encoded strings."""
        assert last(frame("x", tx_hash="tx_hash", info="ch_name")).items == ()

    def test_a_broken_string_says_why(self):
        """A string with a wrong checksum is shown with the reason, and nothing is raised."""
        (item,) = last(frame("x", to=f"{ALICE[:-1]}z")).items
        assert item.decoded is None
        assert "wrong checksum" in str(item.problem)
        assert "cannot be read: " in item.tree
        assert item.carries

    def test_a_string_in_a_url(self):
        """The opening of a session is annotated, too: its URL holds the parties' accounts."""
        assert [item.text for item in last(opened()).items] == [ALICE, BOB]

    def test_events_without_traffic(self):
        """Notes and ends have no annotation; nor have control frames."""
        annotator = Annotator()
        assert annotator.see(Note(text="x")) is None
        assert annotator.see(Closed(session=1)) is None
        ping = capture.frame(b"", session=1, direction="to_node", opcode="ping")
        assert annotator.see(ping) is None
        accepted = Frame(session=1, direction="from_node", exchange=1, status=202, text="")  # over HTTP, without a body
        assert annotator.see(accepted) is None


class TestSignatures:
    """Who has signed, said only where it verifies."""

    def test_nobody_yet(self):
        """What the node asks to sign has no signature: 0 of 2."""
        annotation = last(opened(), asked("channels.sign.withdraw_tx", signed(WITHDRAW)))
        assert annotation.short == "withdraw 1 → initiator · round 2 · 0/2 signed"
        assert annotation.sentence == "node asks initiator to sign a withdrawal of 1 aetto, round 2"
        assert "0 of 2 signatures" in facts(annotation)

    @pytest.mark.parametrize("domain", ["raw", "hash"])
    @pytest.mark.parametrize("network", ["ae_mainnet", "ae_uat", "ae_dev", "local_lima_testnet"])
    def test_by_a_party_of_the_url(self, domain, network):
        """A signature is attributed to the party whose account the session's URL names, on any usual network."""
        text = signed(WITHDRAW, INITIATOR, network=network, domain=domain)
        annotation = last(opened(), frame("channels.withdraw_tx", signed_tx=text))
        assert annotation.short == "withdraw 1 → initiator · round 2 · 1/2 signed"
        assert annotation.sentence == "initiator signs a withdrawal of 1 aetto, round 2"
        assert f"signed by initiator ✓ (for {network})" in facts(annotation)

    def test_by_both(self):
        """Both parties' signatures count, in whatever order they stand."""
        annotation = last(opened(), frame("channels.withdraw_ack", signed_tx=signed(WITHDRAW, RESPONDER, INITIATOR)))
        assert annotation.transactions[0].signed == "2/2 signed"
        assert {signature.signer for signature in annotation.transactions[0].signatures} == {"initiator", "responder"}

    def test_by_nobody_known(self):
        """A signature that no known key made is said to be just that."""
        annotation = last(opened(), frame("channels.withdraw_tx", signed_tx=signed(WITHDRAW, STRANGER)))
        assert annotation.short.endswith("1/2 signed, 1 by unknown keys ✗")
        assert "signature by an unknown key ✗" in facts(annotation)

    def test_on_a_network_that_is_given(self):
        """A network that is not among the usual ones is tried when the user names it."""
        text = signed(WITHDRAW, INITIATOR, network="my_net")
        assert "by unknown keys" in last(opened(), frame("x", signed_tx=text)).short
        assert "by unknown keys" not in last(opened(), frame("x", signed_tx=text), network_ids=["my_net"]).short

    def test_by_a_key_that_is_given(self):
        """A key that the user names has that name, whatever the traffic calls it."""
        text = signed(WITHDRAW, STRANGER)
        annotation = last(frame("x", signed_tx=text), keys={"carol": chain.account_of(STRANGER)})
        assert "signed by carol ✓" in facts(annotation)

    def test_a_key_that_is_none(self):
        """A key that is no account is the user's to mend."""
        with pytest.raises(InputError):
            Annotator({"carol": "ak_nonsense"})

    def test_by_an_account_without_a_name(self):
        """Where nobody said whose it is, the account itself is shown."""
        annotation = last(frame("x", signed_tx=signed(WITHDRAW, INITIATOR)))
        assert f"signed by {short_id(ALICE)} ✓" in facts(annotation)

    def test_the_create_transaction_names_the_parties(self):
        """Without a URL, the create transaction says who is who."""
        bare = Opened(session=1, party="client-1", url="")
        create = frame("channels.initiator_sign", signed_tx=signed(CREATE, INITIATOR))
        later = frame("channels.update", signed_tx=signed(OFFCHAIN, RESPONDER))
        assert "signed by responder ✓" in facts(last(bare, create, later))

    def test_a_party_that_adds_one_signature_made_it(self):
        """Asked by its node, a party returns the transaction with one more signature: the key is its own."""
        bare = opened("", party="responder")
        offer = asked("channels.sign.update", signed(OFFCHAIN), to=BOB)
        answer = frame("channels.update", signed_tx=signed(OFFCHAIN, RESPONDER))
        assert "signed by responder ✓" in facts(last(bare, offer, answer))

    def test_an_account_seen_later_in_the_capture(self):
        """A first look at the capture finds accounts that the traffic names only later."""
        early = frame("channels.update", signed_tx=signed(OFFCHAIN, RESPONDER))
        annotator = Annotator()
        annotator.scan([early, frame("x", to=BOB)])
        assert f"signed by {short_id(BOB)} ✓" in facts(annotator.see(early))

    def test_the_inner_transaction_of_a_payer(self):
        """What another pays for is signed in a domain of its own, and seen through the payer's transaction."""
        spend = chain.build(
            "spend_tx", sender_id=ALICE, recipient_id=BOB, amount=5, fee=1, ttl=0, nonce=1, payload=b"hello"
        )
        inner = signed(spend, INITIATOR, inner=True)
        paying = chain.build("paying_for_tx", payer_id=BOB, nonce=1, fee=3, tx=chain.decode(inner).value)
        annotation = last(opened(), frame("x", tx=signed(paying, RESPONDER)))
        assert annotation.short == "spend 5 initiator → responder · 1/1 signed"
        assert {s.signer for s in annotation.items[0].signers.values()} == {"initiator", "responder"}

    def test_a_generalised_account(self):
        """A generalised account authorises by a meta transaction in place of a signature."""
        inner = chain.decode(signed(OFFCHAIN)).value
        meta = chain.build(
            "ga_meta_tx", ga_id=ALICE, auth_data=b"x", abi_version=3, fee=1, gas=1, gas_price=1, tx=inner
        )
        annotation = last(opened(), frame("channels.update", signed_tx=signed(meta)))
        assert annotation.transactions[0].signed == "1/2 signed"
        assert "authorised by initiator, a generalised account" in facts(annotation)

    def test_two_generalised_accounts(self):
        """The second to authorise wraps what the first did; each is new once, and the channel's id waits for them."""

        def meta(account, text):
            return signed(
                chain.build(
                    "ga_meta_tx",
                    ga_id=account,
                    auth_data=b"x",
                    abi_version=3,
                    fee=1,
                    gas=1,
                    gas_price=1,
                    tx=chain.decode(text).value,
                )
            )

        fields = chain.decode(CREATE).value["fields"]
        create = signed(chain.build("channel_create_tx", **(fields | {"nonce": 0})))
        once, twice = meta(ALICE, create), meta(BOB, meta(ALICE, create))
        offer, first = asked("channels.sign.initiator_sign", create), frame("channels.initiator_sign", signed_tx=once)
        channel = chain.channel_id(ALICE, chain.auth_id(ALICE, b"x"), BOB)
        assert "makes channel" not in facts(last(opened(), offer))
        assert f"makes channel {channel}" in facts(last(opened(), offer, first))
        annotation = last(opened(), offer, first, frame("channels.responder_sign", signed_tx=twice))
        assert annotation.transactions[0].signed == "2/2 signed"
        assert [signature.signer for signature in annotation.transactions[0].added] == ["responder"]


class TestTransactions:
    """What becomes of a transaction."""

    def test_the_one_seen_before(self):
        """The same inner bytes with one more signature are the transaction seen before."""
        offer = asked("channels.sign.withdraw_tx", signed(WITHDRAW))
        annotation = last(opened(), offer, frame("channels.withdraw_tx", signed_tx=signed(WITHDRAW, INITIATOR)))
        assert "first seen in initiator <--- channels.sign.withdraw_tx; new: signed by initiator ✓" in facts(annotation)

    def test_signing_again(self):
        """A party that is asked again signs again, with the same signature."""
        offer = asked("channels.sign.withdraw_tx", signed(WITHDRAW))
        answer = frame("channels.withdraw_tx", signed_tx=signed(WITHDRAW, INITIATOR))
        assert (
            last(opened(), offer, answer, offer, answer).sentence == "initiator signs a withdrawal of 1 aetto, round 2"
        )

    def test_the_hash_on_chain(self):
        """The on-chain hash of a transaction is computed, and found again when the node reports it."""
        text = signed(WITHDRAW, INITIATOR, RESPONDER)
        hashed = chain.tx_hash(chain.decode(text))
        answer = frame("channels.withdraw_ack", signed_tx=text)
        assert f"hash {hashed}" in facts(last(opened(), answer))
        report = frame("channels.on_chain_tx", "from_node", channel_id=CHANNEL, data={"tx": text})
        assert f"on chain as {hashed} ✓ the one in initiator ---> channels.withdraw_ack" in facts(
            last(opened(), answer, report)
        )
        (item,) = last(opened(), answer, frame("x", hash=hashed)).items
        assert "a transaction seen before" in item.tree

    def test_the_channel_of_a_create_transaction(self):
        """The channel's id is computed, and compared with the one the frame speaks of."""
        assert f"makes channel {CHANNEL} ✓" in facts(
            last(opened(), asked("channels.sign.responder_sign", signed(CREATE)))
        )
        other = frame("x", "from_node", channel_id=chain.channel_id(ALICE, 13, BOB), data={"signed_tx": signed(CREATE)})
        assert f"makes channel {CHANNEL} ✗ this frame names" in facts(last(opened(), other))

    def test_a_push_without_a_transaction_is_told_by_its_event(self):
        """A line of the live view says what has happened, not only that something has."""
        info = frame("channels.info", "from_node", channel_id=CHANNEL, data={"event": "died"})
        assert last(opened(), info).short == "died"

    def test_updates_that_stand_beside_the_transaction(self):
        """What an off-chain transaction changes is known from the frame it was first asked in."""
        update = {"op": "OffChainTransfer", "from": ALICE, "to": BOB, "amount": 4}
        offer = asked("channels.sign.update", signed(OFFCHAIN), updates=[update])
        answer = frame("channels.update", signed_tx=signed(OFFCHAIN, INITIATOR))
        assert last(opened(), offer).short == "transfer 4 initiator → responder · round 3 · 0/2 signed"
        assert last(opened(), offer, answer).sentence == (
            "initiator signs a transfer of 4 aettos from initiator to responder, round 3"
        )

    def test_updates_inside_of_a_transaction(self):
        """Before Lima they are in it, and are told as those beside it are; one of them calls a contract."""
        fields = {"caller": ALICE, "contract": chain.encode_text("ct", STATE), "abi_version": 3, "amount": 0, "gas": 1}
        fields |= {"gas_price": 1, "call_data": calling("init"), "call_stack": []}
        called = chain.build("channel_offchain_update_call_contract", **fields)
        update = chain.decode(called).value
        text = chain.build("channel_offchain_tx", 1, channel_id=CHANNEL, round=3, updates=[update], state_hash=STATE)
        annotation = last(opened(), frame("channels.update", signed_tx=signed(text)))
        assert annotation.transactions[0].short == f"call init() of {short_id(fields['contract'])} by initiator"

    def test_a_contract_made_in_the_channel(self):
        """The id of a contract made off the chain follows from its owner and the round."""
        update = {"op": "OffChainNewContract", "owner": ALICE}
        told = facts(last(opened(), asked("channels.sign.update", signed(OFFCHAIN), updates=[update])))
        assert chain.contract_id(ALICE, 3) in told

    def test_a_state_and_the_round_that_has_it(self):
        """A proof's state hash is compared with those of the transactions seen."""
        proof = chain.build("trees_poi", accounts=[], calls=[], channels=[], contracts=[], ns=[], oracles=[])
        state = chain.state_hash(chain.decode(proof).value)
        round_3 = chain.build(
            "channel_offchain_tx", 2, channel_id=CHANNEL, round=3, state_hash=chain.decode_text(state).data
        )
        (item,) = last(frame("x", state=signed(round_3)), frame("y", poi=proof)).items
        assert f"state hash {state} ✓ the state of round 3" in item.tree
        assert "of an unknown transaction" in last(frame("y", poi=proof)).items[0].tree

    def test_accounts_in_a_state(self):
        """A party's account in a state tree has the party's name."""
        account = chain.decode(chain.build("account", 1, nonce=0, balance=10)).value
        leaf = chain.decode(chain.build("mtree_value", key=chain.decode_text(BOB).data, val=account)).value
        tree = chain.decode(
            chain.build("accounts_mtree", accounts=chain.decode(chain.build("mtree", values=[leaf])).value)
        )
        assert (
            f"key: {chain.decode_text(BOB).data.hex()} (responder)"
            in last(opened(), frame("x", tree=chain.encode(tree))).tree
        )

    def test_amounts_in_both_units(self):
        """Fields that hold aettos are shown in AE, too, exactly."""
        text = last(opened(), frame("x", tx=signed(CREATE))).tree
        assert "initiator_amount: 70000000000000 (0.00007 AE)" in text
        assert "fee: 17620000000000 (0.00001762 AE)" in text

    def test_what_it_says_of_itself(self):
        """Round, amount and fee are there for templates; None where a transaction has none."""
        (withdraw,) = last(opened(), frame("x", tx=signed(WITHDRAW))).transactions
        assert (withdraw.round, withdraw.amount, withdraw.fee) == (2, 1, 17_340_000_000_000)
        (create,) = last(opened(), frame("x", tx=CREATE)).transactions
        assert (create.round, create.amount, create.signed) == (None, None, "unsigned")


class TestWords:
    """Messages in a sentence, amounts in words."""

    @pytest.mark.parametrize(
        ("message", "direction", "sentence"),
        [
            ({"method": "channels.withdraw", "params": {"amount": 1}}, "to_node", "client-1 calls channels.withdraw, amount 1"),
            ({"method": "channels.info", "params": {"data": {"event": "open"}}}, "from_node", "node notifies client-1: channels.info, open"),
            ({"method": "channels.update_ack", "params": {"error": 77}}, "to_node", "client-1 refuses to sign update_ack: error 77"),
            ({"method": "other", "params": {"error": 77}}, "to_node", "client-1 calls other"),
            (
                {"method": "channels.message", "params": {"data": {"message": {"from": "ak_nobody", "info": 'say "hi"'}}}},
                "from_node",
                'node sends client-1 a message from ak_nobody: "say \\"hi\\""',
            ),
            (
                {"method": "channels.message", "params": {"data": {"message": {"from": "ak_nobody", "info": [1]}}}},
                "from_node",
                "node sends client-1 a message from ak_nobody: a list of 1 item",
            ),
            ({"method": "channels.message", "params": {"data": 1}}, "from_node", "node notifies client-1: channels.message"),
            ({"id": 1, "result": "ok"}, "from_node", "node answers client-1: ok"),
            ({"id": 1, "result": None}, "from_node", "node answers client-1: null"),
            ({"id": 1, "result": [1, 2]}, "from_node", "node answers client-1: a list of 2 items"),
            (
                {"id": None, "error": {"code": 3, "message": "Rejected", "request": {"method": "m"}, "data": [{"message": "why"}]}},
                "from_node",
                "node refuses client-1's m: error 3 Rejected (why)",
            ),
            ({"id": 1, "error": "no"}, "from_node", "node refuses client-1: error no"),
            ({}, "to_node", "client-1 sends node JSON that is not JSON-RPC"),
            (5, "to_node", "client-1 sends node JSON that is not JSON-RPC"),
            ("hi", "to_node", "client-1 sends node text that is not JSON-RPC"),
            ([{"method": "a"}, {"method": "b"}], "to_node", "client-1 calls a; client-1 calls b"),
        ],
    )  # fmt: skip
    def test_sentences(self, message, direction, sentence):
        """Each kind of message has its sentence."""
        assert last(capture.frame(json.dumps(message).encode(), session=1, direction=direction)).sentence == sentence

    @pytest.mark.parametrize(
        "message",
        [
            {"method": "x\n- forged"},
            {"method": "x", "params": {"data": {"event": "\x1b[2J\n- forged"}}},
            {"method": "x", "params": {"\n- forged": chain.encode({"t": "int", "v": 1})}},
            {
                "id": None,
                "error": {"code": 1, "request": {"method": "x\n- forged"}, "data": [{"message": "\n- forged"}]},
            },
        ],
        ids=["method", "event", "name", "error"],
    )
    def test_a_peer_writes_no_line_of_ours(self, message):
        """Sentence and summary stand on a line of a list or of a folded view: what a peer chose does not end it."""
        annotation = last(capture.frame(json.dumps(message).encode(), session=1, direction="from_node"))
        assert [annotation.sentence.isprintable(), annotation.summary.isprintable()] == [True, True]
        assert "\n- forged" not in annotation.tree

    def test_a_summary_of_what_is_no_transaction(self):
        """A folded view says what the strings in it are, a few of them."""
        call = calling("init")
        assert last(frame("x", call_data=call, to=ALICE)).summary == "call_data: call init()"
        many = {f"v{number}": chain.encode({"t": "int", "v": f"{number}"}) for number in range(5)}
        assert last(frame("x", **many)).summary == "v0: 0 · v1: 1 · v2: 2 · 2 more"

    def test_a_call_by_name(self):
        """A function's name is shown where compiled code in the same capture tells it."""
        call = calling("init", {"t": "int", "v": "1"})
        assert "call init(1)" in last(frame("x", call_data=call)).items[0].tree
        unknown = calling("vote")
        assert f"call function {function_hash('vote')}()" in last(frame("x", call_data=unknown)).items[0].tree


class TestBounds:
    """No traffic raises, and memory stays bounded."""

    @given(st.binary(max_size=200))
    def test_any_bytes(self, payload):
        """Whatever a frame holds, it gets an annotation whose texts can be made."""
        annotation = last(capture.frame(payload, session=1, direction="to_node"))
        assert isinstance(annotation.sentence + annotation.tree + annotation.short + annotation.summary, str)

    @given(
        st.recursive(
            st.none()
            | st.integers()
            | st.text(max_size=9)
            | st.sampled_from([ALICE, WITHDRAW, signed(WITHDRAW, INITIATOR)]),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(
                        ["method", "params", "data", "updates", "error", "request", "signed_tx", "result", "op"]
                    ),
                    inner,
                    max_size=6,
                )
            ),
            max_leaves=12,
        ),
        st.sampled_from(["to_node", "from_node"]),
    )
    def test_any_message(self, message, direction):
        """Members of unexpected types are told as what they are."""
        annotation = last(opened(), capture.frame(json.dumps(message).encode(), session=1, direction=direction))
        assert isinstance(annotation.sentence + annotation.tree, str)

    @given(st.lists(st.fixed_dictionaries({"op": st.text(max_size=20) | st.sampled_from(["OffChainTransfer", "OffChainCallContract"])}, optional={
        name: st.none() | st.integers() | st.text(max_size=5) for name in ("from", "to", "amount", "owner", "code", "caller_id", "contract_id", "call_data")
    }), max_size=3))  # fmt: skip
    def test_any_updates(self, updates):
        """What a node claims a transaction changes may be anything."""
        assert last(opened(), asked("channels.sign.update", signed(OFFCHAIN), updates=updates)).short

    def test_many_sessions(self):
        """Sessions come and go; the oldest are forgotten."""
        annotator = Annotator()
        for session in range(MANY_SESSIONS + 9):
            annotator.see(opened(session=session))
        assert len(annotator._parties) == len(annotator._capture._sessions) == MANY_SESSIONS

    def test_a_signature_is_tried_once(self, monkeypatch):
        """One that comes again is known, also as nobody's, until there is an account that was not tried."""
        tried = []
        attribute = chain.Verifier.attribute
        monkeypatch.setattr(
            chain.Verifier, "attribute", lambda *args, **how: tried.append(1) or attribute(*args, **how)
        )
        annotator = Annotator()
        own, strange = (frame("x", signed_tx=signed(WITHDRAW, seed)) for seed in (INITIATOR, STRANGER))
        for event in (opened(), own, own, opened(session=2), own):
            annotator.see(event)
        assert len(tried) == 1
        for event in (strange, strange, strange):
            assert annotator.see(event).short.endswith("1 by unknown keys ✗")
        assert len(tried) == 3  # against the session's accounts, then against the others
        annotator.see(frame("x", to=chain.account_of(STRANGER)))
        assert annotator.see(strange).short.endswith("1/2 signed")

    def test_long_texts_are_not_kept(self):
        """What texts hold takes many times their length: of long ones only the last are remembered."""
        contents = TextContents()
        for number in range(60):
            contents.of(chain.encode_text("ba", bytes((number,)) * 60_000))
        assert sum(map(len, contents._known)) <= MUCH_TEXT
        contents.of(chain.encode_text("ba", bytes(1 << 17)))
        assert max(map(len, contents._known)) < 1 << 17

    def test_long_words_are_not_kept(self):
        """A transaction with very many updates is told in full, and nothing of that is remembered."""
        updates = [{"op": "OffChainTransfer", "from": ALICE, "to": BOB, "amount": n} for n in range(200)]
        annotator = Annotator()
        told = annotator.see(asked("channels.sign.update", signed(OFFCHAIN), updates=updates)).short
        assert told.count("transfer") == 200
        assert [seen.words for seen in annotator._transactions._seen.values()] == [None]
        assert annotator.see(frame("x", signed_tx=signed(OFFCHAIN))).short == "off-chain state · round 3 · 0/2 signed"

    def test_very_many_signatures(self):
        """A hostile transaction with signatures by the hundred is bounded, and nothing false is said of the rest."""
        value = chain.decode(signed(WITHDRAW)).value
        value["fields"]["signatures"] = sorted(f"{number:0128x}" for number in range(300))
        annotation = last(opened(), frame("x", signed_tx=chain.encode(value)))
        words = [signature.words for signature in annotation.transactions[0].signatures]
        assert words.count("signature by an unknown key ✗") == MOST_SIGNATURES
        assert words.count("signature not checked: there are too many") == 300 - MOST_SIGNATURES

    def test_long_trees_are_cut(self):
        """A tree says how many lines it left out; `most=0` leaves out none."""
        many = chain.build("channel_offchain_tx", 1, channel_id=CHANNEL, round=1, state_hash=STATE, updates=[
            chain.decode(chain.build("channel_offchain_update_transfer", **{"from": ALICE, "to": BOB, "amount": n})).value
            for n in range(60)
        ])  # fmt: skip
        item = Annotator().item(many)
        assert "more lines" in item.tree
        assert "more lines" not in tree(item)

    def test_no_control_characters_reach_a_terminal(self):
        """What a peer wrote into bytes is quoted or escaped."""
        spend = chain.build(
            "spend_tx", sender_id=ALICE, recipient_id=BOB, amount=5, fee=1, ttl=0, nonce=1, payload=b"\x1b[2J"
        )
        assert "\x1b" not in Annotator().item(spend).tree


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (WITHDRAW, f"to_id: {ALICE} (initiator)"),
        (signed(WITHDRAW, INITIATOR), "signed by initiator ✓"),
        (signed(OFFCHAIN, RESPONDER), "signed by responder ✓"),
    ],
    ids=["name", "both", "signature"],
)
def test_a_text_that_is_shown_again_is_called_as_it_is_called_by_then(text, told):
    """What was shown before is used again only while every name and signature in it is told in the same words."""
    annotator = Annotator()
    shown = [annotator.see(asked("channels.update", text)).tree for _ in range(2)]
    assert "first seen in" in shown[1]
    assert told not in "".join(shown)
    annotator.see(opened())
    assert told in annotator.see(asked("channels.update", text)).tree.partition("\n\n")[0]


def test_a_call_is_shown_again_as_long_as_no_function_has_got_a_name(monkeypatch):
    """The same call comes by many times: it is walked once, and once more when compiled code told a name."""
    walked = []
    call_of = chain.call_of
    monkeypatch.setattr(chain, "call_of", lambda *given: walked.append(given) or call_of(*given))
    annotator = Annotator()
    call = frame("x", call_data=calling("vote"))
    shown = [annotator.see(call).tree for _ in range(3)]
    assert len(walked) == 1
    for _ in range(2):
        annotator._capture.session(1).learn_symbols({function_hash("vote"): "vote"})
        shown.append(annotator.see(call).tree)
    assert len(walked) == 2
    assert [("call vote()" in tree) for tree in shown] == [False, False, False, True, True]


def test_a_sentence_says_what_was_known_when_its_frame_passed():
    """It is made when somebody asks for it: what is learnt in between does not get into it."""
    annotator = Annotator()
    fields = {"sender_id": ALICE, "recipient_id": BOB, "amount": 5, "fee": 1, "ttl": 0, "nonce": 1, "payload": ""}
    early = annotator.see(frame("x", tx=chain.build("spend_tx", **fields)))
    annotator.see(opened())
    moved = f"a spend of 5 aettos from {short_id(ALICE)} to {short_id(BOB)}"
    assert early.sentence == f"client-1 sends node {moved} (unsigned)"
