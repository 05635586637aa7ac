"""The third lesson: what a backtest does not say by itself."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import attrs

from logos.artifacts import schemas
from logos.artifacts.readers import read_csv_rows
from logos.backtest.leaks.checking import check_config
from logos.backtest.leaks.report import PROBES, LeakReport
from logos.backtest.setup import BacktestOutcome
from logos.backtest.sweep.report import params_text
from logos.config.records import SessionConfig
from logos.domain.times import SECONDS_A_DAY, time_text
from logos.ui.lessons.classroom import Classroom
from logos.ui.lessons.coins import COINS, DAYS, TOSSES, bar_file, days_of
from logos.ui.lessons.figures import curve_of, draw_curves, draw_pairs, money, number, percent

_BUNDLED = """
session: {{name: {name}, seed: 7}}
feed: {{plugin: replay, path: bundled, symbols: [BTC-USD, DEMO]}}
broker:
  plugin: paper
  cash: "100000"
  fees: {{maker_bps: "{maker}", taker_bps: "{taker}"}}
  slippage_bps: "{slippage}"
strategies:
  - {{plugin: sma_cross, name: trend, params: {{fast: 20, slow: 60}}}}
"""
_COIN = """
session: {{name: {name}, seed: 7}}
instruments:
  COIN{coin}: {{asset_class: crypto, tick: "0.01", lot: "0.0001", min_notional: "1", currency: USD}}
feed: {{plugin: replay, path: data/cache, symbols: [COIN{coin}], interval: 1d}}
broker: {{plugin: paper, cash: "100000", fees: {{maker_bps: "0", taker_bps: "0"}}, slippage_bps: "0"}}
strategies:
  - {strategy}
