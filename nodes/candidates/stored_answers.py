"""Whether two programs gave the same answer, found out from what the store has of them.

Comparing can cost far more than returning: a range of a few bytes stands for millions of numbers.
So a child process does it, within limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from graph_agent.records import Candidate, ValueReference
from graph_agent.results.answer import answer_of
from nodes.candidates.equality import same_answer
from sandbox.confined import Limits, call
from sandbox.errors import ConfinedError, PayloadError
from sandbox.results.decode import decode_payload, libraries_of
from sandbox.variables.store import VariableStore

__all__ = ["StoredAnswer", "group_of", "stored_answer"]

COMPARE_S = 5.0
"""Processor time for two answers."""
ALL_S = 20.0
"""Processor time for comparing one answer with those of all groups."""
MEMORY_BYTES = 1 << 30
"""For two answers, besides eight times their payloads."""
MOST_MEMORY_BYTES = 6 << 30

StoredAnswer = str | ValueReference | dict[str, ValueReference]
"""Printed text, a value, or several values by name."""


def stored_answer(state: Mapping[str, Any], candidate: Candidate) -> StoredAnswer | None:
    """Return the answer of a program; one that only draws is told by its number of figures."""
    record = candidate.execution
    if record is None:
        return None
    execution: Any = SimpleNamespace(
        variables={reference.name: reference for reference in record.variables},
        display=record.display,
        display_text=record.display_text,
        stdout=record.stdout,
    )
    answer: StoredAnswer | None = answer_of(state, execution)
    if isinstance(answer, ValueReference) and answer.type == "NoneType":
        answer = None
    if answer is None and record.figures:
        return f"{len(record.figures)} figures"
    return answer


def group_of(
    answer: StoredAnswer,
    groups: Mapping[int, StoredAnswer],
    store: VariableStore,
    *,
    ordered: bool,
) -> int | None:
    """Find the group whose answer is the same, as :func:`same_answer` says.

    Answers that take too much to compare differ, unless they have the same bytes.

    Raises:
        VariableStoreError: a value is no longer in the store.
    """
    for group, other in groups.items():
        if _digests(answer) == _digests(other):
            return group
    left_s = ALL_S
    for group, other in groups.items():
        if left_s <= 0:
            return None
        is_same, used_s = _compared(answer, other, store, ordered, min(left_s, COMPARE_S))
        if is_same:
            return group
        left_s -= used_s
    return None


def _compared(
    first: StoredAnswer, second: StoredAnswer, store: VariableStore, ordered: bool, cpu_s: float
) -> tuple[bool, float]:
    """Let a child compare two answers; return the processor time it took, too."""
    parts: list[bytes] = []
    shapes = [_shape(answer, store, parts) for answer in (first, second)]
    if all(isinstance(shape, str) for shape in shapes):
        return same_answer(*shapes, ordered=ordered), 0
    memory = min(MEMORY_BYTES + 8 * sum(map(len, parts)), MOST_MEMORY_BYTES)
    libraries = sorted({name for part in parts for name in libraries_of(part)})
    function, limits = f"{__name__}:compare_in_child", Limits(cpu_s, memory)
    try:
        reply = call(function, [*shapes, ordered], parts, limits=limits, libraries=libraries)
    except ConfinedError as error:
        return False, cpu_s if error.cause == "time" else 1.0
    return bool(reply.value), reply.cpu_s


def compare_in_child(args: list[Any], parts: list[bytearray]) -> tuple[bool, Sequence[bytes]]:
    """Decode and compare two answers in a child."""
    first, second, ordered = args
    try:
        answers = [_decoded(shape, parts) for shape in (first, second)]
    except PayloadError:
        return False, ()
    return same_answer(*answers, ordered=ordered), ()


def _digests(answer: StoredAnswer) -> Any:
    if isinstance(answer, dict):
        return {name: reference.sha256 for name, reference in answer.items()}
    return answer if isinstance(answer, str) else [answer.sha256]


def _shape(answer: StoredAnswer, store: VariableStore, parts: list[bytes]) -> Any:
    """Describe an answer as JSON: a text, the number of a part, or such numbers by name."""
    if isinstance(answer, dict):
        return {name: _shape(each, store, parts) for name, each in answer.items()}
    if isinstance(answer, str):
        return answer
    parts.append(store.get(answer.sha256))
    return len(parts) - 1


def _decoded(shape: Any, parts: list[bytearray]) -> Any:
    if isinstance(shape, dict):
        return {name: _decoded(each, parts) for name, each in shape.items()}
    return shape if isinstance(shape, str) else decode_payload(parts[shape])
