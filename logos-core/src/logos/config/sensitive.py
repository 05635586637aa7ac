"""Secrets have no place in a config: it is copied into every session's folder. Found ones are named, never repeated."""

from __future__ import annotations

import attrs

from logos.config.problems import item_path, key_path
from logos.config.reading import Listing, Node, Scalar, Section
from logos.context.secret_forms import looks_like_key
from logos.context.secret_names import has_secret_word, is_count, words_of
from logos.domain.errors import Problem

# Such a key names where the secret stands, or counts something.
_HARMLESS_ENDINGS = frozenset({"env", "variable", "file", "path", "price", "limit", "budget", "count"})
# Their own keys are symbols and currencies, and a company may well be called KEY.
_NAMES = frozenset({"instruments", "currencies"})
_HINT = (
    "Remove the value from the file and replace it where it was issued; "
    "a plugin that needs a secret takes the name of an environment variable"
)


def looks_secret(key: str) -> bool:
    """Return whether a config key looks as if its value were a secret."""
    return has_secret_word(key) and words_of(key)[-1] not in _HARMLESS_ENDINGS


def without_secrets(root: Section) -> tuple[Section, list[Problem]]:
    """Return a tree without the values that look like secrets, and a problem for each.

    They are taken out, so that no later message can quote them.
    """
    problems: list[Problem] = []
    entries = {
        key: _names(node, key, problems)
        if key in _NAMES and isinstance(node, Section)
        else _entry(key, node, key, problems)
        for key, node in _without_secret_keys(root, "", problems).items()
    }
    return attrs.evolve(root, entries=entries), problems


def _without_secret_keys(section: Section, path: str, problems: list[Problem]) -> dict[str, Node]:
    """Return the entries of a section without those whose key is itself what should stay secret."""
    entries = {}
    for key, node in section.entries.items():
        if looks_like_key(key):
            line = Scalar(None, "", section.lines[key])
            _taken_out(line, path, "a name in it looks like a key or a secret", problems)
        else:
            entries[key] = node
    return entries


def _names(section: Section, path: str, problems: list[Problem]) -> Section:
    entries = {
        key: _cleaned(node, key_path(path, key), problems)
        for key, node in _without_secret_keys(section, path, problems).items()
    }
    return attrs.evolve(section, entries=entries)


def _cleaned(node: Node, path: str, problems: list[Problem]) -> Node:
    if isinstance(node, Listing):
        items = (_cleaned(item, item_path(path, index), problems) for index, item in enumerate(node.items))
        return attrs.evolve(node, items=tuple(items))
    if isinstance(node, Section):
        entries = {
            key: _entry(key, value, key_path(path, key), problems)
            for key, value in _without_secret_keys(node, path, problems).items()
        }
        return attrs.evolve(node, entries=entries)
    if isinstance(node.value, str) and looks_like_key(node.value):
        return _taken_out(node, path, "its value looks like a key or a secret", problems)
    return node


def _entry(key: str, node: Node, path: str, problems: list[Problem]) -> Node:
    if not looks_secret(key) or not _holds_value(node, counts=is_count(key)):
        return _cleaned(node, path, problems)
    return _taken_out(node, path, "it looks like a secret with a value", problems)


def _taken_out(node: Node, path: str, found: str, problems: list[Problem]) -> Scalar:
    message = f"{found}, and a config is copied into every session's folder"
    problems.append(Problem(path=path, message=message, hint=_HINT, line=node.line))
    return Scalar("", "", node.line)


def _holds_value(node: Node, *, counts: bool) -> bool:
    if isinstance(node, Listing):
        return any(_holds_value(item, counts=counts) for item in node.items)
    if isinstance(node, Section):
        return any(_holds_value(value, counts=counts) for value in node.entries.values())
    if node.value is None or node.value == "" or isinstance(node.value, bool):
        return False
    # "max_tokens: 500" counts tokens.
    return isinstance(node.value, str) or not counts
