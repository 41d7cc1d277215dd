"""Merkle Patricia trees and the state hash."""

from __future__ import annotations

from hashlib import blake2b

import pytest
import rlp

from recorder.errors import DecodeError, InputError
from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.chain import encode_object, encode_text, held, poi_errors, state_hash
from recorder.profiles.aeternity.chain.fate import encode_fate
from recorder.profiles.aeternity.chain.state_trees import MOST_NODES, TREES, merkle_root


def hashed(parts):
    """The hash of a node."""
    return blake2b(rlp.encode(parts), digest_size=32).digest()


def test_an_empty_tree_has_a_root_of_zeros():
    """Nothing hashes to nothing."""
    assert merkle_root({}) == bytes(32)


def test_one_value_is_a_leaf():
    """The path of a leaf says that it is one, and that it is even."""
    assert merkle_root({b"\x12": b"v"}) == hashed([b"\x20\x12", b"v"])


def test_two_values_share_an_extension_and_a_branch():
    """The shared digits come first, then one digit chooses."""
    one, two = hashed([b"\x20", b"v"]), hashed([b"\x20", b"w"])
    branch = hashed([b"", b"", one, two, *[b""] * 13])
    assert merkle_root({b"\x12": b"v", b"\x13": b"w"}) == hashed([b"\x11", branch])


def test_a_value_may_stand_on_the_way_to_another():
    """The last part of a branch is the value of the path that ends there."""
    leaf = hashed([b"\x32", b"w"])
    branch = hashed([leaf, *[b""] * 15, b"v"])
    assert merkle_root({b"\x12": b"v", b"\x12\x02": b"w"}) == hashed([b"\x00\x12", branch])


def test_the_order_of_keys_does_not_matter():
    """A tree is what it holds."""
    pairs = {bytes((number, number * 7 % 256)): bytes((number,)) for number in range(50)}
    assert merkle_root(pairs) == merkle_root(dict(reversed(pairs.items())))


@pytest.mark.untraced
def test_keys_that_start_with_each_other_go_only_so_deep():
    """A tree made to be deep is refused, one of long keys is not."""
    with pytest.raises(DecodeError, match="more than 200 levels"):
        merkle_root({b"a" * size: b"v" for size in range(1000)})
    assert merkle_root({b"a" * 100_000: b"v", b"a" * 100_000 + b"b": b"w"}) != bytes(32)


def test_the_state_hash_is_of_the_roots():
    """Version and six roots, those of empty trees zero."""
    empty = {"type": "mtree", "tag": 63, "version": 1, "fields": {"values": []}}
    account = {"type": "account", "tag": 10, "version": 1, "fields": {"nonce": 1, "balance": 2}}
    leaves = [{"fields": {"key": "01" * 32, "val": account}}, {"fields": {"key": "02" * 32, "val": "abcd"}}]
    trees = {name: {"fields": {"x": empty}} for name in TREES if name != "accounts"}
    trees["accounts"] = {"fields": {"accounts": {"fields": {"values": leaves}}}}
    root = merkle_root({b"\1" * 32: encode_object(account), b"\2" * 32: b"\xab\xcd"})
    wanted = blake2b(bytes(7) + b"\1" + root + bytes(160), digest_size=32).digest()
    assert state_hash({"type": "state_trees", "fields": trees}) == encode_text("st", wanted)


def proof(node, root=None):
    """A proof of inclusion with one node."""
    told = root or hashed(node).hex()
    fields = {name: [] for name in TREES}
    fields["accounts"] = [[told, [[hashed(node).hex(), [part.hex() for part in node]]]]]
    return {"type": "trees_poi", "fields": fields}


def test_a_proof_has_the_state_hash_of_its_roots():
    """The roots in a proof are those of the trees."""
    node = [b"\x20\x12", b"v"]
    wanted = blake2b(bytes(7) + b"\1" + hashed(node) + bytes(160), digest_size=32).digest()
    assert state_hash(proof(node)) == encode_text("st", wanted)
    assert poi_errors(proof(node)) == []


