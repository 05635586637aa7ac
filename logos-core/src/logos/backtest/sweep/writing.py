"""What a sweep leaves in its folder when it ends: tables, summary and heat map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from logos.backtest.figures import annual_periods_of
from logos.backtest.sweep import folder as places
from logos.backtest.sweep.evaluations import HALTED, REFUSED, TRAIN, Record, days_of, returns_of, was_made
from logos.backtest.sweep.heatmap import surface_of
from logos.backtest.sweep.plateau import Plateau, Standing
from logos.backtest.sweep.report import report_of
from logos.backtest.sweep.request import SweepRequest
from logos.backtest.sweep.search import Pick, Search
from logos.backtest.sweep.significance import Significance, sentences, significance_of
from logos.backtest.sweep.table import RESULTS_FILE, RETURNS_FILE, write_results, write_returns
from logos.backtest.trial import Window
from logos.backtest.trial_ledger import TrialCount
from logos.config.records import SessionConfig
from logos.domain.errors import StorageError
from logos.domain.money import text_of
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.metrics.daily import growth_of
from logos.metrics.drawdowns import max_drawdown
from logos.metrics.ratios import sharpe, total_return

OUT_OF_SAMPLE_FILE = "out_of_sample.csv"
SCHEMA = 1
TOP = 5

_SHOWN = ("sharpe", "total_return", "cagr", "max_drawdown", "trades", "fills")


@attrs.frozen(kw_only=True)
class Finished:
    """A sweep that has ended.

    Attributes
    ----------
    records:
        Sorted by key.
    count:
        What the ledger of trials says of these bars.
    resumed:
        How many evaluations were there already when this run of the sweep began.
    """

    folder: Path
    config: SessionConfig
    request: SweepRequest
    search: Search
    records: Sequence[Record]
    count: TrialCount
    status: str
    data_digest: str
    data_notes: Sequence[str]
    executor: str
    resumed: int
    seconds: float
    peak_memory: int

    @property
    def periods(self) -> int:
        """Trading days a year."""
        return annual_periods_of(self.config.instruments.values()).periods


def write_all(done: Finished, tell: Callable[[str], None], *, plots: bool) -> dict[str, Any]:
    """Write every file and return the summary."""
    folder = done.folder
    overall = done.search.overall()
    write_results(
        folder / RESULTS_FILE,
        done.records,
        done.request.axes,
        {one.number: one.places for one in done.search.candidates},
        overall.standings,
        decimals=done.config.account.decimals,
    )
    write_returns(folder / RETURNS_FILE, done.records)
    picks = [done.search.picks(split) for split in done.search.splits]
    if done.request.walk_forward:
        places.put(folder / OUT_OF_SAMPLE_FILE, _chained_csv(picks).encode())
    summary = {**_summary(done, overall, picks), "plots": [], "remarks": []}
    _put_summary(folder, summary)
    if plots:
        _illustrate(done, overall, summary)
        for remark in summary["remarks"]:
            tell(remark)
    return summary


def _put_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    places.put_json(folder / places.SUMMARY_FILE, summary)
    places.put(folder / places.REPORT_FILE, report_of(summary).encode())


def _illustrate(done: Finished, overall: Plateau, summary: dict[str, Any]) -> None:
    """Draw, and put into the summary what was drawn and what could not be; the sweep stands without pictures."""
    summary["plots"], summary["remarks"] = _draw(done, overall)
    try:
        _put_summary(done.folder, summary)
    except StorageError as error:
        summary["remarks"].append(f"The summary does not name the pictures: {error.message}.")


def _summary(done: Finished, overall: Plateau, picks: Sequence[tuple[Pick | None, Pick | None]]) -> dict[str, Any]:
    request = done.request
    judged, windows = _significance(done, overall)
    return {
        "schema": SCHEMA,
        "sweep_id": done.folder.name,
        "status": done.status,
        "session": done.config.session.name,
        "method": request.method,
        "objective": request.objective,
        "combinations": request.size,
        "params": {axis.name: list(axis.values) for axis in request.axes},
        "trials": _counts(done),
        "value_is": _value_is(done),
        "peak": None if overall.peak is None else _told(done, overall.peak),
        "recommended": None if overall.recommended is None else _told(done, overall.recommended),
        "peak_excess": overall.excess,
        "top": [_told(done, one) for one in overall.ranking[:TOP]],
        "significance": {**judged.as_object(), **windows},
        "walk_forward": _walk_forward(done, picks) if request.walk_forward else None,
        "currency": done.config.account.currency,
        "periods_per_year": done.periods,
        "config_digest": done.config.digest,
        "data_digest": done.data_digest,
        "data_notes": list(done.data_notes),
        "run": {
            "executor": done.executor,
            "seconds": round(done.seconds, 3),
            "resumed_evaluations": done.resumed,
            "peak_memory_bytes": done.peak_memory,
        },
    }


def _counts(done: Finished) -> dict[str, Any]:
    tried = {one["trial"] for one in done.records if one["part"] == TRAIN}
    refused = {one["trial"] for one in done.records if one["status"] == REFUSED}
    first = next((one["refusal"] for one in done.records if one["status"] == REFUSED), "")
    made = [one for one in done.records if was_made(one)]
    notes = Counter(one["note"] for one in made if one["note"])
    return {
        "planned": len(done.search.candidates),
        "made": len(tried - refused),
        "refused": len(refused),
        "first_refusal": first,
        "halted": len({one["trial"] for one in made if one["status"] == HALTED}),
        "evaluations": len(made),
        "counted_on_these_bars": done.count.configs,
        "recorded_on_these_bars": done.count.records,
        "engines": dict(sorted(Counter(one["engine"] for one in made).items())),
        "engine_notes": [note for note, _ in sorted(notes.items(), key=lambda one: (-one[1], one[0]))],
    }


def _told(done: Finished, standing: Standing) -> dict[str, Any]:
    """Return a trial as the summary shows it; its measures where there is one training window only."""
    (candidate,) = (one for one in done.search.candidates if one.number == standing.trial)
    values = candidate.values(done.request.axes)
    shown: dict[str, Any] = {}
    if len(done.search.splits) == 1:
        (record,) = (one for one in done.search.judged(done.search.splits[0]) if one["trial"] == standing.trial)
        shown = {name: record[name] for name in _SHOWN}
        shown["final_equity"] = text_of(record["final_equity"], done.config.account.decimals)
    return {
        "trial": standing.trial,
        "params": {axis.name: values[axis.path] for axis in done.request.axes},
        "value": standing.value,
        "neighbours": standing.neighbours,
        "neighbourhood_mean": standing.mean,
        "neighbourhood_min": standing.least,
        "members": list(standing.members),
        **shown,
    }


def _value_is(done: Finished) -> str:
    """Say which window the values of the trials are of."""
    count = len(done.search.splits)
    if count == 1:
        return f"{done.request.objective} over all the bars traded on"
    return f"the mean of {done.request.objective} over the {count} training windows"


def _significance(done: Finished, overall: Plateau) -> tuple[Significance, dict[str, Any]]:
    """Judge the best trial of the last training window, which is the whole without walk-forward; name the windows."""
    last = done.search.splits[-1]
    peak = overall.peak if len(done.search.splits) == 1 else done.search.plateau(last).peak
    by_trial = {one["trial"]: one for one in done.search.judged(last)}
    record = None if peak is None else by_trial[peak.trial]
    spread = [one for one in done.search.spread(last) if was_made(one)]
    first = done.search.first_window(last)
    judged = significance_of(
        record, spread, trials=done.count.configs, periods=done.periods, same_window=first == last.train
    )
    return judged, {
        "window": _window(last.train),
        "overfitting_window": _window(first),
        "in_words": [*_windows_in_words(done, overall, judged, record), *sentences(judged)],
    }


def _windows_in_words(done: Finished, overall: Plateau, judged: Significance, record: Record | None) -> Iterator[str]:
    """Say which windows the figures on luck are of, where not all are of the whole."""
    last = done.search.splits[-1]
    if len(done.search.splits) > 1 and record is not None:
        name, peak = done.request.objective, overall.peak
        ratio = "" if name == "sharpe" or judged.best is None else f" (its Sharpe ratio: {judged.best:.4f})"
        mean = f"the mean over the {len(done.search.splits)} windows"
        other = "" if peak is None else f"; the peak's {peak.value:.4f}, trial {peak.trial}, is {mean}"
        yield (
            f"What follows is of the last training window alone, {_span(last.train)}. Trial {record['trial']} is the "
            f"best there, with {name} {record[name]:.4f}{ratio}{other}."
        )
    first = done.search.first_window(last)
    if first != last.train:
        yield f"The probability of overfitting is of the first part alone, {_span(first)}, which all trials have seen."


def _span(window: Window) -> str:
    start, end = (None if at is None else time_text(at) for at in (window.start, window.end))
    return f"{'the start' if start is None else start} to {'the end' if end is None else end}"


def _walk_forward(done: Finished, picks: Sequence[tuple[Pick | None, Pick | None]]) -> dict[str, Any]:
    request = done.request
    splits = [
        {
            "split": split.number,
            "train": _window(split.train),
            "test": _window(split.test or Window()),
            "peak": _pick(done, peak),
            "recommended": _pick(done, recommended),
        }
        for split, (peak, recommended) in zip(done.search.splits, picks, strict=True)
    ]
    chains = {
        name: _chain(request.objective, [pair[place] for pair in picks], done.periods)
        for place, name in enumerate(("peak", "recommended"))
    }
    return {"anchored": request.anchored, "splits": splits, "out_of_sample": chains}


def _window(window: Window) -> dict[str, str | None]:
    return {name: None if at is None else time_text(at) for name, at in attrs.asdict(window).items()}


def _pick(done: Finished, pick: Pick | None) -> dict[str, Any] | None:
    if pick is None:
        return None
    (candidate,) = (one for one in done.search.candidates if one.number == pick.trial)
    values = candidate.values(done.request.axes)
    name = done.request.objective
    return {
        "trial": pick.trial,
        "params": {axis.name: values[axis.path] for axis in done.request.axes},
        "in_sample": pick.train[name],
        "out_of_sample": None if pick.test is None else pick.test.get(name),
    }


def _chain(objective: str, picks: Sequence[Pick | None], periods: int) -> dict[str, Any]:
    """Return what came of following the picks, one test window after the other."""
    tested = [one for one in picks if one is not None and one.test is not None]
    tests = [one.test for one in tested if one.test is not None and was_made(one.test)]
    returns = np.concatenate([np.empty(0), *(returns_of(one) for one in tests)])
    inside = [one.train[objective] for one in tested]
    outside = [one[objective] for one in tests if one[objective] is not None]
    return {
        "windows": len(tests),
        "days": len(returns),
        "in_sample_mean": sum(inside) / len(inside) if inside else None,
        "out_of_sample_mean": sum(outside) / len(outside) if outside else None,
        "total_return": total_return(returns),
        "sharpe": sharpe(returns, periods=periods),
        "max_drawdown_of_days": max_drawdown(growth_of(returns), 1.0),
    }


def _chained_csv(picks: Sequence[tuple[Pick | None, Pick | None]]) -> str:
    """Return the equity of following the picks, where it started at 1: a row a day, the same again where none ran."""
    columns = [_growth([pair[place] for pair in picks]) for place in (0, 1)]
    days = sorted({day for column in columns for day in column})
    lines = ["day,peak,recommended\n"]
    values = [1.0, 1.0]
    for day in days:
        values = [column.get(day, value) for column, value in zip(columns, values, strict=True)]
        lines.append(f"{time_text(day * SECONDS_A_DAY)[:10]},{','.join(f'{value:.8f}' for value in values)}\n")
    return "".join(lines)


def _growth(picks: Sequence[Pick | None]) -> dict[int, float]:
    found: dict[int, float] = {}
    value = 1.0
    for pick in picks:
        if pick is None or pick.test is None or not was_made(pick.test):
            continue
        for day, change in zip(days_of(pick.test).tolist(), returns_of(pick.test).tolist(), strict=False):
            value *= 1.0 + change
            found[day] = value
    return found


def _draw(done: Finished, overall: Plateau) -> tuple[list[str], list[str]]:
    """Draw the heat map; return the files that were made, and what could not be."""
    surface = surface_of(done.request, done.search.candidates, overall)
    if surface is None:
        return [], ["No heat map: no trial has a value to show."]
    from logos.backtest.sweep.heatmap_html import draw_html, missing  # noqa: PLC0415 -- as above
    from logos.backtest.sweep.heatmap_png import draw_png  # noqa: PLC0415 -- matplotlib takes long to load

    title = f"Sweep of {done.config.session.name}"
    drawers: list[tuple[str, str, Callable[[], bytes]]] = [
        ("heatmap.png", "", lambda: draw_png(surface, title=title)),
        ("heatmap.html", missing(), lambda: draw_html(surface, title=title).encode()),
    ]
    files, remarks = [], []
    for name, remark, draw in drawers:
        fault = remark or _drawn(done.folder / name, draw)
        if fault:
            remarks.append(fault)
        else:
            files.append(name)
    return files, remarks


def _drawn(path: Path, draw: Callable[[], bytes]) -> str:
    """Draw a picture; return why there is none, or nothing."""
    try:
        places.put(path, draw())
    except StorageError as error:
        return f"{path.name} was not made: {error.message}."
    except (ImportError, MemoryError, OSError, RuntimeError, ValueError) as error:  # from the drawing library
        return f"{path.name} was not made: {error}."
    return ""
