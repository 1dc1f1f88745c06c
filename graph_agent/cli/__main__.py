"""``python -m graph_agent.cli``."""

from graph_agent.cli import command

if __name__ == "__main__":
    command()
