"""``venue.json``: what the survey of a broker's venue found, from which the session's broker is built ever after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from logos.artifacts.schemas import JOURNAL_FILE, VENUE_DIGEST, VENUE_FILE
from logos.config.writing import decimal_text
from logos.domain.errors import IntegrityError
from logos.session.outside import HealthCheck, MarketTerms, Survey, Verdict

SCHEMA = 1
_RESTORE = "Restore the session's folder from a copy"


@attrs.frozen(kw_only=True)
class VenueFile:
    """What ``venue.json`` holds.

    Attributes
    ----------
    content:
        The file's bytes.
    found:
        The survey.
    """

    content: bytes
    found: Survey

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def venue_file(found: Survey, *, plugin: str, at: str) -> VenueFile:
    """Return the file of a survey.

    Parameters
    ----------
    plugin:
        The broker's plugin as the config names it.
    at:
        Wall time of the survey as text.
    """
    values = {
        "schema": SCHEMA,
        "plugin": plugin,
        "venue": found.venue,
        "at": at,
        "checks": [
            {"name": one.name, "verdict": one.verdict.value, "text": one.text, "hint": one.hint} for one in found.checks
        ],
        "terms": [_terms(found.terms[symbol]) for symbol in sorted(found.terms)],
        "record": found.record,
    }
    content = json.dumps(values, indent=1, allow_nan=False).encode() + b"\n"
    return VenueFile(content=content, found=_survey(json.loads(content)))


def read_venue_file(folder: Path, first: Mapping[str, Any]) -> VenueFile | None:
    """Return the file of a session's folder; ``None`` where its broker works within the process.

    Parameters
    ----------
    first:
        The journal's first event.

    Raises
    ------
    IntegrityError
        Where it is gone, or is not as it was written.
    """
    if VENUE_DIGEST not in first:
        return None
    try:
        content = (folder / VENUE_FILE).read_bytes()
    except OSError as error:
        raise IntegrityError(f"cannot read {VENUE_FILE}: {error.strerror or error}", hint=_RESTORE) from error
    if hashlib.sha256(content).hexdigest() != first[VENUE_DIGEST]:
        raise IntegrityError(
            f"{VENUE_FILE} is not what the first line of {JOURNAL_FILE} says: it was damaged or edited", hint=_RESTORE
        )
    return VenueFile(content=content, found=_survey(json.loads(content)))


def _terms(terms: MarketTerms) -> dict[str, str | None]:
    values = attrs.asdict(terms).items()
    return {name: decimal_text(value) if isinstance(value, Decimal) else value for name, value in values}


def _survey(values: Mapping[str, Any]) -> Survey:
    checks = tuple(HealthCheck(**{**one, "verdict": Verdict(one["verdict"])}) for one in values["checks"])
    terms = (_read_terms(one) for one in values["terms"])
    return Survey(
        venue=values["venue"],
        checks=checks,
        terms={one.symbol: one for one in terms},
        record=values["record"],
    )


def _read_terms(values: Mapping[str, str | None]) -> MarketTerms:
    numbers = ("tick", "lot", "min_notional", "maker_bps", "taker_bps")
    read = {name: Decimal(text) for name, text in values.items() if name in numbers and text is not None}
    return MarketTerms(**{**values, **read})  # type: ignore[arg-type]  # the keys are those of _terms
