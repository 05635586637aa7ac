"""Two thousand defects of known kinds, put one by one into clean files: how many of each are found, and where.

Half go into simulated bars, half into real ones. A defect counts as found where a finding of its kind begins at a line
that was changed. The clean twin of each file has no such finding. The table of what was found stands in docs/DATA.md.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import attrs
import pytest

from logos.context.seed import Seed
from logos.data.catalogue.checking import check_file
from logos.data.catalogue.expectations import Expectations
from logos.data.catalogue.places import place_of
from logos.domain.times import parse_time, time_text

OPEN, HIGH, LOW, CLOSE, VOLUME, ADJUSTED, DIVIDEND, SPLIT = range(1, 9)
PRICES = (OPEN, HIGH, LOW, CLOSE)
ROWS = 500
EDGE = 6
A_KIND = 42


@attrs.define
class Draw:
    """Numbers that are derived from a name, so that every run puts the same defects at the same places."""

    seed: Seed
    drawn: int = 0

    def whole(self, least: int, most: int) -> int:
        self.drawn += 1
        return least + self.seed.number("draw", self.drawn) % (most - least + 1)

    def share(self) -> float:
        return self.whole(0, 2**32 - 1) / 2**32

    def between(self, least: float, most: float) -> float:
        return math.exp(math.log(least) + self.share() * (math.log(most) - math.log(least)))

    def either(self, *choices):
        return choices[self.whole(0, len(choices) - 1)]

    def noise(self, size: float) -> float:
        return size * (sum(self.share() for _ in range(12)) - 6)

    def sign(self) -> int:
        return self.either(-1, 1)


@attrs.frozen(eq=False)
class Clean:
    """A clean file: its rows as texts, and how it is called and checked."""

    name: str
    rows: list[list[str]]
    interval: int
    known: dict

    @cached_property
    def decimals(self) -> int:
        return max(len(row[field].partition(".")[2]) for row in self.rows for field in PRICES)

    def copy(self) -> list[list[str]]:
        return [list(row) for row in self.rows]

    def price(self, value: float) -> str:
        return f"{value:.{self.decimals}f}"


@attrs.frozen
class Corrupted:
    """The lines of a corrupted file below its header, and the lines at which its defect may be found."""

    lines: list[str]
    where: range


def joined(rows, first: int, last: int | None = None) -> Corrupted:
    """Return rows as lines; ``first`` and ``last`` are indices of changed rows."""
    return Corrupted([",".join(row) for row in rows], range(first + 2, (first if last is None else last) + 3))


# Structural defects


def duplicate(clean, draw):
    rows, at, behind = clean.copy(), draw.whole(EDGE, ROWS - 30), draw.either(1, 1, draw.whole(1, 20))
    again = list(rows[at])
    if draw.either(True, False):
        again[CLOSE] = again[LOW]
    rows.insert(at + behind, again)
    return joined(rows, at + behind)


def disorder(clean, draw):
    rows, at, apart = clean.copy(), draw.whole(EDGE, ROWS - 30), draw.whole(1, 20)
    rows[at], rows[at + apart] = rows[at + apart], rows[at]
    return joined(rows, at, at + apart)


def ohlc(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    row, step = rows[at], draw.between(10**-clean.decimals, 10**-clean.decimals * 200)
    high, low = float(row[HIGH]), float(row[LOW])
    field, value = draw.either((HIGH, low - step), (LOW, high + step), (OPEN, high + step), (OPEN, low - step))
    if draw.either(True, False):
        field, value = draw.either((CLOSE, high + step), (CLOSE, low - step))
    row[field] = clean.price(max(value, 10**-clean.decimals))
    return joined(rows, at)


def not_positive(clean, draw):
    rows, at, field = clean.copy(), draw.whole(0, ROWS - 1), draw.either(*PRICES)
    rows[at][field] = draw.either("0", "0.00", f"-{rows[at][field]}")
    return joined(rows, at)


def missing(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    rows[at][draw.either(*PRICES, VOLUME)] = draw.either("", "NaN", "null")
    return joined(rows, at)


def not_a_number(clean, draw):
    rows, at, field = clean.copy(), draw.whole(0, ROWS - 1), draw.either(*PRICES, VOLUME)
    rows[at][field] = draw.either("inf", "x", f"{rows[at][field]}o", "1_000", "0x64", "12.3.4")
    return joined(rows, at)


def negative_volume(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    rows[at][VOLUME] = f"-{draw.whole(1, 10**6)}"
    return joined(rows, at)


def off_grid(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    stamp = parse_time(rows[at][0]) + draw.whole(1, clean.interval - 1)
    rows[at][0] = draw.either(time_text(stamp), time_text(stamp), f"{rows[at][0][:-1]}.5Z")
    return joined(rows, at)


def torn_row(clean, draw):
    at = draw.whole(0, ROWS - 2)
    lines = [",".join(row) for row in clean.rows]
    commas = [found.start() for found in re.finditer(",", lines[at])]
    lines[at] = lines[at][: draw.either(*commas)]
    return Corrupted(lines, range(at + 2, at + 3))


def bad_time(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    rows[at][0] = draw.either(
        "", "yesterday", rows[at][0][:9], rows[at][0].replace("-", "_"), "1709812800", "2024-13-01"
    )
    return joined(rows, at)


def naive_time(clean, draw):
    rows, at = clean.copy(), draw.whole(0, ROWS - 1)
    rows[at][0] = draw.either(rows[at][0][:-1], rows[at][0][:-1].replace("T", " "))
    return joined(rows, at)


def gaps(clean, draw):
    rows, at, count = clean.copy(), draw.whole(1, ROWS - 30), draw.whole(1, 20)
    del rows[at : at + count]
    return joined(rows, at - 1)


# Statistical defects


def factor(draw, *spans) -> float:
    return draw.between(*draw.either(*spans)) ** draw.sign()


def scaled(clean, rows, first, last, by, fields=PRICES):
    for row in rows[first : last + 1]:
        for field in fields:
            row[field] = clean.price(float(row[field]) * by)
    return joined(rows, first, last)


def unit_single(clean, draw):
    at = draw.whole(EDGE, ROWS - EDGE)
    fields = draw.either((HIGH,), (LOW,), (CLOSE,), (OPEN,), PRICES, (OPEN, HIGH))
    return scaled(clean, clean.copy(), at, at, 100.0 ** draw.sign(), fields)


def unit_stretch(clean, draw):
    at = draw.whole(EDGE, ROWS - 90)
    last = at + draw.either(draw.whole(1, 4), draw.whole(2, 80), ROWS - 1 - at)
    changed = scaled(clean, clean.copy(), at, last, 100.0 ** draw.sign())
    return attrs.evolve(changed, where=range(at + 2, last + 4))


def outlier(clean, draw):
    at = draw.whole(EDGE, ROWS - EDGE)
    fields = draw.either((HIGH,), (LOW,), (CLOSE,), (OPEN,), PRICES)
    return scaled(clean, clean.copy(), at, at, factor(draw, (10.5, 60), (160, 1000)), fields)


def outlier_stretch(clean, draw):
    at = draw.whole(EDGE, ROWS - 40)
    last = at + draw.whole(1, 30)
    return scaled(clean, clean.copy(), at, last, factor(draw, (11, 60)))


def spike(clean, draw):
    at = draw.whole(EDGE, ROWS - EDGE)
    return scaled(clean, clean.copy(), at, at, factor(draw, (1.4, 9)), draw.either((HIGH,), (LOW,), PRICES))


def split(clean, draw):
    rows, at = clean.copy(), draw.whole(EDGE, ROWS - EDGE)
    scaled(clean, rows, 0, at - 1, draw.either(1.5, 2, 2, 3, 4, 5, 7, 10, 20) ** draw.either(1, 1, 1, -1))
    return joined(rows, at)


def stale(clean, draw):
    rows, at, count = clean.copy(), draw.whole(1, ROWS - 70), draw.whole(8, 60)
    for row in rows[at : at + count]:
        row[OPEN:VOLUME] = [rows[at - 1][CLOSE]] * 4
    return joined(rows, at - 1, at + count)


# Dividends, splits and adj_close


def event(clean, draw, field) -> int:
    return draw.either(*(index for index, row in enumerate(clean.rows) if float(row[field])))


def dividend_left_out(clean, draw):
    rows, at = clean.copy(), event(clean, draw, DIVIDEND)
    rows[at][DIVIDEND] = "0"
    return joined(rows, at)


def dividend_in_another_unit(clean, draw):
    rows, at = clean.copy(), event(clean, draw, DIVIDEND)
    rows[at][DIVIDEND] = f"{float(rows[at][DIVIDEND]) * 100:.4f}"
    return joined(rows, at)


def adjusted_row(clean, draw):
    rows, at = clean.copy(), draw.whole(1, ROWS - 2)
    rows[at][ADJUSTED] = f"{float(rows[at][ADJUSTED]) * (1 + draw.between(0.0005, 0.2) * draw.sign()):.6f}"
    return joined(rows, at, at + 1)


def adjusted_from_nothing(clean, draw):
    rows, at = clean.copy(), event(clean, draw, DIVIDEND)
    missed = 1 - float(rows[at][DIVIDEND]) / float(rows[at - 1][CLOSE])
    for row in rows[:at]:
        row[ADJUSTED] = f"{float(row[ADJUSTED]) / missed:.6f}"
    return joined(rows, at)


def partial_split(clean, draw):
    rows, at = clean.copy(), event(clean, draw, SPLIT)
    ratio = float(rows[at][SPLIT])
    first = draw.either(*(index for index in range(EDGE, ROWS - 40) if abs(index - at) > 40))
    last = first + draw.whole(0, 30)
    scaled(clean, rows, first, last, ratio ** draw.sign(), (*PRICES, ADJUSTED))
    return joined(rows, first, last + 1)


Injector = Callable[[Clean, Draw], Corrupted]
STRUCTURAL: dict[Injector, tuple[str, ...]] = {
    duplicate: ("duplicate",),
    disorder: ("disorder",),
    ohlc: ("ohlc", "open_outside"),
    not_positive: ("not_positive",),
    missing: ("missing",),
    not_a_number: ("not_a_number",),
    negative_volume: ("negative_volume",),
    off_grid: ("off_grid",),
    torn_row: ("torn_row",),
    bad_time: ("bad_time",),
    naive_time: ("naive_time",),
    gaps: ("gaps",),
}
STATISTICAL: dict[Injector, tuple[tuple[str, ...], float]] = {
    unit_single: (("unit_error",), 0.95),
    unit_stretch: (("unit_error",), 0.95),
    outlier: (("outlier",), 0.95),
    outlier_stretch: (("outlier",), 0.9),
    spike: (("spike",), 0.65),
    split: (("split",), 0.9),
    stale: (("stale",), 0.4),
}
EVENTS: dict[Injector, tuple[tuple[str, ...], float]] = {
    dividend_left_out: (("adj_close_mismatch",), 0.9),
    dividend_in_another_unit: (("impossible_dividend", "adj_close_mismatch"), 1.0),
    adjusted_row: (("adj_close_mismatch",), 0.7),
    adjusted_from_nothing: (("adj_close_mismatch",), 0.9),
    partial_split: (("partial_split",), 0.9),
}


# Clean files


def bar(draw: Draw, before: float, size: float, decimals: int) -> tuple[list[str], float]:
    first, close = before * math.exp(draw.noise(size / 4)), before * math.exp(draw.noise(size))
    high, low = max(first, close) * (1 + draw.share() * size), min(first, close) * (1 - draw.share() * size)
    return [f"{value:.{decimals}f}" for value in (first, high, low, close)], close


def simulated_minutes(number: int) -> Clean:
    draw, price, rows = Draw(Seed(number)), 50.0 * (number + 1), []
    for index in range(ROWS):
        prices, price = bar(draw, price, 0.0005, 2)
        rows.append([time_text(1_709_812_800 + 60 * index), *prices, str(draw.whole(1, 5000))])
    return Clean("crypto/SIM-1m.csv", rows, 60, {})


def simulated_days(number: int) -> Clean:
    draw, price, rows = Draw(Seed(100 + number)), 40.0 + 30 * number, []
    day = 19_000
    while len(rows) < ROWS:
        day += 1
        if datetime.fromtimestamp(day * 86_400, tz=UTC).weekday() < 5:
            prices, price = bar(draw, price, 0.008, 2)
            rows.append([time_text(day * 86_400), *prices, str(draw.whole(1, 5000) * 100)])
    return Clean("shares/SIM-1d.csv", rows, 86_400, {})


def with_events(clean: Clean, number: int) -> Clean:
    """Add dividends, one split, and the adj_close that follows: of prices as traded, or adjusted for the split."""
    draw, rows = Draw(Seed(200 + number)), clean.copy()
    at, ratio, as_traded = draw.whole(150, 350), draw.either(2.0, 3.0, 4.0, 0.5, 0.25), number % 2 == 0
    if as_traded:
        scaled(clean, rows, 0, at - 1, ratio)
    adjustment, previous = 1.0, None
    for index in range(ROWS - 1, -1, -1):
        row = rows[index]
        row += [f"{float(row[CLOSE]) * adjustment:.6f}", "0", str(ratio) if index == at else "0"]
        if index == at and as_traded:
            adjustment /= ratio
        if index % 63 == 31 and index != at:
            row[DIVIDEND] = f"{float(rows[index - 1][CLOSE]) * draw.between(0.001, 0.015):.4f}"
            adjustment *= 1 - float(row[DIVIDEND]) / float(rows[index - 1][CLOSE])
        previous = row
    assert previous is rows[0]
    return attrs.evolve(clean, rows=rows)


def real(folder: Path, name: str, at: int, interval: int, called: str, **known) -> Clean:
    with (folder / name).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return Clean(called, rows[at : at + ROWS], interval, known)


def simulated_files() -> tuple[list[Clean], list[Clean]]:
    days = [simulated_days(number) for number in range(4)]
    return [*(simulated_minutes(number) for number in range(4)), *days], [
        with_events(clean, number) for number, clean in enumerate(days)
    ]


def real_files(folder: Path) -> tuple[list[Clean], list[Clean]]:
    minutes = [real(folder, "crypto/ETH-USD-1m.csv", at, 60, "crypto/ETH-USD-1m.csv") for at in (0, 1000, 2000)]
    days = [
        real(folder, "daily/SPY-1d.csv", at, 86_400, "shares/SPY-1d.csv", calendar="XNYS") for at in (1000, 2000, 5000)
    ]
    return [*minutes, *days], [with_events(clean, 50 + number) for number, clean in enumerate(days)]


# The test


@attrs.frozen
class Laboratory:
    """Writes files and checks them."""

    folder: Path

    def findings(self, clean: Clean, lines: list[str]):
        head = "timestamp,open,high,low,close,volume" + ",adj_close,dividends,splits" * (len(clean.rows[0]) > 6)
        path = self.folder / clean.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
        return check_file(place_of(path, clean.name), Expectations(**clean.known)).findings

    def recall(self, injector: Injector, kinds: tuple[str, ...], files: list[Clean], count: int, source: str) -> int:
        found = 0
        for number in range(count):
            draw = Draw(Seed(Seed(7).number(source, injector.__name__, number)))
            clean = files[number % len(files)]
            corrupted = injector(clean, draw)
            findings = self.findings(clean, corrupted.lines)
            found += any(one.kind in kinds and one.line in corrupted.where for one in findings)
        return found


@pytest.fixture
def laboratory(tmp_path):
    return Laboratory(tmp_path)


def measured(laboratory: Laboratory, source: str, bars: list[Clean], events: list[Clean]) -> dict[str, tuple[int, int]]:
    """Return how many of how many defects of each kind were found."""
    told = {
        **{injector: (kinds, bars) for injector, kinds in STRUCTURAL.items()},
        **{injector: (kinds, bars) for injector, (kinds, _) in STATISTICAL.items()},
        **{injector: (kinds, events) for injector, (kinds, _) in EVENTS.items()},
    }
    return {
        injector.__name__: (laboratory.recall(injector, kinds, files, A_KIND, source), A_KIND)
        for injector, (kinds, files) in told.items()
    }


def assert_recall(shares: dict[str, tuple[int, int]]) -> None:
    """Everything of a structural kind is found; of the others as much as their floors say."""
    floors = {
        **{injector.__name__: 1.0 for injector in STRUCTURAL},
        **{injector.__name__: floor for injector, (_, floor) in {**STATISTICAL, **EVENTS}.items()},
    }
    short = {name: share for name, share in shares.items() if share[0] < floors[name] * share[1]}
    assert short == {}


def assert_documented(repository: Path, column: int, shares: dict[str, tuple[int, int]]) -> None:
    """The table of the document has what was measured here."""
    text = (repository / "docs" / "DATA.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    told = {row[0].strip("`"): row[column] for row in rows if row[0].strip("`") in shares and len(row) > column}
    assert told == {name: f"{found} of {count}" for name, (found, count) in shares.items()}


def assert_clean(laboratory: Laboratory, files: list[Clean]) -> None:
    kinds = {kind for kinds in STRUCTURAL.values() for kind in kinds}
    kinds |= {kind for kinds, _ in {**STATISTICAL, **EVENTS}.values() for kind in kinds}
    for number, clean in enumerate(files):
        findings = laboratory.findings(clean, [",".join(row) for row in clean.rows])
        wrong = [one for one in findings if one.kind in kinds and not (one.kind == "split" and one.count == 1)]
        assert wrong == [], (number, clean.name)


def test_the_clean_twins_have_none_of_these_findings(laboratory):
    bars, events = simulated_files()
    assert_clean(laboratory, bars + events)


def test_the_clean_twins_of_real_bars_have_none_of_these_findings(laboratory, shared_data):
    bars, events = real_files(shared_data / "real")
    assert_clean(laboratory, bars + events)


def test_a_thousand_defects_in_simulated_bars_are_found(laboratory, repository):
    shares = measured(laboratory, "simulated", *simulated_files())
    assert sum(count for _, count in shares.values()) >= 1_000
    assert_recall(shares)
    assert_documented(repository, 1, shares)


def test_a_thousand_defects_in_real_bars_are_found(laboratory, repository, shared_data):
    shares = measured(laboratory, "real", *real_files(shared_data / "real"))
    assert_recall(shares)
    assert_documented(repository, 2, shares)
