"""``logos strategies``: what strategies there are, and whether their signals keep to their look-back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from logos.cli.output import emit_json, print_table
from logos.domain.errors import InputError, LogosError, PluginError
from logos.plugins.offers import READY, Offer
from logos.plugins.registry import load_registry

if TYPE_CHECKING:
    from logos.domain.bars import Bar
    from logos.domain.instruments import Instrument
    from logos.session.seats import Strategy
    from logos.strategies.base import ParameterInfo
    from logos.strategies.checks import CheckReport

app = typer.Typer(help="List strategies and check them for look-ahead.", no_args_is_help=True)

_LEAST_BARS = 1_500
_LIST_COLUMNS = ("name", "distribution", "state", "lookback", "summary", "parameters")


@app.callback()
def _strategies() -> None:
    """List strategies and check them for look-ahead."""


@app.command("list")
def list_strategies(*, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List every installed strategy with its look-back at default parameters, and its parameters with their bounds."""
    records = [_record(offer) for offer in load_registry().offers("strategy")]
    if as_json:
        emit_json({"strategies": records})
        return
    print_table("", _LIST_COLUMNS, [_row(record) for record in records], numeric=("lookback",))
    for record in records:
        if record["fault"]:
            typer.echo(f"\nstrategy {record['distribution']}/{record['name']}: {record['fault']}")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The strategy, as the config names it.")],
    *,
    params: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that a strategy's signals depend on its last bars and on nothing else; exit code 4 where they do not.

    It runs over generated bars and over the bundled fixtures: without the later bars, with other later bars, from the
    look-back alone, beside another instance, and once more.
    """
    offer = load_registry().find("strategy", name)
    reports = check_offer(offer, parameters_from(offer, params or ()))
    passed = all(report.passed for report in reports)
    if as_json:
        emit_json({"strategy": offer.qualified, "passed": passed, "series": [_report_record(each) for each in reports]})
    else:
        _print_reports(offer, reports)
    if not passed:
        raise typer.Exit(4)


def _record(offer: Offer) -> dict[str, Any]:
    """Return what a listing says of an offer; one that cannot be used keeps its row, with the fault."""
    record: dict[str, Any] = {
        "name": offer.name,
        "distribution": offer.distribution,
        "state": offer.status,
        "lookback": None,
        "summary": offer.summary,
        "parameters": [],
        "fault": offer.fault,
    }
    if offer.status != READY:
        return record
    try:
        parameters = parameters_of(offer)
        record["parameters"] = [_parameter_record(info) for info in parameters]
        if not any(info.required for info in parameters):
            strategy = builder_of(offer, parameters_from(offer, ()))()
            record["lookback"] = strategy.lookback
            record["summary"] = _first_line(type(strategy).__doc__).replace("``", "") or offer.summary
    except LogosError as error:
        record["fault"] = str(error)
    return record


def parameters_of(offer: Offer) -> tuple[ParameterInfo, ...]:
    """Return the parameters of a strategy with their bounds."""
    from logos.strategies.base import describe  # noqa: PLC0415 - not at the start of every command

    cls = offer.config_class()
    return () if cls is None else describe(cls)


def _parameter_record(info: ParameterInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "type": info.type,
        "required": info.required,
        "default": _plain(info.default),
        "low": _plain(info.low),
        "high": _plain(info.high),
        "doc": info.doc,
    }


def _plain(value: Any) -> Any:
    """Return a parameter's value as JSON has it: decimals as texts."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    lookback = "" if record["lookback"] is None else str(record["lookback"])
    parameters = ", ".join(_parameter_text(each) for each in record["parameters"])
    return (record["name"], record["distribution"], record["state"], lookback, record["summary"], parameters or "none")


def _parameter_text(record: Mapping[str, Any]) -> str:
    value = "(required)" if record["required"] else str(record["default"])
    text = f"{record['name']}={value.lower() if record['type'] == 'bool' else value}"
    low, high = record["low"], record["high"]
    if low is None and high is None:
        return text
    return f"{text} ({'' if low is None else low}..{'' if high is None else high})"


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().split("\n", 1)[0].rstrip(".")


def parameters_from(offer: Offer, params: Sequence[str]) -> Any:
    """Build the strategy's parameters from ``name=value`` texts; ``None`` where it takes none."""
    from logos.strategies.base import parse_parameters  # noqa: PLC0415 - not at the start of every command

    texts: dict[str, str] = {}
    for text in params:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(f"--param {text!r} is not name=value", hint="Write it like --param window=30")
        if key in texts:
            raise InputError(f"--param {key} is given twice", hint="Give each parameter once")
        texts[key] = value
    cls = offer.config_class()
    if cls is None:
        if texts:
            raise InputError(f"{offer.name} takes no parameters, and {', '.join(texts)} was given")
        return None
    return parse_parameters(cls, texts)


