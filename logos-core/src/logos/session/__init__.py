"""One session as a pure state machine: slices of bars go in, events and rows come out."""
