"""One run that is killed at random moments until it is left alone, and what was seen of it."""

from __future__ import annotations

import json
import random
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.killed_folder import (
    ANSWERS,
    faults,
    has_begun,
    kept_answers,
    left_after,
)
from tests.gemini_server import Received, Reply, Watched
from tests.killed_program import Answer
from tests.killed_runs import MODEL, Model, Run, assert_solved, ended

AGAIN = 0.25
"""How often a process that resumes a run is killed too."""
MAX_KILLS = 4
MAX_DRAWS = 20
ANSWER_S = 0.1
"""How long the model thinks."""
GONE_S = 10.0
KILLS_BETWEEN = 10
"""Between two measurements of what an undisturbed run takes: the machine's load changes."""


class ThinkingModel(Model):
    """Answers after a while, and notes when each answer was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_at: list[float] = []

    def next_reply(self, received: Received) -> Reply:
        """Record a request, and answer it."""
        reply = super().next_reply(received)
        time.sleep(ANSWER_S)
        assert not isinstance(reply, Watched)
        return Watched(reply, "after", lambda: self.sent_at.append(time.monotonic()))  # type: ignore[arg-type]  # a Text


@dataclass
class Process:
    """One process of a run. ``kept``: the answers in the call log before it."""

    model: ThinkingModel
    kept: int
    seconds: float = 0.0
    ended_at: float = 0.0
    killed: bool = False
    answer: Answer | None = None

    @property
    def sent(self) -> int:
        """How many answers were sent while it lived."""
        return sum(at <= self.ended_at for at in self.model.sent_at)


@dataclass
class Story:
    """What was seen of one run."""

    number: int
    moments: list[float] = field(default_factory=list)
    """Of each kill, as a part of the time that an undisturbed run takes."""
    kept: list[int] = field(default_factory=list)
    """At each kill, how many of the four answers were in the call log."""
    started_again: int = 0
    """How often the run had no checkpoint yet."""
    cut_off: int = 0
    """Questions asked again because the process died before the answer was sent."""
    not_noted: int = 0
    """Questions asked again because it died between the answer's arrival and its line."""
    swept_later: bool = False
    """Whether what was left went with the next run only."""
    violations: list[str] = field(default_factory=list)


class Teller:
    """Kills runs in one folder, one after another."""

    def __init__(self, run: Run, seed: int) -> None:
        self._run = run
        run.warm_up()
        self._seed = seed
        self._whole_s: list[float] = []
        self._kills = 0

    def tell(self, number: int) -> Story:
        """Kill a run, finish it, and check everything."""
        story, chance = Story(number), random.Random(f"{self._seed}-{number}")
        try:
            for draw in range(MAX_DRAWS):
                if self._tell(story, chance, f"run-{number}-{draw}"):
                    return story
            story.violations.append("it ended before each kill")
        except Exception as error:
            story.violations.append(f"{type(error).__name__}: {error}")
        return story

    def _tell(self, story: Story, chance: random.Random, thread: str) -> bool:
        """Return whether the run was killed, and didn't end before."""
        processes: list[Process] = []
        with ExitStack() as models:
            while not processes or processes[-1].killed:
                moment = chance.random()
                strikes = not processes or (len(processes) < MAX_KILLS and chance.random() < AGAIN)
                model = models.enter_context(ThinkingModel())
                process = self._process(model, thread, moment if strikes else None)
                processes.append(process)
                if process.killed:
                    story.moments.append(moment)
                    story.kept.append(kept_answers(self._run, thread))
                    story.started_again += not has_begun(self._run, thread)
            self._judge(story, processes, thread)
        return processes[0].killed

    def undisturbed_s(self) -> float:
        """Return the median time of runs that weren't killed; measure one now and then."""
        if len(self._whole_s) <= self._kills // KILLS_BETWEEN:
            with ThinkingModel() as model:
                done = self._process(model, f"undisturbed-{len(self._whole_s)}", None)
            assert_solved(done.answer or {})
            self._whole_s.append(done.seconds)
            return self.undisturbed_s()
        return median(self._whole_s[-5:])

    def _process(self, model: ThinkingModel, thread: str, moment: float | None) -> Process:
        run = self._run
        kill_after_s = None if moment is None else moment * self.undisturbed_s()
        found = Process(model, kept_answers(run, thread))
        is_new = not has_begun(run, thread)
        run.model = model
        started = time.monotonic()
        child, report = run.begin(
            request="Give the answer" if is_new else None,
            thread=thread,
            watched=False,
            environ={"CODEGEN_AGENT_MODEL": MODEL},
        )
        if kill_after_s is not None:
            child.join(kill_after_s)
            child.kill()
        ended(child)
        found.ended_at = time.monotonic()
        found.seconds = found.ended_at - started
        found.killed = child.exitcode == -signal.SIGKILL
        self._kills += found.killed
        if not found.killed:
            found.answer = json.loads(report.read_text())
        child.close()
        return found

    def _judge(self, story: Story, processes: list[Process], thread: str) -> None:
        kept_after = [process.kept for process in processes[1:]] + [ANSWERS]
        for process, kept in zip(processes, kept_after, strict=True):
            count_questions(story, process, kept)
        try:
            assert_solved(processes[-1].answer or {})
        except AssertionError as error:
            story.violations.append(f"the result is wrong: {error}")
        story.violations += faults(self._run, thread)
        if left_after(self._run, 2.0):
            story.swept_later = True
            with ThinkingModel() as model:
                self._process(model, f"{thread}-next", None)
        story.violations += [f"left over: {what}" for what in left_after(self._run, GONE_S)]


def count_questions(story: Story, process: Process, kept_after: int) -> None:
    """Compare what a process asked with the answers that it left in the call log."""
    asked, noted = len(process.model.requests), kept_after - process.kept
    lost = asked - noted
    if lost not in ((0, 1) if process.killed else (0,)):
        story.violations.append(f"{asked} questions for {noted} noted answers")
    elif lost and process.sent == asked:
        story.not_noted += 1
    elif lost:
        story.cut_off += 1
