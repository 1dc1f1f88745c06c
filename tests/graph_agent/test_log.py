"""The log file: private, rotated, and free of keys and data."""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_agent.errors import SettingsError
from graph_agent.log import LOGGERS, PrivateRotatingFileHandler, configure_log
from graph_agent.log_format import PrivateFormatter

CANARY = "canary-4711-private-value"
OWN_KEY = "my-very-own-provider-key"

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")


def our_handlers(name: str) -> list[logging.Handler]:
    return [
        h for h in logging.getLogger(name).handlers if isinstance(h, PrivateRotatingFileHandler)
    ]


@pytest.fixture(autouse=True)
def _clean_loggers() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    for name, level in before.items():
        for handler in our_handlers(name):
            logging.getLogger(name).removeHandler(handler)
            handler.close()
        logging.getLogger(name).setLevel(level)


def fail_with_data() -> None:
    secret_row = {"name": CANARY}
    raise KeyError(secret_row["name"])


def logged(tmp_path: Path, *args: object, secrets: tuple[str, ...] = (), **kwargs: object) -> str:
    """Log one error through the real handler and return what the file then holds."""
    path = configure_log(tmp_path, "DEBUG", secrets)
    logging.getLogger("nodes.execute").error(*args, **kwargs)  # type: ignore[arg-type]  # any call
    return path.read_text(encoding="utf-8")


def test_writes_our_loggers_and_no_others(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    assert path == tmp_path / "log" / "codegen_agent.log"
    for name in (*LOGGERS, "graph_agent.workflow", "somebody.else"):
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
    fresh = configure_log(tmp_path / "fresh", "INFO", ())
    modes = [stat.S_IMODE(p.stat().st_mode) for p in (fresh.parent.parent, fresh.parent, fresh)]
    assert modes == [0o700, 0o700, 0o600]


def test_rotates_and_keeps_five_files(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    for _ in range(70):
        logging.getLogger("nodes").info("%s", "x" * 100_000)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [path.name, *(f"{path.name}.{n}" for n in (1, 2, 3, 4))]
    assert all(file.stat().st_size <= 1_000_000 for file in files)
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


@pytest.mark.parametrize(
    "secret",
    [
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "AQ.Ab8RN6IabcdefghijklmnopqrstuvwxyzAA",
        "sk-proj-abcdefghijklmnop0123456789",
        "sk-ant-api03-abcdefghijklmnop_0123456789",
        "lsv2_pt_0123456789abcdef0123456789abcdef",
        "hf_abcdefghijklmnopqrstuvwx",
        OWN_KEY,
    ],
)
def test_keys_are_redacted_wherever_they_stand(tmp_path: Path, secret: str) -> None:
    text = logged(tmp_path, "calling with key=%s and " + secret, secret, secrets=(OWN_KEY,))
    assert secret not in text
    assert text.count("[redacted]") == 2


def test_credentials_are_redacted_by_what_stands_before_them(tmp_path: Path) -> None:
    message = "GET http://h/v1?key=abc123&alt=sse Authorization: Bearer tok.en db pg://me:pw@h/db"
    text = logged(tmp_path, message)
    assert "key=[redacted]&alt=sse" in text
    assert "Bearer [redacted] db" in text
    assert "pg://me:[redacted]@h/db" in text


def test_redaction_takes_linear_time() -> None:
    record = logging.LogRecord("nodes", 40, __file__, 1, "x" * 2_000_000, (), None)
    started_s = time.perf_counter()
    PrivateFormatter().format(record)
    assert time.perf_counter() - started_s < 5  # quadratic: hours


def test_ordinary_words_stay(tmp_path: Path) -> None:
    message = "task-with-a-rather-long-hyphenated-name risk-adjusted-returns-of-1990 a: b"
    assert message in logged(tmp_path, message, secrets=("a", "b", ""))


def test_tracebacks_hold_types_and_frames_only(tmp_path: Path) -> None:
    path = configure_log(tmp_path, "INFO", ())
    try:
        try:
            fail_with_data()
        except KeyError as exc:
            raise ValueError(f"bad row {CANARY}") from exc
    except ValueError:
        logging.getLogger("nodes").exception("attempt %d failed", 2)
    text = path.read_text()
    assert CANARY not in text
    assert "attempt 2 failed\n  builtins.ValueError\n" in text
    assert "  caused by builtins.KeyError\n" in text
    assert f"{__file__}:" in text
    assert text.rstrip().endswith("fail_with_data")
    assert "secret_row" not in text


def test_a_cached_traceback_of_another_handler_is_not_taken_over() -> None:
    try:
        fail_with_data()
    except KeyError:
        record = logging.LogRecord("nodes", 40, __file__, 1, "failed", (), sys.exc_info())
    assert CANARY in logging.Formatter().format(record)
    kept = record.exc_text
    assert CANARY not in PrivateFormatter().format(record)
    assert record.exc_text == kept


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("failed: %s", ValueError(CANARY)), "failed: <builtins.ValueError>"),
        (("frame %r", {"column": CANARY}), "frame '<builtins.dict>'"),
        (("frame %(a)s", {"a": [[CANARY]]}), "frame <builtins.list>"),
        (("row %s of %d", [[CANARY]], 3), "row <builtins.list> of 3"),
        ((ValueError(CANARY),), "<builtins.ValueError>"),
    ],
)
def test_arguments_that_may_hold_data_are_shown_by_type(
    tmp_path: Path, args: tuple[object, ...], expected: str
) -> None:
    text = logged(tmp_path, *args)
    assert CANARY not in text
    assert text.rstrip().endswith(expected)


def test_a_format_that_does_not_fit_its_arguments_is_written_bare() -> None:
    record = logging.LogRecord("nodes", 40, __file__, 1, "%d rows", (ValueError(CANARY),), None)
    assert PrivateFormatter().format(record).endswith(" nodes %d rows")


def test_names_numbers_shapes_and_paths_are_written(tmp_path: Path) -> None:
    text = logged(tmp_path, "%s %s %d %.1f %s", "tips", (244, 7), 3, 0.5, Path("/x/y"))
    assert "tips (244, 7) 3 0.5 /x/y" in text.replace("\\", "/")


def test_a_log_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"cannot write the log .*set CODEGEN_AGENT_STATE"):
        configure_log(tmp_path / "file", "INFO", ())
    assert our_handlers("nodes") == []


def test_an_unknown_level_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'LOUD' is unknown"):
        configure_log(tmp_path, "LOUD", ())
    assert not (tmp_path / "log").exists()
