"""All rules, in the order of how much each explains, and how they are applied."""

from __future__ import annotations

import logging
from typing import Any

from graph_agent.records import Attempt, Finding
from graph_agent.state import AgentState
from nodes.rules import blanks, columns, inputs, runs
from nodes.rules.rule import Evidence, Rule

__all__ = ["NOT_RUN", "RULES", "RULE_NAMES", "find"]

log = logging.getLogger(__name__)

NOT_RUN = Rule(
    "not_run",
    "The code was never run: there is none, it does not parse, or it repeats a failed attempt.",
    decisive=True,
    look=lambda _: iter(()),
    can_be_skipped=False,
)
RULES: tuple[Rule, ...] = (
    Rule(
        "outcome",
        "The run did not end well: the code raised, or hit a limit.",
        decisive=True,
        look=runs.outcome,
        can_be_skipped=False,
    ),
    Rule("checks", "The request's own checks failed.", decisive=True, look=runs.checks),
    Rule(
        "missing_return",
        "A variable named in the request's `returns` did not come back.",
        decisive=True,
        look=runs.missing_return,
    ),
    Rule(
        "no_figure",
        "The request asks for a figure and none was made.",
        decisive=True,
        look=runs.no_figure,
    ),
    Rule(
        "blank_figure",
        "The request asks for a figure and all that were made are of one colour.",
        decisive=True,
        look=blanks.blank_figure,
    ),
    Rule(
        "empty_result",
        "The code left no variable, no figure and no output.",
        decisive=True,
        look=runs.empty_result,
    ),
    Rule(
        "input_overwritten",
        "A given variable is overwritten with made-up data before its value was used.",
        decisive=True,
        look=inputs.input_overwritten,
    ),
    Rule(
        "input_ignored",
        "No given variable is read; data of the same kind are made up, or read from a file"
        " that is not there.",
        decisive=True,
        look=inputs.input_ignored,
    ),
    Rule(
        "blank_result",
        "A result that was asked for, or the only one, is empty or all NaN/None.",
        decisive=False,
        look=blanks.blank_result,
    ),
    Rule(
        "empty_axes",
        "A figure is of one colour beside others, or has axes and nothing in any of them.",
        decisive=False,
        look=blanks.empty_axes,
    ),
    Rule(
        "untouched_column",
        "The request names a column of a given table, and the code never touches it.",
        decisive=False,
        look=columns.untouched_column,
    ),
)
RULE_NAMES: tuple[str, ...] = tuple(one.name for one in RULES if one.can_be_skipped)
"""Rules that can be switched off, by their names in the state's ``skip_rules``."""


def find(attempt: Attempt, state: AgentState) -> list[Finding]:
    """Apply every rule that is not switched off. Never raises, whatever the code is."""
    if attempt.execution is None:
        return [_finding(NOT_RUN, attempt.problem or "the code was not run")]
    asked: Any = state.get("skip_rules")
    skipped = set(asked or ())
    evidence = Evidence(attempt.code, attempt.execution, state)
    found = []
    for rule in RULES:
        if rule.can_be_skipped and rule.name in skipped:
            continue
        try:
            found += [_finding(rule, message) for message in rule.look(evidence)]
        except RecursionError:  # code nested as deeply as no one writes it
            continue
        except Exception:  # a rule that breaks must not cost the attempt
            log.exception("the rule %s could not be applied", rule.name)
    return found


def _finding(rule: Rule, message: str) -> Finding:
    text = message.strip()
    text = text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
    return Finding(rule=rule.name, message=text, decisive=rule.decisive)
