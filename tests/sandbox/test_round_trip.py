"""Every kind of value goes into a real container and comes back, or is withheld with a reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sandbox as package
from sandbox import DockerSandbox
from tests.sandbox.round_trip import (
    ALTERED,
    IDENTICAL,
    MADE_SECTION,
    PRINTS,
    RETURNED,
    SECTIONS,
    WORKS,
    RoundTrip,
    round_trip,
)
from tests.sandbox.round_trip_table import table
from tests.sandbox.value_kinds import KINDS, MADE
from tests.sandbox.variables.inward_kinds import INWARD

PAGE = Path(package.__file__).with_name("VALUES.md")


@pytest.fixture(scope="module")
def trip(sandbox: DockerSandbox) -> RoundTrip:
    return round_trip(sandbox)


def test_every_kind_is_in_a_section_and_all_were_sent(trip: RoundTrip) -> None:
    assert [kind for kinds in SECTIONS.values() for kind in kinds] == KINDS
    assert len(trip.rows) == len(KINDS) + len(INWARD) + len(MADE) >= 430
    assert len({row.kind for row in trip.rows}) == len(trip.rows)


def test_every_value_arrives_as_it_was(trip: RoundTrip) -> None:
    arrived = {row.kind: row.inward for row in trip.rows if row.section in SECTIONS}
    assert {kind: how for kind, how in arrived.items() if how != IDENTICAL} == ALTERED


def test_every_value_comes_back_as_it_was(trip: RoundTrip) -> None:
    rows = [row for row in trip.rows if row.section in SECTIONS]
    assert {row.kind: row.outward for row in rows if row.outward != IDENTICAL} == RETURNED


def test_every_result_that_code_makes_comes_back_and_prints_the_same(trip: RoundTrip) -> None:
    rows = [row for row in trip.rows if row.section == MADE_SECTION]
    assert [row for row in rows if row.outward != PRINTS] == []


def test_a_result_of_one_run_is_a_variable_of_the_next(sandbox: DockerSandbox) -> None:
    code = "from scipy import stats\nttest = stats.ttest_ind([1, 2, 3], [2, 3, 5])"
    first = sandbox.run(code, returns=["ttest"])
    given = {"before": first.variables["ttest"]}
    then = sandbox.run("p = before.pvalue\nsame = before", given, returns=["p", "same"])
    assert then.outcome == "ok", then.error
    assert then.variables["p"] == first.variables["ttest"].pvalue
    assert repr(then.variables["same"]) == repr(first.variables["ttest"])
    assert then.changed_inputs == ()


@pytest.mark.parametrize("kind", INWARD, ids=[kind.name for kind in INWARD])
def test_code_and_objects_work_there_and_are_withheld(trip: RoundTrip, kind: Any) -> None:
    (row,) = [row for row in trip.rows if row.kind == kind.name]
    assert row.inward == WORKS
    assert re.search(kind.withheld, row.outward), row.outward


def test_reading_changes_nothing(trip: RoundTrip) -> None:
    assert trip.run.changed_inputs == ()


def test_the_page_of_values_is_current(trip: RoundTrip) -> None:
    assert verdicts(PAGE.read_text()) == verdicts(table(trip.rows))


def verdicts(page: str) -> list[str]:
    """Reduce a page to its text, kinds and verdicts: some reasons depend on Python's version."""
    reasons = re.compile(r"withheld: .*|an? \S+ cannot be pickled .*")
    return [reasons.sub("…", line) for line in page.splitlines()]


def test_changes_are_seen_among_what_was_read(sandbox: DockerSandbox) -> None:
    values = {name.replace(" ", "_"): make() for name, make in KINDS if name in CHANGES}
    code = "\n".join(f"repr({name}); {change}" for name, change in named_changes().items())
    run = sandbox.run(code, values)
    assert run.outcome == "ok", run.error
    assert sorted(run.changed_inputs) == sorted(named_changes())


CHANGES = {
    "frame mixed": "{0}.iloc[0, 0] = 9",
    "frame with frequency": "{0}.index.freq = None",
    "frame datetimes": "{0}.attrs['note'] = 1",
    "series plain": "{0}.name = 'y'",
    "Series of masked Int8": "{0}[0] = 7",
    "Series of datetimes tz": "{0}.iloc[0] = {0}.iloc[1]",
    "pandas array periods": "{0}[0] = None",
    "sparse csr array": "{0}.data[0] = 8",
    "pl frame": "{0}[0, 'i'] = 5",
    "masked array": "{0}[0] = 5",
    "image RGBA": "{0}.putpixel((0, 0), (9, 9, 9, 9))",
    "dict": "{0}['b'] = 2",
    "list nested": "{0}[1].append(1)",
    "deque": "{0}.append(3)",
}


def named_changes() -> dict[str, str]:
    names = {kind: kind.replace(" ", "_") for kind in CHANGES}
    return {name: CHANGES[kind].format(name) for kind, name in names.items()}


def test_what_variables_share_stays_shared(sandbox: DockerSandbox) -> None:
    big, inner = np.arange(100_000.0), [1]
    values = {"a": big, "b": {"big": big, "inner": inner}, "c": [inner, big[10:]]}
    code = (
        "same = (a is b['big'], b['inner'] is c[0])\n"
        "c[0].append(2)\nb['big'][10] = -1.0\nseen = (b['inner'], float(a[10]))"
    )
    run = sandbox.run(code, values, returns=["same", "seen"])
    assert run.variables["same"] == (True, True)
    assert run.variables["seen"] == ([1, 2], -1.0)
    assert big[10] == 10.0
    assert run.changed_inputs == ("a", "b", "c")
