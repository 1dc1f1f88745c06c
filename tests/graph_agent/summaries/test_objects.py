"""Other objects."""

from __future__ import annotations

import threading

from sklearn.linear_model import LogisticRegression

from tests.graph_agent.summaries.values import Point, Slotted, text


def test_objects_are_described_by_stored_attributes() -> None:
    summary = text(Point(), "schema")
    assert ".label: str of 10 characters" in summary
    assert ".weights: list of 1 item, all str" in summary
    assert "members: norm()" in summary
    assert ".label: str" in text(Slotted(), "schema")
    assert "lock" in text(threading.Lock(), "schema")


def test_estimators_say_whether_they_are_fitted() -> None:
    estimator = LogisticRegression(C=3.5)
    assert "not fitted" in text(estimator, "schema")
    assert "C=3.5" in text(estimator)
    assert "3.5" not in text(estimator, "stats")
    estimator.fit([[0.0], [1.0]], ["no", "yes"])
    assert "n_features_in_: 1" in text(estimator, "schema")
    assert "classes_: ['no', 'yes']" in text(estimator)
