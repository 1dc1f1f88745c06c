"""Runs that are killed at random moments and finished by other processes."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.killed_folder import ANSWERS, left_after_gc
from tests.benchmarks.killed_story import Story, Teller, ThinkingModel
from tests.benchmarks.measuring import Findings, Row, Scale
from tests.killed_runs import Run

AT_ONCE = 2
COUNT, QUICK_COUNT = 200, 4
NOTE = (
    "Kills: SIGKILL at moments drawn evenly from the time that an undisturbed run takes, while the"
    " process starts and exits too. Each run makes two attempts with four answers; every fourth"
    " process that resumes one is killed as well. An answer that has arrived and isn't in the call"
    " log yet is lost with its process, and its question is asked again; nothing else is."
)


def measure(scale: Scale) -> Findings:
    """Kill runs; what an earlier call wrote to ``scale.record`` isn't repeated."""
    count = scale.count or scale.of(COUNT, QUICK_COUNT)
    stories = earlier(scale.record)
    missing = [number for number in range(count) if number not in {s.number for s in stories}]
    stories += kill_all(missing, scale.seed, scale.record)
    return findings([story for story in stories if story.number < count], scale.seed)


def kill_all(numbers: Iterable[int], seed: int, record: Path | None = None) -> list[Story]:
    """Kill runs with these numbers, two at once, each in a folder with the ones before it."""
    waiting, lock = iter(numbers), threading.Lock()
    stories: list[Story] = []

    def next_number() -> int | None:
        with lock:
            return next(waiting, None)

    def work(folder: Path) -> None:
        with ThinkingModel() as model:
            run = Run(folder, model)
        teller = Teller(run, seed)
        while (number := next_number()) is not None:
            story = teller.tell(number)
            story.violations += [f"after gc: {what}" for what in left_after_gc(run)]
            if story.violations:
                print(f"run {number}: {'; '.join(story.violations)}", file=sys.stderr)
            with lock:
                stories.append(story)
                keep(record, story)

    with (
        tempfile.TemporaryDirectory(prefix="codegen-agent-bench-") as folder,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        for done in [threads.submit(work, Path(folder, str(i))) for i in range(AT_ONCE)]:
            done.result()
    return stories


def keep(record: Path | None, story: Story) -> None:
    """Add a line to the record."""
    if record is not None:
        with record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(story)) + "\n")


def earlier(record: Path | None) -> list[Story]:
    """Read the record of an earlier call that was stopped."""
    if record is None or not record.exists():
        return []
    return [Story(**json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]


def findings(stories: list[Story], seed: int) -> Findings:
    """Count what was seen."""
    moments = [moment for story in stories for moment in story.moments]
    kept = [number for story in stories for number in story.kept]
    spread = " / ".join(str(kept.count(number)) for number in range(ANSWERS + 1))
    violations = [f"run {s.number}: {what}" for s in stories for what in s.violations]

    def total(name: str) -> str:
        return str(sum(getattr(story, name) for story in stories))

    rows = [
        Row(
            f"{len(stories)} runs killed at random moments (seed {seed}) and resumed",
            f"{len(moments)} kills, {len(violations)} violations",
            "",
            "",
            "0 violations",
            not violations,
        ),
        Row("of these kills, with 0 / 1 / 2 / 3 / 4 answers in the call log", spread, "", ""),
        Row("before the run's first checkpoint: started again", total("started_again"), "", ""),
        Row("questions asked again: killed before the answer was sent", total("cut_off"), "", ""),
        Row(
            "questions asked again: killed before the answer was noted", total("not_noted"), "", ""
        ),
        Row("what a kill left went with the next run only", total("swept_later"), "", ""),
    ]
    samples = {f"seed {seed}, moments as parts of a whole run": moments}
    return Findings(rows, samples, [NOTE], violations)
