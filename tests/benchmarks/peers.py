"""Other projects' Docker sandboxes on the same trivial code, each kept open and reused."""

from __future__ import annotations

import contextlib
import json
import selectors
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.measuring import Contender, Findings, Row, Scale, faster, interleaved
from tests.benchmarks.peer_environment import PeerError, environment, image_with_jupyter
from tests.benchmarks.prepared import PreparedSandbox, expect
from tests.benchmarks.sandbox_latency import SMALL

SCRIPTS = Path(__file__).with_name("peers")
ANSWER_WITHIN_S = 180


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to use another project: its requirement and the script that runs it."""

    name: str
    requirement: str
    script: str


PEERS = (
    Peer("llm-sandbox, open session", "llm-sandbox[docker]==0.3.46", "llm_sandbox_session.py"),
    Peer("llm-sandbox, its pool", "llm-sandbox[docker]==0.3.46", "llm_sandbox_pool.py"),
    Peer(
        "llm-sandbox, interactive (one process, state kept)",
        "llm-sandbox[docker]==0.3.46",
        "llm_sandbox_interactive.py",
    ),
    Peer(
        "smolagents DockerExecutor (one process, state kept)",
        "smolagents[docker]==1.26.0",
        "smolagents_docker.py",
    ),
    Peer(
        "AutoGen DockerCommandLineCodeExecutor", "autogen-ext[docker]==0.7.5", "autogen_docker.py"
    ),
)


def measure(scale: Scale) -> Findings:
    """Measure the peers that work here; the others are rows with the reason."""
    what = "trivial code, pandas and matplotlib imported: warm run"
    absent: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        contenders = _start_all(stack, scale, absent)
        sandbox = stack.enter_context(PreparedSandbox())

        def ours() -> float:
            run = sandbox.run(SMALL, returns=["total"])
            expect(run.execution.variables["total"] == 6)
            return run.seconds

        samples = interleaved({"ours": ours, **contenders}, scale.rounds, warm_up=not scale.quick)
    rows = [faster(what, samples, "ours", name) for name in contenders]
    rows += [Row(what, "", name, f"not run: {why}") for name, why in absent.items()]
    return Findings(rows, samples)


def _start_all(
    stack: contextlib.ExitStack, scale: Scale, absent: dict[str, str]
) -> dict[str, Contender]:
    contenders: dict[str, Contender] = {}
    for peer in PEERS:
        try:
            if scale.peers_folder is None:
                raise PeerError("left out by --no-peers")
            install = not scale.quick
            python = environment(scale.peers_folder, peer.requirement, install=install)
            image = stack.enter_context(image_with_jupyter(install=install))
            command = [str(python), "-B", str(SCRIPTS / peer.script), image]
            contenders[peer.name] = stack.enter_context(process(command))
        except PeerError as error:
            absent[peer.name] = str(error)
    return contenders


@contextlib.contextmanager
def process(command: list[str]) -> Iterator[Contender]:
    """Keep a peer's script running; the contender makes it run the trivial code.

    Raises:
        PeerError: it doesn't start.
    """
    with (
        tempfile.TemporaryFile("w+") as stderr,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as running,
    ):
        try:
            answer(running, stderr)

            def contender() -> float:
                assert running.stdin
                running.stdin.write(json.dumps({"code": SMALL}) + "\n")
                running.stdin.flush()
                answered = answer(running, stderr)
                expect(str(answered["printed"]).strip() == "6")
                return float(str(answered["seconds"]))

            yield contender
        finally:
            assert running.stdin
            running.stdin.close()  # it removes its containers and exits
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(ANSWER_WITHIN_S)
            running.kill()


def answer(running: subprocess.Popen[str], stderr: tempfile._TemporaryFileWrapper[str]) -> object:
    """Read a script's next answer.

    Raises:
        PeerError: it exited, or didn't answer within three minutes.
    """
    assert running.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(running.stdout, selectors.EVENT_READ)
        line = running.stdout.readline() if selector.select(ANSWER_WITHIN_S) else ""
    if line:
        return json.loads(line)
    stderr.seek(0)
    last = stderr.read().strip().splitlines()[-1:] or ["no output"]
    raise PeerError(last[0][-300:])
