"""``exec``: the sandbox alone."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.graph_agent.cli.command import (
    Command,
    containers_left,
    containers_made,
    finished,
    wait_until,
)

CODE = """\
import matplotlib.pyplot as plt
means = tips.groupby("day")["tip"].mean()
tips["pct"] = tips["tip"] / tips["total_bill"]
grid = means.to_numpy()
rows = len(tips)
plt.plot(grid)
print("done")
rows + 1
"""


def write(command: Command, code: str) -> None:
    (command.folder / "code.py").write_text(code, encoding="utf-8")


def test_it_runs_and_leaves_its_files(command: Command) -> None:
    write(command, CODE)
    done = command("exec", "code.py", "--var", "tips=tips.csv", "--out", "out", "--json")
    assert (done.code, done.err) == (0, "")
    assert containers_made(done.pid) == 1
    assert containers_left(done.pid) == 0
    said = done.json
    assert (said["outcome"], said["stdout"], said["display"]) == ("ok", "done\n", "245")
    assert said["variables"]["rows"] == {
        "type": "int",
        "summary": "rows: int, value 244",
        "value": 244,
    }
    assert said["changed_inputs"] == ["tips"]
    assert [one["mime"] for one in said["figures"]] == ["image/png"]
    out = command.folder / "out"
    assert {Path(one).name for one in said["files"]} == {one.name for one in out.iterdir()}
    assert pd.read_csv(out / "means.csv", index_col=0).shape == (4, 1)
    assert np.load(out / "grid.npy", allow_pickle=False).shape == (4,)
    assert (out / "figure-1.png").read_bytes().startswith(b"\x89PNG")


def test_output_goes_where_the_code_sent_it(command: Command) -> None:
    write(command, "import sys\nprint('one')\nprint('two', file=sys.stderr)\n'last'")
    done = command("exec", "code.py")
    assert (done.code, done.out, done.err) == (0, "one\n'last'\n", "two\n")


def test_code_that_fails(command: Command) -> None:
    write(command, "print('before')\n\n1 / 0\n")
    done = command("exec", "code.py")
    assert (done.code, done.out) == (1, "before\n")
    assert 'File "generated_code.py", line 3' in done.err
    assert "ZeroDivisionError: division by zero" in done.err
    said = command("exec", "code.py", "--json")
    assert said.code == 1
    assert said.json["error"]["line"] == 3


def test_an_endless_loop_keeps_what_it_printed(command: Command) -> None:
    write(command, "print('before', flush=True)\nwhile True: pass\n")
    done = command("exec", "code.py", CODEGEN_AGENT_TIMEOUT_S="2")
    assert (done.code, done.out) == (1, "before\n")
    assert "timeout" in done.err
    said = command("exec", "code.py", "--json", CODEGEN_AGENT_TIMEOUT_S="2")
    assert said.code == 1
    assert (said.json["outcome"], said.json["stdout"]) == ("timeout", "before\n")
    assert containers_left(done.pid) == containers_left(said.pid) == 0


def test_ctrl_c_ends_the_container_too(command: Command) -> None:
    write(command, "print('up', flush=True)\nimport time; time.sleep(40)")
    process = command.start("exec", "code.py")
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGINT)
    done = finished(process)
    assert (done.code, done.error_lines) == (130, ["codegen-agent: interrupted"])
    wait_until(lambda: containers_left(done.pid) == 0, limit_s=5)


def test_no_file_is_replaced(command: Command) -> None:
    before = (command.folder / "tips.csv").read_bytes()
    write(command, "tips['more'] = 1")
    args = ("exec", "code.py", "--var", "tips=tips.csv", "--out", ".", "--json")
    first, second = command(*args), command(*args)
    assert (command.folder / "tips.csv").read_bytes() == before
    # The same content again is the same file again.
    assert first.json["files"] == second.json["files"] == ["tips-2.csv"]


ASCII = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("environ", ASCII, ids=" ".join)
def test_a_terminal_without_unicode(command: Command, environ: dict[str, str]) -> None:
    write(command, "word = '🎉 é'\nprint(word)\nhalf = '\\ud800'")
    done = command("exec", "code.py", **environ)
    assert done.code == 0
    assert done.out in ("🎉 é\n", "\\U0001f389 \\xe9\n")
    said = command("exec", "code.py", "--json", "--out", "out", **environ)
    assert said.code == 0
    assert said.json["stdout"] == "🎉 é\n"
    assert said.json["variables"]["word"]["value"] == "🎉 é"
    assert said.json["variables"]["half"]["value"] == "\ud800"


def test_a_byte_order_mark_is_no_syntax_error(command: Command) -> None:
    (command.folder / "code.py").write_bytes(b"\xef\xbb\xbfprint('read')\n")
    done = command("exec", "code.py")
    assert (done.code, done.out) == (0, "read\n")
