"""Entry point: ``python -m sandbox.image``."""

import sys

from sandbox.image.command import run

if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
