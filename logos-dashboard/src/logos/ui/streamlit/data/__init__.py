"""Pure readers of what sessions and backtests have written. Nothing here knows Streamlit."""
