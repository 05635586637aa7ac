"""``logos diff`` on seeded single mutations of what a polled feed delivers."""

from __future__ import annotations

import copy
import csv

import pytest

from logos.artifacts import schemas
from logos.domain.times import time_text


def poll(base, trial, change):
    """Run a polled session of which the slice at some place was changed; return it and the changed bar."""
    told = copy.deepcopy(base.told)
    at = 2 + base.throw(trial, "slice", base.slices - 4)
    row = told["slices"][at]["bars"][base.throw(trial, "symbol", 2)]
    change(told["slices"][at], told["slices"][at]["bars"].index(row))
    return base.lab.run(base.config, base.bars, told=told), row


def higher(row, by=3):
    values = row["values"]
    values[3] += by
    values[1] = max(values[1], values[3])


def polled_close(base, trial):
    b, row = poll(base, trial, lambda one, at: higher(one["bars"][at]))
    return base.polled, b, base.of_bar("data revised", row["symbol"], row["opened"])


def polled_missing(base, trial):
    b, row = poll(base, trial, lambda one, at: one["bars"].pop(at) and None)
    return base.polled, b, base.of_bar("data revised", row["symbol"], row["opened"])


def unfinished(base, trial):
    def early(one, at):
        higher(one["bars"][at], 5)
        one["bars"][at]["values"][4] //= 2
        one["bars"][at]["final"] = False

    b, row = poll(base, trial, early)
    return base.polled, b, base.of_bar("bar not final", row["symbol"], row["opened"])


def only_early(base, trial):
    b, row = poll(base, trial, lambda one, at: one["bars"][at].update(final=False))
    return base.polled, b, base.of_bar("bar not final", row["symbol"], row["opened"])


def forward_filled(base, trial):
    def fill(one, at):
        row = one["bars"][at]
        close = row["values"][0]
        row.update(values=[close, close, close, close, 0], forward_filled=True)

    b, row = poll(base, trial, fill)
    return base.polled, b, base.of_bar("bar not final", row["symbol"], row["opened"])


def corrected_later(base, trial):
    """The venue corrects a bar that the first run acted upon; the second came late enough for the corrected one."""
    told = copy.deepcopy(base.told)
    at = 2 + base.throw(trial, "slice", base.slices - 6)
    old = told["slices"][at]["bars"][base.throw(trial, "symbol", 2)]
    new = copy.deepcopy(old)
    higher(new)
    told["slices"][at + 1 + base.throw(trial, "late", 3)]["revisions"] = [[old, new]]
    a = base.lab.run(base.config, base.bars, told=told)
    told = copy.deepcopy(base.told)
    bars = told["slices"][at]["bars"]
    bars[bars.index(old)] = new
    b = base.lab.run(base.config, base.bars, told=told)
    return a, b, base.of_bar("bar not final", old["symbol"], old["opened"])


def less_history(base, trial):
    told = copy.deepcopy(base.told)
    symbol, lookback = (("AAA-USD", 8), ("BBB-USD", 12))[base.throw(trial, "symbol", 2)]
    own = [row for row in told["history"] if row["symbol"] == symbol]
    fewer = 1 + base.throw(trial, "fewer", lookback - 1)
    told["history"] = [row for row in told["history"] if row["symbol"] != symbol] + own[-fewer:]
    b = base.lab.run(base.config, base.bars, told=told)
    with (base.polled / schemas.BARS_FILE).open(newline="") as file:
        had = [row["timestamp"] for row in csv.DictReader(file) if (row["kind"], row["symbol"]) == ("history", symbol)]
    return base.polled, b, base.expect("warm-up", symbol=symbol, opened=had[0], clock=time_text(base.begin))


def other_history(base, trial):
    told = copy.deepcopy(base.told)
    symbol = base.symbols[base.throw(trial, "symbol", 2)]
    row = [one for one in told["history"] if one["symbol"] == symbol][-1 - base.throw(trial, "place", 5)]
    higher(row)
    b = base.lab.run(base.config, base.bars, told=told)
    return (
        base.polled,
        b,
        base.expect("warm-up", symbol=symbol, opened=time_text(row["opened"]), clock=time_text(base.begin)),
    )


def polled_kill(base, trial):
    b, _ = poll(base, trial, lambda one, _at: one.update(kill=True))
    return base.polled, b, base.of_output("guard", base.polled, b)


def polled_again(base, trial):
    told = copy.deepcopy(base.told)
    for one in told["slices"]:
        for row in one["bars"]:
            row["late"] = 3 + trial % 7
    return base.polled, base.lab.run(base.config, base.bars, told=told, session_id=f"late-{trial}"), base.expect("")


def polled_code(base, trial):
    cause, mood = base.moods(trial)
    b = base.lab.run(base.config, base.bars, told=base.told, mood=mood)
    return base.polled, b, base.of_output(cause, base.polled, b)


def polled_params(base, trial):
    """Another look-back asks for another history, too: the config is why."""
    config = copy.deepcopy(base.config)
    config["strategies"][1]["params"]["slow"] = 14 + base.throw(trial, "slow", 6)
    b = base.lab.run(config, base.bars, told=base.told)
    return base.polled, b, base.of_output("config", base.polled, b)


MUTATIONS = (
    polled_close,
    polled_missing,
    unfinished,
    only_early,
    forward_filled,
    corrected_later,
    less_history,
    other_history,
    polled_kill,
    polled_again,
    polled_code,
    polled_params,
)


def test_each_mutation_is_told_right_once(prove) -> None:
    prove(MUTATIONS, len(MUTATIONS))


@pytest.mark.long
def test_each_mutation_is_told_right_wherever_it_is(prove) -> None:
    prove(MUTATIONS, 20 * len(MUTATIONS))
