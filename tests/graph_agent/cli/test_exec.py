"""``exec``: the sandbox without a model."""

from __future__ import annotations

import signal
import subprocess
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
from tests.graph_agent.cli.terminal import Terminal

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


def test_it_prints_what_is_asked_for(command: Command) -> None:
    write(command, CODE)
    args = ("exec", "code.py", "--var", "tips=tips.csv", "--return", "rows", "--return", "means")
    done = command.here(*args)
    assert done.code == 0, done.err
    assert "rows: 244\n" in done.out
    assert "means: " in done.out
    assert "Thur" in done.out
    assert set(command.here(*args, "--json").json["variables"]) == {"rows", "means"}
    wrong = command.here("exec", "code.py", "--return", "1x")
    assert (wrong.code, "'1x'" in wrong.err) == (2, True)


def test_it_runs_and_leaves_its_files(command: Command) -> None:
    write(command, CODE)
    done = command("exec", "code.py", "--var", "tips=tips.csv", "--out", "out", "--json")
    assert (done.code, done.err) == (0, "")
    assert containers_made(done.pid) == 1
    assert containers_left(done.pid) == 0
    output = done.json
    assert (output["outcome"], output["stdout"], output["display"]) == ("ok", "done\n", "245")
    assert output["variables"]["rows"] == {
        "type": "int",
        "summary": "rows: int, value 244",
        "value": 244,
    }
    assert output["changed_inputs"] == ["tips"]
    assert [figure["mime"] for figure in output["figures"]] == ["image/png"]
    out = command.folder / "out"
    assert {Path(file).name for file in output["files"]} == {
        path.name for path in out.glob("[!.]*")
    }
    assert pd.read_csv(out / "means.csv", index_col=0).shape == (4, 1)
    assert np.load(out / "grid.npy", allow_pickle=False).shape == (4,)
    assert (out / "figure-1.png").read_bytes().startswith(b"\x89PNG")


def test_output_goes_where_the_code_sent_it(command: Command) -> None:
    write(command, "import sys\nprint('one')\nprint('two', file=sys.stderr)\n'last'")
    done = command.here("exec", "code.py")
    assert (done.code, done.out, done.err) == (0, "one\n'last'\n", "two\n")


HOSTILE = """\
import sys
for piece in ("\\x1b", "]0;title\\x07 ", "\\x1b[", "2J \\u202eabc", "\\n"):
    print(piece, end="", flush=True)
print("\\x9b31m\\u200b", file=sys.stderr)
raise ValueError("\\x1b]52;c;aGk=\\x07")
"""


def test_nothing_controls_a_terminal_unless_it_is_raw(command: Command) -> None:
    write(command, HOSTILE)
    with Terminal(command, "exec", "code.py") as terminal:
        assert terminal.ended() == 1
    assert terminal.shown.replace("\r\n", "").isprintable()
    assert "\\x1b]0;title\\x07 \\x1b[2J \\u202eabc" in terminal.shown
    assert "\\x9b31m\\u200b" in terminal.shown
    assert "ValueError: \\x1b]52;c;aGk=\\x07" in terminal.shown
    with Terminal(command, "exec", "code.py", "--raw") as terminal:
        assert terminal.ended() == 1
    assert "\x1b]0;title\x07 \x1b[2J \u202eabc" in terminal.shown


def test_in_a_pipe_output_stays_as_it_is(command: Command) -> None:
    write(command, "print('\\x1b[31mred\\x1b[0m')")
    assert command.here("exec", "code.py").out == "\x1b[31mred\x1b[0m\n"


def test_formulas_in_saved_tables(command: Command) -> None:
    write(command, "import pandas as pd\ntable = pd.DataFrame({'a': ['=1+1'], 'b': [-5]})")
    command.here("exec", "code.py", "--out", "safe")
    assert (command.folder / "safe" / "table.csv").read_text() == ",a,b\n0,'=1+1,-5\n"
    command.here("exec", "code.py", "--out", "kept", "--keep-formulas")
    assert (command.folder / "kept" / "table.csv").read_text() == ",a,b\n0,=1+1,-5\n"


