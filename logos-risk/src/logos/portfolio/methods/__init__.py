"""The ways to turn risk into weights, one file each."""
