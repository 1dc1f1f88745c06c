"""Approval by a person: at a terminal, and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gemini_server import GeminiServer, Reply, Text
from tests.graph_agent.cli.command import Command, Done, containers_left, wait_until
from tests.graph_agent.cli.terminal import Terminal, editor
from tests.scripted_model import fenced, verdict

SOLVES: list[Reply] = [Text(fenced("x = 1")), Text(verdict(True))]
RISKY = "import os\nx = len(os.environ)"


def test_yes(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced(RISKY)), Text(verdict(True))]) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "Go", "--approve-risky", "--out", "out") as terminal:
            asked = terminal.expect("Run it? [y]es, [e]dit, [n]o: ")
            assert "line 2: it uses os.environ" in asked
            assert "x = len(os.environ)" in asked
            assert len(server.requests) == 1
            terminal.type("what?")
            terminal.expect("Run it?")
            terminal.type("y")
            assert terminal.ended() == 0, terminal.shown
        assert len(server.requests) == 2
    assert "A person let this code run." in (command.folder / "out" / "transcript.md").read_text()


def test_no_with_words_then_edit(tmp_path: Path) -> None:
    replies = [Text(fenced("x = 1")), Text(fenced("x = 2")), Text(verdict(True))]
    with GeminiServer(replies) as server:
        command = Command(tmp_path / "work", server)
        script = editor(tmp_path, "x = 42\n")
        with Terminal(command, "run", "Go", "--approve", "--out", "out", EDITOR=script) as terminal:
            terminal.expect("Run it?")
            terminal.type("n")
            terminal.expect("What should the model know?")
            terminal.type("Larger, please")
            asked = terminal.expect("Run it?")
            assert "-x = 1" in asked
            assert "+x = 2" in asked
            terminal.type("e")
            assert terminal.ended() == 0, terminal.shown
        assert "Larger, please" in server.requests[1].prompt
        assert "A person changed the code" in server.requests[2].prompt
        assert "x = 42" in server.requests[2].prompt
    assert (
        (command.folder / "out" / "code.py")
        .read_text()
        .endswith("\nx = 42\n\n# The answer:\nprint(x)\n")
    )


def test_an_edit_that_cannot_run_is_asked_again(tmp_path: Path) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        script = editor(tmp_path, "x = (\n")
        with Terminal(command, "run", "Go", "--approve", EDITOR=script) as terminal:
            terminal.expect("Run it?")
            terminal.type("e")
            assert "does not parse" in terminal.expect("Run it?")
            terminal.type("y")
            assert terminal.ended() == 0, terminal.shown


def test_ctrl_c_at_the_question(tmp_path: Path) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        with Terminal(command, "run", "Go", "--approve") as terminal:
            terminal.expect("Run it?")
            terminal.interrupt()
            assert terminal.ended() == 130
        assert "Traceback" not in terminal.shown
        hint = terminal.shown[terminal.shown.rindex("codegen-agent resume ") :].split()
        thread = hint[hint.index("resume") + 1]
        # At a terminal, resume asks again.
        with Terminal(command, "resume", thread) as terminal:
            terminal.expect("Run it?")
            terminal.type("y")
            assert terminal.ended() == 0, terminal.shown
        assert len(server.requests) == 2


def waiting(command: Command, *args: str, **environ: str) -> Done:
    """Run in this process until the code waits."""
    done = command.here("run", "Go", "--json", *args, **environ)
    assert done.code == 130, done.err
    return done


def statuses(command: Command) -> list[str]:
    return [thread["status"] for thread in command.here("threads", "--json").json["threads"]]


def test_without_a_terminal(tmp_path: Path) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        done = command("run", "Go", "--approve")
        assert done.code == 130
        wait_until(lambda: containers_left(done.pid) == 0, limit_s=60)
        assert "Traceback" not in done.err
        assert "x = 1" in done.out
        (how,) = [line for line in done.out.splitlines() if "--reject WORDS" in line]
        thread = how.split()[4]
        assert how.endswith(
            f"codegen-agent resume {thread} --yes | --edit FILE.py | --reject WORDS"
        )
        assert statuses(command) == ["waiting"]
        # Without an answer it asks again.
        again = command.here("resume", thread)
        assert (again.code, again.out) == (130, done.out)
        assert len(server.requests) == 1
        last = command.here("resume", thread, "--yes", "--json")
        assert last.code == 0, last.err
        assert last.json["attempts"][0]["review"]["decision"] == "approve"
        assert statuses(command) == ["solved"]


def test_json_waits_in_one_object(tmp_path: Path) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        output = waiting(command, "--approve").json
        assert (output["success"], output["exit_code"]) == (False, 130)
        assert output["waiting_for"]["code"] == "x = 1"
        assert output["waiting_for"]["answers"] == ["approve", "edit", "reject"]
        edited = tmp_path / "edited.py"
        edited.write_text("x = 7\n")
        done = command.here("resume", output["thread_id"], "--edit", str(edited), "--json")
        assert done.code == 0, done.err
        assert done.json["waiting_for"] is None
        assert done.json["variables"]["x"]["value"] == 7


def test_reject_with_words(tmp_path: Path) -> None:
    with GeminiServer([Text(fenced("x = 1")), Text(fenced("x = 2"))]) as server:
        command = Command(tmp_path / "work", server)
        thread = waiting(command, "--approve", "--max-attempts", "2").json["thread_id"]
        again = command.here("resume", thread, "--reject", "Not one", "--json")
        assert again.code == 130
        assert again.json["waiting_for"]["attempt"] == 2
        assert "Not one" in server.requests[1].prompt
        last = command.here("resume", thread, "--reject", "Nor two", "--verbose")
        assert last.code == 1
        assert "Nor two" in last.out
        assert f"resume {thread} --max-attempts MORE" in last.err


def test_unusable_answers(tmp_path: Path) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        thread = waiting(command, "--approve").json["thread_id"]
        (command.folder / "broken.py").write_text("x = (")
        for args, says in (
            (["--yes", "--reject", "No"], "--yes, --edit and --reject"),
            (["--edit", "nowhere.py"], "'nowhere.py'"),
            (["--edit", "broken.py"], "does not parse"),
        ):
            done = command.here("resume", thread, *args)
            assert done.code == 2
            (line,) = done.error_lines
            assert says in line
        assert command.here("resume", thread, "--yes").code == 0
        too_late = command.here("resume", thread, "--yes")
    assert too_late.code == 2
    assert "answer" in too_late.err


@pytest.mark.parametrize(
    ("args", "setting", "code"),
    [
        ([], "always", 130),
        (["--no-approve"], "always", 0),
    ],
    ids=str,
)
def test_the_setting_and_the_options(
    tmp_path: Path, args: list[str], setting: str, code: int
) -> None:
    with GeminiServer(SOLVES) as server:
        command = Command(tmp_path / "work", server)
        assert command.here("run", "Go", *args, CODEGEN_AGENT_APPROVE=setting).code == code
