"""Portfolios: risk models, allocators, constraints, the optimiser, the cost-aware position manager and the backtest."""
