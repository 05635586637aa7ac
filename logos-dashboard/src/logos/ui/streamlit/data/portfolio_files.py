"""The files of a portfolio beside its weights, each read whole or said to be damaged; secrets are masked here."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from logos.artifacts.readers import read_state
from logos.context.redaction import redact_text
from logos.domain.errors import LogosError
from logos.ui.streamlit.data.config_text import shown_config, without_secrets
from logos.ui.streamlit.data.faults import fault_of, told_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.runs_index import number_of
from logos.ui.streamlit.data.stamps import Stamp
from logos.ui.streamlit.data.weights import RUN_AGAIN

TAIL_BYTES = 4 << 20
"""So much of the end of a session's journal is looked through for what its allocator remarked."""

_MOST_BYTES = 64 << 20
_SECTIONS = ("allocator", "position_manager", "broker", "currencies")
_EVENT = b'"type":"rebalanced"'
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@attrs.frozen(kw_only=True)
class Rebalance:
    """What is told of one rebalance beside its weights.

    Attributes
    ----------
    at:
        The clock of the decision, ISO-8601 UTC.
    volatility:
        Expected, a year, of the target weights; ``None`` without a model of risk.
    effective_assets:
        How many symbols held equally would be as concentrated as what was held; ``None`` where it is not told.
    """

    at: str
    method: str
    volatility: float | None
    effective_assets: float | None = None
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Risk:
    """The content of ``risk.json``.

    Attributes
    ----------
    figures:
        By name, as it stands there; what is not defined is missing.
    definitions:
        What each figure is, by name.
    """

    figures: Mapping[str, float]
    definitions: Mapping[str, str]
    rebalances: tuple[Rebalance, ...]


def _content(path: Path, stamp: Stamp) -> Reading[bytes]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would hold up the page for ever
            return Reading.damaged(f"{path.name} is not a file", RUN_AGAIN)
        if stamp.size > _MOST_BYTES:
            return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", RUN_AGAIN)
        return Reading.ok(path.read_bytes())
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror}", RUN_AGAIN)


def read_risk(path: Path, stamp: Stamp) -> Reading[Risk]:
    """Return the content of ``risk.json``."""
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        found = json.loads(content.value)
    except (ValueError, RecursionError) as error:
        return Reading.damaged(redact_text(f"{path.name} is not JSON: {fault_of(error)}"), RUN_AGAIN)
    if not isinstance(found, dict):
        return Reading.damaged(f"{path.name} holds a {type(found).__name__}, expected an object", RUN_AGAIN)
    figures = {name: number for name in found if (number := number_of(found[name])) is not None}
    told = found.get("definitions")
    listed = found.get("rebalances")
    entries = listed if isinstance(listed, list) else []
    risk = Risk(
        figures=figures,
        definitions={str(k): redact_text(str(v)) for k, v in told.items()} if isinstance(told, dict) else {},
        rebalances=tuple(_rebalance(entry, "timestamp") for entry in entries if isinstance(entry, dict)),
    )
    if not isinstance(listed, list):
        return Reading.partial(risk, f"{path.name} lists no rebalances", RUN_AGAIN)
    return Reading.ok(risk)


def _rebalance(entry: Mapping[str, Any], clock: str) -> Rebalance:
    notes = entry.get("notes")
    volatility = entry.get("volatility")
    return Rebalance(
        at=str(entry.get(clock, "")),
        method=redact_text(str(entry.get("method", ""))),
        volatility=_number(volatility),
        effective_assets=_number(entry.get("effective_assets")),
        notes=tuple(redact_text(str(note)) for note in notes) if isinstance(notes, list) else (),
    )


def _number(value: Any) -> float | None:
    """Return a number that stands as one, or as the text of a decimal."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return number_of(value)


def read_comparison(path: Path, stamp: Stamp) -> Reading[tuple[Mapping[str, str], ...]]:
    """Return the rows of ``comparison.csv`` as text."""
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        whole = content.value[: content.value.rfind(b"\n") + 1].decode("utf-8")
        rows = list(csv.DictReader(io.StringIO(whole), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return Reading.damaged(redact_text(f"{path.name} cannot be read: {fault_of(error)}"), RUN_AGAIN)
    if not rows or "allocator" not in rows[0]:
        return Reading.damaged(f"{path.name} is no table of allocators", RUN_AGAIN)
    good = [row for row in rows if None not in row and None not in row.values()]
    shown = tuple({name: redact_text(value) for name, value in row.items()} for row in good)
    if len(good) < len(rows):
        cut = len(rows) - len(good)
        told = f"{path.name}: {'1 row is' if cut == 1 else f'{cut:,} rows are'} cut, and left out"
        return Reading.partial(shown, told, RUN_AGAIN)
    return Reading.ok(shown)


def read_settings(path: Path, stamp: Stamp) -> Reading[Mapping[str, Any]]:
    """Return the sections of a config that set weights and trade towards them, the account's, and the currencies'."""
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    try:
        text = content.value.decode("utf-8")
        # Only these sections: the instruments of five hundred symbols would take a second.
        found = yaml.load("".join(_section(text, name) for name in _SECTIONS), Loader=_LOADER)  # noqa: S506 - the safe loader, in C where there is one
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError):  # the message may quote the text
        return Reading.damaged(f"{path.name} is not YAML of a config: it is not shown", RUN_AGAIN)
    if not isinstance(found, dict) or not isinstance(found.get("allocator"), dict):
        return Reading.damaged(f"{path.name} names no allocator", RUN_AGAIN)
    return Reading.ok(without_secrets(found))


def _section(text: str, name: str) -> str:
    """Return the lines of one section of a config; empty where it has none."""
    found = re.search(rf"^{name}:.*\n(?:(?:[ \t#-].*)?\n)*", text.rstrip("\n") + "\n", re.MULTILINE)
    return found.group() if found else ""


def read_written(path: Path, stamp: Stamp) -> Reading[str]:
    """Return a config that was asked for, without its secrets."""
    content = _content(path, stamp)
    if content.value is None:
        return Reading.damaged(content.message, content.hint)
    return shown_config(content.value, path.name)


def read_snapshot(path: Path, _stamp: Stamp) -> Reading[Mapping[str, Any]]:
    """Return a session's snapshot."""
    try:
        return Reading.ok(read_state(path.parent))
    except LogosError as error:
        return Reading.damaged(told_of(error, path.parent), error.hint)


def read_remarks(path: Path, stamp: Stamp) -> Reading[tuple[Rebalance, ...]]:
    """Return what the end of a journal tells of rebalances, oldest first."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Reading.damaged(f"{path.name} is not a file", RUN_AGAIN)
        with path.open("rb") as file:
            start = max(stamp.size - TAIL_BYTES, 0)
            file.seek(start)
            tail = file.read(TAIL_BYTES)
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror}", RUN_AGAIN)
    lines = tail[: tail.rfind(b"\n") + 1].splitlines()[1 if start else 0 :]
    found, bad = [], 0
    for line in lines:
        if _EVENT not in line:
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            bad += 1
            continue
        if isinstance(event, dict) and event.get("type") == "rebalanced":
            found.append(_rebalance(event, "ts"))
    if bad:
        return Reading.partial(
            tuple(found), f"{path.name}: {bad:,} damaged lines are left out", "`logos audit` names them"
        )
    return Reading.ok(tuple(found))
