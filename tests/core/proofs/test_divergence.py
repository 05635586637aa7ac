"""The first difference of two runs, on folders made by hand: what counts, what comes first, and what explains it."""

from __future__ import annotations

import json

import attrs
import pytest

from logos.artifacts import schemas
from logos.config.comparing import Change
from logos.domain.errors import IntegrityError
from logos.domain.times import parse_time, time_text
from logos.live.appending import Appender
from logos.live.disk import Disk
from logos.live.journal import Head, Journal
from logos.plugins.registry import load_registry
from logos.proofs.divergence import judging
from logos.proofs.divergence.accounts import AccountDifference, compare_accounts
from logos.proofs.divergence.bar_comparison import BarComparison, BarDifference, first_field
from logos.proofs.divergence.bars import Given
from logos.proofs.divergence.events import compare_events
from logos.proofs.divergence.findings import gather
from logos.proofs.divergence.inputs import PartChange, config_explains, part_explains
from logos.proofs.divergence.report import diff
from logos.proofs.divergence.sides import Side

BEGIN = parse_time("2024-03-04T14:30:00Z")
CONFIG = {
    "session": {"name": "pair", "seed": 7},
    "feed": {"plugin": "replay", "path": "data/cache", "symbols": ["DEMO", "EUR-USD"], "interval": "1m"},
    "strategies": [{"plugin": "sma_cross", "name": "trend"}],
}
PARTS = ({"kind": "broker", "name": "paper", "distribution": "logos-brokers", "version": "1.0"},)


def at(minute: int) -> str:
    return time_text(BEGIN + 60 * minute)


def order(number, minute, quantity="10", price="100.00", **fill):
    """Return the events of an order that is filled a minute after it was decided."""
    pair = {"strategy": "trend", "symbol": "DEMO"}
    filled = {"trade_id": number, "order_id": number, "quantity": quantity, "price": price, "fee": "1.00", **fill}
    return [
        (minute, "decision", {**pair, "signal": "1.00000000", "outcome": "ordered", "order_id": number}),
        (minute, "intent", {"order_id": number, "client_order_id": f"lg-{id(pair)}", **pair, "quantity": quantity}),
        (minute, "accepted", {"order_id": number}),
        (minute + 1, "fill", filled),
    ]


