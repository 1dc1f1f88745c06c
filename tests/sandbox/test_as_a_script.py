"""Code that relies on what a script or a notebook has: a file, exit functions, processes, ``;``."""

from __future__ import annotations

import pytest

from sandbox import DockerSandbox

pytestmark = pytest.mark.docker


def test_exit_functions_run(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        "import atexit, logging, logging.handlers, sys\n"
        "atexit.register(print, 'bye')\n"
        "def fail(): raise ValueError('late')\n"
        "atexit.register(fail)\n"
        "buffer = logging.handlers.MemoryHandler(100, target=logging.StreamHandler(sys.stdout))\n"
        "logging.getLogger('x').addHandler(buffer)\n"
        "logging.getLogger('x').warning('kept')\n"
        "n = 1"
    )
    assert run.ok, run
    assert run.variables["n"] == 1
    assert sorted(run.stdout.split()) == ["bye", "kept"]
    assert "ValueError: late" in run.stderr
    assert "_codegen_agent_runner" not in run.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_child_processes_find_the_codes_functions(sandbox: DockerSandbox, method: str) -> None:
    run = sandbox.run(
        "import multiprocessing\n"
        "def double(n):\n    return 2 * n\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context({method!r}).Pool(2) as pool:\n"
        "        doubled = pool.map(double, [1, 2, 3])\n"
    )
    assert run.ok, run
    assert run.variables["doubled"] == [2, 4, 6]


def test_a_child_process_left_running_does_not_delay_the_end(
    sandbox: DockerSandbox,
) -> None:
    run = sandbox.run(
        "import multiprocessing, time\n"
        "child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(300,))\n"
        "child.start()\nn = 1"
    )
    assert run.ok, run
    assert run.duration_s < 60


def test_the_source_can_be_read(sandbox: DockerSandbox) -> None:
    run = sandbox.run(
        "import inspect, os\n"
        "class Thing:\n    size = 1\n"
        "def make():\n    return Thing()\n"
        "sources = [inspect.getsource(Thing), inspect.getsource(make)]\n"
        "name = os.path.basename(__file__)\nhere = os.listdir('.')"
    )
    assert run.variables["sources"] == [
        "class Thing:\n    size = 1\n",
        "def make():\n    return Thing()\n",
    ]
    assert run.variables["name"] == "generated_code.py"
    assert run.variables["here"] == []


@pytest.mark.parametrize("odd", ["\x0c", "\u2028", "\x1c"])
def test_a_traceback_quotes_the_right_line(sandbox: DockerSandbox, odd: str) -> None:
    run = sandbox.run(f"a = 'one{odd}two' if True else None  # {odd}\nb = 2\nraise ValueError(b)")
    assert run.error is not None
    assert run.error.line == 3
    assert "raise ValueError(b)" in run.error.traceback


def test_source_as_in_a_file_or_a_notebook(sandbox: DockerSandbox) -> None:
    assert sandbox.run("\ufeffx = 1\nx").display == 1
    assert sandbox.run("x = 1\r\nx\r\n").display == 1
    assert sandbox.run("x = 1\nx;").display is None
    assert sandbox.run("x = 'é'\nx ;  # not shown").display is None
    assert sandbox.run("x = 'a;b'\nx  # shown; as it is").display == "a;b"


def test_output_arrives_in_whole_characters(sandbox: DockerSandbox) -> None:
    heard: list[str] = []
    run = sandbox.run(
        "print('x' + 'é' * 100_000)\nimport sys\nsys.stdout.buffer.write(b'\\xc3')",
        on_output=lambda _, text: heard.append(text),
    )
    assert "".join(heard) == run.stdout
    assert run.stdout == "x" + "é" * 100_000 + "\n\ufffd"
