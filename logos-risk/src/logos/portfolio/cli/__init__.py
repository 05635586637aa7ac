"""``logos portfolio``."""
