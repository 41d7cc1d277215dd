"""Who signed what, for which network."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from recorder.errors import InputError
from recorder.profiles.aeternity.chain import (
    Verifier,
    build,
    decode,
    decode_text,
    encode,
    encode_text,
    sign,
    signed_parts,
    undecoded,
)
from recorder.profiles.aeternity.chain.signatures import DOMAINS, signature, signed_message, verifies

NETWORK = "local_test"


@pytest.fixture
def unsigned(samples):
    """An unsigned withdraw."""
    return decode(encode(samples[52, 1]))


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("inner", [False, True])
def test_a_signature_verifies_for_its_key_alone(unsigned, seeds, keys, domain, inner):
    """Key, network, domain and place must all be right."""
    how = {"domain": domain, "inner": inner}
    made = signature(unsigned.data, seeds["initiator"], NETWORK, **how)
    public = {name: VerifyKey(decode_text(key).data) for name, key in keys.items()}
    message = signed_message(unsigned.data, NETWORK, **how)
    assert verifies(made, message, public["initiator"])
    assert not verifies(made, message, public["responder"])
    assert not verifies(made, signed_message(unsigned.data, "ae_uat", **how), public["initiator"])
    assert not verifies(made[:-1], message, public["initiator"])


def test_both_signers_are_found(unsigned, seeds, keys):
    """Each signature gets a name, a network and a domain, whatever their order."""
    text = sign(unsigned, [seeds["responder"], seeds["initiator"]], NETWORK)
    found = Verifier(keys, ["ae_mainnet", NETWORK]).verify(decode(text))
    assert {one.signer for one in found} == {"initiator", "responder"}
    assert {(one.path, one.network_id, one.domain, one.inner) for one in found} == {
        ("signed_tx", NETWORK, "hash", False)
    }
    assert {one.key for one in found} <= set(keys.values())


def test_signing_adds_to_what_is_there(unsigned, seeds, keys):
    """A co-signer adds a signature, sorted as the node sorts them, and adding it again changes nothing."""
    one = sign(unsigned, [seeds["initiator"]], NETWORK, domain="raw")
    both = sign(decode(one), [seeds["responder"]], NETWORK, domain="raw")
    assert decode(both).warnings == ()
    assert len(Verifier(keys, [NETWORK]).verify(decode(both))) == 2
    assert sign(decode(both), [seeds["initiator"]], NETWORK, domain="raw") == both


def test_known_signatures_are_passed_over(unsigned, seeds, keys):
    """Of a transaction that comes again with one more signature, that one is tried."""
    decoded = decode(sign(unsigned, [seeds["responder"], seeds["initiator"]], NETWORK))
    first, second = decoded.value["fields"]["signatures"]
    assert [one.signature for one in Verifier(keys, [NETWORK]).verify(decoded, {first})] == [second]


def test_a_signature_of_nobody_known_has_no_signer(unsigned, seeds, keys):
    """An unknown key, an unknown network: the signature alone is said."""
    decoded = decode(sign(unsigned, [seeds["initiator"]], NETWORK))
    for known, networks in (({"responder": keys["responder"]}, [NETWORK]), (keys, ["ae_uat"]), ({}, [NETWORK])):
        (found,) = Verifier(known, networks).verify(decoded)
        assert (found.signer, found.key, found.network_id, found.domain) == ("", "", "", "")
        assert found.signature == decoded.value["fields"]["signatures"][0]


def around(transaction):
    """A signed transaction without signatures around another."""
    return {"type": "signed_tx", "tag": 11, "version": 1, "fields": {"signatures": [], "transaction": transaction}}


def test_nested_transactions_are_found_with_their_path(samples, seeds, keys):
    """What is paid for has a domain of its own; a meta transaction and a payload have not."""
    spend = decode(encode(samples[12, 1]))
    inner = decode(sign(spend, [seeds["initiator"]], NETWORK, inner=True)).value
    paid = samples[82, 1] | {"fields": samples[82, 1]["fields"] | {"tx": inner}}
    text = sign(decode(encode(paid)), [seeds["payer"]], NETWORK)
    found = Verifier(keys, [NETWORK]).verify(decode(text))
    assert [(one.path, one.signer, one.inner) for one in found] == [
        ("signed_tx", "payer", False),
        ("signed_tx.transaction.tx", "initiator", True),
    ]


def test_the_signatures_needed_are_told(samples):
    """Two parties sign a withdraw, one a close, none a meta transaction, and a payload counts for itself."""
    payload = around(samples[52, 1])
    meta = samples[81, 2] | {"fields": samples[81, 2]["fields"] | {"tx": payload}}
    close = samples[54, 1] | {"fields": samples[54, 1]["fields"] | {"payload": around(meta)}}
    parts = signed_parts(decode(encode(around(close))))
    assert [(part.path, part.type_name, part.needed, part.inner) for part in parts] == [
        ("signed_tx", "channel_close_solo_tx", 1, False),
        ("signed_tx.transaction.payload", "ga_meta_tx", 0, False),
        ("signed_tx.transaction.payload.transaction.tx", "channel_withdraw_tx", 2, False),
    ]


def test_other_values_have_no_signatures():
    """Contract data is signed by nobody."""
    assert signed_parts(decode(encode_text("cb", b"\xff"))) == []


@pytest.mark.parametrize("text", [encode_text("ct", bytes(32)), "ak_x"])
def test_what_is_not_an_account_has_no_key(text):
    """It is the user's to correct."""
    with pytest.raises(InputError, match="is not an account"):
        Verifier({"x": text})


@given(st.integers(0, 2**64), st.lists(st.binary(min_size=64, max_size=64), max_size=3))
def test_what_is_signed_is_found_undecoded(number, signatures):
    """However many have signed it."""
    text = build("channel_offchain_tx", 2, channel_id=encode_text("ch", bytes(32)), round=number, state_hash=bytes(32))
    inner = decode_text(text).data
    signed = build("signed_tx", signatures=sorted(signatures), transaction=inner)
    assert undecoded(text.encode()) == undecoded(signed.encode()) == inner


@given(st.binary(max_size=99))
def test_what_is_no_object_carries_nothing(data):
    """Other bytes, and a text which is no base64; a checksum that does not fit makes no difference."""
    text = encode_text("tx", data).encode()
    assert undecoded(text) in {None, data}
    assert data >= b"\xc0" or undecoded(text) is None
    assert undecoded(text[:-2]) == undecoded(text + b"A") == undecoded(b"tx_AAAA" + text[3:]) is None
    assert undecoded(b"tx_" + base64.b64encode(data + bytes(4))) == undecoded(text)
