"""What a run of trading was worth: returns, risk, round trips, and how much of it is luck."""
