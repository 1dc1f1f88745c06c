"""Prints sandbox/VALUES.md: what goes in and comes back, measured by doing it.

``python -m tests.sandbox.round_trip_table > sandbox/VALUES.md``
"""

from __future__ import annotations

import itertools
import sys

from sandbox import DockerSandbox, SandboxPolicy
from tests.sandbox.round_trip import Row, round_trip
from tests.sandbox.unsendable import UNSENDABLE, reason

HEADER = """\
# What goes in, and what comes back

Made by `python -m tests.sandbox.round_trip_table`, which sends each of these through a container;
`tests/sandbox/test_round_trip.py` checks that it is current.

- **In**: pickle, with big buffers mapped from files instead of copied. The user's own functions
  and classes, of `__main__` and of local modules, go by value, with what they use of other local
  modules, also by imports inside functions. References shared between variables stay shared.
- **Out**: nothing is unpickled. *How* names the encoding (`JSON`: the value stands for itself).
  What has no safe encoding is withheld, with its reason in `run.withheld`.
- `pathlib.Path`: the path of a file takes the file's content along, read-only, under its own name;
  so do paths in lists, tuples, sets and dicts of any depth. Inside, files of one folder stay
  together. A path of a folder, or one in an object's attribute, goes as the path alone.
- A function or class goes with the globals it names, as they are when it is handed over. Of a
  local module, what is reached by `getattr` with a computed name does not go along; hand the module
  itself over for that. A class that comes by value runs `__init_subclass__` without keywords.
- What two variables share is one object in there, too, and a change to a big buffer counts for
  every variable that holds it. What comes back is a value of its own for each name.
"""


def table(rows: list[Row]) -> str:
    """Render the whole page."""
    parts = [HEADER]
    for section, kinds in itertools.groupby(rows, key=lambda row: row.section):
        parts.append(f"\n## {section}\n\n| kind | in | out | how |\n|---|---|---|---|\n")
        parts += [_line(row.kind, row.inward, row.outward, row.how) for row in kinds]
    parts.append("\n## What cannot go in\n\nRefused before anything starts.\n\n")
    parts.append("| kind | reason |\n|---|---|\n")
    parts += [_line(name, reason(make)) for name, make, _ in UNSENDABLE]
    return "".join(parts)


def _line(*cells: str) -> str:
    escaped = (cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def main() -> None:
    """Measure and print."""
    with DockerSandbox(SandboxPolicy(timeout_s=60)) as sandbox:
        sys.stdout.write(table(round_trip(sandbox).rows))


if __name__ == "__main__":
    main()
