"""All rules, the ones that explain most first, and how they are applied."""

from __future__ import annotations

import logging

from graph_agent.context import RunView
from graph_agent.records import Finding
from nodes.rules import before_running, execution, inputs
from nodes.rules.rule import Evidence, Rule

__all__ = ["NOT_RUN", "RULES", "RULE_NAMES", "apply_rules"]

log = logging.getLogger(__name__)

NOT_RUN = Rule(
    "not_run",
    "The code was not run: there is none, it doesn't parse, or it repeats a failed attempt.",
    decisive=True,
    look=lambda _: iter(()),
    can_be_skipped=False,
)
RULES: tuple[Rule, ...] = (
    Rule(
        "outcome",
        "The run failed: the code raised, or hit a limit.",
        decisive=True,
        look=execution.outcome,
        can_be_skipped=False,
        is_fact=True,
        judges="failed",
    ),
    Rule(
        "undefined_name",
        "The code certainly reads a name that nothing defines; then it isn't run.",
        decisive=True,
        look=before_running.undefined_name,
        is_fact=True,
        judges="failed",
    ),
    Rule(
        "unknown_column",
        "The code certainly reads a column that no given table has; then it isn't run.",
        decisive=True,
        look=before_running.unknown_column,
        is_fact=True,
        judges="failed",
    ),
    Rule(
        "checks",
        "The request's own checks failed.",
        decisive=True,
        look=execution.checks,
        is_fact=True,
        judges="any",
    ),
    Rule(
        "missing_return",
        "A variable named in the request's `returns` was not returned.",
        decisive=True,
        look=execution.missing_return,
        is_fact=True,
    ),
    Rule(
        "wrong_type",
        "A variable isn't of the type that the request's `returns` gives it.",
        decisive=True,
        look=execution.wrong_type,
        is_fact=True,
    ),
    Rule(
        "no_figure",
        "The request asks for a figure and none was made; not decisive if it only uses a word"
        " that may mean one, or if all that draws is in an `if` or a loop.",
        decisive=True,
        look=execution.no_figure,
        hint=execution.perhaps_no_figure,
    ),
    Rule(
        "blank_figure",
        "The request asks for a figure and every figure made is a single colour.",
        decisive=True,
        look=execution.blank_figure,
        judges="figures",
    ),
    Rule(
        "empty_result",
        "The code left no variable, no figure, no file and no output.",
        decisive=True,
        look=execution.empty_result,
    ),
    Rule(
        "input_overwritten",
        "A given variable is overwritten with made-up data before its value is used.",
        decisive=True,
        look=inputs.input_overwritten,
        judges="any",
    ),
    Rule(
        "input_ignored",
        "No given variable is read; data of the same kind is made up, or read from a file"
        " that doesn't exist.",
        decisive=True,
        look=inputs.input_ignored,
        judges="any",
    ),
    Rule(
        "blank_answer",
        "A result that `returns` gives a type is empty or all NaN/None, and no earlier attempt"
        " found the same.",
        decisive=True,
        look=execution.blank_answer,
    ),
    Rule(
        "blank_result",
        "A result that was asked for, or the only one, is empty or all NaN/None.",
        decisive=False,
        look=execution.blank_result,
    ),
    Rule(
        "empty_axes",
        "One figure of several is a single colour, or one has axes with nothing in any of them.",
        decisive=False,
        look=execution.empty_axes,
        judges="figures",
    ),
    Rule(
        "untouched_column",
        "The request names a column of a given table, and the code never uses it.",
        decisive=False,
        look=inputs.untouched_column,
        judges="any",
    ),
    Rule(
        "unlikely_type",
        "The only result is a single value, and the request asks for another kind: yes or no, a"
        " count, a list.",
        decisive=False,
        look=execution.unlikely_type,
    ),
)
_BEFORE_RUNNING = {
    rule.name: rule for rule in RULES if rule.name in ("undefined_name", "unknown_column")
}
RULE_NAMES: tuple[str, ...] = tuple(rule.name for rule in RULES if rule.can_be_skipped)
"""The rules that the state's ``skip_rules`` can switch off."""


def apply_rules(view: RunView) -> list[Finding]:
    """Apply every rule that isn't switched off to the last attempt; never raises."""
    attempt = view.last
    if attempt.execution is None:
        rule = _BEFORE_RUNNING.get(attempt.problem_kind or "", NOT_RUN)
        return [_finding(rule, attempt.problem or "the code was not run", True)]
    skipped = set(view.state.get("skip_rules") or ())
    evidence = Evidence(view, attempt.execution)
    judged = {"any", "ended" if evidence.ended_well else "failed"}
    if evidence.ended_well and attempt.execution.figures:
        judged.add("figures")
    checks_passed = evidence.checks_passed
    found: list[Finding] = []
    for rule in RULES:
        if rule.judges not in judged or (rule.can_be_skipped and rule.name in skipped):
            continue
        # Checks that passed say more than what a rule infers.
        is_decisive = rule.decisive and (rule.is_fact or not checks_passed)
        try:
            found += [_finding(rule, message, is_decisive) for message in rule.look(evidence)]
            if rule.hint is not None:
                found += [_finding(rule, message, False) for message in rule.hint(evidence)]
        except RecursionError:  # code nested too deeply for any person to write
            continue
        except Exception:  # a rule that breaks must not cost the attempt
            log.exception("the rule %s could not be applied", rule.name)
    return found


def _finding(rule: Rule, message: str, decisive: bool) -> Finding:
    text = message.strip()
    text = text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
    return Finding(rule=rule.name, message=text, decisive=decisive)
