"""The books: what a quantity at a price is worth, FIFO lots, cash, profit and loss."""
