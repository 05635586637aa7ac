"""The tear sheet of a backtest: one HTML file, made from the run's folder alone, that needs nothing besides itself."""
