"""Bar files of a cache: written whole or not at all, by one program at a time."""
