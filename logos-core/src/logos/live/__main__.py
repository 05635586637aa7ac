"""``python -m logos.live trade …``: a door to the command line."""

from logos.cli.app import main

if __name__ == "__main__":
    main()