STORY = [*order(1, 5), *order(2, 12), *order(3, 20)]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the folder of a session: its events, its equity by minute, and what else is said.

    Every side is told from a session of thirty slices that ended.
    """
    made = 0

    def side(events=STORY, *, minutes=range(1, 31), equity=None, **said) -> Side:
        nonlocal made
        made += 1
        folder = tmp_path / f"session-{made}"
        folder.mkdir()
        file = Appender(Disk(), folder / schemas.JOURNAL_FILE, 0)
        journal = Journal(file, Head())
        journal.append(BEGIN, "session_started", {"session_id": folder.name})
        for minute, kind, values in events:
            journal.append(BEGIN + 60 * minute, kind, values)
        file.flush()
        file.close()
        rows = [schemas.header(schemas.ACCOUNT_COLUMNS)]
        for minute in minutes:
            worth = (equity or {}).get(minute, "0.00")
            rows.append(f"{at(minute)},1000.00,{worth},{worth},0.00,{worth},1.00,0,0,0\n")
        (folder / schemas.ACCOUNT_FILE).write_text("".join(rows))
        (folder / schemas.POSITIONS_FILE).write_text(
            schemas.header(schemas.POSITION_COLUMNS) + f"{at(6)},DEMO,10,100.00,100.00,1000.00,0.00,0.00\n"
        )
        values = {
            "letter": "BA"[made % 2],
            "kind": "session",
            "name": folder.name,
            "folder": folder,
            "workspace": tmp_path,
            "status": "completed",
            "config": CONFIG,
            "interval": 60,
            "plugins": PARTS,
            "data_digest": "same",
            "polled": False,
            "first": at(minutes[0]),
            "last": at(minutes[-1]),
        }
        return Side(**{**values, **said})

    return side


def compare(a, b):
    return compare_events(a, b, max(a.first, b.first), min(a.last, b.last), before="")


# -- events --------------------------------------------------------------------------------------------------------


def test_ids_and_digests_never_count(write) -> None:
    a, b = write(), write([*order(1, 5), *order(2, 12), *order(3, 20)])
    found = compare(a, b)
    assert found.difference is None
    assert found.equal.counts == {"decision": 3, "intent": 3, "accepted": 3, "fill": 3}


def test_the_first_event_is_named_with_its_field_and_the_two_before_it(write) -> None:
    other = [*order(1, 5), *order(2, 12, price="100.01"), *order(3, 20, quantity="9")]
    found = compare(write(), write(other))
    difference = found.difference
    assert (difference.at, difference.event.kind, difference.field) == (at(13), "fill", "price")
    assert (difference.event.symbol, difference.event.strategy) == ("DEMO", "trend")
    assert [event.kind for event in found.equal.latest] == ["intent", "accepted"]


def test_an_event_that_only_one_side_has_is_told_with_what_the_other_did_instead(write) -> None:
    lost = [event for event in STORY if not (event[0] == 12 and event[1] == "accepted")]
    lost.insert(6, (12, "rejected", {"order_id": 2, "reason": "no"}))
    difference = compare(write(), write(lost)).difference
    assert (difference.a.kind, difference.b, difference.instead.kind) == ("accepted", None, "rejected")


def test_what_a_run_cancels_at_its_end_does_not_count(write) -> None:
    ended = [*STORY[:8], (16, "cancelled", {"order_id": 2, "reason": "end_of_data"})]
    found = compare(write(), write(ended, minutes=range(1, 17)))
    assert found.difference is None
    assert found.equal.counts["fill"] == 2


def test_numbers_of_orders_count_from_the_first_that_both_have(write) -> None:
    later = [*order(1, 12), *order(2, 20)]
    found = compare(write(), write(later, minutes=range(10, 31)))
    assert found.difference is None
    assert found.skipped == 4


def test_a_request_to_a_venue_is_compared_without_its_client_order_id(write) -> None:
    def story(client, price):
        events = order(1, 5)
        events[1][2]["client_order_id"] = client
        request = {"symbol": "DEMO", "newClientOrderId": client, "price": price}
        return [*events[:2], (5, "venue_request", {"order_id": 1, "request": request, "outcome": "ok"}), *events[2:]]

    a = write(story("lg-1", "100"))
    assert compare(a, write(story("lg-2", "100"))).difference is None
    made = attrs.evolve(a, kind="backtest")
    assert compare(made, a).equal.counts.get("venue_request") is None


def test_a_broken_chain_is_refused(write) -> None:
    a, b = write(), write()
    path = b.folder / schemas.JOURNAL_FILE
    path.write_text(path.read_text().replace("100.00", "100.07", 1))
    with pytest.raises(IntegrityError):
        compare(a, b)


# -- bars and accounts ---------------------------------------------------------------------------------------------


def bar(minute, close="100.00", **said):
    return Given(at(minute), "DEMO", at(minute - 1), ("100.00", "101.00", "99.00", close, "5"), **said)


def test_the_same_number_with_other_decimals_is_no_difference() -> None:
    assert first_field(bar(1), bar(1, "100.0")) == ""
    assert first_field(bar(1), bar(1, "100.1")) == "close"
    assert first_field(bar(1), bar(1, forward_filled=True)) == "forward_filled"
    assert first_field(bar(1), bar(1, final=False)) == "final"


def test_accounts_are_compared_slice_by_slice(write) -> None:
    a, b = write(equity={9: "5.00"}), write(equity={9: "6.00"})
    found = compare_accounts(a, b, a.first, a.last)
    assert found.slices == 8
    assert found.difference == AccountDifference(at=at(9), field="market_value", a="5.00", b="6.00", prices_only=True)


def test_a_slice_that_one_account_lacks_is_a_difference(write) -> None:
    a, b = write(), write(minutes=[*range(1, 9), *range(10, 31)])
    difference = compare_accounts(a, b, a.first, a.last).difference
    assert (difference.at, difference.field, difference.a, difference.b) == (at(9), "timestamp", at(9), "")


# -- causes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def judged(write):
    """Return a function that judges two sessions, the second of which has a dearer fill at the thirteenth minute."""

    def judge(*, bars=None, events=None, **said):
        a, b = write(), write(events or [*order(1, 5), *order(2, 12, price="100.01"), *order(3, 20)], **said)
        found = gather(a, b, load_registry(), same_bars=True)
        if bars is not None:
            comparison = BarComparison(difference=BarDifference.of(*bars))
            found = attrs.evolve(found, bars=comparison)
        return judging.judge(found)

    return judge


DEARER = {**CONFIG, "broker": {"slippage_bps": "1"}}


def test_a_fill_that_nothing_explains_is_a_fill(judged) -> None:
    verdict = judged()
    assert (verdict.cause, verdict.where.at) == (judging.FILL, at(13))
    assert "the configs are the same" in verdict.evidence[-1]


def test_a_config_that_explains_it_comes_before_the_kind_of_the_event(judged) -> None:
    verdict = judged(config=DEARER)
    assert verdict.cause == judging.CONFIG
    assert [change.path for change in verdict.changes] == ["broker"]


def test_a_config_that_cannot_explain_it_is_not_the_cause(judged) -> None:
    assert judged(config={**CONFIG, "session": {"name": "other", "seed": 7}}).cause == judging.FILL
    assert judged(config={**CONFIG, "guards": [{"plugin": "max_notional", "limit": "9"}]}).cause == judging.FILL


def test_another_release_explains_it_where_no_config_does(judged) -> None:
    newer = ({**PARTS[0], "version": "1.1"},)
    assert judged(plugins=newer).cause == judging.PLUGIN_VERSION


def test_config_comes_before_a_release(judged) -> None:
    newer = ({**PARTS[0], "version": "1.1"},)
    assert judged(plugins=newer, config=DEARER).cause == judging.CONFIG


@pytest.mark.parametrize(("minute", "cause"), [(12, "data revised"), (13, "data revised"), (14, "config")])
def test_the_earliest_difference_decides_and_a_bar_comes_before_what_was_made_of_it(judged, minute, cause) -> None:
    verdict = judged(config=DEARER, bars=(bar(minute), bar(minute, "100.5")))
    assert verdict.cause == cause


def test_a_later_start_is_a_warm_up(judged) -> None:
    verdict = judged(minutes=range(3, 31))
    assert verdict.cause == judging.WARM_UP
    assert f"B began at {at(3)}, A at {at(1)} already" in verdict.evidence[0]


def test_a_kill_file_is_a_guard_whatever_else_differs(judged) -> None:
    halt = [*order(1, 5), (8, "halted", {"causes": [{"guard": "kill_switch", "reason": "KILL is there"}]})]
    verdict = judged(events=halt, config=DEARER)
    assert verdict.cause == judging.GUARD
    assert "kill_switch stopped it in B: KILL is there" in verdict.evidence


def test_code_is_what_is_left(judged) -> None:
    other = [*order(1, 5), *order(2, 12), *order(3, 20)]
    other[8] = (20, "decision", {**other[8][2], "signal": "0.50000000"})
    assert judged(events=other).cause == judging.CODE


def test_bars_that_are_gone_are_told_by_the_account(write) -> None:
    a, b = (write(equity={9: worth}, data_digest=worth) for worth in ("1000.00", "1001.00"))
    (difference,) = {compare_accounts(a, b, a.first, a.last).difference}
    assert difference.field == "market_value"
    for side in (a, b):
        config = {**CONFIG, "feed": {**CONFIG["feed"], "path": "nowhere"}}
        (side.folder / schemas.CONFIG_FILE).write_text(json.dumps(config))
    report = diff(a, b, load_registry())
    told = report.difference
    assert (report.cause, told.symbol, told.clock, told.exact) == (judging.DATA_REVISED, "DEMO", at(9), False)
    assert any("only DEMO was held: a unit was worth 100.00 in A and 100.10 in B" in text for text in report.evidence)


@pytest.mark.parametrize(
    ("path", "explains"),
    [
        ("session.seed", True),
        ("session.name", False),
        ("session.flatten", False),
        ("backtest.start", False),
        ("feed.path", False),
        ("instruments.DEMO.tick", True),
        ("instruments.EUR-USD.tick", False),
        ("strategies.trend.params.fast", True),
        ("strategies.other.params.fast", False),
        ("strategies.other", True),
        ("strategies.other.symbols", True),
        ("broker.fees.taker_bps", True),
        ("allocator.invest", True),
        ("guards.drawdown.max", False),
        ("logs.level", False),
    ],
)
def test_what_a_place_of_the_config_explains(write, path, explains) -> None:
    difference = compare(write(), write([*order(1, 5, price="100.01"), *STORY[4:]])).difference
    assert config_explains(Change(path=path, a=1, b=2), difference) is explains


@pytest.mark.parametrize(
    ("kind", "explains"), [("broker", True), ("guard", False), ("feed", False), ("strategy", True)]
)
def test_what_a_release_explains(write, kind, explains) -> None:
    a = write()
    difference = compare(a, write([*order(1, 5, price="100.01"), *STORY[4:]])).difference
    change = PartChange(kind=kind, name="sma_cross", a="x 1", b="x 2")
    assert part_explains(change, difference, a) is explains
