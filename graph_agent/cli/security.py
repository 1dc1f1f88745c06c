"""``doctor --security``: prove each guarantee of the sandbox with real containers."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict

import typer

from graph_agent.cli.exits import Exit, print_json, say
from graph_agent.config.settings import load_settings
from graph_agent.from_settings import policy_from
from sandbox.security.proofs import Proof, prove
from sandbox.terminal_text import escape_control_chars


def prove_security(as_json: bool) -> None:
    """Print a line for each guarantee; exit 0 if none failed, else 3."""
    settings, started = load_settings(), time.monotonic()
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    proofs = []
    for proof in prove(policy_from(settings), [settings.state_dir]):
        proofs.append(proof)
        if not as_json:
            say(line_of(proof))
    failed = [proof for proof in proofs if proof.status == "failed"]
    duration_s = round(time.monotonic() - started, 1)
    counts = Counter(proof.status for proof in proofs)
    summary = ", ".join(f"{counts[status]} {status}" for status in ("held", "absent", "failed"))
    if as_json:
        shown = [asdict(proof) for proof in proofs]
        print_json({"ok": not failed, "duration_s": duration_s, "proofs": shown})
    else:
        say(f"{summary}, in {duration_s:.0f} s")
    for proof in failed:
        typer.echo(f"codegen-agent: {line_of(proof)}", err=True)
    raise typer.Exit(int(Exit.ENVIRONMENT if failed else Exit.SOLVED))


def line_of(proof: Proof) -> str:
    """Show a proof on one line: its status, CIS number, name, guarantee and evidence."""
    line = (
        f"{proof.status:6}  {proof.cis or '-':5} {proof.id}: {proof.guarantee} ({proof.evidence})"
    )
    return " ".join(escape_control_chars(line).splitlines())
