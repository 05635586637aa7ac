"""``logos diff`` on seeded single mutations of a replayed session: the right bar, the right cause, and silence."""

from __future__ import annotations

import copy

import pytest

from logos.artifacts import schemas
from logos.domain.times import time_text


def changed(base, trial, change):
    """Return the bars with one of them changed, its symbol and when it opened."""
    bars, (symbol, at) = copy.deepcopy(base.bars), base.somewhere(trial)
    change(bars[symbol][at])
    return bars, symbol, bars[symbol][at][0]


def close_up(row):
    row[4] += 3
    row[2] = max(row[2], row[4])


def volume_up(row):
    row[5] += 7


def another_close(base, trial):
    bars, symbol, opened = changed(base, trial, close_up)
    return base.replayed, base.lab.run(base.config, bars), base.of_bar("data revised", symbol, opened)


def another_volume(base, trial):
    bars, symbol, opened = changed(base, trial, volume_up)
    return base.replayed, base.lab.run(base.config, bars), base.of_bar("data revised", symbol, opened)


def a_bar_is_missing(base, trial):
    bars, (symbol, at) = copy.deepcopy(base.bars), base.somewhere(trial)
    opened = bars[symbol].pop(at)[0]
    return base.replayed, base.lab.run(base.config, bars), base.of_bar("data revised", symbol, opened)


def overwritten(base, trial):
    """The file is changed in place: the bars of the first run are gone, and only its traces can tell."""
    bars, _, opened = changed(base, trial, close_up)
    workspace = base.lab.workspace()
    a = base.lab.run(base.config, base.bars, workspace=workspace, session_id="a")
    b = base.lab.run(base.config, bars, workspace=workspace, session_id="b")
    seen = base.of_output("data revised", a, b).clock
    assert seen == "" or seen >= time_text(opened + 60)
    return a, b, base.expect("data revised", clock=seen, exact=False)


def a_repeated_row(base, trial):
    """A file with a row twice, the second of which is left out: the bars are the same."""
    config = {**base.config, "feed": {**base.config["feed"], "on_bad_row": "quarantine"}}
    bars, (symbol, at) = copy.deepcopy(base.bars), base.somewhere(trial)
    bars[symbol].insert(at, list(bars[symbol][at]))
    return base.lab.run(config, base.bars), base.lab.run(config, bars), base.expect("")


def later_start(base, trial):
    cut = 2 + base.throw(trial, "cut", 40)
    bars = {symbol: [row for row in rows if row[0] >= base.begin + 60 * cut] for symbol, rows in base.bars.items()}
    b = base.lab.run(base.config, bars)
    since = time_text(base.begin + 60 * (cut + 1))
    return base.replayed, b, base.of_event("warm-up", base.replayed, b, since)


def earlier_end(base, trial):
    bars = {symbol: rows[: -2 - base.throw(trial, "cut", 40)] for symbol, rows in base.bars.items()}
    return base.replayed, base.lab.run(base.config, bars), base.expect("")


def grow(base, trial, bars):
    """Run on the first bars of some files, and again once they have grown."""
    workspace = base.lab.workspace()
    cut = 2 + base.throw(trial, "cut", 60)
    short = {symbol: rows[:-cut] for symbol, rows in base.bars.items()}
    a = base.lab.run(base.config, short, workspace=workspace, session_id="a")
    return a, base.lab.run(base.config, bars, workspace=workspace, session_id="b")


def grown(base, trial):
    """The bars that the first session ran on are still there: they are the beginning of the files."""
    a, b = grow(base, trial, base.bars)
    return a, b, base.expect("")


def grown_and_changed(base, trial):
    bars = copy.deepcopy(base.bars)
    at = 32 + base.throw(trial, "bar", base.slices - 70)
    for symbol in base.symbols:  # both, so that one that is held shows it
        close_up(bars[symbol][at])
    a, b = grow(base, trial, bars)
    begins_alike = all(
        (b / name).read_bytes().startswith((a / name).read_bytes())
        for name in (schemas.ACCOUNT_FILE, schemas.DECISIONS_FILE)
    )
    return a, b, base.expect("" if begins_alike else "data revised", exact=False)


