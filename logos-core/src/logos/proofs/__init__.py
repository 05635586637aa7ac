"""Proofs about a session that has run: its books rebuilt independently, its artifacts made again and compared."""
