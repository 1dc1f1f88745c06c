"""Prints sandbox/VALUES.md: what goes in and comes back, measured in a container.

``python -m tests.sandbox.round_trip_table > sandbox/VALUES.md``
"""

from __future__ import annotations

import itertools
import sys

from sandbox import DockerSandbox, SandboxPolicy
from tests.sandbox.round_trip import Row, round_trip
from tests.sandbox.variables.unsendable import UNSENDABLE, reason

HEADER = """\
# What goes in, and what comes back

Made by `python -m tests.sandbox.round_trip_table`, which sends each of these values through a
container. `tests/sandbox/test_round_trip.py` checks that it is current.

- **In**: pickle, with big buffers mapped from files instead of copied. The user's functions and
  classes, from `__main__` and local modules, go by value, together with what they use from other
  local modules, including imports in functions. References shared between variables stay shared.
- **Out**: nothing is unpickled. *How* names the encoding (`JSON`: the value stands for itself).
  A value without a safe encoding is withheld, with the reason in `run.withheld`.
- A result whose class stays in the sandbox comes back as a record: its numbers, arrays and text,
  as attributes, with the original's name and text. It unpacks if the original was a tuple. It has
  no methods.
- `pathlib.Path`: the path of a file brings the file's content along, read-only, under its own name.
  So do paths in lists, tuples, sets and dicts at any depth. Files from one folder stay together.
  The path of a folder, or a path in an object's attribute, goes as a path only. A path that comes
  back is a `PurePath`: it opens nothing here, and brings no file along when it is sent again.
- A function or class goes with the globals it names, as they are at that moment. Attributes of a
  local module that are reached by `getattr` with a computed name don't go along: pass the module
  itself for those. A class that comes by value runs `__init_subclass__` without keywords.
- An object shared by two variables is one object in the container too. A change to a big buffer
  counts for every variable that holds it. What comes back is a separate value for each name.
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