def other_costs(base, trial):
    config = copy.deepcopy(base.config)
    keys = [
        ("fees", {"maker_bps": "3", "taker_bps": "11"}),
        ("slippage_bps", "4"),
        ("max_volume_share", "0.01"),
        ("limit_fill", "touch"),
        ("cash", "90000"),
    ]
    key, value = keys[base.throw(trial, "key", len(keys))]
    config["broker"][key] = value
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.of_output("config", base.replayed, b)


def other_params(base, trial):
    config = copy.deepcopy(base.config)
    keys = [(0, "salt", 99), (1, "fast", 5), (1, "slow", 15), (2, "window", 11), (2, "entry", "1.3")]
    entry, key, value = keys[base.throw(trial, "key", len(keys))]
    config["strategies"][entry]["params"][key] = value
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.of_output("config", base.replayed, b)


def other_allocation(base, trial):
    config = copy.deepcopy(base.config)
    config["allocator"]["invest"] = f"0.{50 + base.throw(trial, 'invest', 30)}"
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.of_output("config", base.replayed, b)


def other_seed(base, trial):
    config = {**base.config, "session": {"name": "lab", "seed": 1000 + trial}}
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.of_output("config", base.replayed, b)


def other_limit(base, trial):
    config = copy.deepcopy(base.config)
    config["guards"][0]["limit"] = str(4_000 + base.throw(trial, "limit", 20) * 1_000)
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.of_output("guard", base.replayed, b)


def one_blocked(base, trial):
    orders = base.orders(base.replayed)
    order = orders[base.throw(trial, "order", len(orders))]
    config = copy.deepcopy(base.config)
    config["guards"][1]["order"] = int(order["order_id"])
    b = base.lab.run(config, base.bars)
    return base.replayed, b, base.expect("guard", clock=order["created_at"])


def killed(base, trial):
    clock = base.begin + 60 * (3 + base.throw(trial, "kill", base.slices - 5))
    b = base.lab.run(base.config, base.bars, kills={clock: ["the file is there"]})
    return base.replayed, b, base.expect("guard", clock=time_text(clock))


def other_code(base, trial, part):
    cause, mood = base.moods(trial, part)
    b = base.lab.run(base.config, base.bars, mood=mood)
    return base.replayed, b, base.of_output(cause, base.replayed, b)


def other_broker_code(base, trial):
    return other_code(base, trial, 0)


def other_strategy_code(base, trial):
    return other_code(base, trial, 1)


def other_guard_code(base, trial):
    return other_code(base, trial, 2)


def other_release(base, trial):
    _, mood = base.moods(trial)
    b = base.lab.run(base.config, base.bars, mood=mood, version="1.1.0")
    return base.replayed, b, base.of_output("plugin version", base.replayed, b)


def a_release_alike(base, trial):
    return base.replayed, base.lab.run(base.config, base.bars, version="1.1.0"), base.expect("")


def again(base, trial):
    b = base.lab.run(base.config, base.bars, session_id=f"another-{trial}", at=base.begin + 86_400 + trial)
    return base.replayed, b, base.expect("")


def another_name(base, trial):
    config = {**base.config, "session": {**base.config["session"], "name": f"other-{trial}"}}
    return base.replayed, base.lab.run(config, base.bars), base.expect("")


MUTATIONS = (
    another_close,
    another_volume,
    a_bar_is_missing,
    overwritten,
    a_repeated_row,
    later_start,
    earlier_end,
    grown,
    grown_and_changed,
    other_costs,
    other_params,
    other_allocation,
    other_seed,
    other_limit,
    one_blocked,
    killed,
    other_broker_code,
    other_strategy_code,
    other_guard_code,
    other_release,
    a_release_alike,
    again,
    another_name,
)


def test_each_mutation_is_told_right_once(prove) -> None:
    prove(MUTATIONS, len(MUTATIONS))


@pytest.mark.long
def test_each_mutation_is_told_right_wherever_it_is(prove) -> None:
    prove(MUTATIONS, 20 * len(MUTATIONS))
