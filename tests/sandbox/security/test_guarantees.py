"""All guarantees together, and the folders on this side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sandbox.security.guarantees import GUARANTEES, check_all, private_folder
from sandbox.security.seen import Seen


def test_each_has_an_id_of_its_own_and_they_come_in_the_benchmarks_order() -> None:
    assert len({guarantee.id for guarantee in GUARANTEES}) == len(GUARANTEES) > 25
    numbers = [
        tuple(map(int, guarantee.cis.split("."))) for guarantee in GUARANTEES if guarantee.cis
    ]
    assert numbers == sorted(numbers)
    assert GUARANTEES[-1].cis == ""


def test_a_container_that_was_not_seen_has_failed_everything(seen: Seen) -> None:
    blind = replace(seen, inside={}, outside={}, engine={})
    assert {status for _, (status, _) in check_all(blind)} == {"failed"}


def test_a_fact_that_is_an_errors_text_has_failed(seen: Seen) -> None:
    odd = replace(seen, inside={**seen.inside, "status": "OSError: no"})
    results = {guarantee.id: found for guarantee, (found, _) in check_all(odd)}
    assert results["capabilities"] == results["new-privileges"] == "failed"
    assert results["network"] == "held"


def test_a_folder_is_private_only_with_mode_700(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert private_folder(folder)[0] == "held"
    folder.mkdir(mode=0o700)
    assert private_folder(folder)[0] == "held"
    for mode in (0o755, 0o710, 0o701):
        folder.chmod(mode)
        assert private_folder(folder)[0] == "failed"