def test_code_that_fails(command: Command) -> None:
    write(command, "print('before')\n\n1 / 0\n")
    done = command.here("exec", "code.py")
    assert (done.code, done.out) == (1, "before\n")
    assert 'File "generated_code.py", line 3' in done.err
    assert "ZeroDivisionError: division by zero" in done.err
    output = command.here("exec", "code.py", "--json")
    assert output.code == 1
    assert output.json["error"]["line"] == 3


def test_an_endless_loop_keeps_what_it_printed(command: Command) -> None:
    write(command, "print('before', flush=True)\nwhile True: pass\n")
    done = command("exec", "code.py", CODEGEN_AGENT_TIMEOUT_S="2")
    assert (done.code, done.out) == (1, "before\n")
    assert "timeout" in done.err
    assert containers_left(done.pid) == 0
    output = command.here("exec", "code.py", "--json", CODEGEN_AGENT_TIMEOUT_S="2")
    assert output.code == 1
    assert (output.json["outcome"], output.json["stdout"]) == ("timeout", "before\n")


def test_its_limits_are_options(command: Command) -> None:
    write(command, "print('before', flush=True)\nwhile True: pass\n")
    done = command.here("exec", "code.py", "--timeout", "2", "--json")
    assert (done.code, done.json["outcome"]) == (1, "timeout")
    write(command, "x = bytearray(200_000_000)")
    done = command.here("exec", "code.py", "--memory", "128m", "--json")
    assert (done.code, done.json["outcome"]) == (1, "out_of_memory")


def test_a_missing_package_names_the_option_that_allows_it(command: Command) -> None:
    write(command, "import zz_not_there")
    done = command.here("exec", "code.py")
    assert done.code == 1
    assert "--allow-package zz-not-there" in done.err
    listed = command.here("exec", "code.py", "--allow-package", "emoji", "--json")
    assert "'emoji'" in listed.json["detail"]


@pytest.mark.parametrize(
    "bad",
    [("--timeout", "0"), ("--memory", "much"), ("--allow-package", "https://example.com/x.whl")],
)
def test_bad_limits_are_refused_at_once(command: Command, bad: tuple[str, str]) -> None:
    write(command, "x = 1")
    done = command.here("exec", "code.py", *bad, DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.code, done.out) == (2, "")
    assert bad[1] in done.err


def test_ctrl_c_ends_the_container_too(command: Command) -> None:
    write(command, "print('up', flush=True)\nimport time; time.sleep(40)")
    process = command.start("exec", "code.py")
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGINT)
    done = finished(process)
    assert (done.code, done.error_lines) == (130, ["codegen-agent: interrupted"])
    wait_until(lambda: containers_left(done.pid) == 0, limit_s=30)


def test_no_file_is_replaced(command: Command) -> None:
    before = (command.folder / "tips.csv").read_bytes()
    write(command, "tips['more'] = 1")
    args = ("exec", "code.py", "--var", "tips=tips.csv", "--out", ".", "--json")
    first, second = command.here(*args), command.here(*args)
    assert (command.folder / "tips.csv").read_bytes() == before
    # The same content gets the same file.
    assert first.json["files"] == second.json["files"] == ["tips-2.csv"]
    assert first.json["renamed"] == {"tips.csv": "tips-2.csv"}
    assert "tips.csv → tips-2.csv" in first.err


def test_files_that_the_code_saves(command: Command) -> None:
    write(
        command, "import pathlib\npathlib.Path('sub').mkdir()\nopen('sub/a.txt', 'w').write('hi')"
    )
    plain = command.here("exec", "code.py")
    assert plain.code == 0
    assert "sub/a.txt (2 bytes)" in plain.err
    assert "--out" in plain.err
    saved = command.here("exec", "code.py", "--out", "out", "--json")
    assert saved.json["returned_files"] == [{"name": "sub/a.txt", "size": 2}]
    assert (command.folder / "out" / "sub" / "a.txt").read_text() == "hi"


