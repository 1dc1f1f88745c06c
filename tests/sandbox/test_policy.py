"""The limits of a run, and which limits are refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import PolicyError, SandboxPolicy


@pytest.mark.parametrize(
    "allowed", [("emoji",), ("Faker>=20", "numpy==2.*"), ("uvicorn[standard]~=0.30",), ()]
)
def test_names_with_or_without_versions_are_allowed(allowed: tuple[str, ...]) -> None:
    assert SandboxPolicy(allow_packages=allowed).allow_packages == allowed


def test_a_list_is_accepted_and_the_policy_is_hashable() -> None:
    given: Any = ["emoji"]
    policy = SandboxPolicy(allow_packages=given)
    assert policy.allow_packages == ("emoji",)
    assert hash(policy) == hash(SandboxPolicy(allow_packages=("emoji",)))


@pytest.mark.parametrize(
    "bad",
    [
        "emoji @ https://example.org/emoji.whl",
        "git+https://example.org/emoji.git",
        "./emoji.whl",
        "/tmp/emoji",
        "emoji; python_version > '3'",
        "--index-url=https://example.org",
        "-r requirements.txt",
        "emoji\n--pre",
        "emoji>",
        "",
        3,
    ],
)
def test_anything_but_a_name_is_refused(bad: Any) -> None:
    with pytest.raises(PolicyError, match="allow_packages takes names"):
        SandboxPolicy(allow_packages=("emoji", bad))


@pytest.mark.parametrize("bad", ["emoji", None, 3])
def test_a_single_name_is_not_a_sequence_of_names(bad: Any) -> None:
    with pytest.raises(PolicyError, match=r"such as \('emoji',\)"):
        SandboxPolicy(allow_packages=bad)


@pytest.mark.parametrize(
    "limit",
    [
        {"timeout_s": 0},
        {"timeout_s": float("inf")},
        {"timeout_s": float("nan")},
        {"timeout_s": 1e300},
        {"timeout_s": "5"},
        {"memory": "much"},
        {"memory": "1m"},
        {"memory": "9" * 400},
        {"memory": 10**30},
        {"memory": 2.5e9},
        {"pids": True},
        {"pids": 1.5},
        {"pids": 10**20},
        {"cpus": -1},
        {"cpus": "2"},
        {"cpus": 0.001},
        {"max_figures": 2.5},
        {"max_files": 0},
        {"max_files": 2.5},
        {"max_files_bytes": "some"},
        {"max_files_bytes": 0},
        {"max_variables": float("inf")},
        {"max_file": 1},
        {"scratch": "1"},
        {"max_result": 0},
        {"max_result": 1},
        {"pids": 1},
        {"runtime": ""},
        {"runtime": 5},
    ],
    ids=str,
)
def test_an_impossible_limit_is_refused(limit: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=next(iter(limit))):
        SandboxPolicy(**limit)


def test_sizes_are_powers_of_1024() -> None:
    assert SandboxPolicy(memory="1.5 GiB").memory_bytes == 3 << 29
    assert SandboxPolicy(max_output=7).max_output_bytes == 7
