"""Validators of config classes that more than one room or distribution needs."""

from __future__ import annotations

from typing import Any

import attrs

from logos.domain.errors import InputError


def one_of(*allowed: str) -> Any:
    """Return an attrs validator for a text that must be one of a few words.

    Raises
    ------
    InputError
        From the validator, naming the words.
    """

    def check(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
        if value not in allowed:
            raise InputError(
                f"{attribute.name} is {value!r}, and must be {' or '.join(allowed)}",
                hint=f"Write {attribute.name}: {allowed[0]}",
            )

    return check
