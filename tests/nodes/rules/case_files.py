"""Read the cases: programs in cells, each below its request and its given variables.

The cells are those of the percent format: ``# %% title``, then lines such as
``# request: …``. A program in ``wrong.py`` says which rules catch it, or miss it;
a correct one says which rules raise a false alarm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("cases")
_CELL = re.compile(r"^# %% (.+)\n", re.MULTILINE)
_HEADER = re.compile(r"^# ([a-z ]+): (.+)\n")


@dataclass(frozen=True)
class Case:
    """A program with its request; ``caught``, ``missed``, ``false_alarms`` name rules.

    ``types``: those of ``returns``, in the same order.
    """

    title: str
    correct: bool
    request: str
    given: tuple[str, ...]
    returns: tuple[str, ...] | None
    types: tuple[str, ...]
    checks: str | None
    caught: tuple[str, ...]
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]
    code: str


def read_cases() -> list[Case]:
    """Read every case, in order."""
    cases = []
    for path in sorted(FOLDER.glob("*.py")):
        parts = _CELL.split(path.read_text())
        cases += [
            _case(title, code, correct=path.stem.startswith("correct"))
            for title, code in zip(parts[1::2], parts[2::2], strict=True)
        ]
    return cases


def _case(title: str, code: str, *, correct: bool) -> Case:
    headers: dict[str, str] = {}
    while match := _HEADER.match(code):
        headers[match[1]] = match[2]
        code = code[match.end() :]
    unknown = headers.keys() - _KEYS
    if unknown:
        raise ValueError(f"case {title!r} has unknown headers: {unknown}")
    return Case(
        title=title,
        correct=correct,
        request=headers["request"],
        given=_listed(headers.get("given")),
        returns=_listed(headers["returns"]) if "returns" in headers else None,
        types=_listed(headers.get("types")),
        checks=headers.get("checks"),
        caught=_listed(headers.get("caught by")),
        missed=_listed(headers.get("missed by")),
        false_alarms=_listed(headers.get("false alarm of")),
        code=code.strip() + "\n",
    )


_KEYS = {
    "request",
    "given",
    "returns",
    "types",
    "checks",
    "caught by",
    "missed by",
    "false alarm of",
}


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()
