"""``python -m tests.benchmarks``: measure, print a Markdown table, keep every sample."""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import sys
import time
from pathlib import Path

from sandbox.cache_folder import cache_folder
from tests.benchmarks import machine, report
from tests.benchmarks.measuring import Findings, Row, Scale

SUBJECTS = (
    "sandbox_latency",
    "gvisor",
    "peers",
    "hand_over",
    "frame_out",
    "throughput",
    "memory",
    "graph_overhead",
    "checkpoint_bytes",
    "import_time",
    "local_model",
    "load",
    "kills",
    "server",
    "ray_batch",
)
HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Measure the named subjects, or all; return 1 if one fails or finds a violation."""
    options = _parser().parse_args(arguments)
    os.environ["LANGSMITH_TRACING"] = "false"
    peers_folder = None if options.no_peers else cache_folder() / "bench-peers"
    scale = Scale(
        options.quick,
        options.repetitions,
        peers_folder,
        options.count,
        options.threads,
        options.seed,
        options.record,
    )
    found = {name: measure(name, scale) for name in options.subjects or SUBJECTS}
    failed = [name for name, findings in found.items() if not findings.samples]
    here = machine.describe()
    out = options.out or (None if options.quick else HERE)
    if out is None:
        print(report.table(found))
    else:
        keep(out, options.machine or machine.name_of(here), here, found)
    for name in failed:
        print(f"error: {name} could not be measured", file=sys.stderr)
    violations = [what for findings in found.values() for what in findings.violations]
    for what in violations:
        print(f"violation: {what}", file=sys.stderr)
    return 1 if failed or violations else 0


def measure(name: str, scale: Scale) -> Findings:
    """Measure one subject; a failure becomes a row with the reason, and the others continue."""
    print(f"{name} …", file=sys.stderr, flush=True)
    started = time.monotonic()
    try:
        findings: Findings = importlib.import_module(f"tests.benchmarks.{name}").measure(scale)
    except Exception as error:
        if scale.quick:
            raise
        findings = Findings([Row(name, "", "", f"failed: {type(error).__name__}: {error}")])
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return findings


def keep(out: Path, name: str, here: dict[str, object], found: dict[str, Findings]) -> None:
    """Replace the earlier results of these subjects, and print the table."""
    raw = out / "results" / f"{name}.json"
    dates, kept = report.read(raw)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    dates |= dict.fromkeys(found, today)
    kept |= found
    subjects = {name: kept[name] for name in SUBJECTS if name in kept}
    report.write(raw, here, dates, subjects)
    page = report.page(here, dates, subjects)
    (out / "RESULTS.md").write_text(page, encoding="utf-8")
    print(report.table(subjects))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument(
        "--quick", action="store_true", help="only check that they run; keep nothing"
    )
    parser.add_argument(
        "--repetitions", type=int, default=10, help="how often to repeat short measurements"
    )
    parser.add_argument("--count", type=int, help="how many runs to kill, or requests to make")
    parser.add_argument("--threads", type=int, help="how many requests at once (load)")
    parser.add_argument("--seed", type=int, default=7, help="of the moments (kills)")
    parser.add_argument("--record", type=Path, help="file to continue an earlier call by (kills)")
    parser.add_argument("--machine", help="name of the results file; default: the processor")
    parser.add_argument("--out", type=Path, help="folder for RESULTS.md and results/")
    parser.add_argument("--no-peers", action="store_true", help="skip other projects' sandboxes")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
