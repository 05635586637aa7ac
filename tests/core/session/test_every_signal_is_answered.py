"""Whatever signals, limits and guards: each changed target has exactly one order or one reason, and counts add up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from logos.session.seats import Guard

PAIRS = ("a/ABC", "b/ABC", "a/XYZ")
VALUES = st.sampled_from([None, None, 0, 0.5, 1, -1, 0.0001])
SCRIPTS = st.fixed_dictionaries({pair: st.lists(VALUES, max_size=25) for pair in PAIRS})
PLANS = st.lists(
    st.tuples(
        st.sampled_from([("ABC",), ("XYZ",), ("ABC", "XYZ"), ("ABC", "XYZ"), ()]),
        st.integers(50, 150),
        st.sampled_from([(), (), ("x",), ("y",), ("x", "y")]),
        st.sampled_from(["fill", "fill", "hold", "piece", "reject"]),
    ),
    min_size=5,
    max_size=25,
)


class Moody(Guard):
    """Objects in some slices: ``x`` to every order, ``y`` to those that do not only reduce."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.moods: tuple[str, ...] = ()

    def judge(self, intent, session) -> str | None:
        return "no" if self.name in self.moods and not (self.name == "y" and intent.reduces) else None


class Ledger:
    """What ought to be answered: counted from the scripts, apart from the session."""

    def __init__(self, world) -> None:
        self.world = world
        self.values = dict.fromkeys(PAIRS)
        self.scripts = {pair: list(strategy.script) for pair, strategy in world.strategies.items()}

    def changes(self, symbols) -> list[str]:
        changed = []
        for pair in sorted(PAIRS, key=lambda one: tuple(reversed(one.split("/")))):
            if pair.split("/")[1] in symbols and self.scripts[pair]:
                value = self.scripts[pair].pop(0)
                if value is not None and value != self.values[pair]:
                    if self.values[pair] is not None or value != 0:
                        changed.append(pair)
                    self.values[pair] = value
        return changed


@settings(max_examples=100)
@given(SCRIPTS, PLANS, st.booleans(), st.sampled_from([3, 12, 1_000]))
def test_each_change_has_one_order_or_one_reason(open_session, fakes, scripts, plan, margin, cash) -> None:
    moods = {name: Moody(name) for name in ("x", "y")}
    instruments = [fakes.make("ABC", min_notional="4"), fakes.make("XYZ", notional_cap="9")]
    world = open_session(scripts, guards=moods, instruments=instruments, margin=margin, cash=cash)
    ledger = Ledger(world)
    for symbols, price, mood, behaviour in plan:
        for guard in moods.values():
            guard.moods = mood
        coming = world.session.desk.last_order_id + 1
        world.broker.held = set(world.broker.orders) if behaviour == "hold" else set()
        world.broker.pieces = dict.fromkeys(world.broker.orders, 2) if behaviour == "piece" else {}
        world.broker.answers = dict.fromkeys(range(coming, coming + 9), "reject" if behaviour == "reject" else "accept")
        before = len(world.recorder.decisions)
        working = {pair: list(world.pair(pair).orders) for pair in PAIRS}
        if not world.step(**dict.fromkeys(symbols, price)):
            break
        changed = ledger.changes(symbols)
        check_slice(world, world.recorder.decisions[before:], changed, working)
    check_counts(world)


def check_slice(world, rows, changed, working) -> None:
    answered = Counter(f"{row.pair.strategy}/{row.pair.symbol}" for row in rows)
    assert all(count == 1 for count in answered.values()), "one answer a pair and slice"
    assert set(changed) <= set(answered), "a changed target without an answer"
    for row in rows:
        assert (row.order_id is None) != (row.code == ""), "each row is an order or a reason"
        assert row.code == "" or row.detail, "a reason without its numbers"
    for pair in changed:
        cancelled = [number for number in working[pair] if number in world.session.orders.by_id]
        assert cancelled == [], "an order of the old target still works"


def check_counts(world) -> None:
    session, recorder = world.session, world.recorder
    rows = recorder.decisions
    outcomes = Counter(row.outcome.value for row in rows)
    numbers = [entry[1] for entry in recorder.heard if entry[0] in {"intended", "blocked"}]
    assert numbers == list(range(1, session.counts.orders + 1)), "order numbers without a gap"
    assert session.counts.decisions == len(rows) == sum(outcomes.values())
    assert [row.order_id for row in rows if row.order_id] == [one.intent.order_id for one in world.broker.submitted]
    assert outcomes["ordered"] == len(world.broker.submitted) == session.counts.orders - session.counts.blocked
    assert outcomes["blocked"] == session.counts.blocked
    assert session.counts.rejected == sum(order.status.value == "rejected" for order in world.broker.submitted)
    for symbol in ("ABC", "XYZ"):
        pairs = [state for state in session.pairs if state.pair.symbol == symbol]
        assert sum(state.position for state in pairs) == world.books.position(symbol)
        for side, sign in enumerate((1, -1)):
            open_lots = [
                max(0, sign * order.remaining * (1 if order.intent.side == "buy" else -1))
                for order in session.orders.by_id.values()
                if order.intent.instrument.symbol == symbol
            ]
            assert session.working(symbol)[side] == sum(open_lots)
    if not world.session.parts.settings.margin:
        assert all(row.quantity >= 0 for row in rows)
