"""Which requests only read: the entries of a transport's allow-list. Loads nothing, so that configs can name them."""

from __future__ import annotations

import re

import attrs


@attrs.frozen
class ReadRequest:
    """A request that only reads.

    Attributes
    ----------
    method:
        ``GET``, or ``POST`` where the venue reads with it.
    path:
        A regular expression for the whole path behind the base address, without the query.
    """

    method: str
    path: str

    def allows(self, method: str, path: str) -> bool:
        """Return whether a request is this one."""
        return method == self.method and re.fullmatch(self.path, path, re.ASCII) is not None
