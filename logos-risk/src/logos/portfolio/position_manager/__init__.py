"""The cost-aware position manager."""
