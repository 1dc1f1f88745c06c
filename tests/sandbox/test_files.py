"""Files that the code leaves come back from a real container."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from sandbox import DockerSandbox, SandboxPolicy

pytestmark = pytest.mark.docker


def test_a_workbook_comes_back(sandbox: DockerSandbox) -> None:
    code = (
        "import os\nimport matplotlib.pyplot as plt\nos.makedirs('tables')\n"
        "df.to_excel('clean.xlsx', index=False)\ndf.to_csv('tables/a.csv', index=False)\n"
        "plt.plot([1])\nplt.savefig('plot.png')"
    )
    run = sandbox.run(code, {"df": pd.DataFrame({"a": [1, 2]})})
    assert run.outcome == "ok"
    assert set(run.files) == {"clean.xlsx", "tables/a.csv", "plot.png"}
    assert pd.read_excel(io.BytesIO(run.files["clean.xlsx"])).a.tolist() == [1, 2]
    assert run.files["tables/a.csv"] == b"a\n1\n2\n"
    assert run.files["plot.png"].startswith(b"\x89PNG")
    assert not run.withheld
    with pytest.raises(TypeError):
        run.files["x"] = b""  # type: ignore[index]


def test_files_outside_the_working_folder_come_back_too(sandbox: DockerSandbox) -> None:
    code = (
        "import os, pathlib\nopen('/tmp/a.csv', 'w').write('a')\n"
        "(pathlib.Path.home() / 'b.csv').write_text('b')\nos.makedirs('/tmp/out/deep')\n"
        "os.chdir('/tmp/out')\nopen('deep/c.csv', 'w').write('c')\nopen('d.csv', 'w').write('d')\n"
        "os.makedirs('/dev/shm/work')\nopen('/dev/shm/work/e.csv', 'w').write('e')\n"
        "open('/dev/shm/f.csv', 'w').write('f')"
    )
    run = sandbox.run(code)
    assert dict(run.files) == {
        "a.csv": b"a",
        "b.csv": b"b",
        "work/e.csv": b"e",
        "f.csv": b"f",
        "out/d.csv": b"d",
        "out/deep/c.csv": b"c",
    }
    assert not run.withheld


ELSEWHERE = ["/home", "/mnt/data", "/var/tmp", "/root", "/", "/run", "/dev", "/opt"]
ELSEWHERE += ["/proc/self", "/run/lock", "/srv", "/media"]


def test_elsewhere_nothing_can_be_saved_so_nothing_is_lost_silently(
    sandbox: DockerSandbox,
) -> None:
    code = (
        "errors = {}\nfor folder in folders:\n    try:\n"
        "        open(f'{folder}/x.csv', 'w').write('x')\n"
        "    except OSError as error:\n        errors[folder] = type(error).__name__"
    )
    errors = sandbox.run(code, {"folders": ELSEWHERE}).variables["errors"]
    assert list(errors) == ELSEWHERE
    assert set(errors.values()) <= {"OSError", "FileNotFoundError", "PermissionError"}


def test_no_library_leaves_files_of_its_own(sandbox: DockerSandbox) -> None:
    code = (
        "import matplotlib.pyplot as plt, seaborn, scipy, plotly.express as px, tempfile\n"
        "from multiprocessing import Lock, shared_memory\nlock = Lock()\n"
        "shared_memory.SharedMemory(create=True, size=8)\n"
        "tempfile.TemporaryFile().write(b'x')\nplt.plot([1])\npx.line([1, 2])"
    )
    run = sandbox.run(code)
    assert run.outcome == "ok", run
    assert not run.files
    assert not [name for name, reason in run.withheld.items() if reason.startswith("file: ")]


def test_a_temporary_file_is_named_instead_of_lost(sandbox: DockerSandbox) -> None:
    code = "import tempfile\nwith tempfile.NamedTemporaryFile(delete=False) as f: f.write(b'x')"
    run = sandbox.run(f"{code}\npath = f.name; del f")
    name = run.variables["path"].removeprefix("/tmp/")
    assert name in run.withheld
    assert not run.files


def test_a_given_file_is_not_returned_but_one_beside_it_is(
    sandbox: DockerSandbox, tmp_path: Path
) -> None:
    given = tmp_path / "raw.csv"
    given.write_bytes(b"a\n1\n")
    run = sandbox.run("path.with_name('clean.csv').write_text(path.read_text())", {"path": given})
    assert dict(run.files) == {"clean.csv": b"a\n1\n"}


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ("1 / 0", "error"),
        ("import os; os._exit(3)", "crashed"),
        ("import time; time.sleep(60)", "timeout"),
        ("while True: print('x' * 1000)", "output_limit"),
        ("x = bytearray(1 << 30)", "out_of_memory"),
    ],
)
def test_files_survive_a_bad_end(ending: str, outcome: str) -> None:
    with DockerSandbox(SandboxPolicy(timeout_s=6, memory="384m")) as sandbox:
        run = sandbox.run(f"open('a.txt', 'w').write('hi')\n{ending}")
    assert (run.outcome, dict(run.files)) == (outcome, {"a.txt": b"hi"})


def test_limits_and_links() -> None:
    code = (
        "import os\nos.symlink('/etc/passwd', 'link')\nopen('big', 'wb').write(bytes(2000))\n"
        "for n in range(4): open(f'f{n}', 'w').write('x')\n"
    )
    policy = SandboxPolicy(timeout_s=30, memory="512m", max_files=3, max_files_bytes="1k")
    with DockerSandbox(policy) as sandbox:
        run = sandbox.run(code)
    assert set(run.files) == {"f0", "f1", "f2"}
    assert set(run.withheld) == {"link", "big", "f3"}
    assert all(reason.startswith("file: ") for reason in run.withheld.values())
