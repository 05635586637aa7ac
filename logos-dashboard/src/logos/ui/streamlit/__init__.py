"""The read-only dashboard: it shows what sessions and backtests have written, and changes nothing."""
