"""The Markdown table, and the files with every sample."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.measuring import Findings, Row

HEADER = "| what | ours | beside | ratio | goal | met? |\n|---|---|---|---|---|---|"


def table(subjects: Mapping[str, Findings]) -> str:
    """Format all rows as one table, followed by what limits the missed goals."""
    lines, footnotes = [HEADER], []
    for findings in subjects.values():
        for row in findings.rows:
            mark = ""
            if row.met is False and row.bound:
                if row.bound not in footnotes:
                    footnotes.append(row.bound)
                mark = f" [{footnotes.index(row.bound) + 1}]"
            lines.append(_line(row, mark))
    if footnotes:
        lines += ["", "Missed goals, and what limits them:", ""]
        lines += [f"{number}. {text}" for number, text in enumerate(footnotes, 1)]
    notes = [note for findings in subjects.values() for note in findings.notes]
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines)


def _line(row: Row, mark: str) -> str:
    met = "" if row.met is None else "yes" if row.met else f"**no**{mark}"
    cells = (row.what, row.ours, row.beside, row.ratio, row.goal, met)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(
    machine: Mapping[str, Any], dates: Mapping[str, str], subjects: Mapping[str, Findings]
) -> str:
    """Format the page with the table."""
    packages = ", ".join(f"{name} {found}" for name, found in machine["packages"].items())
    days = sorted(set(dates.values()))
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"""# Benchmarks

Written by `make bench`; every sample is in `results/`. Contenders took turns in one run, on the
same image. Times are medians; ratios are medians of each round's ratio.

{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB, {machine["kernel"]}; engine
{machine["engine"]}, {machine["runtime"]}; Python {machine["python"]}; {packages}; {when}.

{table(subjects)}
"""


def read(path: Path) -> tuple[dict[str, str], dict[str, Findings]]:
    """Read the dates and findings of an earlier run, if there was one."""
    if not path.exists():
        return {}, {}
    kept = json.loads(path.read_text(encoding="utf-8"))["subjects"]
    dates = {name: subject["date"] for name, subject in kept.items()}
    return dates, {name: Findings.from_json(subject) for name, subject in kept.items()}


def write(
    path: Path,
    machine: Mapping[str, Any],
    dates: Mapping[str, str],
    subjects: Mapping[str, Findings],
) -> None:
    """Write every sample."""
    kept = {
        name: {"date": dates[name], **findings.to_json()} for name, findings in subjects.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": machine, "subjects": kept}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
