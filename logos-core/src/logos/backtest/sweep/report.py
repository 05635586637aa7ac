"""``summary.md``: what a sweep found, in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from logos.backtest.measures import value_text

DASH = "-"


def report_of(summary: Mapping[str, Any]) -> str:
    """Return the report of a sweep from what ``summary.json`` holds."""
    return "\n".join(_lines(summary)) + "\n"


def number(value: float | None) -> str:
    """Return a number of a table."""
    return DASH if value is None else f"{value:.4f}"


def params_text(params: Mapping[str, Any]) -> str:
    """Return the values of a trial: ``fast=10 slow=50``."""
    return " ".join(f"{name}={_value(value)}" for name, value in params.items())


def plateau_sentence(summary: Mapping[str, Any]) -> str:
    """Say how the peak stands against what surrounds it."""
    peak, recommended, excess = summary["peak"], summary["recommended"], summary["peak_excess"]
    if peak is None:
        return "No trial has a value of the objective."
    if recommended is None or excess is None:
        return "The peak has no neighbours that were run: nothing tells whether it is more than luck."
    if peak["trial"] == recommended["trial"]:
        return f"The peak is the centre of the plateau too; it lies {excess:.4f} above the mean of its neighbours."
    return (
        f"The peak, {params_text(peak['params'])}, lies {excess:.4f} above the mean of its neighbours; "
        f"{params_text(recommended['params'])} has the best neighbourhood and is recommended."
    )


def trials_sentence(summary: Mapping[str, Any]) -> str:
    """Say how many trials were made, and how many count."""
    found = summary["trials"]
    text = f"{found['made']:,} of {found['planned']:,} combinations tried"
    if found["refused"]:
        text += f", {found['refused']:,} refused"
    if found["halted"]:
        text += f", {found['halted']:,} halted by a guard"
    return f"{text}; {found['counted_on_these_bars']:,} different configs counted on these very bars so far."


def engines_sentence(summary: Mapping[str, Any]) -> str:
    """Say which engine ran how much."""
    engines = ", ".join(f"{name} {count:,}" for name, count in summary["trials"]["engines"].items())
    return f"Runs by engine: {engines or 'none'}."


def percent(value: float | None) -> str:
    """Return a share of a table."""
    return value_text(value, "percent", undefined=DASH)


def _lines(summary: Mapping[str, Any]) -> Iterator[str]:
    yield f"# Sweep {summary['sweep_id']}"
    yield ""
    if summary["status"] != "completed":
        yield f"**Interrupted.** This is what was there; go on with `logos sweep --resume {summary['sweep_id']}`."
        yield ""
    if summary["data_notes"]:
        yield "What the feed found in the data:"
        yield ""
        yield from (f"- {note}" for note in summary["data_notes"])
        yield ""
    yield f"Method {summary['method']}, objective `{summary['objective']}`, {summary['combinations']:,} combinations."
    yield trials_sentence(summary)
    if summary["trials"]["first_refusal"]:
        yield f"The first refusal: {summary['trials']['first_refusal']}"
    yield engines_sentence(summary)
    yield from (f"- {note}" for note in summary["trials"]["engine_notes"])
    yield ""
    yield "## The plateau"
    yield ""
    yield plateau_sentence(summary)
    yield f"A trial's value is {summary['value_is']}."
    yield ""
    yield from _table(summary)
    yield ""
    yield "## Luck"
    yield ""
    yield from summary["significance"]["in_words"]
    yield ""
    if summary["walk_forward"] is not None:
        yield from _walk_forward(summary)
    if summary["plots"]:
        yield "## Pictures"
        yield ""
        yield from (f"- [{name}]({name})" for name in summary["plots"])
        yield ""
    yield from summary["remarks"]


def _table(summary: Mapping[str, Any]) -> Iterator[str]:
    names = list(summary["params"])
    rows = [("peak", summary["peak"]), *((str(place), one) for place, one in enumerate(summary["top"], start=1))]
    rows = [(name, one) for name, one in rows if one is not None]
    heads = ["", "trial", *names, summary["objective"], "mean around", "worst around", "neighbours"]
    yield from _markdown(
        heads,
        [
            [
                name,
                str(one["trial"]),
                *(_value(one["params"][param]) for param in names),
                number(one["value"]),
                number(one["neighbourhood_mean"]),
                number(one["neighbourhood_min"]),
                str(one["neighbours"]),
            ]
            for name, one in rows
        ],
    )


def _walk_forward(summary: Mapping[str, Any]) -> Iterator[str]:
    found = summary["walk_forward"]
    yield "## Walk-forward"
    yield ""
    kind = "anchored at the start" if found["anchored"] else "rolling"
    yield f"{len(found['splits'])} splits, training windows {kind}. Each pick is tested on the bars behind its window."
    yield ""
    heads = ["split", "test from", "pick", "values", "in sample", "out of sample"]
    yield from _markdown(
        heads,
        [
            [
                str(split["split"]),
                split["test"]["start"] or "the start",
                name,
                params_text(split[name]["params"]),
                number(split[name]["in_sample"]),
                number(split[name]["out_of_sample"]),
            ]
            for split in found["splits"]
            for name in ("peak", "recommended")
            if split[name] is not None
        ],
    )
    yield ""
    yield "All test windows, one after the other (`out_of_sample.csv` has the equity):"
    yield ""
    heads = ["pick", "mean in sample", "mean out of sample", "Sharpe ratio", "total return", "deepest fall", "days"]
    yield from _markdown(
        heads,
        [
            [
                name,
                number(chain["in_sample_mean"]),
                number(chain["out_of_sample_mean"]),
                number(chain["sharpe"]),
                percent(chain["total_return"]),
                percent(chain["max_drawdown_of_days"]),
                str(chain["days"]),
            ]
            for name, chain in found["out_of_sample"].items()
        ],
    )
    yield ""


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
