"""The log file: private, rotated, shared by processes, and free of keys."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent.config.log import LOGGERS, PrivateRotatingFileHandler, configure_log
from graph_agent.errors import SettingsError

OWN_KEY = "my-very-own-provider-key"

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")


def our_handlers(name: str) -> list[logging.Handler]:
    return [
        h for h in logging.getLogger(name).handlers if isinstance(h, PrivateRotatingFileHandler)
    ]


def log_files(folder: Path) -> list[str]:
    """List the log's files, without the lock that its writers share."""
    return sorted(path.name for path in folder.glob("codegen_agent.log*"))


@pytest.fixture(autouse=True)
def _clean_loggers() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    for name, level in before.items():
        for handler in our_handlers(name):
            logging.getLogger(name).removeHandler(handler)
            handler.close()
        logging.getLogger(name).setLevel(level)


def test_writes_our_loggers_and_no_others(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    assert path == tmp_path / "log" / "codegen_agent.log"
    for name in (*LOGGERS, "graph_agent.workflow", "another.package"):
        logging.getLogger(name).info("from %s", name)
    logging.getLogger("sandbox").debug("too fine")
    lines = path.read_text().splitlines()
    assert [line.rpartition("from ")[2] for line in lines] == [*LOGGERS, "graph_agent.workflow"]
    assert f"INFO {os.getpid()} graph_agent from graph_agent" in lines[0]
    assert not any(isinstance(h, PrivateRotatingFileHandler) for h in logging.getLogger().handlers)
    assert all(logging.getLogger(name).propagate for name in LOGGERS)


def test_second_call_adds_no_handler_but_level_and_secrets(tmp_path: Path) -> None:
    configure_log(tmp_path, "WARNING", ())
    path = configure_log(tmp_path, logging.DEBUG, [OWN_KEY])
    assert all(len(our_handlers(name)) == 1 for name in LOGGERS)
    logging.getLogger("sandbox").debug("key %s", OWN_KEY)
    assert path.read_text().endswith("key [redacted]\n")


def test_another_folder_moves_the_log_and_keeps_the_secrets(tmp_path: Path) -> None:
    first = configure_log(tmp_path / "a", "INFO", [OWN_KEY])
    second = configure_log(tmp_path / "b", "INFO", ())
    logging.getLogger("nodes").info("key %s", OWN_KEY)
    assert first.read_text() == ""
    assert "key [redacted]" in second.read_text()
    assert len(our_handlers("nodes")) == 1


@posix
def test_files_and_folders_are_the_users_own(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "log").mkdir(parents=True)
    (state / "log" / "codegen_agent.log").touch(mode=0o644)
    path = configure_log(state, "INFO", ())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    new = configure_log(tmp_path / "new", "INFO", ())
    logging.getLogger("nodes").info("one line")
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (new.parent.parent, new.parent)]
    assert modes == [0o700, 0o700]
    assert {stat.S_IMODE(p.stat().st_mode) for p in new.parent.iterdir()} == {0o600}


def test_rotates_and_keeps_five_files(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    for _ in range(70):
        logging.getLogger("nodes").info("%s", "x" * 100_000)
    assert log_files(path.parent) == [path.name, *(f"{path.name}.{n}" for n in (1, 2, 3, 4))]
    files = list(path.parent.glob("codegen_agent.log*"))
    assert all(file.stat().st_size <= 1_100_000 for file in files)  # the limit and one record
    if sys.platform != "win32":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


@posix
def test_follows_a_rotation_by_another_process(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    logging.getLogger("nodes").info("before")
    path.rename(path.with_name("codegen_agent.log.1"))
    path.write_text("theirs\n")
    logging.getLogger("nodes").info("after")
    lines = path.read_text().splitlines()
    assert lines[0] == "theirs"
    assert lines[1].endswith("after")


def test_several_processes_lose_no_line(tmp_path: Path) -> None:
    code = (
        "import logging, sys\n"
        "from pathlib import Path\n"
        "from graph_agent.config.log import configure_log\n"
        "configure_log(Path(sys.argv[1]), 'INFO')\n"
        "for number in range(300):\n"
        "    logging.getLogger('nodes').info('%s-%d %s', sys.argv[2], number, 'x' * 3_000)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(writer)])
        for writer in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    folder = tmp_path / "log"
    lines = [
        line for path in folder.glob("codegen_agent.log*") for line in path.read_text().splitlines()
    ]
    assert len(log_files(folder)) == 3
    assert sorted(line.split()[5] for line in lines) == sorted(
        f"{writer}-{number}" for writer in range(3) for number in range(300)
    )
    assert {line.split()[6] for line in lines} == {"x" * 3_000}


@pytest.mark.parametrize("configured_again", [True, False])
def test_survives_a_removed_folder(
    tmp_path: Path, configured_again: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path = configure_log(tmp_path / "state", "INFO", ())
    logging.getLogger("nodes").info("before")
    shutil.rmtree(tmp_path / "state")
    if configured_again:
        configure_log(tmp_path / "state", "INFO", ())
    for text in ("first", "second"):
        logging.getLogger("nodes").info(text)
    assert [line.split()[-1] for line in path.read_text().splitlines()] == ["first", "second"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert capsys.readouterr().err == ""  # where logging reports its own errors


def test_text_that_utf8_cannot_encode_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = configure_log(tmp_path, "INFO", ())
    # Pytest's workers can't send a report with such text, so pytest must not capture it.
    monkeypatch.setattr(logging.getLogger("nodes"), "propagate", False)
    logging.getLogger("nodes").info("name %s", "a\ud800b")
    assert path.read_text(encoding="utf-8").endswith("name a?b\n")


def test_a_log_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot write the log .*set CODEGEN_AGENT_STATE"):
        configure_log(tmp_path / "file", "INFO", ())
    assert our_handlers("nodes") == []


def test_an_unknown_level_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'LOUD' is unknown"):
        configure_log(tmp_path, "LOUD", ())
    assert not (tmp_path / "log").exists()
