"""``python -m logos.portfolio backtest …``: a door to ``logos portfolio``."""

import sys

from logos.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["portfolio", *sys.argv[1:]]))
