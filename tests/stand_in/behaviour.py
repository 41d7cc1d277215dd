"""What may be different from one node, or one day, to the next.

Rule: a label says who is told, and what: `initiator open` for an event, `responder channels.update` for any other push,
`initiator ok channels.system` for an answer (or `result`, or `error`), `initiator end` for a session's end; `initiator >
channels.leave` is what came from the initiator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Behaviour:
    """How a node behaves.

    Args:
        network_id: what signatures must be made for.
        version: of the create transaction.
        adds: members of the params of what is pushed, by labels (with `*`); those of their `data` are joined to it.
        funded: accounts that are on the chain; all by default.
        nonce: the last nonce of every account.
        silence: seconds until the session of a silent client is ended; 0 for never.
        key_block: seconds between key blocks; 0 where a transaction is in one at once.
        depth: key blocks on top of a transaction until it is confirmed.
        wins: the party whose proposal stands when both have one; neither's, where it is empty.
        refuses: methods, and the reason why they are refused.
        held: what is held back, once a channel, until something else was said in the same session, or came; later pushes
            of the session wait behind a held one.
        died_after: when the channel dies.
        closed_after: when the party's session is ended, and nothing said.
    """

    network_id: str = "ae_dev"
    version: int = 2
    adds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    funded: frozenset[str] | None = None
    nonce: int = 0
    silence: float = 60.0
    key_block: float = 0.0
    depth: int = 0
    wins: str = ""
    refuses: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    died_after: str = ""
    closed_after: str = ""
