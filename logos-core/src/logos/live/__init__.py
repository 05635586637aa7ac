"""The shell around a session: files, journal, snapshots, signals, and the loop that carries bars to it."""
