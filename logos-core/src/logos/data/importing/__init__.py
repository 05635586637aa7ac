"""From files of other programs to bars, and from bars to a cache."""
