"""The picture of the terminal in README: ``python -m tests.docs.terminal_picture`` draws it anew.

It runs the command with the local model, in a terminal, and draws what stays on the screen.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from graph_agent.samples import tips_path

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "terminal.svg"
COLUMNS = 96
REQUEST = "Average tip by day, and a bar chart of it"
COMMAND = ["codegen-agent", "run", REQUEST, "--var", "tips=tips.csv", "--out", "answer"]


def main() -> None:
    """Run the command and replace the picture."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(tips_path(), Path(folder, "tips.csv"))
        text = printed(COMMAND, Path(folder))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(COMMAND, text), "utf-8")


def printed(command: list[str], folder: Path) -> str:
    """Run our command in a terminal and return all that it printed."""
    ours, theirs = pty.openpty()
    environ = {
        **os.environ,
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
        "CODEGEN_AGENT_STATE": str(folder / "state"),
        "CODEGEN_AGENT_MODEL": "local",
    }
    words = [sys.executable, "-m", "graph_agent.cli", *command[1:]]
    with subprocess.Popen(words, cwd=folder, env=environ, stdout=theirs, stderr=theirs):
        os.close(theirs)
        text = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return text.decode("utf-8", "replace")


def screen(text: str) -> str:
    """Return what stays on a screen, line by line: lines may be drawn over and cleared."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[0-9;?]*[a-zA-Z]|\n|\r|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif up := re.fullmatch(r"\x1b\[(\d*)A", part):
            row = max(0, row - int(up[1] or 1))
        elif part in ("\x1b[2K", "\x1b[K"):
            lines[row] = ""
        elif not part.startswith("\x1b") or part.endswith("m"):
            # Colours stay; hiding the cursor doesn't. A return is followed by clearing the line.
            lines[row] += "" if part == "\r" else part
    return "\n".join(lines).strip()


def drawn(command: list[str], text: str) -> str:
    """Draw a command and its output as SVG that fetches nothing."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {shlex.join(command)}", style="bold"))
    console.print(Text.from_ansi(screen(text)))
    svg = console.export_svg(title="codegen-agent", unique_id="terminal")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the end of a terminal, on Linux
        return b""


if __name__ == "__main__":
    main()
