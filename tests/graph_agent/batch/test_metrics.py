"""The metrics' file, read as Prometheus does."""

from __future__ import annotations

import builtins
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from graph_agent.batch.metrics import MetricsFile
from graph_agent.batch.totals import Totals
from graph_agent.errors import OutputError, RequestError
from tests.graph_agent.batch.test_totals import FOUND

NAME = "codegen_agent_batch_"


def samples(path: Path) -> dict[str, float]:
    """Read a file of metrics: name and label to value."""
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {
        "/".join([sample.name.removeprefix(NAME), *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_the_file_says(tmp_path: Path) -> None:
    path, totals = tmp_path / "batch.prom", Totals(7)
    metrics = MetricsFile(path, totals)
    assert samples(path)["requests/open"] == 7
    for found in FOUND:
        totals.add(found)
    metrics.update()
    found_samples = samples(path)
    assert found_samples.pop("written_timestamp_seconds") > 1e9
    assert found_samples == {
        "requests/solved": 2, "requests/not_solved": 1, "requests/open": 2,
        "requests/environment": 1, "requests/input": 0, "requests/waiting": 1,
        "executions_total/ok": 1, "executions_total/error": 1, "executions_total/not run": 1,
        "tokens_total/input": 11, "tokens_total/output": 6, "attempts_total": 4,
        "model_calls_total": 3, "work_seconds_total": 1.5, "cost_total": 0.75,
    }  # fmt: skip


def test_no_half_of_the_file_is_ever_there(tmp_path: Path) -> None:
    path, end = tmp_path / "batch.prom", threading.Event()
    metrics = MetricsFile(path, Totals(1))

    def write() -> None:
        while not end.is_set():
            metrics.update()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            assert samples(path)["requests/open"] == 1
    finally:
        end.set()
        writer.join()
    assert [each.name for each in tmp_path.iterdir()] == ["batch.prom"]


def test_a_file_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RequestError, match="name another file"):
        MetricsFile(tmp_path / "none" / "batch.prom", Totals(1))
    folder = tmp_path / "there"
    folder.mkdir()
    metrics = MetricsFile(folder / "batch.prom", Totals(1))
    (folder / "batch.prom").unlink()
    folder.rmdir()
    with caplog.at_level(logging.WARNING):
        metrics.update()
    assert "cannot write the metrics" in caplog.text


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("prometheus_client"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(OutputError, match=r"codegen-agent\[metrics\]"):
        MetricsFile(tmp_path / "batch.prom", Totals(1))
