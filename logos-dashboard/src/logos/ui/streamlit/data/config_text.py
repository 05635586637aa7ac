"""The config of a run as it may be shown: parsed, with everything below the name of a secret masked, written anew.

Never the raw text: a value may stand on the lines behind its name, and a comment may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logos.config.reading import parse, plain
from logos.config.writing import yaml_text
from logos.context.redaction import MASK, holds_known_secret, redact, redact_text
from logos.context.secret_names import has_secret_word, names_a_secret
from logos.domain.errors import LogosError
from logos.ui.streamlit.data.readings import Reading

_HINT = "Check it with: `logos config check`"


def shown_config(content: bytes, name: str) -> Reading[str]:
    """Return a config as YAML without its secrets; what cannot be parsed is not shown at all.

    Parameters
    ----------
    name:
        What the file is called, for what is said of it.
    """
    told = f"{name} is not YAML of a config, so nobody can tell which of it is secret: it is not shown"
    try:
        return Reading.ok(yaml_text(without_secrets(plain(parse(content.decode("utf-8-sig"), name)))))
    except (LogosError, ValueError, RecursionError):  # the message may quote the text
        return Reading.damaged(told, _HINT)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sections of a config with every value masked that stands below the name of a secret, at any depth."""
    return {redact_text(str(name)): _entry(str(name), value) for name, value in values.items()}


def _entry(name: str, value: Any) -> Any:
    return _hidden(value) if has_secret_word(name) else _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return MASK if holds_known_secret(str(value)) and not isinstance(value, str) else redact(value)


def _hidden(value: Any) -> Any:
    """Return a mask for anything but the name of a variable, a switch or nothing; a number may be a PIN."""
    if value is None or value == "" or isinstance(value, bool) or (isinstance(value, str) and names_a_secret(value)):
        return value
    if isinstance(value, list) and value and all(isinstance(one, str) and names_a_secret(one) for one in value):
        return value
    return MASK