def test_a_forged_proof_is_told():
    """A node that is not the hash of its parts, and a root without node."""
    forged = proof([b"\x20\x12", b"v"], root="ab" * 32)
    forged["fields"]["accounts"][0][1][0][1][1] = "00"
    wrong, missing = poi_errors(forged)
    assert "not the hash" in wrong
    assert "no node for the root" in missing


def test_other_objects_have_no_state_hash():
    """Only trees and proofs do."""
    with pytest.raises(InputError, match="state_trees or trees_poi"):
        state_hash({"type": "account"})


ALICE, BOB = bytes((0x12,)) * 32, bytes((0x13,)) * 32
CONTRACT = bytes((0x77,)) * 32
ACCOUNT = {"type": "account", "tag": 10, "version": 1, "fields": {"nonce": 1, "balance": 2}}


def trees(**leaves):
    """State trees with these leaves: (key, value) pairs by the name of the tree."""
    fields = {}
    for name in TREES:
        values = [{"fields": {"key": key.hex(), "val": value}} for key, value in leaves.get(name, ())]
        fields[name] = {"fields": {"x": {"fields": {"values": values}}}}
    return {"type": "state_trees", "fields": fields}


def test_accounts_are_held_by_their_text():
    """Each account has its balance and nonce, whatever the order of the keys; empty trees are left out."""
    other = ACCOUNT | {"fields": {"nonce": 0, "balance": 10**30}}
    wanted = {
        "accounts": {
            encode_text("ak", ALICE): {"nonce": 1, "balance": 2},
            encode_text("ak", BOB): {"nonce": 0, "balance": 10**30},
        }
    }
    assert held(trees(accounts=[(ALICE, ACCOUNT), (BOB, other)])) == wanted
    assert held(trees(accounts=[(BOB, other), (ALICE, ACCOUNT)])) == wanted
    assert held(trees()) == {}


def test_a_proof_holds_what_it_proves():
    """Leaves that the nodes lead to, through branches and extensions; what is known by its hash alone is not held."""
    leaf = [bytes((0x20,)) + ALICE[1:], encode_object(ACCOUNT)]
    branch = [b"", b"", hashed(leaf), bytes((7,)) * 32, *[b""] * 13]
    top = [b"\x11", hashed(branch)]
    nodes = [[hashed(node).hex(), [part.hex() for part in node]] for node in (top, branch, leaf)]
    value = {"type": "trees_poi", "fields": {name: [] for name in TREES} | {"accounts": [[hashed(top).hex(), nodes]]}}
    assert poi_errors(value) == []
    assert held(value) == {"accounts": {encode_text("ak", ALICE): {"nonce": 1, "balance": 2}}}


@pytest.mark.parametrize(
    "parts",
    [
        [*["aa"] * 16, ""],  # a branch of which every child is the branch itself
        ["11", "aa"],  # an extension by one digit, into itself
        ["20", "00"],  # an even leaf at an even place, but half a byte of a key on the way
    ],
)
def test_a_forged_proof_ends(parts):
    """Nodes that lead to themselves are an error, neither a crash nor a long wait."""
    nodes = [["aa", parts], ["bb", ["11", "aa"]]]
    value = {"type": "trees_poi", "fields": {name: [] for name in TREES} | {"accounts": [["bb", nodes]]}}
    with pytest.raises(DecodeError, match=f"more than {MOST_NODES} nodes|half a byte"):
        held(value)


def test_a_node_that_leads_to_itself_without_a_digit_is_passed_over():
    """An extension by nothing proves nothing."""
    value = {
        "type": "trees_poi",
        "fields": {name: [] for name in TREES} | {"accounts": [["aa", [["aa", ["00", "aa"]]]]]},
    }
    assert held(value) == {}


