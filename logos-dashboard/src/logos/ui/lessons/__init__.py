"""Lessons that really run what they teach, and write down what happened."""
