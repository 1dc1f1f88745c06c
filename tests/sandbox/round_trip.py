"""Sends every kind of value into one container and back, and records the result."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import DockerSandbox, Execution
from sandbox.runner.shared.limits import PREAMBLE
from tests.sandbox.identity import as_returned, difference
from tests.sandbox.value_kinds import (
    ARROW,
    KINDS,
    MADE,
    MADE_HEADER,
    NUMPY,
    OTHER,
    PANDAS,
    PLAIN,
    STANDARD,
    Kind,
)
from tests.sandbox.variables.inward_kinds import INWARD, InwardKind

SECTIONS: dict[str, list[Kind]] = {
    "Built-in values": PLAIN,
    "Standard library": STANDARD,
    "NumPy": NUMPY,
    "pandas": PANDAS,
    "Arrow": ARROW,
    "polars, SciPy, Pillow": OTHER,
}
OWN_SECTION = "Code and objects"
MADE_SECTION = "Made by the code"
PRINTS = "prints the same"
IDENTICAL = "identical"
WORKS = "works the same"
ALTERED = {
    "array longlong": "equal, as int64: NumPy pickles the two alike",
    "scalar longlong": "equal, as int64: NumPy pickles the two alike",
    "masked nomask": "equal, with a mask of False: NumPy pickles it so",
    "masked hard": "equal, with a soft mask: NumPy does not pickle the other",
}
"""Kinds that a library's pickling changes on the way in."""
RETURNED = {"Path": "equal, as a PurePosixPath: it opens nothing here"}
"""Kinds that come back as another type."""
CODE = """
def build(make):
    try:
        return make()
    except Exception as error:
        return error

inward = [difference(build(make), globals()[f"in_{at}"]) for at, make in enumerate(makers)]
described = [build(lambda: describe(globals()[f"own_{at}"])) for at, describe in enumerate(probes)]
for at in range(len(makers)):
    read(globals()[f"in_{at}"])
    globals()[f"out_{at}"] = globals()[f"in_{at}"]
for at in range(len(probes)):
    globals()[f"back_{at}"] = globals()[f"own_{at}"]
"""
MADE_CODE = f"""
import warnings
warnings.simplefilter("ignore")
{MADE_HEADER}
printed = []
for at, source in enumerate(sources):
    made = eval(source)
    bare = type(made).__repr__ is object.__repr__ or repr(made).startswith("<class ")
    printed.append(str(made) if bare else repr(made))
    globals()[f"made_{{at}}"] = made
"""


@dataclass(frozen=True, slots=True)
class Row:
    """The result for one kind; ``how``: the encoding it came back in."""

    section: str
    kind: str
    inward: str
    outward: str
    how: str


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """All rows, and the run they were measured in."""

    rows: list[Row]
    run: Execution


def read(value: Any) -> None:
    """Use a value in the ways that must not count as changing it."""
    methods = (
        "sum", "mean", "describe", "isna", "head", "copy", "nunique", "items", "keys", "tolist",
        "to_numpy", "min", "unique", "count", "value_counts", "sort_values", "toarray", "tocsr",
    )  # fmt: skip
    attributes = (
        "values", "dtype", "dtypes", "shape", "index", "columns", "nbytes", "is_unique", "T",
        "hasnans", "schema", "has_sorted_indices", "has_canonical_format", "year", "flags", "size",
    )  # fmt: skip
    huge = max(getattr(value, "shape", None) or (0,)) > 10**9
    uses: list[Callable[[], Any]] = [
        lambda: repr(value),
        lambda: len(value),
        lambda: list(itertools.islice(iter(value), 100)),
        lambda: hash(value),
        *(lambda name=name: getattr(value, name) for name in attributes),
        *(lambda name=name: getattr(value, name)() for name in methods if not huge),
    ]
    for use in uses:
        try:
            use()
        except Exception:
            continue


def round_trip(sandbox: DockerSandbox) -> RoundTrip:
    """Send all kinds through one run."""
    values: dict[str, Any] = {f"in_{at}": make() for at, (_, make) in enumerate(KINDS)}
    values |= {f"own_{at}": kind.make() for at, kind in enumerate(INWARD)}
    values |= {
        "makers": [make for _, make in KINDS],
        "probes": [kind.describe for kind in INWARD],
        "difference": difference,
        "read": read,
    }
    back = [f"out_{at}" for at in range(len(KINDS))] + [f"back_{at}" for at in range(len(INWARD))]
    run = sandbox.run(CODE, values, returns=["inward", "described", *back])
    assert run.outcome == "ok", (run.outcome, run.error, run.detail)
    sections = {name: title for title, kinds in SECTIONS.items() for name, _ in kinds}
    rows = [_row(run, at, sections[name], name, make()) for at, (name, make) in enumerate(KINDS)]
    rows += [_own_row(run, at, kind) for at, kind in enumerate(INWARD)]
    return RoundTrip(rows + made_rows(sandbox), run)


def made_rows(sandbox: DockerSandbox) -> list[Row]:
    """Let code in a container make all results, and compare how they print here."""
    names = [f"made_{at}" for at in range(len(MADE))]
    run = sandbox.run(MADE_CODE, {"sources": list(MADE.values())}, returns=["printed", *names])
    assert run.outcome == "ok", (run.outcome, run.error, run.detail)
    return [
        _made_row(run, name, kind, printed)
        for name, kind, printed in zip(names, MADE, run.variables["printed"], strict=True)
    ]


def _made_row(run: Execution, name: str, kind: str, printed: str) -> Row:
    if name in run.withheld:
        return Row(MADE_SECTION, kind, "", f"withheld: {short_reason(run.withheld[name])}", "")
    same = repr(run.variables[name]) == printed
    outward = PRINTS if same else f"changed: {run.variables[name]!r:.200} is not {printed:.200}"
    return Row(MADE_SECTION, kind, "", outward, encoding(bytes(run.payloads[name].data)))


def _row(run: Execution, at: int, section: str, kind: str, value: Any) -> Row:
    found = run.variables["inward"][at]
    inward = IDENTICAL if found is None else ALTERED.get(kind, f"changed: {found}")
    name = f"out_{at}"
    if name in run.withheld:
        return Row(section, kind, inward, f"withheld: {short_reason(run.withheld[name])}", "")
    changed = difference(as_returned(value), run.variables[name])
    as_it_was = changed is None or (changed == found and kind in ALTERED)
    outward = RETURNED.get(kind, IDENTICAL) if as_it_was else f"changed: {changed}"
    return Row(section, kind, inward, outward, encoding(bytes(run.payloads[name].data)))


def _own_row(run: Execution, at: int, kind: InwardKind) -> Row:
    expected, got = kind.describe(kind.make()), run.variables["described"][at]
    inward = WORKS if got == expected else f"changed: {got!r} is not {expected!r}"
    reason = run.withheld.get(f"back_{at}")
    outward = f"withheld: {short_reason(reason)}" if reason else "it came back"
    return Row(OWN_SECTION, kind.name, inward, outward, "")


def encoding(payload: bytes) -> str:
    """Name the outermost encoding of a payload."""
    _, size = PREAMBLE.unpack_from(payload)
    node = json.loads(payload[PREAMBLE.size : PREAMBLE.size + size])[1]
    return str(node[0]) if isinstance(node, list) else "JSON"


def short_reason(withheld: str) -> str:
    """Return only the reason of a withheld value, without its type and its value."""
    reason = withheld.partition(": ")[2].partition(" (it was ")[0]
    return " ".join(reason.split())
