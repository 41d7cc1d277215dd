"""Who is who in a capture: by URLs, and by signatures that parties add."""

import channel

from recorder.profiles.aeternity import chain
from recorder.profiles.aeternity.identities import identities
from recorder.profiles.parts import Account, Said
from recorder.timeline import urls

LIFE, FIRST = channel.live(), channel.Life()


def said(life=LIFE, *, opens=True):
    """What the parties of a life say; their openings may be left out."""
    script = life.script()
    for step in script.steps:
        party = script.parties[step.session]
        if step.kind == "open" and opens:
            yield Said(step.session, party, to_node=True, message=urls.query(step.event.url), opens=True)
        elif step.kind == "frame":
            yield Said(step.session, party, step.direction == "to_node", step.message)


def accounts(found):
    """Each party's account."""
    return {one.party: account for account, one in found.accounts.items()}


def test_a_url_names_its_partys_account():
    """Each session's own, and the sessions opened with it."""
    found = identities(said())
    assert accounts(found) == LIFE.accounts
    assert [sorted(one.sessions) for one in found.accounts.values()] == [[1, 3], [2, 4]]
    assert {found.of_session(session) for session in (1, 3)} == {LIFE.accounts["initiator"]}
    assert found.of_session(9) == ""


def test_a_signature_proves_an_account_where_no_url_does():
    """Who adds one to what its node asked it to sign is who it is by."""
    assert accounts(identities(said(opens=False))) == LIFE.accounts


def test_signatures_are_attributed():
    """To the party that made each."""
    signers = identities(said()).signers
    assert {one.signer for one in signers.values()} == {"initiator", "responder"}
    assert all(len(signature) == 128 for signature in signers)


def test_a_party_may_have_several_accounts():
    """One a session; the one that its node did not know is known for that."""
    life = channel.several()
    found = identities(said(life)).accounts
    assert {account: (one.party, sorted(one.sessions), one.signs, one.known) for account, one in found.items()} == {
        channel.NOBODY: ("initiator", [1], False, False),
        FIRST.accounts["initiator"]: ("initiator", [2], True, True),
        FIRST.accounts["responder"]: ("responder", [3, 5], True, True),
        life.accounts["initiator"]: ("initiator", [4], True, True),
    }
    without = identities(said(life, opens=False))
    assert [without.of_session(session) for session in (1, 2, 4)] == [
        "",
        FIRST.accounts["initiator"],
        life.accounts["initiator"],
    ]


def refused(code, *, again=False):
    """Whether the node knew the account of a session that it refused; it may have taken another."""
    life = channel.Life()
    life.open("initiator")
    life.refuse("initiator", code, "no")
    if again:
        life.open("responder")
    found = identities(said(life)).accounts
    return found[life.accounts["initiator"]].known


def test_which_account_a_node_does_not_know():
    """One that stands in refused URLs alone; a session may be refused for many other reasons."""
    assert not refused(1011)
    assert refused(1011, again=True)
    assert refused(1001)


def test_others_sign_too():
    """A delegate's signature on what a party passes on makes its account nobody's; a party has one account a session."""
    life = channel.live()
    life.seeds["delegate"] = bytes(32)
    delegate = chain.account_of(life.seeds["delegate"])
    params = {"delegate": delegate, "tx": life.signed(life.offchain(9), "delegate")}
    life.send("initiator", {"method": "x", "params": params})
    found = identities(said(life))
    assert found.accounts[delegate] == Account(signs=True)
    assert found.signers[chain.decode(params["tx"]).value["fields"]["signatures"][0]].signer == ""
