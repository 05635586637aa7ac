"""A guard for Logos that lets no position grow at night."""