backtest: {{{window}}}
"""
_CROSS = "{{plugin: sma_cross, name: trend, params: {{fast: {fast}, slow: {slow}}}}}"
_CHOOSE, _TEST = 'end: "2020-01-01T00:00:00Z"', 'start: "2020-01-01T00:00:00Z"'
_PARAMS = ("fast=5:45:10", "slow=50:150:20")
_CHECKED_BARS = 3_000
_LIKELY_SKILL = 0.95


@attrs.frozen(kw_only=True)
class _Coin:
    """What a sweep chose on one coin, and what became of the choice."""

    summary: dict[str, Any]
    after: BacktestOutcome

    @property
    def chosen(self) -> float:
        """The Sharpe ratio of the best in sample."""
        return float(self.summary["peak"]["sharpe"])

    @property
    def tested(self) -> float:
        """Its Sharpe ratio out of sample; 0 where it has none, since it did not trade."""
        return float(self.after.metrics["sharpe"] or 0.0)


def teach(room: Classroom) -> None:
    """Run backtests whose truth is known, and read them."""
    text = room.transcript
    text.say(
        "A backtest is easy to run and easy to believe. This lesson has just run a number of them, some on bars whose "
        "truth is known because a coin made them, so that you can see how a good-looking figure comes about without "
        "any skill, and what gives it away."
    )
    room.step("one strategy with costs and without")
    config = _costs(room)
    room.step(f"{COINS} sweeps over the tosses of a coin")
    _luck(room)
    room.step("a strategy that knows tomorrow")
    _look_ahead(room)
    room.step("the check for look-ahead")
    _checked(room, config)
    _reading(room)
    _exercises(room)


def _costs(room: Classroom) -> SessionConfig:
    text = room.transcript
    text.section("Costs decide")
    with_costs = _BUNDLED.format(name="with_costs", maker="2", taker="10", slippage="1")
    config = room.config("with_costs", with_costs)
    paid = room.backtest(config)
    free = room.backtest(
        room.config("without_costs", _BUNDLED.format(name="without_costs", maker="0", taker="0", slippage="0"))
    )
    text.say("A quick trend strategy on five days of bundled minute bars, `configs/with_costs.yaml`:")
    text.config(with_costs)
    text.say(
        "`configs/without_costs.yaml` is the same with all costs at zero. Both ran, and this is what came of them:"
    )
    rows = [("return", "total_return"), ("maximum drawdown", "max_drawdown"), ("winning round trips", "win_rate")]
    text.table(
        ["Figure", "without costs", "with costs"],
        [
            *(
                [name, *(percent(one.metrics[key], sign=key == "total_return") for one in (free, paid))]
                for name, key in rows
            ),
            ["fills", *(str(one.metrics["fills"]) for one in (free, paid))],
            ["final equity", *(money(one.metrics["final_equity"]) for one in (free, paid))],
        ],
        numeric=["without costs", "with costs"],
    )
    costs = paid.metrics["costs"]
    text.say(
        f"The signals are the same. Fees of 10 basis points and slippage of one cost {money(costs['fees'])} and "
        f"{money(costs['slippage'])} over {paid.metrics['fills']} fills: the account was turned over "
        f"{paid.metrics['turnover']:.0f} times in {paid.metrics['days']} days. {_sign_sentence(free, paid)}"
    )
    _pictured_costs(room, free, paid)
    _benchmark(room, free, paid)
    room.glossary.update(
        {
            "backtest": f"workspace/{paid.path.rpartition('/')[0]}, one folder each",
            "slippage": "metrics.json, costs.slippage",
            "return": "metrics.json, total_return",
            "basis point (bps)": "configs/with_costs.yaml, fees",
            "drawdown": "metrics.json, max_drawdown",
            "equity": "plots/costs.png",
        }
    )
    return config


def _sign_sentence(free: BacktestOutcome, paid: BacktestOutcome) -> str:
    if free.metrics["total_return"] > 0 > paid.metrics["total_return"]:
        return "The costs turned a gain into a loss. A backtest without costs is no rough answer but another question."
    return "The difference of the two returns is what costs took."


def _pictured_costs(room: Classroom, free: BacktestOutcome, paid: BacktestOutcome) -> None:
    columns = ("timestamp", "equity")
    curves = {
        "without costs": curve_of(list(read_csv_rows(free.folder / schemas.EQUITY_FILE, columns)), "equity"),
        "with costs": curve_of(list(read_csv_rows(paid.folder / schemas.EQUITY_FILE, columns)), "equity"),
    }
    draw_curves(
        room.plots / "costs.png",
        curves,
        title="The same bets, with costs and without",
        subtitle=f"sma_cross 20/60 on five days of minute bars, {paid.metrics['fills']} fills",
        y_title="Equity (USD)",
    )
    room.transcript.picture("costs.png", "Equity of the same strategy with costs and without over five days.")


def _benchmark(room: Classroom, free: BacktestOutcome, paid: BacktestOutcome) -> None:
    text, held = room.transcript, paid.metrics["benchmark"]
    text.section("Better than what?")
    text.say(
        "Every backtest here stands beside a benchmark: buying both symbols at the start, at the same costs, and "
        "holding them. What you did not have to think about is the least that thinking must beat."
    )
    text.table(
        ["", "return", "maximum drawdown"],
        [
            [name, percent(one["total_return"]), percent(one["max_drawdown"], sign=False)]
            for name, one in (
                ("the strategy, with costs", paid.metrics),
                ("the strategy, without costs", free.metrics),
                ("buy and hold, with costs", held),
            )
        ],
        numeric=["return", "maximum drawdown"],
    )
    text.say(
        f"And one figure to leave alone: over these {paid.metrics['days']} days the run without costs has a return of "
        f"{percent(free.metrics['total_return'])}, which *annualised* is {percent(free.metrics['cagr'], 0)} a year, at "
        f"a Sharpe ratio of {number(free.metrics['sharpe'])}. The arithmetic is right and the figure means nothing: "
        "five days say next to nothing about a year. Look at the number of days before you look at anything per year."
    )
    room.glossary.update({"benchmark": "metrics.json, benchmark", "Sharpe ratio": "metrics.json, sharpe"})


def _luck(room: Classroom) -> None:
    text = room.transcript
    text.section("The best of many is luck")
    text.say(
        f"Now prices that nobody can foresee. The lesson tossed a fair coin {TOSSES} times a day for {DAYS:,} days, up "
        f"or down a quarter of a percent each time, and did so for {COINS} coins. No rule can have skill here; costs "
        "are zero, so that nothing but chance is left. For each coin it then did what people do: it tried 30 pairs of "
        "averages on the first two years (*in sample*), took the best, and ran that on the two years after (*out of "
        "sample*). All the coins are shown, not a chosen one."
    )
    coins = [_tossed(room, coin) for coin in range(1, COINS + 1)]
    text.table(
        ["Coin", "Best of 30", "In sample", "By luck alone", "Deflated", "Out of sample", "Return after"],
        [
            [
                str(place),
                params_text(one.summary["peak"]["params"]),
                number(one.chosen),
                number(one.summary["significance"]["expected_best_sharpe_without_skill"]),
                percent(one.summary["significance"]["deflated_sharpe_ratio"], 0, sign=False),
                number(one.tested),
                percent(one.after.metrics["total_return"], 1),
            ]
            for place, one in enumerate(coins, start=1)
        ],
        numeric=["In sample", "By luck alone", "Deflated", "Out of sample", "Return after"],
    )
    chosen, tested = (sum(values) / COINS for values in ([one.chosen for one in coins], [one.tested for one in coins]))
    text.say(
        "The columns are Sharpe ratios, but for *Deflated*, which is a probability, and the return. On average the "
        f"best in sample has {number(chosen)}, and the very same rules have {number(tested)} afterwards."
    )
    better = sum(one.tested > one.chosen for one in coins)
    if chosen > tested:
        text.say(
            "The rules did not stop working. They never worked: the best of 30 tries looks good because it was picked "
            f"for looking good. On a single coin chance may go either way, and {better} of the {COINS} did better "
            "afterwards than before, as blindly as the others did worse."
        )
    _pictured_luck(room, coins)
    _deflated(room, coins)
    room.glossary.update(
        {
            "sweep": "workspace/runs/sweeps, one folder a coin",
            "trial": "workspace/runs/trials.jsonl",
            "in sample, out of sample": "transcript.md, section 3; plots/luck.png",
            "deflated Sharpe ratio": "summary.json of each sweep, significance",
            "overfitting": "summary.md of each sweep, section Luck",
            "volatility": "metrics.json, volatility",
        }
    )


def _tossed(room: Classroom, coin: int) -> _Coin:
    """Make a coin's bars, choose on the first years, test on the years after."""
    folder = room.workspace / "data/cache/crypto"
    room.disk.make_folder(folder)
    room.disk.replace(folder / f"COIN{coin}-1d.csv", bar_file(days_of(coin)).encode())
    name = f"coin{coin}"
    begun = _COIN.format(name=name, coin=coin, strategy=_CROSS.format(fast=10, slow=50), window=_CHOOSE)
    summary = dict(room.sweep(room.config(name, begun), _PARAMS).summary)
    best = summary["peak"]["params"]
    tested = _COIN.format(name=f"{name}_after", coin=coin, strategy=_CROSS.format(**best), window=_TEST)
    return _Coin(summary=summary, after=room.backtest(room.config(f"{name}_after", tested)))