def builder_of(offer: Offer, config: Any, instruments: Sequence[Instrument] = ()) -> Callable[[], Strategy]:
    """Return what builds a fresh instance of a strategy for a sample instrument."""
    from logos.strategies.sample_bars import SAMPLE, plain_context  # noqa: PLC0415 - not at the start of every command

    factory = offer.factory()

    def build() -> Strategy:
        try:
            built: Strategy = factory(config, plain_context((SAMPLE, *instruments)))
        except LogosError:
            raise
        except Exception as error:
            raise PluginError(
                f"strategy {offer.qualified} cannot be built: {type(error).__name__}: {error}",
                hint="Report it to the plugin's authors",
            ) from error
        return built

    return build


def check_offer(offer: Offer, config: Any) -> list[CheckReport]:
    """Check a strategy on generated bars, long enough for any sound look-back, and on the bundled ones."""
    from logos.context.seed import Seed  # noqa: PLC0415 - not at the start of every command
    from logos.strategies.checks import check_strategy  # noqa: PLC0415 - the same
    from logos.strategies.sample_bars import generated_series  # noqa: PLC0415 - the same

    bundled = _bundled_bars()
    build = builder_of(offer, config, [bars[0].instrument for bars in bundled.values()])
    lookback: object = build().lookback
    count = max(_LEAST_BARS, 3 * lookback) if isinstance(lookback, int) else _LEAST_BARS
    generated = generated_series(Seed(0), count)
    series = {
        **{f"generated {name}": bars for name, bars in generated.items()},
        **{f"bundled {symbol}": bars for symbol, bars in bundled.items()},
    }
    return [check_strategy(build, bars, series=name) for name, bars in series.items()]


def _bundled_bars() -> dict[str, list[Bar]]:
    """Return the simulated minute bars that come with the program, by symbol."""
    from logos.config.registry import InstrumentRegistry  # noqa: PLC0415 - not at the start of every command
    from logos.data.fixtures import bundled_path  # noqa: PLC0415 - the same
    from logos.data.replay import open_replay  # noqa: PLC0415 - the same
    from logos.data.replay_config import BUNDLED, QUARANTINE, ROUND, ReplayConfig  # noqa: PLC0415 - the same
    from logos.strategies.sample_bars import plain_context  # noqa: PLC0415 - the same

    names = {path.name for path in bundled_path().glob("*/*")}
    known = InstrumentRegistry().items()
    instruments = [one for symbol, one in known if any(name.startswith(f"{symbol}-1m.") for name in names)]
    config = ReplayConfig(path=BUNDLED, on_bad_row=QUARANTINE, off_tick=ROUND)
    feed = open_replay(config, plain_context(instruments))
    bars: dict[str, list[Bar]] = {}
    try:
        for together in feed.slices(None):
            for bar in together.bars:
                bars.setdefault(bar.symbol, []).append(bar)
    finally:
        feed.close()
    return dict(sorted(bars.items()))


def _report_record(report: CheckReport) -> dict[str, Any]:
    return {
        "series": report.series,
        "bars": report.bars,
        "lookback": report.lookback,
        "passed": report.passed,
        "compared": report.compared,
        "differences": [
            {
                "check": each.check,
                "bar": each.bar,
                "timestamp": each.time,
                "field": each.field,
                "expected": each.expected,
                "found": each.found,
                "text": str(each),
            }
            for each in report.differences
        ],
    }


def _print_reports(offer: Offer, reports: Sequence[CheckReport]) -> None:
    from logos.strategies.checks import CHECKS  # noqa: PLC0415 - not at the start of every command

    rows = [(report.series, str(report.bars), *(_verdict(report, each) for each in CHECKS)) for report in reports]
    title = f"{offer.qualified}, look-back {reports[0].lookback} bars: bars compared by each check"
    print_table(title, ("series", "bars", *CHECKS), rows, numeric=("bars", *CHECKS))
    for report in reports:
        for difference in report.differences:
            typer.echo(str(difference))
    failed = sum(not report.passed for report in reports)
    typer.echo(f"{failed} of {len(reports)} series show a defect." if failed else "No difference found.")


def _verdict(report: CheckReport, check_name: str) -> str:
    if any(each.check == check_name for each in report.differences):
        return "differs"
    return str(report.compared[check_name]) if check_name in report.compared else "-"
