"""The portfolio backtest: a portfolio's config as a session's, run beside its benchmarks, with a report of its risk."""
