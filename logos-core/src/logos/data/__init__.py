"""Bars from files: reading, judging, replaying; trading calendars; the bundled fixtures."""
