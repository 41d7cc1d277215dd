"""All layouts in one table, and what may stand under which text prefix.

Rule: this module only joins the tables of its neighbours; a new layout is one entry there and nothing here.
"""

from __future__ import annotations

from recorder.profiles.aeternity.chain.layouts import Registry
from recorder.profiles.aeternity.chain.schema_channels import (
    CHANNEL_TRANSACTIONS,
    ENVELOPES,
    TRANSACTION_NAMES,
    UPDATES,
)
from recorder.profiles.aeternity.chain.schema_state import BLOCKS, CODE_OBJECTS, STATE, TREES
from recorder.profiles.aeternity.chain.schema_transactions import TRANSACTIONS

# Tags with a name in the node's library and no reader in the node.
RESERVED = {83: "hc_vote_tx", 100: "key_block"}

REGISTRY = Registry(
    (*TRANSACTIONS, *CHANNEL_TRANSACTIONS, *UPDATES, *ENVELOPES, *STATE, *TREES, *CODE_OBJECTS, *BLOCKS), RESERVED
)

SCHEMAS = REGISTRY.by_key

# The objects each prefix may hold; any object, under the others.
HOLDS: dict[str, frozenset[str]] = {
    "tx": TRANSACTION_NAMES | {"signed_tx"},
    "pi": frozenset({"trees_poi"}),
    "ss": frozenset({"state_trees"}),
    "cs": frozenset({"calls_mtree"}),
}
CODE = frozenset({"compiler_sophia"})
