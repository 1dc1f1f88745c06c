"""Provokes what the command can say when something is wrong, and prints it all in one table.

    python -m tests.graph_agent.messages_table [WORD...]

Each message is real: a key that the provider refuses, a server that isn't there, a program that
imports what the image doesn't have. WORDs choose the rows that contain one of them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from tests.gemini_server import Failure, GeminiServer, Raw, Reply, Text
from tests.graph_agent.cli.command import Command, Done
from tests.scripted_model import fenced, verdict

TIPS = ("--var", "tips=tips.csv")
NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
BAD_KEY = Failure(400, "API key not valid. Please pass a valid API key.")
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n<p>Log in here</p>"
Says = Callable[[Path], Done]


def run(*args: str, replies: Sequence[Reply] = (), **environ: str) -> Says:
    """Return what runs the command with a server that gives these replies."""

    def says(folder: Path) -> Done:
        with GeminiServer(replies) as server:
            return Command(folder, server).here(*args, **environ)

    return says


def program(code: str, *args: str, **environ: str) -> Says:
    """Return what runs a program in the sandbox."""

    def says(folder: Path) -> Done:
        command = Command(folder)
        (folder / "program.py").write_text(code)
        return command.here("exec", "program.py", *args, **environ)

    return says


def ask(*args: str, replies: Sequence[Reply] = (), **environ: str) -> Says:
    """Return what asks for the rows of the tips."""
    return run("run", "Count the rows", *TIPS, *args, replies=replies, **environ)


def holding(content: bytes, *args: str) -> Says:
    """Return what runs the command in a folder with a file ``given``."""

    def says(folder: Path) -> Done:
        command = Command(folder)
        (folder / "given.csv").write_bytes(content)
        return command.here(*args)

    return says


SOLVED = (Text(fenced("rows = len(tips)")), Text(verdict(True)))
CASES: dict[str, Says] = {
    "no request": run("run"),
    "an unknown command": run("rum"),
    "an unknown option": run("run", "Count", "--modell", "x"),
    "a file that isn't there": run("run", "Count", "--var", "tips=tip.csv"),
    "an address": run("run", "Count", "--var", "tips=https://example.org/tips.csv"),
    "binary data": holding(bytes(range(256)) * 9, "run", "Count", "--var", "x=given.csv"),
    "checks that check nothing": ask("--check", "tips.csv"),
    "a file as folder": ask("--out", "tips.csv"),
    "no whole number": ask("--max-attempts", "two"),
    "a number that is too small": ask("--max-attempts", "0"),
    "none of the choices": ask("--privacy", "none"),
    "a variable without a name": run("run", "Count", "--var", "tips.csv"),
    "an unknown model": ask(
        "--model", "gemini-2.5-por", replies=[Failure(404, "models/gemini-2.5-por is not found")]
    ),
    "an unknown provider": ask("--model", "opneai:gpt-5"),
    "an unknown run": run("show", "nobody"),
    "a sheet without a workbook": run("run", "Count", *TIPS, "--sheet", "one"),
    "no key": ask("--model", "gemini-2.5-pro", GEMINI_API_KEY_FOR_CODEGEN_AGENT=""),
    "an invalid key": ask(replies=[BAD_KEY]),
    "a key without rights": ask(replies=[Failure(403, "The caller does not have permission")]),
    "an unknown name at the provider": ask(replies=[Failure(404, "models/gemini-x is not found")]),
    "offline": ask(GOOGLE_GEMINI_BASE_URL="http://127.0.0.1:9"),
    "no name server": ask(GOOGLE_GEMINI_BASE_URL="http://model.invalid"),
    "a proxy's page": ask(replies=[Raw(lambda send, _: send(PAGE))] * 9),
    "too many requests": ask(replies=[Failure(429, "Resource has been exhausted", 1)] * 9),
    "not solved": ask("--max-attempts", "1", replies=[Text(fenced("1 / 0")), Text(verdict(False))]),
    "the limit on calls": ask("--max-calls", "1", replies=SOLVED),
    "no engine": ask(**NO_ENGINE),
    "no engine, exec": program("1", **NO_ENGINE),
    "doctor without an engine": run("doctor", **NO_ENGINE),
    "an exception": program("x = 1\nx / 0"),
    "a missing package": program("import emoji"),
    "a misspelled module": program("import panads"),
    "a time limit": program("while True: pass", "--timeout", "1"),
    "out of memory": program("x = bytearray(10**9)", "--memory", "128m"),
    "it leaves": program("import os; os._exit(3)"),
    "a result that can't come back": program("x = open('/dev/null')", "--return", "x"),
    "a program that isn't there": run("exec", "progam.py"),
    "a folder that can't be written": ask("--out", "/proc/nowhere"),
}


def rows(words: Sequence[str] = ()) -> Iterator[tuple[str, Done]]:
    """Provoke each message; return what it was, and what the command said."""
    for name, says in CASES.items():
        if not words or any(word in name for word in words):
            with tempfile.TemporaryDirectory() as folder:
                yield name, says(Path(folder) / "work")


def main(words: Sequence[str]) -> None:
    """Print the table."""
    table = Table("what", "exit", "what it says", show_lines=True)
    for name, done in rows(words):
        said = "\n".join(filter(None, (done.out.strip(), done.err.strip())))
        table.add_row(name, str(done.code), Line(said, overflow="fold"))
    Console(width=130).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
