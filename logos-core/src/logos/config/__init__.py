"""Session configs: YAML with line numbers, strictly structured, every problem of a file at once."""
