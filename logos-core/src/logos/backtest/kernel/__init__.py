"""The kernel: a whole backtest of market orders as one compiled loop over columns, on the rules of the session."""
