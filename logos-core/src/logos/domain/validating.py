"""Validators of config classes that more than one room or distribution needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from logos.domain.addresses import is_loopback
from logos.domain.errors import InputError
from logos.domain.times import parse_duration

_OWN_NAME = "Write the venue's own, or leave the symbol out where Logos guesses right"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


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


def up_to(most: str) -> Any:
    """Return an attrs validator for a duration that must not be longer than another."""

    def check(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
        if parse_duration(value) > parse_duration(most):
            raise InputError(
                f"{attribute.name} is {value}, and must be at most {most}", hint=f"The default is {attribute.default}"
            )

    return check


def venue_names(_instance: object, attribute: attrs.Attribute[Mapping[str, str]], value: Mapping[str, str]) -> None:
    """Refuse a table of a venue's names with one in it that is empty, or would lead elsewhere in an address."""
    empty = sorted(symbol for symbol, name in value.items() if not name.strip())
    if empty:
        raise InputError(f"{attribute.name} gives {', '.join(empty)} no name", hint=_OWN_NAME)
    strange = sorted(symbol for symbol, name in value.items() if _is_strange(name))
    if strange:
        raise InputError(
            f"{attribute.name} gives {', '.join(strange)} a name that no venue has: with a blank, a control character, "
            "one of \\ ? # %, or an empty part, '.' or '..' between strokes",
            hint=_OWN_NAME,
        )


def _is_strange(name: str) -> bool:
    parts = name.split("/")
    return any(sign.isspace() or not sign.isprintable() or sign in "\\?#%" for sign in name) or any(
        part in ("", ".", "..") for part in parts
    )


def web_address(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what is no address of a server. No message repeats it: it may hold a password."""
    fault = _fault_of(value) if value else ""
    if fault:
        raise InputError(
            f"{attribute.name} {fault}",
            hint=f"Write {attribute.name}: https://mirror.example.com, or leave it out for the venue's own",
        )


def encrypted(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse an address to which a key would be sent in the clear; stands behind ``web_address``."""
    if urlsplit(value).scheme == "http" and not is_loopback(value):
        raise InputError(
            f"{attribute.name} begins with http://, and the key would be sent where others can read it",
            hint="Write an address that begins with https://; http:// is for this machine alone",
        )


def _fault_of(address: str) -> str:
    """Return what is wrong with an address; empty for nothing."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is no address that can be read, and must be http:// or https:// and a host"
    faults = {
        "holds a login, and must not: the config is copied into every session's folder": "@" in address,
        "holds a blank or a control character": any(sign.isspace() or not sign.isprintable() for sign in address),
        "does not begin with http:// or https://": parts.scheme not in ("http", "https"),
        "names no host behind http:// or https://": not host,
        "holds a query, and must be http:// or https://, a host and at most a path": "?" in address or "#" in address,
    }
    return next((fault for fault, found in faults.items() if found), "")


def variable_name(_instance: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse what is no environment variable's name. No message repeats it: it may be the secret itself."""
    if value and not _VARIABLE.fullmatch(value):
        raise InputError(
            f"{attribute.name} is no name of an environment variable: capital letters, digits and underscores",
            hint=f"Write the variable's name, such as {attribute.name}: VENUE_API_KEY, and its value into .env",
        )
