"""What pages are put together from: cards, charts, tables, logs."""