def test_what_a_contract_stores_is_held(samples):
    """Registers, maps and their entries have FATE values; what is none is given as bytes."""
    entry = encode_fate({"t": "address", "v": encode_text("ak", ALICE)})
    stored = {
        b"\0\1": "0e",
        b"\1\0\0\0\2": "00",
        b"\1\0\0\0\2" + entry: "0e",
        b"ab": "ff00ff",
    }
    leaves = [(CONTRACT + b"\x10" + key, value) for key, value in stored.items()]
    found = held(trees(contracts=[(CONTRACT, samples[40, 1]), *leaves]))["contracts"]
    ct = encode_text("ct", CONTRACT)
    assert found.pop(ct) == samples[40, 1]["fields"]
    assert found == {
        f"{ct} register 1": {"t": "int", "v": "7"},
        f"{ct} map 2": {"t": "int", "v": "0"},
        f'{ct} map 2 {{"t": "address", "v": "{encode_text("ak", ALICE)}"}}': {"t": "int", "v": "7"},
        f"{ct} store 6162": {"prefix": "cv", "type": "contract_store_value", "hex": "ff00ff"},
    }


def test_calls_are_held_by_who_made_them(samples):
    """The id of a call is a hash of contract, caller and nonce, which stand in its place."""
    call = samples[41, 3]
    caller, contract = call["fields"]["caller_id"], call["fields"]["contract_id"]
    tree = samples[622, 1]
    value = tree | {
        "fields": {"calls": {"fields": {"values": [{"fields": {"key": (CONTRACT * 2).hex(), "val": call}}]}}}
    }
    ((told, leaf),) = held(value)["calls"].items()
    assert told == f"{contract} {caller} {call['fields']['caller_nonce']}"
    assert "ct_call_id" not in leaf
    assert leaf["gas_used"] == call["fields"]["gas_used"]


def test_channels_names_and_oracles_are_held_by_their_ids(samples):
    """A commitment is told from a name by what it holds, an auction and a query by their longer keys."""
    value = trees(
        channels=[(ALICE, samples[58, 3])],
        ns=[(ALICE, samples[30, 1]), (BOB, samples[31, 1]), (ALICE + b"\0", samples[37, 1])],
        oracles=[(ALICE, samples[20, 1]), (ALICE + BOB, samples[21, 1])],
    )
    assert {name: [*leaves] for name, leaves in held(value).items()} == {
        "channels": [encode_text("ch", ALICE)],
        "ns": [encode_text("nm", ALICE), f"{encode_text('nm', ALICE)} auction", encode_text("cm", BOB)],
        "oracles": [encode_text("ok", ALICE), f"{encode_text('ok', ALICE)} {encode_text('oq', BOB)}"],
    }


def test_other_objects_hold_nothing():
    """Only trees and proofs do."""
    with pytest.raises(InputError, match="state trees, a tree or a proof"):
        held(ACCOUNT)


def proofs(value):
    """The proofs inside a decoded value."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict) and value.get("type") == "trees_poi" else []) + [
        found for item in items for found in proofs(item)
    ]


def test_a_real_proof_holds_what_the_real_trees_hold(shared):
    """In recorded traffic, each leaf of a proof is that of the whole trees with the same state hash."""
    files = [*sorted(shared.glob("corpus/**/*.md")), shared / "real" / "sdk_frames.jsonl"]
    texts = {found.text for file in files for found in chain.occurrences(file.read_text(encoding="utf-8"))}
    values = {text: chain.decode(text).value for text in texts if text[:2] in {"ss", "pi", "tx"}}
    whole = {state_hash(value): held(value) for text, value in values.items() if text.startswith("ss_")}
    compared = 0
    for proof in (found for value in values.values() for found in proofs(value)):
        for name, leaves in held(proof).items():
            for told, leaf in leaves.items():
                if state_hash(proof) in whole:
                    assert whole[state_hash(proof)][name][told] == leaf
                    compared += 1
    assert compared > 100
