"""The check of ``bars.csv``: bars against their digests, the file against the snapshot's, fills against the bars."""

from __future__ import annotations

import csv
import hashlib
from decimal import Decimal
from typing import NamedTuple

from logos.artifacts.schemas import BARS_COLUMNS, BARS_FILE, STATE_FILE, TRADE_COLUMNS, TRADES_FILE
from logos.domain.times import parse_time, time_text
from logos.proofs.audit_case import Case
from logos.proofs.audit_files import Place, read_lines

_WITH_DIGEST = frozenset({"history", "bar", "delivered", "revision"})
_KINDS = _WITH_DIGEST | {"tick", "kill", "end"}


class RecordedBar(NamedTuple):
    """What a fill is compared with."""

    low: Decimal
    high: Decimal
    traded: bool


def is_recorded(case: Case) -> bool:
    """Return whether the session's feed was polled, so that its bars were recorded."""
    return "record" in case.state


def slice_clocks(case: Case) -> set[str] | None:
    """Return the clocks of the recorded slices, unchecked; ``None`` where the feed was not polled."""
    if not is_recorded(case) or not (case.folder / BARS_FILE).is_file():
        return None
    with (case.folder / BARS_FILE).open(encoding="utf-8", errors="replace") as file:
        return {line.split(",", 2)[1] for line in file if line.startswith("bar,")}


def check_bars(case: Case) -> None:
    """Digest the file as the snapshot does and each bar as its row does; then look each fill up among the bars."""
    vouched = case.state["files"].get(BARS_FILE, 0)
    size = (case.folder / BARS_FILE).stat().st_size if (case.folder / BARS_FILE).exists() else 0
    if not case.running and size != vouched:
        raise Place(BARS_FILE).differs("", f"{size} bytes", f"{vouched} bytes, by {STATE_FILE}")
    bars: dict[tuple[str, str], RecordedBar] = {}
    whole, opening, opens = hashlib.sha256(), "", True
    for number, line in enumerate(read_lines(case.folder, BARS_FILE, vouched), start=1):
        place = Place(BARS_FILE, number)
        if number == 1:
            place.check("", line.decode(errors="replace").rstrip("\n"), ",".join(BARS_COLUMNS))
        else:
            row = _read_row(case, place, line)
            if opens and row["kind"] != "history":
                opening, opens = whole.hexdigest(), False
            if row["kind"] == "bar":
                bars[row["symbol"], row["timestamp"]] = RecordedBar(
                    place.number("low", row["low"]),
                    place.number("high", row["high"]),
                    row["forward_filled"] == "false",
                )
            case.count += 1
        whole.update(line)
    Place(BARS_FILE).check("sha256 of all rows", whole.hexdigest(), case.state["data_digest"])
    if "journal" in case.passed:
        found = whole.hexdigest() if opens else opening
        Place(BARS_FILE).check("sha256 of the rows history", found, case.story.first.get("data_digest"))
    _check_fills(case, bars)


def _read_row(case: Case, place: Place, line: bytes) -> dict[str, str]:
    try:
        fields = next(csv.reader([line.decode().removesuffix("\n")], strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise place.differs("", error, "a row of CSV") from error
    if len(fields) != len(BARS_COLUMNS):
        raise place.differs("", f"{len(fields)} fields", f"{len(BARS_COLUMNS)} fields")
    row = dict(zip(BARS_COLUMNS, fields, strict=True))
    if row["kind"] not in _KINDS:
        raise place.differs("kind", row["kind"], f"one of {', '.join(sorted(_KINDS))}")
    if row["kind"] in _WITH_DIGEST:
        place = Place(BARS_FILE, place.line, f"{row['symbol']} {row['timestamp']}")
        names = ("timestamp", "open", "high", "low", "close", "volume")
        content = "|".join((row["symbol"], str(case.terms.interval), *(row[name] for name in names)))
        place.check("sha256", row["sha256"], hashlib.sha256(content.encode()).hexdigest())
    return row


def _check_fills(case: Case, bars: dict[tuple[str, str], RecordedBar]) -> None:
    """Look for the bar on whose open or close each fill happened; slippage is only ever against the trader."""
    count = case.count
    for line, fields in case.rows(TRADES_FILE):
        row = dict(zip(TRADE_COLUMNS, fields, strict=True))
        place = Place(TRADES_FILE, line, f"trade {row['trade_id']}")
        time, symbol = place.time("timestamp", row["timestamp"]), row["symbol"]
        before = time_text(parse_time(time) - case.terms.interval)
        near = [bar for bar in (bars.get((symbol, time)), bars.get((symbol, before))) if bar and bar.traded]
        if not near:
            raise place.differs("timestamp", time, f"open or close of a traded bar of {symbol} in {BARS_FILE}")
        price, maker = place.number("price", row["price"]), row["liquidity"] == "maker"
        above = not (maker or row["side"] == "buy") or any(price >= bar.low for bar in near)
        below = not (maker or row["side"] == "sell") or any(price <= bar.high for bar in near)
        if not (above and below):
            raise place.differs("price", row["price"], f"a price of the bar of {symbol} at {time}, in {BARS_FILE}")
    case.count = count
