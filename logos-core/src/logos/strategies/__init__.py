"""The built-in strategies, one file each, what they share, and the checks that any strategy can be put to."""
