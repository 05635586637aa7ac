"""Past closes: kept, brought together, and turned into returns."""
