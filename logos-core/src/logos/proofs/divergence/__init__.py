"""Names the first difference of two runs, and one cause for it."""
