"""Entry point of the container: ``python -P -m _codegen_agent_runner``."""

from .supervisor import main

if __name__ == "__main__":
    raise SystemExit(main())
