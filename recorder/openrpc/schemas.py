"""JSON Schema of values that were seen.

Rule: genson infers it; this module only tells it which objects are maps, whose keys are data: ids, hashes, addresses. Every value
that was added fits the schema.
"""

from __future__ import annotations

from typing import Any

from genson import SchemaBuilder

from recorder.timeline.handed_out import opaque

ANY_KEY = "\0"
"""The name under which the values of a map are added, as one array."""

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


class Schema:
    """The schema of values, as they are added."""

    def __init__(self) -> None:
        self._builder = SchemaBuilder(schema_uri=DRAFT_7)
        self._empty = True

    def add(self, value: Any) -> None:
        """Add a value: what `json.loads` gives."""
        self._builder.add_object(_marked(value))
        self._empty = False

    def value(self) -> Any:
        """The schema; `True`, which everything fits, where nothing was added."""
        if self._empty:
            return True
        found = _unmarked(self._builder.to_schema())
        found.pop("$schema", None)
        return found


def _marked(value: Any) -> Any:
    if isinstance(value, list):
        return [_marked(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _marked(one) for name, one in value.items() if not _is_data(name)}
    if len(found) < len(value):
        found[ANY_KEY] = [_marked(one) for name, one in value.items() if _is_data(name)]
    return found


def _is_data(name: str) -> bool:
    """Whether a member's name is data: decided by the name alone, so that it is the same in each object."""
    return name == ANY_KEY or name.isdigit() or opaque(name)


def _unmarked(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_unmarked(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _unmarked(one) for name, one in schema.items()}
    properties = found.get("properties")
    if isinstance(properties, dict) and ANY_KEY in properties:
        found["additionalProperties"] = properties.pop(ANY_KEY)["items"]
        if not properties:
            del found["properties"]
        required = [name for name in found.get("required", []) if name != ANY_KEY]
        found.pop("required", None)
        found |= {"required": required} if required else {}
    return found
