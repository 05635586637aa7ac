"""Pictures of backtests of an earlier layout: ``runs/equity_{SYMBOL}_{STRAT}.png``, with what lies beside them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import attrs

from logos.context.redaction import redact
from logos.paths import runs_dir
from logos.ui.streamlit.data.faults import fault_of
from logos.ui.streamlit.data.readings import Reading
from logos.ui.streamlit.data.stamps import stamp_of
from logos.ui.streamlit.data.trades import Trades, read_trades_file

_PICTURE = re.compile(r"equity_([^_]+)_(.+)\.png")
_MOST_BYTES = 8 << 20
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"
_AGAIN = "Run it again with `logos backtest --config FILE` for figures, trades and a curve that can be compared"


@attrs.frozen(kw_only=True)
class LegacyRun:
    """One run of the earlier layout.

    Attributes
    ----------
    picture:
        The image of the equity curve.
    metrics_file, trades_file:
        Beside it, where they are there.
    """

    symbol: str
    strategy: str
    picture: Path
    metrics_file: Path | None = None
    trades_file: Path | None = None


def list_legacy(root: Path) -> Reading[tuple[LegacyRun, ...]]:
    """Return the runs of the earlier layout, by symbol and strategy."""
    folder = runs_dir(root)
    try:
        names = set(os.listdir(folder))  # noqa: PTH208 - one look, whatever the folder holds
    except (OSError, ValueError) as error:
        return Reading.missing(f"{folder.name} cannot be listed: {fault_of(error)}")
    found = []
    for name in sorted(names):
        match = _PICTURE.fullmatch(name)
        if match and (folder / name).is_file():
            symbol, strategy = match.groups()
            beside = f"_{symbol}_{strategy}"
            found.append(
                LegacyRun(
                    symbol=symbol,
                    strategy=strategy,
                    picture=folder / name,
                    metrics_file=_there(folder, f"metrics{beside}.json", names),
                    trades_file=_there(folder, f"trades{beside}.csv", names),
                )
            )
    if not found:
        return Reading.missing("There are no runs of the earlier layout")
    where = f"{len(found):,} pictures in {folder.name}"
    told = f"{where} are of an earlier layout: they show a curve and nothing to check it by"
    return Reading.partial(tuple(found), told, _AGAIN)


def _there(folder: Path, name: str, names: set[str]) -> Path | None:
    return folder / name if name in names and (folder / name).is_file() else None


def read_picture(path: Path) -> Reading[bytes]:
    """Return the bytes of a PNG that is whole."""
    stamp = stamp_of(path)
    if stamp is None:
        return Reading.missing(f"{path.name} is not there")
    if stamp.size > _MOST_BYTES:
        return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", stamp=stamp)
    try:
        content = path.read_bytes()
    except OSError as error:
        return Reading.damaged(f"{path.name} cannot be read: {error.strerror}", stamp=stamp)
    if not content.startswith(_PNG_START) or _PNG_END not in content[-16:]:
        return Reading.damaged(f"{path.name} is not a whole PNG picture", _AGAIN, stamp)
    return Reading.ok(content, stamp)


def legacy_metrics(run: LegacyRun) -> Reading[dict[str, Any]]:
    """Return the figures beside a picture as they stand there, secrets masked; nobody vouches for their meaning."""
    path = run.metrics_file
    stamp = stamp_of(path) if path else None
    if path is None or stamp is None:
        return Reading.missing("No figures lie beside the picture")
    if stamp.size > _MOST_BYTES:
        return Reading.damaged(f"{path.name} has {stamp.size:,} bytes: too many to show", stamp=stamp)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return Reading.damaged(f"{path.name} cannot be read: {fault_of(error)}", _AGAIN, stamp)
    if not isinstance(value, dict):
        return Reading.damaged(f"{path.name} holds no object of figures", _AGAIN, stamp)
    figures: dict[str, Any] = redact(value)
    return Reading.ok(figures, stamp)


def legacy_trades(run: LegacyRun) -> Reading[Trades]:
    """Return the fills beside a picture."""
    if run.trades_file is None:
        return Reading.missing("No table of fills lies beside the picture")
    return read_trades_file(run.trades_file)
