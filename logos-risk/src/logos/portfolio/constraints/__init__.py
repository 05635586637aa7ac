"""What weights have to keep: the keys, the arrays, the nearest weights that keep them, and contradictions."""
