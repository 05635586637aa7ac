"""Everything a session takes from its surroundings: clock, seed, secrets, log. Nothing else may read them."""
