"""What ``logos sweep`` shows: a bar while it runs, and what was found at its end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from logos.backtest.sweep.report import (
    engines_sentence,
    number,
    params_text,
    percent,
    plateau_sentence,
    trials_sentence,
)
from logos.cli.output import emit_json, print_table
from logos.cli.progress import ProgressBar

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from logos.backtest.sweep.setup import SweepOutcome


_MEGABYTE = 1_000_000
_MOST_NOTES = 2
_LONGEST_NOTE = 150


class TrialsBar(ProgressBar):
    """A bar with trials a second."""

    def show(self, done: int, planned: int) -> None:
        """Show how far the sweep is."""
        self.step(done, planned, "Trials")

    def _columns(self, progress: Any) -> list[ProgressColumn]:
        from rich.text import Text  # noqa: PLC0415 -- Rich takes long to load

        class Rate(progress.ProgressColumn):  # type: ignore[misc]  # Rich is loaded late
            """Trials a second."""

            def render(self, task: Any) -> Text:
                return Text(f"{task.speed or 0.0:,.1f} trials/s")

        return [
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            Rate(),
            progress.TimeRemainingColumn(),
        ]


def tell(text: str) -> None:
    """Tell whoever waits something: on standard error."""
    print(text, file=sys.stderr)  # noqa: T201 -- the command line speaks


def print_sweep(outcome: SweepOutcome, *, as_json: bool) -> None:
    """Print what a sweep found: one JSON object, or a summary for people."""
    if as_json:
        emit_json(_values(outcome))
        return
    summary = outcome.summary
    _say(f"Sweep {summary['sweep_id']}: {summary['status']}")
    _say(trials_sentence(summary))
    _say_engines(summary)
    _say("")
    _print_trials(summary)
    _say("")
    _say(plateau_sentence(summary))
    _say(f"A trial's value is {summary['value_is']}.")
    _say("")
    for sentence in summary["significance"]["in_words"]:
        _say(sentence)
    if summary["walk_forward"] is not None:
        _print_walk_forward(summary)
    _say("")
    _say(f"Ran in {outcome.watch.seconds:,.2f} s; peak memory {outcome.watch.peak_memory / _MEGABYTE:,.0f} MB")
    _say(f"Results in {outcome.path}")
    _say("  summary.md tells the whole story; results.parquet has every trial")
    _say(_next_step(summary))


def _values(outcome: SweepOutcome) -> dict[str, Any]:
    summary = outcome.summary
    names = ("status", "method", "objective", "trials", "value_is", "peak", "recommended", "peak_excess")
    more = ("significance", "walk_forward", "data_notes")
    return {
        "sweep_id": summary["sweep_id"],
        "path": outcome.path,
        **{name: summary[name] for name in (*names, *more)},
        "seconds": round(outcome.watch.seconds, 3),
        "peak_memory_bytes": outcome.watch.peak_memory,
    }


def _say_engines(summary: Any) -> None:
    """Say which engine ran how much, and the most frequent reasons why it was not a quicker one."""
    _say(engines_sentence(summary))
    notes = summary["trials"]["engine_notes"]
    for note in notes[:_MOST_NOTES]:
        _say(f"  {note if len(note) <= _LONGEST_NOTE else note[: _LONGEST_NOTE - 1] + '…'}")
    if len(notes) > _MOST_NOTES:
        _say(f"  and {len(notes) - _MOST_NOTES:,} other reasons, in summary.md")


def _print_trials(summary: Any) -> None:
    rows = [] if summary["peak"] is None else [("peak", summary["peak"])]
    rows += [(str(place), one) for place, one in enumerate(summary["top"], start=1)]
    print_table(
        "The best neighbourhoods, and the peak",
        ("", "trial", "values", summary["objective"], "mean around", "worst around", "neighbours"),
        [
            (
                name,
                str(one["trial"]),
                params_text(one["params"]),
                number(one["value"]),
                number(one["neighbourhood_mean"]),
                number(one["neighbourhood_min"]),
                str(one["neighbours"]),
            )
            for name, one in rows
        ],
        numeric=("trial", summary["objective"], "mean around", "worst around", "neighbours"),
    )


def _print_walk_forward(summary: Any) -> None:
    _say("")
    print_table(
        "Walk-forward: what was chosen in sample, and what it did behind it",
        ("pick", "windows", "in sample", "out of sample", "Sharpe ratio of all", "return of all"),
        [
            (
                name,
                str(one["windows"]),
                number(one["in_sample_mean"]),
                number(one["out_of_sample_mean"]),
                number(one["sharpe"]),
                percent(one["total_return"]),
            )
            for name, one in summary["walk_forward"]["out_of_sample"].items()
        ],
        numeric=("windows", "in sample", "out of sample", "Sharpe ratio of all", "return of all"),
    )


def _next_step(summary: Any) -> str:
    if summary["status"] != "completed":
        return f"Go on with: logos sweep --resume {summary['sweep_id']}"
    chosen = summary["recommended"] or summary["peak"]
    if chosen is None:
        return "Next: choose other values, no trial has a value of the objective"
    return f"Next: put {params_text(chosen['params'])} into the config, and run: logos backtest --config F"


def _say(text: str) -> None:
    print(text)  # noqa: T201 -- the command line speaks