def _pictured_luck(room: Classroom, coins: Sequence[_Coin]) -> None:
    draw_pairs(
        room.plots / "luck.png",
        [f"coin {place}" for place in range(1, len(coins) + 1)],
        {"in sample: the best of 30": [one.chosen for one in coins], "out of sample": [one.tested for one in coins]},
        title="The best of 30 on the tosses of a coin, and what became of it",
        subtitle="Sharpe ratios; two years to choose in, the years after to test on",
        y_title="Sharpe ratio (annualised)",
    )
    room.transcript.picture(
        "luck.png", "Sharpe ratio of the best of 30 for each coin, in sample and out of sample, side by side."
    )


def _deflated(room: Classroom, coins: Sequence[_Coin]) -> None:
    text = room.transcript
    text.say(
        "*By luck alone* is the ratio to expect of the best of so many tries without any skill. The *deflated Sharpe "
        "ratio* asks how likely the true ratio lies above that. What the sweep itself said about the first coin:"
    )
    text.quote("\n".join(coins[0].summary["significance"]["in_words"]))
    ratios = [one.summary["significance"]["deflated_sharpe_ratio"] for one in coins]
    fooled = sum(ratio is not None and ratio >= _LIKELY_SKILL for ratio in ratios)
    verdict = (
        "no coin passes, which is the right answer for all of them"
        if fooled == 0
        else f"{fooled} of {COINS} pass all the same: a test at 95 % is wrong now and then, and this is such a time"
    )
    text.say(
        f"Taken as a test at 95 %, {verdict}. It needs to know how many tries there were: Logos counts every trial on "
        "the same bars in `runs/trials.jsonl`, also the ones that you would rather forget. And mind how little two "
        "years say: the standard error of an annual Sharpe ratio is about one over the root of the years, here 0.7."
    )


