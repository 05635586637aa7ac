"""Randomness that can be repeated: numbers derived from the session's seed and a name, never from a sequence."""

from __future__ import annotations

import hashlib

import attrs


@attrs.frozen
class Seed:
    """A session's seed. The same seed and names give the same number, in any order, on any machine."""

    value: int

    def number(self, *names: str | int) -> int:
        """Return an integer from 0 up to 2**64 - 1 for a name, such as ``("slippage", order_id, bar)``."""
        text = "\x1f".join(str(part) for part in (self.value, *names))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
