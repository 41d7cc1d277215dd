"""Who is who in a capture: by URLs, and by signatures that parties add."""

import channel

from recorder.profiles.aeternity.identities import identities
from recorder.profiles.parts import Said
from recorder.timeline import urls

LIFE = channel.live()


def said(*, opens=True):
    """What the parties of a life say; their openings may be left out."""
    for step in LIFE.script().steps:
        party = "initiator" if step.session == 1 else "responder"
        if step.kind == "open" and opens:
            yield Said(step.session, party, to_node=True, message=urls.query(step.event.url), opens=True)
        elif step.kind == "frame":
            yield Said(step.session, party, step.direction == "to_node", step.message)


def test_a_url_names_its_partys_account():
    """Each session's own."""
    assert identities(said()).accounts == LIFE.accounts


def test_a_signature_proves_an_account_where_no_url_does():
    """Who adds one to what its node asked it to sign is who it is by."""
    assert identities(said(opens=False)).accounts == LIFE.accounts


def test_signatures_are_attributed():
    """To the party that made each."""
    signers = identities(said()).signers
    assert {one.signer for one in signers.values()} == {"initiator", "responder"}
    assert all(len(signature) == 128 for signature in signers)
