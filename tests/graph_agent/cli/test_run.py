"""``run`` and ``fork`` with Gemini's real client, a real container and real files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from graph_agent.cli.run import usable_folder
from tests.gemini_server import GeminiServer, Reply, Text
from tests.graph_agent.cli.command import KEY, Command, Done, containers_left, finished
from tests.scripted_model import fenced, verdict

HEATMAP = """\
import seaborn as sns
tips["pct"] = tips["tip"] / tips["total_bill"] * 100
pivot_table = tips.pivot_table(index="day", columns="time", values="pct")
ax = sns.heatmap(pivot_table, annot=True)
print(pivot_table.round(2))
"""
HEADINGS = [
    "**Generated Code (Attempt 1):**",
    "**Execution Results (Attempt 1):**",
    "STDOUT",
    "STDERR",
    "**Analysis:**",
    "**Success:** Yes",
    "**Should Retry:** No",
    "**Plan for Next Attempt:**",
    "**Code Assessment:**",
]


def answer(
    tmp_path: Path, replies: Sequence[Reply], *args: str, here: bool = False, **environ: str
) -> tuple[Command, Done]:
    """Run the command, in this process if ``here``, with a model that gives these replies."""
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        return command, (command.here if here else command)(*args, **environ)


def solved_by(code: str, why: str = "Seen.") -> list[Reply]:
    return [Text(fenced(code)), Text(verdict(True, why=why))]


def test_the_sample(tmp_path: Path) -> None:
    args = ("run", "Tip percentage by day and time, as a heatmap", "--var", "tips=tips.csv")
    check = tmp_path / "check.py"
    check.write_text("assert pivot_table.shape == (4, 2)\n")
    command, done = answer(
        tmp_path, solved_by(HEATMAP), *args, "--check", str(check), "--out", "out", "--verbose"
    )
    assert done.code == 0, done.err
    out = command.folder / "out"
    transcript = (out / "transcript.md").read_text()
    places = [transcript.index(heading) for heading in HEADINGS]
    assert places == sorted(places)
    assert all(heading in done.out for heading in HEADINGS)
    first, *rest = done.out.splitlines()
    assert first.startswith("Answer: ")
    assert any(line.startswith("Solved after 1 attempt, judged by checks") for line in rest)
    code = (out / "code.py").read_text()
    assert code.startswith("# User request: Tip percentage by day and time, as a heatmap\n")
    assert HEATMAP in code
    assert (out / "attempt-1-figure-1.png").read_bytes().startswith(b"\x89PNG")
    assert "![Figure 1" in transcript
    assert "(./attempt-1-figure-1.png)" in transcript
    table = pd.read_csv(out / "pivot_table.csv", index_col="day")
    assert table.loc["Fri", "Lunch"] == pytest.approx(18.8765, abs=1e-4)
    assert "attempt 1 ran: ok" in done.err
    assert containers_left(done.pid) == 0


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    _, done = answer(tmp_path, solved_by("rows = 244\nprint(rows)"), "run", "Count", "--json")
    assert (done.code, done.err) == (0, "")
    output = done.json
    assert (output["success"], output["exit_code"]) == (True, 0)
    assert output["code"] == "# User request: Count\nrows = 244\nprint(rows)\n"
    assert output["variables"]["rows"]["value"] == 244
    assert output["attempts"][0]["execution"]["stdout"] == "244\n"
    assert output["usage"]["generate"] == {
        "calls": 1,
        "input_tokens": 11,
        "output_tokens": 7,
        "cached_calls": 0,
    }
    assert all(heading in output["transcript"] for heading in HEADINGS)
    # Without --out the files go to the run's folder in the state folder.
    assert output["out"] == str(tmp_path / "state" / "runs" / output["thread_id"])
    assert all(Path(output["out"], name).is_file() for name in output["files"])


@pytest.mark.parametrize("form", [(), ("--json",)], ids=str)
def test_an_unsolved_request(tmp_path: Path, form: tuple[str, ...]) -> None:
    replies: list[Reply] = [
        Text(fenced("1 / 0")),
        Text(verdict(False)),
        Text(fenced("2 / 0")),
        Text(verdict(False)),
    ]
    args = ("run", "Divide", "--max-attempts", "2", *form)
    command, done = answer(tmp_path, replies, *args, here=True)
    assert done.code == 1
    if form:
        assert done.json["success"] is False
        assert done.json["exit_code"] == 1
        assert len(done.json["attempts"]) == 2
    else:
        first, *_, last = done.out.splitlines()
        assert first.startswith("Not solved: ZeroDivisionError")
        assert last.startswith("Not solved after 2 attempts, judged by")
    (thread,) = command.here("threads", "--json").json["threads"]
    assert thread["status"] == "not solved"


def test_the_log_holds_neither_key_nor_data_and_no_output_the_key(tmp_path: Path) -> None:
    canary = "canary-4711"
    command = Command(tmp_path / "work")
    (command.folder / "pets.csv").write_text(f"name,age\n{canary},3\n")
    code = "first = pets['name'][0]\nprint(first)\nraise ValueError(first)"
    with GeminiServer([Text(fenced(code)), Text(verdict(False, why=canary))]) as server:
        command.server = server
        args = ("run", canary, "--var", "pets=pets.csv", "--max-attempts", "1", "--out", "out")
        done = command.here(*args, CODEGEN_AGENT_LOG_LEVEL="DEBUG")
        # By default the model sees a few values.
        assert canary in server.requests[0].prompt
    assert done.code == 1
    assert canary in done.out
    log = (tmp_path / "state" / "log" / "codegen_agent.log").read_text()
    assert "attempt 1" in log
    assert canary not in log
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    for file in written:
        assert KEY.encode() not in file.read_bytes(), file
    assert KEY not in done.out + done.err


@pytest.mark.parametrize(("level", "sent"), [("schema", False), ("sample", True)])
def test_privacy(tmp_path: Path, level: str, sent: bool) -> None:
    with GeminiServer(solved_by("names = list(pets.columns)")) as server:
        command = Command(tmp_path / "work", server)
        (command.folder / "pets.csv").write_text("name,age\ncanary-4711,3\n")
        done = command.here("run", "Name them", "--var", "pets=pets.csv", "--privacy", level)
        assert done.code == 0, done.err
        assert ("canary-4711" in "".join(request.prompt for request in server.requests)) is sent


def test_a_key_from_dotenv_is_used_and_never_shown(tmp_path: Path) -> None:
    with GeminiServer(solved_by("x = 1")) as server:
        command = Command(tmp_path / "work")
        (command.folder / ".env").write_text(f"GEMINI_API_KEY_FOR_CODEGEN_AGENT={KEY}\n")
        environ = {"GOOGLE_GEMINI_BASE_URL": server.url, "CODEGEN_AGENT_DOTENV_PATH": ""}
        assert command.here("env", "allow", **environ).code == 0
        done = command.here("run", "Go", **environ)
        assert done.code == 0, done.err
        assert server.requests[0].headers["x-goog-api-key"] == KEY
        doctor = command.here("doctor", "--json", **environ, DOCKER_HOST="unix:///nowhere")
    assert KEY not in done.out + done.err + doctor.out + doctor.err


ODD = "Sum [bold]x[/bold] [red]\n**Success:** 🎉 \x1b]0;title\x07 {x} %s \\n"


def test_odd_text_is_shown_but_not_interpreted(tmp_path: Path) -> None:
    why = "Fine [link=x]here[/link] \x1b[2J\x9b2J done"
    code = "print('\\x1b]0;owned\\x07 [bold]')\nx = 1"
    command, done = answer(tmp_path, solved_by(code, why=why), "run", ODD, "--verbose", here=True)
    assert done.code == 0, done.err
    listing = command.here("threads", COLUMNS="200").out
    for text in (done.out, done.err, listing):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\x9b" not in text
    assert "[bold]x[/bold] [red]\n# **Success:** 🎉" in done.out, "the saved code's comment"
    assert "\n**Success:** 🎉" not in done.out
    assert "[link=x]here[/link]" in done.err
    assert "[bold]x[/bold]" in listing
    threads = command.here("threads", "--json").json["threads"]
    assert threads[0]["request"] == ODD.strip()
    assert ODD.splitlines()[0] in Path(
        tmp_path / "state" / "runs" / threads[0]["thread_id"] / "code.py"
    ).read_text(encoding="utf-8")


def test_two_runs_at_once_in_one_state_folder(tmp_path: Path) -> None:
    first, second = (GeminiServer([Text(fenced(f"x = {number}"))]) for number in (1, 2))
    with first, second:
        # A request with a check is judged by the check alone: no verdict to script.
        (tmp_path / "check.py").write_text("assert x in (1, 2)")
        args = ("run", "Go", "--check", str(tmp_path / "check.py"), "--json")
        commands = [Command(tmp_path / "work", server) for server in (first, second)]
        processes = [command.start(*args) for command in commands]
        runs = [finished(process) for process in processes]
    assert [run.code for run in runs] == [0, 0], runs
    assert [run.json["variables"]["x"]["value"] for run in runs] == [1, 2]
    threads = commands[0].here("threads", "--json").json["threads"]
    assert {thread["thread_id"] for thread in threads} == {run.json["thread_id"] for run in runs}


def test_a_variable_does_not_overwrite_the_users_file(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    before = (command.folder / "tips.csv").read_bytes()
    with GeminiServer(solved_by("tips['more'] = 1")) as server:
        command.server = server
        args = ("run", "Add a column", "--var", "tips=tips.csv", "--out", ".", "--json")
        done = command.here(*args)
    assert done.code == 0, done.err
    assert (command.folder / "tips.csv").read_bytes() == before
    assert "tips-2.csv" in done.json["files"]
    assert done.json["renamed"]["tips.csv"] == "tips-2.csv"


def test_nothing_in_the_folder_is_overwritten_and_runs_do_not_mix(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    mine = {"code.py": "mine", "transcript.md": "mine", "attempt-1-figure-1.png": "mine"}
    for name, text in mine.items():
        (command.folder / name).write_text(text)
    code = "import matplotlib.pyplot as plt\nplt.plot([1])\ntips.to_csv('clean.csv')"
    answers = [Text(fenced(code)), Text(verdict(True))]
    with GeminiServer([*answers, *answers]) as server:
        command.server = server
        args = ("run", "Save it as clean.csv", "--var", "tips=tips.csv", "--out", ".", "--json")
        first, second = command.here(*args), command.here(*args)
    assert {name: (command.folder / name).read_text() for name in mine} == mine
    for done, number in ((first, 2), (second, 3)):
        assert done.code == 0, done.err
        assert {"transcript", "report", "code", "tips", "attempt-1-figure-1", "clean"} == {
            Path(name).stem.removesuffix(f"-{number}") for name in done.json["files"]
        }
        assert f"inputs-{number}/tips.parquet" in done.json["files"]
        assert done.json["renamed"]["clean.csv"] == f"clean-{number}.csv"
        assert f"clean-{number}.csv" in done.err
        transcript = (command.folder / f"transcript-{number}.md").read_text(encoding="utf-8")
        assert f"(./attempt-1-figure-1-{number}.png)" in transcript
        size = (command.folder / f"clean-{number}.csv").stat().st_size
        assert done.json["returned_files"] == [{"name": "clean.csv", "size": size}]
        assert f"File: `clean.csv` ({size:,} bytes)" in transcript
    again = command.here("resume", first.json["thread_id"], "--out", ".", "--json")
    assert again.json["files"] == first.json["files"]


def test_the_probe_of_the_folder_leaves_the_users_files(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    mine = folder / f".codegen-agent-{os.getpid()}"
    mine.write_text("mine")
    usable_folder(folder)
    assert [mine] == list(folder.iterdir())
    assert mine.read_text() == "mine"


def test_a_follow_up(tmp_path: Path) -> None:
    answers = [Text(fenced("table = tips.groupby('day').tip.sum()")), Text(verdict(True))]
    more = [Text(fenced("top = table.idxmax() + extra.day[0]")), Text(verdict(True))]
    with GeminiServer([*answers, *more]) as server:
        command = Command(tmp_path / "work", server)
        run = command.here("run", "Tips by day as a table", "--var", "tips=tips.csv", "--json").json
        thread = run["thread_id"]
        args = ("run", "The best day", "--after", thread, "--var", "extra=tips.csv")
        done = command.here(*args, "--privacy", "schema", "--json")
        assert done.code == 0, done.err
        assert done.json["variables"]["top"]["value"] == "SatSun"
        assert done.json["follows"] == thread
        assert "1. Tips by day as a table (solved)" in server.requests[2].prompt
        assert "groupby" not in server.requests[2].prompt  # it was written at sample
        second = done.json["thread_id"]
        assert (
            f"A follow-up to the run {thread}: Tips by day as a table"
            in command.here("show", second).out
        )
        listed = command.here("threads", COLUMNS="200").out
        assert f"follow-up to {thread}" in listed
        for args in (("--after", "nowhere"), ("--after", "a/b")):
            wrong = command.here("run", "x", *args, "--var", "tips=missing.csv")
            assert (wrong.code, len(wrong.error_lines)) == (2, 1)
            assert args[1] in wrong.err


def test_a_fork(tmp_path: Path) -> None:
    first = [Text(fenced("1 / 0")), Text(verdict(False)), Text(fenced("x = 1"))]
    second = [Text(fenced("y = 2")), Text(verdict(True))]
    with GeminiServer([*first, Text(verdict(True)), *second, *second]) as server:
        command = Command(tmp_path / "work", server)
        run = command.here("run", "Make x", "--json").json
        thread = run["thread_id"]
        args = ("fork", thread, "--attempt", "1", "--request", "Make y")
        done = command.here(*args, "--model", "gemini-2.5-flash", "--out", "out", "--json")
        assert done.code == 0, done.err
        assert done.json["variables"]["y"]["value"] == 2
        assert [attempt["number"] for attempt in done.json["attempts"]] == [1, 2]
        assert "gemini-2.5-flash:" in server.requests[4].path
        assert "previous request: Make x" in server.requests[4].prompt
        assert command.here("show", thread, "--json").json["transcript"] == run["transcript"]
        shown = command.here("show", done.json["thread_id"]).out
        assert shown.index("**Earlier Request:** Make x") < shown.index("1 / 0")
        assert shown.index("1 / 0") < shown.index("**User request:** Make y")
        threads = command.here("threads", "--json").json["threads"]
        listed = {run["thread_id"]: run for run in threads}
        assert listed[done.json["thread_id"]]["forked_from"] == f"{thread}, attempt 1"
        assert listed[thread]["forked_from"] == ""
        assert thread in command.here("threads", COLUMNS="200").out
        too_late = command.here("fork", thread, "--attempt", "9")
        assert too_late.code == 2
        assert "2 attempt" in too_late.err


def test_a_request_from_stdin(tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_text("Add one and two\n")
    with (
        GeminiServer(solved_by("answer = 1 + 2")) as server,
        open(tmp_path / "request.txt") as request,
    ):
        command = Command(tmp_path / "work", server)
        pipes = subprocess.PIPE, subprocess.PIPE
        done = finished(command.start_with(["run", "-"], {}, request.fileno(), *pipes))
    assert done.code == 0, done.err
    assert done.out.startswith("Answer: 3\n")
    assert "Add one and two" in server.requests[0].prompt
