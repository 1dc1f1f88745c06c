"""The vote of several programs: groups of equal answers, and the largest wins."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graph_agent.context import RunView
from graph_agent.records import Agreement, Analysis, Attempt, Candidate
from nodes.candidates.equality import asks_for_order
from nodes.candidates.stored_answers import group_of, stored_answer
from nodes.rules import apply_rules
from sandbox.variables.store import VariableStore

__all__ = ["another_is_wanted", "elected", "grouped", "next_candidate", "with_agreement"]


def next_candidate(attempt: Attempt, written: Candidate) -> Attempt:
    """Put a newly written program in an attempt's place; the one before it joins the others."""
    others = [*attempt.others, _program_of(attempt)]
    return _with_program(attempt, written, others=others)


def grouped(view: RunView, attempt: Attempt, store: VariableStore) -> Attempt:
    """Give the program that has just run the group of its answer, if it counts.

    A program counts if it ran to its end with an answer, and neither a check nor a rule's
    decisive finding speaks against it.
    """
    alone = RunView({**view.state, "attempts": view.replace_last(attempt)}, view.context)
    if any(finding.decisive for finding in apply_rules(alone)):
        return attempt
    answer = stored_answer(view.state, attempt)
    if answer is None:
        return attempt
    ordered = asks_for_order(view.state.get("request") or "")
    groups = {
        group: other
        for group, candidate in attempt.other_answers.items()
        if (other := stored_answer(view.state, candidate)) is not None
    }
    group = group_of(answer, groups, store, ordered=ordered)
    return attempt.model_copy(update={"group": len(groups) if group is None else group})


def another_is_wanted(view: RunView, attempt: Attempt) -> bool:
    """Whether to write one more program: the answer isn't decided, and a limit leaves room.

    It is decided when more than half of all programs that may be written agree, or when the
    request's own checks have passed.
    """
    most = view.candidates
    if len(attempt.others) + 1 >= most or view.call_limit() is not None:
        return False
    if view.state.get("checks") and attempt.group is not None:
        return False
    return max(_sizes(attempt).values(), default=0) <= most // 2


def elected(attempt: Attempt) -> Attempt:
    """Choose the program whose answer most programs gave; of several such, the first one."""
    if not attempt.others:
        return attempt
    every: list[Candidate] = [*attempt.others, attempt]
    sizes = _sizes(attempt)
    chosen: Candidate = attempt
    if sizes:
        # Groups are numbered in the order in which their answers came.
        winner = max(sizes, key=lambda group: (sizes[group], -group))
        chosen = next(each for each in every if each.group == winner)
    others = [_program_of(each) for each in every if each is not chosen]
    agreement = Agreement(agreeing=max(sizes.values(), default=0), run=len(every))
    return _with_program(attempt, chosen, others=others, agreement=agreement)


def with_agreement(attempt: Attempt, vote: Agreement, analysis: Analysis) -> Analysis:
    """Let the vote decide where nobody else has judged; no success without a majority."""
    if not analysis.success or analysis.judged_by == "checks":
        return analysis
    sizes = sorted(_sizes(attempt).values(), reverse=True)
    note = f"{vote.agreeing} of {vote.run} programs agree."
    if sizes[0] >= 2 and sizes[0] > (sizes[1:] or [0])[0]:
        update: dict[str, Any] = {"explanation": f"{analysis.explanation} {note}"}
        if analysis.judged_by == "nobody":
            update["judged_by"] = "agreement"
        return analysis.model_copy(update=update)
    return analysis.model_copy(
        update={
            "success": False,
            "should_retry": True,
            "explanation": f"The programs for this request don't agree on an answer. {note}",
            "plan": "Read the request again, word for word, and decide which answer it asks for.",
            "judged_by": "agreement",
        }
    )


def _program_of(candidate: Candidate) -> Candidate:
    """Return the program without what an attempt has besides it."""
    return Candidate(**{name: getattr(candidate, name) for name in Candidate.model_fields})


def _with_program(attempt: Attempt, program: Candidate, **more: Any) -> Attempt:
    return attempt.model_copy(update={**vars(_program_of(program)), **more})


def _sizes(attempt: Attempt) -> Counter[int]:
    every: list[Candidate] = [*attempt.others, attempt]
    return Counter(each.group for each in every if each.group is not None)
