"""A suite: questions about data, and how each answer is judged."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graph_agent.errors import RequestError
from graph_agent.return_types import ReturnType

__all__ = ["Question", "Suite", "sampled"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A request with its variables, and what makes an answer right.

    ``judge`` is Python that runs after the program, with its names; an exception means that the
    answer is wrong. ``beside``: it runs in the program's own process, for judges that need its
    real objects; else the program can't reach it. ``figures``: how many it must have drawn.
    """

    id: str
    request: str
    judge: str
    variables: Mapping[str, Path] = field(default_factory=dict)
    returns: Sequence[str] | Mapping[str, ReturnType] | None = None
    category: str = "all"
    figures: int = 0
    beside: bool = False
    reference: str | None = None
    """A program whose answer is right, for ``--model replay:reference``."""
    wrong: tuple[str, ...] = ()
    """Programs whose answers are wrong."""

    @property
    def digest(self) -> str:
        """A hash of what is asked and how it is judged; equal ones can be compared."""
        files = {name: path.name for name, path in self.variables.items()}
        parts: list[Any] = [self.id, self.request, self.judge, files, self.figures]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Suite:
    """Questions under a name."""

    name: str
    questions: tuple[Question, ...]

    def __post_init__(self) -> None:
        if not self.questions:
            raise RequestError(f"the suite {self.name!r} has no questions")
        seen: set[str] = set()
        for question in self.questions:
            if question.id in seen:
                raise RequestError(
                    f"the suite {self.name!r} has two questions with the id {question.id!r}"
                )
            seen.add(question.id)


def sampled(suite: Suite, limit: int | None, seed: int) -> Suite:
    """Return a suite of at most ``limit`` questions, in their order, drawn at random.

    Each category keeps its share of the questions, to the nearest whole number.

    Raises:
        RequestError: the limit is below 1.
    """
    if limit is None:
        return suite
    if limit < 1:
        raise RequestError(f"the limit is a number of questions from 1 on, not {limit}")
    if limit >= len(suite.questions):
        return suite
    by_category: dict[str, list[str]] = defaultdict(list)
    for question in suite.questions:
        by_category[question.category].append(question.id)
    sizes = {name: len(ids) for name, ids in sorted(by_category.items())}
    numbers = random.Random(seed)  # noqa: S311  # a sample, not a secret
    chosen: set[str] = set()
    for name, count in _shares(sizes, limit).items():
        chosen.update(numbers.sample(by_category[name], count))
    kept = tuple(question for question in suite.questions if question.id in chosen)
    return replace(suite, questions=kept)


def _shares(sizes: Mapping[str, int], limit: int) -> dict[str, int]:
    """Divide ``limit`` in proportion to sizes, by the largest remainders."""
    total = sum(sizes.values())
    exact = {name: size * limit / total for name, size in sizes.items()}
    shares = {name: int(part) for name, part in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: limit - sum(shares.values())]:
        shares[name] += 1
    return shares
