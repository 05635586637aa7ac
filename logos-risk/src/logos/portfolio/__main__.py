"""``python -m logos.portfolio backtest …``: a door to ``logos portfolio``."""

from logos.cli.app import main

if __name__ == "__main__":
    main("portfolio")
