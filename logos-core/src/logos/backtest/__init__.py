"""Backtests and sweeps: the session on recorded bars, at two more speeds, and what came of it."""
