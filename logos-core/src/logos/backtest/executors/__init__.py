"""Executors: where the jobs of sweeps and walk-forwards run."""
