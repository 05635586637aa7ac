"""The guards of Logos: limits that block orders, and conditions that halt a session."""