def _look_ahead(room: Classroom) -> None:
    text = room.transcript
    text.section("What looking ahead looks like")
    days = list(days_of(1))
    ahead = [(time_text(today.opened + SECONDS_A_DAY), after.close > today.close) for today, after in pairwise(days)]
    late = [(time_text(today.opened + SECONDS_A_DAY), today.close > before.close) for before, today in pairwise(days)]
    knows, knew = (
        room.backtest(room.config(name, _COIN.format(name=name, coin=1, strategy=_scripted(said), window="")))
        for name, said in (("knows_tomorrow", ahead), ("knows_today", late))
    )
    text.say(
        "The first coin once more, and two rules. One is long on every day that will close higher: it knows tomorrow's "
        "close. The other is long on the day *after* one that closed higher: the same knowledge, one day late."
    )
    text.table(
        ["Rule", "Return", "Sharpe ratio", "Maximum drawdown", "Winning round trips"],
        [
            [
                name,
                percent(one.metrics["total_return"], 0),
                number(one.metrics["sharpe"]),
                percent(one.metrics["max_drawdown"], 1, sign=False),
                percent(one.metrics["win_rate"], 0, sign=False),
            ]
            for name, one in (("knows tomorrow", knows), ("knows today", knew))
        ],
        numeric=["Return", "Sharpe ratio", "Maximum drawdown", "Winning round trips"],
    )
    text.say(
        "A fair coin cannot be beaten, so the first line is impossible, and nothing in it says so but its size. In "
        "practice it comes from one wrong index, a price that was revised later, or an average that holds the bar it "
        "is to foretell. A result that is too good is the first sign of it, not of genius."
    )
    room.glossary["look-ahead"] = "transcript.md, section 4; configs/knows_tomorrow.yaml"


def _scripted(said: Sequence[tuple[str, bool]]) -> str:
    """Return a strategy that says what it is told: only what changes is a line."""
    lines, last = [], None
    for at, rises in said:
        if rises is not last:
            lines.append(f'"{at} {int(rises)}"')
        last = rises
    return f"{{plugin: scripted, name: script, params: {{signals: [{', '.join(lines)}]}}}}"


def _checked(room: Classroom, config: SessionConfig) -> None:
    text = room.transcript
    text.section("How to look for it")
    report = check_config(
        config, workspace=room.workspace, registry=room.registry, most_bars=_CHECKED_BARS, processes=0
    )
    text.say(
        "`logos backtest check` runs a config again and again while it changes what must not matter: later bars become "
        "garbage, earlier ones are cut off, other symbols move, the order of everything is turned around. Whatever "
        f"moves then has seen what it must not. The lesson checked `configs/with_costs.yaml` on its first "
        f"{report.bars:,} bars, in this one process to be quick:"
    )
    text.table(
        ["Probe", "What it does", "Runs", "Answers compared"],
        [[one.probe, PROBES[one.probe], str(one.runs), f"{one.compared:,}"] for one in report.coverage],
        numeric=["Runs", "Answers compared"],
    )
    text.say(_found(report))
    text.say(
        "It finds a strategy, a guard or a broker that reaches for later bars. It cannot find knowledge that somebody "
        "has typed in, as the rule above has it in its config: chosen dates, a symbol picked since it is known to "
        "have risen, parameters tried until they fitted. Only bars that nobody has looked at help against that."
    )
    room.glossary["look-back"] = "transcript.md, section 5: the probe start_moved"


def _found(report: LeakReport) -> str:
    if report.passed:
        return "Nothing moved that must not."
    return f"{len(report.findings)} answers moved although they must not, first: `{report.findings[0]}`"


def _reading(room: Classroom) -> None:
    text = room.transcript
    text.section("Before you believe a backtest")
    text.points(
        "**Costs**: are fees and slippage those that you will pay, and what is left when they double?",
        "**Benchmark**: does it beat holding, at the same risk?",
        "**Length**: how many days and round trips does it rest on? Under a few hundred, say nothing per year.",
        "**Tries**: how many were there, all of them? Read the deflated Sharpe ratio rather than the best one.",
        "**Out of sample**: is there a span that nobody has looked at? It can be used once.",
        "**Look-ahead**: did `logos backtest check` pass, and is the result small enough to be true?",
    )


def _exercises(room: Classroom) -> None:
    text = room.transcript
    text.exercises("honest_backtest")
    text.say("Hold the two runs of section 1 against each other. No winner is named where the costs differ; read why:")
    text.commands("logos backtest compare runs/*-with_costs runs/*-without_costs")
    text.say("Double the costs of the slow version of the same rule. What is left of it?")
    text.commands(
        'sed \'s/fast: 20, slow: 60/fast: 240, slow: 960/; s/"10"/"20"/; s/slippage_bps: "1"/slippage_bps: "2"/\' '
        "configs/with_costs.yaml > configs/slow.yaml",
        "logos backtest --config configs/slow.yaml",
    )
    text.say(
        "Try more on the first coin, and watch the count of configs in the answer: the ratio to expect of luck grows "
        "with it."
    )
    text.commands("logos sweep --config configs/coin1.yaml --param fast=2:48:2 --param slow=50:150:10 --no-plots")
    text.say("Check a config for yourself, here the coin's, in fresh processes too:")
    text.commands("logos backtest check --config configs/coin1.yaml")
