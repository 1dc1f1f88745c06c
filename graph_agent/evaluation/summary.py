"""Adds up the results of an evaluation."""

from __future__ import annotations

import statistics as means
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graph_agent.evaluation.journal import Answered, Setup
from graph_agent.evaluation.statistics import wilson
from graph_agent.records import Json

__all__ = ["share_of", "summarized"]


def summarized(setup: Setup, answered: Sequence[Answered]) -> Json:
    """Return the figures of an evaluation as plain JSON."""
    return {
        "suite": setup.suite,
        "model": setup.model,
        "version": setup.version,
        "candidates": setup.candidates,
        "max_attempts": setup.max_attempts,
        "checks": setup.checks,
        "limit": setup.limit,
        "seed": setup.seed,
        "questions": len(setup.questions),
        "answered": len(answered),
        **_verdicts(answered),
        "right_at": _right_at(setup.max_attempts, answered),
        "right_but_reported_as_failed": _count(answered, _failed_though_right),
        "without_an_answer": _count(answered, lambda each: bool(each.problem)),
        "outcomes": dict(Counter(_outcome(each) for each in answered).most_common()),
        "judged_by": _groups(answered, _judge),
        "agreement": _agreement(answered),
        "categories": _groups(answered, lambda each: each.category),
        "calls": sum(each.calls for each in answered),
        "input_tokens": sum(each.input_tokens for each in answered),
        "output_tokens": sum(each.output_tokens for each in answered),
        "seconds": _seconds([each.seconds for each in answered]),
        "cost": _cost(answered),
    }


def share_of(count: int, total: int) -> Json:
    """Return a count, its share of a total, and the share's 95 % interval."""
    low, high = wilson(count, total)
    share = count / total if total else None
    return {"count": count, "of": total, "share": share, "low": low, "high": high}


def _verdicts(answered: Sequence[Answered]) -> Json:
    counts = Counter(each.verdict for each in answered)
    return {
        "right": share_of(counts["right"], len(answered)),
        "silently_wrong": share_of(counts["silently wrong"], len(answered)),
        "reported_as_failed": share_of(counts["reported as failed"], len(answered)),
    }


def _right_at(max_attempts: int, answered: Sequence[Answered]) -> Json:
    """Count the right answers that took at most so many attempts."""
    needed = [each.attempts[-1].number for each in answered if each.verdict == "right"]
    numbers = range(1, max([max_attempts, *needed]) + 1)
    return {
        str(most): share_of(sum(number <= most for number in needed), len(answered))
        for most in numbers
    }


def _failed_though_right(each: Answered) -> bool:
    return not each.solved and each.last is not None and each.last.right


def _count(answered: Iterable[Answered], holds: Callable[[Answered], bool]) -> int:
    return sum(map(holds, answered))


def _outcome(each: Answered) -> str:
    return "no answer" if each.last is None else each.last.outcome


def _judge(each: Answered) -> str:
    return (None if each.last is None else each.last.judged_by) or "nobody"


def _groups(answered: Iterable[Answered], key: Callable[[Answered], str]) -> Json:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for each in answered:
        groups[key(each)].append(each)
    return {name: _verdicts(groups[name]) for name in sorted(groups)}


def _agreement(answered: Iterable[Answered]) -> list[Json]:
    """Compare how many programs agreed with how many answers were right: most agreement first."""
    groups: dict[tuple[int, int], list[Answered]] = defaultdict(list)
    full: list[Answered] = []
    for each in answered:
        pair = None if each.last is None else each.last.agreement
        if pair is not None:
            groups[pair].append(each)
            if pair[0] == pair[1]:
                full.append(each)
    ordered = sorted(groups, key=lambda pair: (-pair[0] / pair[1], -pair[1]))
    rows: list[Json] = [
        {"agreeing": agreeing, "run": run, **_verdicts(groups[agreeing, run])}
        for agreeing, run in ordered
    ]
    return [{"agreeing": "all", "run": "all", **_verdicts(full)}, *rows] if rows else []


def _seconds(seconds: Sequence[float]) -> Json:
    if not seconds:
        return {"median": None, "total": 0.0}
    return {"median": round(means.median(seconds), 3), "total": round(sum(seconds), 3)}


def _cost(answered: Iterable[Answered]) -> Any:
    costs = [each.cost for each in answered]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None
