"""Print nodes/RULES.md: the rules, and their results on the cases.

``python -m tests.nodes.rules.rules_page > nodes/RULES.md``
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nodes.rules import RULES, Rule
from nodes.rules.catalog import NOT_RUN
from nodes.rules.figure_requests import asks_for_figure
from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from tests.nodes.rules.everyday_requests import NOT_WANTED, WANTED
from tests.nodes.rules.measuring import Measured, measure

HEADER = """\
# The rules that judge an attempt without a model

Made by `python -m tests.nodes.rules.rules_page`, which runs the programs of
`tests/nodes/rules/cases` in a sandbox; `tests/nodes/rules/test_cases.py` checks that it is current.

- A **decisive** finding means failure even if the model disagrees. Other findings are shown to
  the model that judges; without such a model they change nothing.
- The request's own **checks** decide: if they passed, only `outcome`, `missing_return` and
  `wrong_type` can still fail an attempt.
- `skip_rules` can switch a rule **off**, except `not_run` and `outcome`.
- **False alarms** are counted among {correct} correct programs, some of them tricky. **Caught**
  counts, of {wrong} wrong programs, those that the rule is meant for. The programs were written
  together with the rules: the numbers show what is known to work and to fail, and don't predict
  results on other programs.

"""
REQUESTS = """
## Requests in everyday English

`tests/nodes/rules/everyday_requests.py` has {wanted} requests that want a picture and {other} that
don't. `no_figure` is decisive for {alarms} of the {other}, and not for {missed} of the {wanted}:
there the model decides. They were written before the rule was tried on them, then it was changed
where it was wrong. On first sight it was decisive for 0 of the first 63 and 3 of the next 22 that
want none, and not for 2 of the first 50 and 2 of the next 21 that want one.

## Other people's programs

`python -m tests.nodes.rules.false_alarms WHEEL…` runs right programs that were written without
knowing the rules, and counts what rules and checks find in them. On 2026-11-30, of 161 programs of
HumanEval 0 were failed, and 12 got a hint (`blank_result`: their first argument is empty). Three of
DataFrameBench's were failed, each for a figure that was wanted, or drawn, only under a condition.
Since that was changed, of 107 of its programs 0 are failed, and 5 got a hint.
"""
NOTES = """
## Limits of each rule

- `input_overwritten`: data derived from a given variable isn't made up, nor is data that the
  request itself gives in digits or words. After its value was used, a variable may be assigned
  anything; `print(df)` and `df.head()` alone don't count as use. It is also fine to replace a
  variable that is missing, None or empty (`except NameError`, `if df is None`), to assign an equal
  value again, and to use the name as a loop or local variable. Requests for simulated, example or
  random data switch the rule off, and so do requests to set or replace the variable by name.
- `undefined_name` and `unknown_column` are applied before the code runs, and say nothing about
  branches, loops, functions, computed names, or tables that something else may have changed.
- `input_ignored`: in addition, the code must work with columns of a given table or read a file or
  data set with a given variable's name, or the request must clearly name the variable.
- `no_figure` is decisive only where the request says what to draw ("plot the tips", "and a
  heatmap"). Code, quotations and column names in the request don't count, nor do negations.
  A figure wanted under a condition ("if requested") is never decisive.
- `blank_result` isn't decisive: there may really be no "rows with a negative price". It checks
  what `returns` names, else the displayed value, else the only variable of a run without figures.
  Nested containers aren't checked.
- `blank_figure` and `empty_axes` check PNG of up to 25 million pixels and Plotly's JSON. Axes are
  boxes of dark lines: with a grid, other styles or a legend inside, they find nothing. A bar chart
  of zeros looks like empty axes, so that rule isn't decisive.
- `untouched_column`: a request names a column if it quotes it, if the name isn't an ordinary word
  (`total_bill`, "total bill"), or as "the day column" or "by day". The rule ignores code that
  reaches columns without their names (`df.columns`, `select_dtypes`, `corr()`, positions,
  computed names, a whole table passed to a function).
"""


def page(measured: list[Measured]) -> str:
    """Render the whole page."""
    correct = [result for result in measured if result.case.correct]
    wrong = [result for result in measured if not result.case.correct]
    parts = [HEADER.format(correct=len(correct), wrong=len(wrong))]
    parts.append(
        "| rule | finds | decisive | off | false alarms | caught |\n|---|---|---|---|---|---|\n"
    )
    parts.append(_row(NOT_RUN, "–", "–"))
    for rule in RULES:
        alarms = [result for result in correct if rule.name in result.rules]
        meant = [
            result for result in wrong if rule.name in (*result.case.caught, *result.case.missed)
        ]
        caught = [result for result in meant if rule.name in result.rules]
        share = f"{len(alarms)} ({len(alarms) / len(correct):.0%})"
        parts.append(_row(rule, share, f"{len(caught)} of {len(meant)}"))
    parts.append("\n## Known false alarms\n\n")
    parts += _listed((result, rule) for result in correct for rule in result.rules)
    parts.append("\n## Known misses\n\n")
    parts += _listed((result, rule) for result in wrong for rule in result.case.missed)
    return "".join(parts) + _on_requests() + NOTES


def _on_requests() -> str:
    """Count what `no_figure` makes of requests that were written without it."""
    alarms = [text for text in NOT_WANTED if asks_for_figure(text)]
    missed = [text for text in WANTED if not asks_for_figure(text)]
    return REQUESTS.format(
        wanted=len(WANTED), other=len(NOT_WANTED), alarms=len(alarms), missed=len(missed)
    )


def _row(rule: Rule, alarms: str, caught: str) -> str:
    decisive, off = ("yes" if flag else "no" for flag in (rule.decisive, rule.can_be_skipped))
    return f"| `{rule.name}` | {rule.finds} | {decisive} | {off} | {alarms} | {caught} |\n"


def _listed(found: Iterator[tuple[Measured, str]]) -> list[str]:
    return [
        f'- `{rule}`: {result.case.title} ("{result.case.request}")\n' for result, rule in found
    ]


def main() -> None:
    """Measure and print."""
    with (
        DockerSandbox(SandboxPolicy(timeout_s=60)) as sandbox,
        tempfile.TemporaryDirectory() as root,
    ):
        sys.stdout.write(page(measure(sandbox, VariableStore(Path(root)))))


if __name__ == "__main__":
    main()
