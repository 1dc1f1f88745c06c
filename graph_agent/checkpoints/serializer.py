"""What checkpoints are written with, and what loading one may make."""

from __future__ import annotations

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer


def strict_serializer() -> JsonPlusSerializer:
    """Load plain data only: langgraph's permissive default would call what a blob names."""
    return JsonPlusSerializer(allowed_msgpack_modules=None)
