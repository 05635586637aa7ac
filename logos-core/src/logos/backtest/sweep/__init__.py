"""Sweeps: one config over many values, with what is left of the best when luck is taken off."""
