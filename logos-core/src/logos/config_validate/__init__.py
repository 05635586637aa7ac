"""A door to the config validator: ``python -m logos.config_validate CONFIG``."""
