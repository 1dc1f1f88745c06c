"""Prints nodes/RULES.md: the rules, and how they fare on the cases.

``python -m tests.nodes.rules.rules_page > nodes/RULES.md``
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nodes.rules import RULES, Rule
from nodes.rules.catalog import NOT_RUN
from sandbox import DockerSandbox, SandboxPolicy, VariableStore
from tests.nodes.rules.measuring import Measured, measure

HEADER = """\
# The rules that judge an attempt without a model

Made by `python -m tests.nodes.rules.rules_page`, which runs the programs of
`tests/nodes/rules/cases` in a sandbox; `tests/nodes/rules/test_cases.py` checks that it is current.

- A **decisive** find means failure whatever the model says. Any other is shown to the model that
  judges, and changes nothing where no model does.
- `skip_rules` names rules to **switch off**; `not_run` and `outcome` stay on.
- **False alarms** are of {correct} correct programs, tricky ones among them, **caught** of those of
  {wrong} wrong programs that the rule is there for. The programs were written along with the
  rules: the numbers say what is known to work and to fail, not what other programs will bring.

"""
NOTES = """
## Where the lines are drawn

- `input_overwritten`: what derives from any given variable is no made-up data, nor is what the
  request itself gives, in figures or words. A variable whose value was used before may be bound
  anew to anything; `print(df)` and `df.head()` alone are no use. Replacing it where it is missing,
  None or empty (`except NameError`, `if df is None`), loop variables, local variables, and
  stating an equal value again are allowed. Requests for simulated, example or random data switch
  the rule off, and so do those to set or replace the variable by name.
- `input_ignored`: besides, the code must work with columns of a given table, read a file or data
  set of a given variable's name, or the request must name the variable unmistakably.
- `blank_result` is not decisive: "rows with a negative price" may rightly be none. It looks at
  what `returns` names, else at the displayed value, else at the only variable of a run without
  figures. Containers of containers are not looked into.
- `blank_figure` and `empty_axes` look at PNG of up to 25 million pixels and at Plotly's JSON.
  Axes are boxes of dark lines: with a grid, other styles or a legend inside, nothing is claimed.
  A bar chart of zeros looks like empty axes, so that rule is not decisive.
- `untouched_column`: a request names a column where it is quoted, where it is no ordinary word
  (`total_bill`, "total bill"), and as "the day column" or "by day". Code that reaches columns
  without their names (`df.columns`, `select_dtypes`, `corr()`, positions, computed names, a
  whole table handed to a function) is left alone.
"""


def page(measured: list[Measured]) -> str:
    """Render the whole page."""
    correct = [one for one in measured if one.case.correct]
    wrong = [one for one in measured if not one.case.correct]
    parts = [HEADER.format(correct=len(correct), wrong=len(wrong))]
    parts.append(
        "| rule | finds | decisive | off | false alarms | caught |\n|---|---|---|---|---|---|\n"
    )
    parts.append(_row(NOT_RUN, "–", "–"))
    for rule in RULES:
        alarms = [one for one in correct if rule.name in one.rules]
        meant = [one for one in wrong if rule.name in (*one.case.caught, *one.case.missed)]
        caught = [one for one in meant if rule.name in one.rules]
        share = f"{len(alarms)} ({len(alarms) / len(correct):.0%})"
        parts.append(_row(rule, share, f"{len(caught)} of {len(meant)}"))
    parts.append("\n## Known false alarms\n\n")
    parts += _listed((one, rule) for one in correct for rule in one.rules)
    parts.append("\n## Known misses\n\n")
    parts += _listed((one, rule) for one in wrong for rule in one.case.missed)
    return "".join(parts) + NOTES


def _row(rule: Rule, alarms: str, caught: str) -> str:
    decisive, off = ("yes" if one else "no" for one in (rule.decisive, rule.can_be_skipped))
    return f"| `{rule.name}` | {rule.finds} | {decisive} | {off} | {alarms} | {caught} |\n"


def _listed(found: Iterator[tuple[Measured, str]]) -> list[str]:
    return [f'- `{rule}`: {one.case.title} ("{one.case.request}")\n' for one, rule in found]


def main() -> None:
    """Measure and print."""
    with (
        DockerSandbox(SandboxPolicy(timeout_s=60)) as sandbox,
        tempfile.TemporaryDirectory() as root,
    ):
        sys.stdout.write(page(measure(sandbox, VariableStore(Path(root)))))


if __name__ == "__main__":
    main()
