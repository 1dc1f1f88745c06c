"""A batch's totals as a file of Prometheus metrics, for node_exporter's textfile collector."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph_agent.batch.totals import Totals
from graph_agent.errors import OutputError, RequestError

__all__ = ["MetricsFile"]

log = logging.getLogger(__name__)


class MetricsFile:
    """The file; the library replaces it as a whole, so that no half of it is ever read.

    Raises:
        OutputError: the library isn't installed.
        RequestError: the file can't be written.
    """

    def __init__(self, path: Path, totals: Totals) -> None:
        try:
            from prometheus_client import CollectorRegistry
        except ImportError as error:
            raise OutputError(
                "metrics need a package that isn't installed; run: pip install"
                " 'codegen-agent[metrics]'"
            ) from error
        self._path = path
        self._totals = totals
        self._registry = CollectorRegistry()
        self._registry.register(self)  # it calls collect()
        try:
            self._write()
        except OSError as error:
            raise RequestError(
                f"cannot write the metrics to {str(path)!r}: {error.strerror}; name another file"
            ) from error

    def update(self) -> None:
        """Write the file again; a failure is only logged."""
        try:
            self._write()
        except OSError as error:
            log.warning("cannot write the metrics to %s: %s", self._path, error)

    def _write(self) -> None:
        from prometheus_client import write_to_textfile

        write_to_textfile(str(self._path), self._registry)

    def collect(self) -> Iterator[Any]:
        """Yield the metrics, as the library asks for them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        totals, name = self._totals, "codegen_agent_batch_"
        states = {
            "solved": totals.solved,
            "not_solved": totals.not_solved,
            **{kind: totals.unfinished[kind] for kind in ("environment", "input", "waiting")},
            "open": totals.open,
        }
        requests = GaugeMetricFamily(name + "requests", "Requests by state.", labels=["state"])
        for state, count in states.items():
            requests.add_metric([state], count)
        yield requests
        ended = CounterMetricFamily(
            name + "executions",
            "Finished requests by their last program's end.",
            labels=["outcome"],
        )
        for outcome, count in totals.executions.items():
            ended.add_metric([outcome], count)
        yield ended
        tokens = CounterMetricFamily(
            name + "tokens", "Tokens of finished requests.", labels=["direction"]
        )
        tokens.add_metric(["input"], totals.input_tokens)
        tokens.add_metric(["output"], totals.output_tokens)
        yield tokens
        for what, value, help_ in (
            ("attempts", totals.attempts, "Attempts of finished requests."),
            ("model_calls", totals.calls, "Model calls of finished requests."),
            ("work_seconds", totals.seconds, "Seconds of work of finished requests."),
        ):
            yield CounterMetricFamily(name + what, help_, value)
        if totals.cost is not None:
            yield CounterMetricFamily(name + "cost", "Cost of finished requests.", totals.cost)
        yield GaugeMetricFamily(
            name + "written_timestamp_seconds", "When this file was written.", time.time()
        )
