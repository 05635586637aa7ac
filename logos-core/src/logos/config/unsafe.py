"""Keys that would turn a session into live trading: refused with the reason, whatever plugin they stand beside."""

from __future__ import annotations

from collections.abc import Iterator

from logos.config.problems import item_path, key_path
from logos.config.reading import Listing, Node, Scalar, Section
from logos.domain.errors import Problem

_SECTIONS = ("session", "broker")
_MUST_NOT_BE_FALSE = frozenset({"dryrun", "paper", "papertrading", "simulated", "simulation"})
_MUST_NOT_BE_TRUE = frozenset({"live", "livetrading", "golive", "real", "realmoney", "sendorders", "acknowledgerisk"})
_CHOICES = frozenset({"mode", "tradingmode", "environment", "trading", "account", "accounttype", "venuemode"})
_LIVE = frozenset({"live", "real", "realmoney", "production", "prod"})
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})

REASON = "this release sends no order to a venue, so that nothing in a config can make a session live"
_HINT = "Remove the key: every session runs on paper, and a broker at a venue runs dry"


def unsafe_problems(root: Section) -> Iterator[Problem]:
    """Yield a problem for each key of ``session`` or ``broker`` that asks for live orders; top-level ones too."""
    for key, node in root.entries.items():
        if key in _SECTIONS:
            yield from _below(node, key)
        elif isinstance(node, Scalar) and _asks_for_live(key, node):
            yield _problem(key, root.lines[key], node)


def _below(node: Node, path: str) -> Iterator[Problem]:
    if isinstance(node, Listing):
        for index, item in enumerate(node.items):
            yield from _below(item, item_path(path, index))
    if isinstance(node, Section):
        for key, value in node.entries.items():
            if isinstance(value, Scalar) and _asks_for_live(key, value):
                yield _problem(key_path(path, key), node.lines[key], value)
            else:
                yield from _below(value, key_path(path, key))


def _asks_for_live(key: str, node: Scalar) -> bool:
    name = "".join(letter for letter in key.lower() if letter.isalnum())
    word = node.text.strip().lower()
    if name in _MUST_NOT_BE_FALSE:
        return word in _FALSE
    if name in _MUST_NOT_BE_TRUE:
        return word in _TRUE
    return name in _CHOICES and "".join(letter for letter in word if letter.isalnum()) in _LIVE


def _problem(path: str, line: int, node: Scalar) -> Problem:
    return Problem(path=path, message=f"{node.text.strip()} is refused: {REASON}", hint=_HINT, line=line)
