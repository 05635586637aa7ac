"""A page for the dashboard of Logos: what each backtest paid in fees."""
