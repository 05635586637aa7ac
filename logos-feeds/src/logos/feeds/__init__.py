"""Bars from the outside: venues polled minute by minute, and their history loaded."""
