"""Annotates frames: decodes every encoded string, finds who signed what, and what became of it.

Rule: pure, bounded for a capture of any length, and total: no traffic raises. Nothing is guessed: an account gets a name
only if the traffic proves it.

- `Annotator`: fed with the events of a capture in their order, gives an `Annotation` for each frame and opening.
- `Annotation`: its `items` (encoded strings), its `transactions`, a `short` form and a `sentence`.
"""

from __future__ import annotations

from recorder.profiles.aeternity.annotation.annotator import Annotator
from recorder.profiles.aeternity.annotation.tree import tree
from recorder.profiles.aeternity.annotation.values import Annotation, Item, Signature, Transaction

__all__ = ["Annotation", "Annotator", "Item", "Signature", "Transaction", "tree"]
