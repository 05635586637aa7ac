"""``python -m logos.config_validate CONFIG``: a door to ``logos config check``."""

from logos.cli.app import main

if __name__ == "__main__":
    main("config", "check")
