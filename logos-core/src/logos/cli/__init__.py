"""The command line: one program, ``logos``."""
