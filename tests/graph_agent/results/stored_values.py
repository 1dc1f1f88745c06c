"""Values put into a store as a run leaves them, for several tests."""

from __future__ import annotations

from graph_agent.records import ValueReference
from sandbox import VariableStore
from sandbox.runner.encode import encode_value


def stored(store: VariableStore, name: str, value: object) -> ValueReference:
    """Store a value; return the reference to it."""
    payload = b"".join(encode_value(value))
    return ValueReference(
        name=name, type="list", codec="tree/1", sha256=store.put(payload), summary=name
    )
