"""Rehearsals: small real sessions in which a guard, a stop or a crash must act, and the proof of what happened."""
