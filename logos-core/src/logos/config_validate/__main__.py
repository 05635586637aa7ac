"""``python -m logos.config_validate CONFIG``: a door to ``logos config check``."""

import sys

from logos.cli.app import run

if __name__ == "__main__":
    sys.exit(run(["config", "check", *sys.argv[1:]]))