def test_two_programs_at_once_and_a_third_do_not_mix_their_files(command: Command) -> None:
    for name in "abc":
        (command.folder / f"{name}.py").write_text(f"open('{name}.csv', 'w').write('{name}')")
    started = [command.start("exec", f"{name}.py", "--out", "out", "--json") for name in "ab"]
    outputs = [finished(process).json for process in started]
    outputs.append(command.here("exec", "c.py", "--out", "out", "--json").json)
    numbers = [list(output["renamed"].values()) for output in outputs]
    assert sorted(numbers[:2]) in ([[], ["a-2.csv"]], [[], ["b-2.csv"]])
    assert numbers[2] == ["c-3.csv"]
    assert len(list((command.folder / "out").glob("*.csv"))) == 3


def test_figures_do_not_go_through_links(command: Command) -> None:
    write(command, "import matplotlib.pyplot as plt\nplt.plot([1])")
    mine = command.folder / "mine.png"
    mine.write_bytes(b"mine")
    (command.folder / "figure-1.png").symlink_to(mine)
    done = command.here("exec", "code.py", "--out", ".", "--json")
    assert done.json["renamed"] == {"figure-1.png": "figure-1-2.png"}
    assert mine.read_bytes() == b"mine"


ASCII = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("environ", ASCII, ids=" ".join)
def test_a_terminal_without_unicode(command: Command, environ: dict[str, str]) -> None:
    write(command, "word = '🎉 é'\nprint(word)")
    done = command("exec", "code.py", **environ)
    assert done.code == 0
    assert done.out in ("🎉 é\n", "\\U0001f389 \\xe9\n")


def test_json_in_a_locale_without_unicode(command: Command) -> None:
    write(command, "word = '🎉 é'\nprint(word)\nhalf = '\\ud800'")
    output = command("exec", "code.py", "--json", "--out", "out", **ASCII[-1])
    assert output.code == 0
    assert output.json["stdout"] == "🎉 é\n"
    assert output.json["variables"]["word"]["value"] == "🎉 é"
    assert output.json["variables"]["half"]["value"] == "\ud800"


def test_a_byte_order_mark_is_no_syntax_error(command: Command) -> None:
    (command.folder / "code.py").write_bytes(b"\xef\xbb\xbfprint('read')\n")
    done = command.here("exec", "code.py")
    assert (done.code, done.out) == (0, "read\n")


def test_what_was_assumed_about_a_file_is_said_and_can_be_overridden(command: Command) -> None:
    write(
        command, "zips = t['plz'].tolist()\nnames = t['name'].tolist()\ntotal = t['betrag'].sum()"
    )
    content = "plz;name;betrag\n01067;Müller;1.234,50\n10115;Jäger;7,5\n"
    (command.folder / "t.csv").write_bytes(content.encode("cp1252"))
    done = command.here("exec", "code.py", "--var", "t=t.csv", "--json")
    note = "t.csv: read as cp1252, separator ';', decimal ','"
    assert (done.code, done.err, done.json["notes"]) == (0, f"{note}\n", [note])
    values = {name: found["value"] for name, found in done.json["variables"].items()}
    assert values["zips"] == ["01067", "10115"]
    assert values["names"] == ["Müller", "Jäger"]
    assert values["total"] == 1242.0
    options = ("--encoding", "cp437", "--sep", ";", "--decimal", ",")
    done = command.here("exec", "code.py", "--var", "t=t.csv", "--json", *options)
    assert (done.code, done.err, done.json["notes"]) == (0, "", [])
    assert done.json["variables"]["names"]["value"] == ["Mⁿller", "JΣger"]


def test_a_program_from_stdin(command: Command) -> None:
    write(command, "x = 'é'\nprint(len(x))\n")
    with open(command.folder / "code.py", "rb") as program:
        args = ["exec", "-", "--return", "x"]
        done = finished(
            command.start_with(args, {}, program.fileno(), subprocess.PIPE, subprocess.PIPE)
        )
    assert done.code == 0, done.err
    assert done.out.startswith("1\n")
    assert "é" in done.out


def test_bytes_from_stdin_that_are_no_text(command: Command) -> None:
    (command.folder / "code").write_bytes(b"x = '\xff'")
    with open(command.folder / "code", "rb") as program:
        pipes = subprocess.PIPE, subprocess.PIPE
        done = finished(command.start_with(["exec", "-"], {}, program.fileno(), *pipes))
    assert done.code == 2
    assert "not UTF-8" in done.err
