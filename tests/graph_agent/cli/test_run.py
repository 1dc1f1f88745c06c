"""``run`` with Gemini's real client, a real container, and real files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

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
    tmp_path: Path, replies: Sequence[Reply], *args: str, **environ: str
) -> tuple[Command, Done]:
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        return command, command(*args, **environ)


def solved_by(code: str, why: str = "Seen.") -> list[Reply]:
    return [Text(fenced(code)), Text(verdict(True, why=why))]


def test_the_sample(tmp_path: Path) -> None:
    args = ("run", "Tip percentage by day and time, as a heatmap", "--var", "tips=tips.csv")
    check = tmp_path / "check.py"
    check.write_text("assert pivot_table.shape == (4, 2)\n")
    command, done = answer(
        tmp_path, solved_by(HEATMAP), *args, "--check", str(check), "--out", "out"
    )
    assert done.code == 0, done.err
    out = command.folder / "out"
    transcript = (out / "transcript.md").read_text()
    places = [transcript.index(one) for one in HEADINGS]
    assert places == sorted(places)
    assert all(one in done.out for one in HEADINGS)
    assert (out / "code.py").read_text() == (
        "# User request: Tip percentage by day and time, as a heatmap\n" + HEATMAP
    )
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
    said = done.json
    assert (said["success"], said["exit_code"]) == (True, 0)
    assert said["code"] == "# User request: Count\nrows = 244\nprint(rows)\n"
    assert said["variables"]["rows"]["value"] == 244
    assert said["attempts"][0]["execution"]["stdout"] == "244\n"
    assert said["usage"]["generate"] == {
        "calls": 1,
        "input_tokens": 11,
        "output_tokens": 7,
        "cached_calls": 0,
    }
    assert all(one in said["transcript"] for one in HEADINGS)
    # Without --out the files are kept with the rest of the run.
    assert said["out"] == str(tmp_path / "state" / "runs" / said["thread_id"])
    assert all(Path(said["out"], one).is_file() for one in said["files"])


@pytest.mark.parametrize("form", [(), ("--json",)], ids=str)
def test_a_request_that_is_never_solved(tmp_path: Path, form: tuple[str, ...]) -> None:
    replies: list[Reply] = [
        Text(fenced("1 / 0")),
        Text(verdict(False)),
        Text(fenced("2 / 0")),
        Text(verdict(False)),
    ]
    command, done = answer(tmp_path, replies, "run", "Divide", "--max-attempts", "2", *form)
    assert done.code == 1
    if form:
        assert done.json["success"] is False
        assert done.json["exit_code"] == 1
        assert len(done.json["attempts"]) == 2
    else:
        assert "**Success:** No" in done.out
        assert "**Code Assessment:** not solved after 2 attempts" in done.out
    assert [one["status"] for one in command("threads", "--json").json["threads"]] == ["not solved"]


def test_neither_key_nor_data_in_the_log_nor_the_key_in_any_output(tmp_path: Path) -> None:
    canary = "canary-4711"
    command = Command(tmp_path / "work")
    (command.folder / "pets.csv").write_text(f"name,age\n{canary},3\n")
    code = "first = pets['name'][0]\nprint(first)\nraise ValueError(first)"
    with GeminiServer([Text(fenced(code)), Text(verdict(False, why=canary))]) as server:
        command.server = server
        args = ("run", canary, "--var", "pets=pets.csv", "--max-attempts", "1", "--out", "out")
        done = command(*args, CODEGEN_AGENT_LOG_LEVEL="DEBUG")
        # The one thing a default run tells the model: a few values.
        assert canary in server.requests[0].prompt
    assert done.code == 1
    assert canary in done.out
    log = (tmp_path / "state" / "log" / "codegen_agent.log").read_text()
    assert "attempt 1" in log
    assert canary not in log
    written = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert len(written) > 5
    for file in written:
        assert KEY.encode() not in file.read_bytes(), file
    assert KEY not in done.out + done.err


@pytest.mark.parametrize(("level", "told"), [("schema", False), ("sample", True)])
def test_privacy(tmp_path: Path, level: str, told: bool) -> None:
    with GeminiServer(solved_by("names = list(pets.columns)")) as server:
        command = Command(tmp_path / "work", server)
        (command.folder / "pets.csv").write_text("name,age\ncanary-4711,3\n")
        done = command("run", "Name them", "--var", "pets=pets.csv", "--privacy", level)
        assert done.code == 0, done.err
        assert ("canary-4711" in "".join(one.prompt for one in server.requests)) is told


def test_a_key_in_the_folders_dotenv_is_used_and_never_shown(tmp_path: Path) -> None:
    with GeminiServer(solved_by("x = 1")) as server:
        command = Command(tmp_path / "work")
        (command.folder / ".env").write_text(f"GEMINI_API_KEY_FOR_CODEGEN_AGENT={KEY}\n")
        environ = {"GOOGLE_GEMINI_BASE_URL": server.url, "CODEGEN_AGENT_DOTENV_PATH": ""}
        done = command("run", "Go", **environ)
        assert done.code == 0, done.err
        assert server.requests[0].headers["x-goog-api-key"] == KEY
        doctor = command("doctor", "--json", **environ)
    assert KEY not in done.out + done.err + doctor.out + doctor.err


ODD = "Sum [bold]x[/bold] [red]\n**Success:** 🎉 \x1b]0;title\x07 {x} %s \\n"


def test_odd_text_is_shown_as_it_is_and_obeyed_by_nobody(tmp_path: Path) -> None:
    why = "Fine [link=x]here[/link] \x1b[2J\x9b2J done"
    code = "print('\\x1b]0;owned\\x07 [bold]')\nx = 1"
    command, done = answer(tmp_path, solved_by(code, why=why), "run", ODD)
    assert done.code == 0, done.err
    for text in (done.out, done.err, command("threads").out):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\x9b" not in text
    assert "[bold]x[/bold] [red]\n**Success:** 🎉" in done.out
    assert "[link=x]here[/link]" in done.err
    assert "[bold]x[/bold]" in command("threads").out
    threads = command("threads", "--json").json["threads"]
    assert threads[0]["request"] == ODD.strip()
    assert ODD.splitlines()[0] in Path(
        tmp_path / "state" / "runs" / threads[0]["thread_id"] / "code.py"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode(tmp_path: Path, encoding: str) -> None:
    environ = {"PYTHONIOENCODING": encoding, "COLUMNS": "20"}
    replies = solved_by("word = 'é🎉'\nprint(word)", why="🎉")
    command, done = answer(tmp_path, replies, "run", "Say 🎉", **environ)
    assert done.code == 0, done.err
    assert "\\U0001f389" in done.out
    assert command("threads", **environ).code == 0


def test_a_locale_without_unicode_keeps_the_request(tmp_path: Path) -> None:
    environ = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    _, done = answer(tmp_path, solved_by("x = 1"), "run", "Größe 🎉", "--json", **environ)
    assert done.code == 0, done.err
    assert done.json["code"].startswith("# User request: Größe 🎉\n")


def test_a_reader_who_goes_away_changes_nothing(tmp_path: Path) -> None:
    with GeminiServer(solved_by("x = 1")) as server:
        command = Command(tmp_path / "work", server)
        process = command.start("run", "Go", "--out", "out")
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        done = finished(process)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    assert (command.folder / "out" / "transcript.md").is_file()


@pytest.mark.parametrize("args", ["threads", "threads --json", "doctor"])
def test_head_gets_its_line_without_a_traceback(command: Command, args: str) -> None:
    piped = subprocess.run(
        f"{sys.executable} -m graph_agent.cli {args} | head -c 1",
        shell=True,
        cwd=command.folder,
        capture_output=True,
        check=True,
    )
    assert len(piped.stdout) == 1
    assert b"Traceback" not in piped.stderr
    assert b"BrokenPipe" not in piped.stderr


def test_two_runs_at_once_in_one_state_folder(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced("x = 1"))]) as one, GeminiServer([Text(fenced("x = 2"))]) as two:
        # A request with a check is judged by it alone: no verdict to script.
        (tmp_path / "check.py").write_text("assert x in (1, 2)")
        args = ("run", "Go", "--check", str(tmp_path / "check.py"), "--json")
        commands = [Command(tmp_path / "work", one), Command(tmp_path / "work", two)]
        processes = [command.start(*args) for command in commands]
        runs = [finished(process) for process in processes]
    assert [run.code for run in runs] == [0, 0], runs
    assert [run.json["variables"]["x"]["value"] for run in runs] == [1, 2]
    threads = commands[0]("threads", "--json").json["threads"]
    assert {one["thread_id"] for one in threads} == {run.json["thread_id"] for run in runs}


def test_the_users_own_file_is_not_replaced_by_a_variable_of_its_name(tmp_path: Path) -> None:
    command = Command(tmp_path / "work")
    before = (command.folder / "tips.csv").read_bytes()
    with GeminiServer(solved_by("tips['more'] = 1")) as server:
        command.server = server
        done = command("run", "Add a column", "--var", "tips=tips.csv", "--out", ".", "--json")
    assert done.code == 0, done.err
    assert (command.folder / "tips.csv").read_bytes() == before
    assert "tips-2.csv" in done.json["files"]
