"""``python -m logos.live trade …``: a door to the command line."""

import sys

from logos.cli.app import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
