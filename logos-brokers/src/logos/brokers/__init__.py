"""The broker that needs no venue: orders filled against bars, exactly and repeatably."""
