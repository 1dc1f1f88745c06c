"""Prints which test files take longest: ``python -m tests.slowest REPORT.xml [COUNT]``.

``make test PYTEST_ARGS=--junitxml=REPORT.xml`` writes the report.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree


def seconds_by_file(report: Path) -> dict[str, list[float]]:
    """List the seconds of each file's tests, with setup and teardown, in pytest's JUnit report."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        found[case.get("classname", "")].append(float(case.get("time", 0)))
    return found


def main(report: str, count: str = "50") -> None:
    """Print the slowest files: seconds, tests, seconds for each, name."""
    found = seconds_by_file(Path(report))
    slowest = sorted(found.items(), key=lambda item: -sum(item[1]))[: int(count)]
    for name, times in slowest:
        print(f"{sum(times):8.1f} s {len(times):6} {sum(times) / len(times):8.2f} s  {name}")
    tests = sum(map(len, found.values()))
    print(f"{sum(map(sum, found.values())):8.1f} s {tests:6} tests in {len(found)} files")


if __name__ == "__main__":
    main(*sys.argv[1:])
