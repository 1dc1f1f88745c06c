"""What the worker prepares, in a process of its own: it replaces streams and folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def run(code: str, scratch: Path) -> str:
    script = f"import os, sys\nfrom sandbox.runner import preparation\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert not done.stderr, done.stderr
    return done.stdout


def test_text_printed_before_a_hard_exit_is_kept(tmp_path: Path) -> None:
    code = "preparation.replace_standard_streams()\nprint('kept', end='')\nos._exit(0)"
    assert run(code, tmp_path) == "kept"


def test_code_works_in_an_empty_folder(tmp_path: Path) -> None:
    code = (
        "preparation.prepare_scratch()\nprint(os.getcwd(), os.listdir(), os.environ['MPLBACKEND'])"
    )
    assert run(code, tmp_path) == f"{tmp_path / 'work'} [] agg\n"


def test_modules_are_imported_and_missing_ones_ignored(tmp_path: Path) -> None:
    code = (
        "job, _ = os.pipe()\n"
        "preparation.prepare(['no_such_module', 'xml.sax'], job)\nprint('xml.sax' in sys.modules)"
    )
    assert run(code, tmp_path) == "True\n"


def test_nothing_is_imported_once_the_job_is_there(tmp_path: Path) -> None:
    code = (
        "job, host = os.pipe()\nos.write(host, b'a job')\n"
        "preparation.prepare(['xml.sax'], job)\nprint('xml.sax' in sys.modules, os.read(job, 9))"
    )
    assert run(code, tmp_path) == "False b'a job'\n"


def test_trying_the_encoders_out_prints_nothing(tmp_path: Path) -> None:
    code = "job, _ = os.pipe()\npreparation.prepare(['pandas'], job)\nprint('done')"
    assert run(code, tmp_path) == "done\n"
