"""The examples at the end of each ``--help``."""

from __future__ import annotations

START = (
    "codegen-agent doctor",
    'codegen-agent run "Average tip by day" --var tips=tips.csv',
    'codegen-agent run "Now by month" --after THREAD',
)
"""What a newcomer runs first, in order."""
EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": (
        'codegen-agent run "Average tip by day, and a bar chart" --var tips=tips.csv',
        'codegen-agent run "Which column holds the price?" --var t=t.xlsx --privacy schema',
        'codegen-agent run "Now by month" --after THREAD',
        'codegen-agent run "Is it seasonal?" --var s=sales.csv --return answer:bool --json',
    ),
    "resume": (
        "codegen-agent resume THREAD",
        "codegen-agent resume THREAD --yes",
        "codegen-agent resume THREAD --max-attempts 6",
    ),
    "fork": (
        "codegen-agent fork THREAD --model gemini-2.5-pro",
        'codegen-agent fork THREAD --attempt 2 --request "The same, by month"',
    ),
    "threads": ("codegen-agent threads", "codegen-agent threads --json"),
    "show": (
        "codegen-agent show THREAD",
        "codegen-agent show THREAD --html > report.html",
        "codegen-agent show THREAD --out DIR",
        "codegen-agent show THREAD --sent",
    ),
    "forget": ("codegen-agent forget THREAD", "codegen-agent forget --older-than 30d"),
    "exec": (
        "codegen-agent exec program.py --var tips=tips.csv",
        "codegen-agent exec program.py --return total --timeout 20 --memory 512m",
    ),
    "batch": (
        "codegen-agent batch requests.jsonl --out answers",
        "codegen-agent batch requests.jsonl --out answers --resume",
        "codegen-agent batch requests.jsonl --concurrency 8 --metrics /metrics/batch.prom",
    ),
    "mcp": (
        "codegen-agent mcp --folder ~/data",
        "CODEGEN_AGENT_MCP_TOKEN=… codegen-agent mcp --folder ~/data --http --port 8765",
    ),
    "doctor": ("codegen-agent doctor", "codegen-agent doctor --security"),
    "eval run": (
        "codegen-agent eval everyday --limit 20 --out first",
        "codegen-agent eval everyday --limit 20 --candidates 3 --out second",
        "codegen-agent eval databench FOLDER --model local --out measured",
        "codegen-agent eval databench FOLDER --model local --out measured --resume",
    ),
    "eval compare": ("codegen-agent eval compare first second",),
    "sandbox build": ("codegen-agent sandbox build", "codegen-agent sandbox build --force"),
    "sandbox gc": ("codegen-agent sandbox gc",),
    "variables gc": ("codegen-agent variables gc",),
    "variables verify": ("codegen-agent variables verify",),
    "env allow": ("codegen-agent env allow", "codegen-agent env allow ~/project"),
    "env deny": ("codegen-agent env deny ~/project",),
    "env status": ("codegen-agent env status",),
    "model list": ("codegen-agent model list",),
    "model fetch": ("codegen-agent model fetch", "codegen-agent model fetch local-small"),
}


def examples_of(command: str) -> str:
    """Return a command's examples as the epilog of its help."""
    return _listed("Examples:", EXAMPLES[command])


def how_to_start() -> str:
    """Return the first steps as the epilog of the whole command's help."""
    return _listed("To start:", START)


def _listed(heading: str, lines: tuple[str, ...]) -> str:
    # An empty line between two keeps each on its own.
    return "\n\n".join([heading, *lines])
