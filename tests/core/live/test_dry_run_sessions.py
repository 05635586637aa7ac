"""A dry-run session: surveyed, recorded, resumed and played again, with a broker of the test's own."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import ClassVar

import pytest

from logos.artifacts import schemas
from logos.assembly.outside import SurveyError
from logos.config.session import load_session_config
from logos.domain.errors import IntegrityError, PartFailedError
from logos.domain.orders import OrderStatus, Side
from logos.live.disk import Disk
from logos.live.reconcile import ReconciliationError
from logos.live.runner import Cadence
from logos.proofs.auditor import audit
from logos.session.outside import HealthCheck, MarketTerms, OutsideOrder, OutsidePosition, Verdict

TABLES = ("orders.csv", "trades.csv", "positions.csv", "account.csv", "decisions.csv")


def events(house, *kinds):
    lines = (house.folder / "state.jsonl").read_text().splitlines()
    return [one for one in map(json.loads, lines) if not kinds or one["type"] in kinds]


def test_a_session_shows_every_order_once_and_is_played_again_without_its_venue(house) -> None:
    house.lay()
    outcome = house.start()
    assert outcome.status == "completed"
    assert outcome.orders > 5
    requests = events(house, "venue_request")
    assert [one["order_id"] for one in requests] == list(range(1, outcome.orders + 1))
    rows = (house.folder / "orders.csv").read_text().splitlines()
    assert rows[0] == ",".join(schemas.DRY_RUN_ORDER_COLUMNS)
    assert any(row.endswith('"filter failure: ""LOT, SIZE"""') for row in rows)
    assert any(row.endswith(",would accept") for row in rows)
    assert [one["type"] for one in events(house)[:3]] == ["session_started", "survey", "reconciled"]
    house.work.VENUE.said.clear()
    report = house.verify()
    assert report.differences == ()
    assert set(house.work.VENUE.said) <= {"close"}, "a replay asked the venue"
    found = audit(house.folder)
    assert found.agrees, [check.fault for check in found.checks]


class DyingDisk:
    """Makes a disk that lets the program die before so many of its operations have been done."""

    def __new__(cls, after, killed):
        class Dying(Disk):
            left = after

            def _explained(self, action, path):
                Dying.left -= 1
                if Dying.left < 0:
                    raise killed
                return super()._explained(action, path)

        return Dying()


def test_a_killed_session_is_resumed_to_the_same_tables_and_shows_every_order_once(make_house) -> None:
    whole = make_house().lay(count=12)
    orders = whole.start().orders
    recovered = 0
    for after in range(60, 400, 13):
        house = make_house().lay(count=12)
        try:
            house.start(disk=DyingDisk(after, house.work.Killed))
        except house.work.Killed:
            if not (house.folder / "state.json").exists():
                continue
            house.work.VENUE.said.clear()
            assert house.resume().status == "completed", after
            recovered += house.work.VENUE.said.count("recover")
        for name in TABLES:
            assert (house.folder / name).read_bytes() == (whole.folder / name).read_bytes(), (after, name)
        assert [one["order_id"] for one in events(house, "venue_request")] == list(range(1, orders + 1)), after
        assert house.verify().differences == (), after
        assert audit(house.folder).agrees
    assert recovered > 3, "no order was ever asked for"


def die_at(house, order_id) -> None:
    """Run a session that dies when the broker is called with an order, whose intent is on the disk by then."""
    house.work.VENUE.dies_at = order_id
    with pytest.raises(house.work.Killed):
        house.start()
    house.work.VENUE.dies_at = 0


def test_an_intent_behind_the_snapshot_is_kept_before_the_journal_is_cut_and_outlives_a_second_crash(house) -> None:
    house.lay()
    die_at(house, 3)
    intent = events(house, "intent")[-1]
    house.work.VENUE.dies_at = 2
    with pytest.raises(house.work.Killed):
        house.resume()
    state = json.loads((house.folder / "state.json").read_text())
    names = [one["client_order_id"] for one in state["outside"]["written_ahead"]]
    assert intent["client_order_id"] in names
    house.work.VENUE.dies_at = 0
    house.work.VENUE.said.clear()
    assert house.resume().status == "completed"
    assert house.work.VENUE.said.count("recover") == len(names)
    state = json.loads((house.folder / "state.json").read_text())
    assert state["outside"]["written_ahead"] == []
    assert house.verify().differences == ()


def test_an_order_of_unknown_outcome_blocks_its_symbol_until_the_venue_answers(house) -> None:
    house.lay(count=40)
    die_at(house, 3)
    assert resume_in_silence(house, until=25).status == "completed"
    doubts = events(house, "unknown")
    assert {doubt["reason"] for doubt in doubts} == {"the venue does not answer"}
    assert any(one.get("reason_code") == "unknown_order" for one in events(house, "decision"))
    settled = {one["order_id"]: one["ts"] for one in events(house, "venue_request", "cancelled")}
    assert all(settled[doubt["order_id"]] > doubt["ts"] for doubt in doubts)
    assert ",unknown," not in (house.folder / "orders.csv").read_text()
    assert house.verify().differences == ()
    assert audit(house.folder).agrees


def resume_in_silence(house, *, until):
    """Resume a session whose venue says nothing of orders before so many slices have passed."""
    seen = 0

    def progress(session):
        nonlocal seen
        seen = session.counts.slices

    house.work.VENUE.silent = lambda what: what == "find" and seen < until
    return house.resume(progress=progress)


def test_an_order_that_was_no_longer_wanted_while_it_was_unknown_is_never_shown_nor_filled(house) -> None:
    house.lay(count=40)
    die_at(house, 3)
    resume_in_silence(house, until=25)
    doubts = {one["order_id"]: one["ts"] for one in events(house, "unknown")}
    ended = {one["order_id"]: one for one in events(house, "cancelled") if one["order_id"] in doubts}
    assert ended, "no target changed while the venue was silent"
    assert {one["reason"] for one in ended.values()} == {"target changed"}
    assert all(one["ts"] > doubts[number] for number, one in ended.items())
    later = events(house, "venue_request", "accepted", "fill")
    assert not [one for one in later if one["order_id"] in ended]
    assert house.verify().differences == ()
    assert audit(house.folder).agrees


def test_a_wish_to_cancel_outlives_a_crash(house) -> None:
    house.lay(count=40)
    die_at(house, 3)
    seen = 0

    def progress(session):
        nonlocal seen
        seen = session.counts.slices
        if seen == 22:
            raise house.work.Killed

    house.work.VENUE.silent = lambda what: what == "find"
    with pytest.raises(house.work.Killed):
        house.resume(progress=progress)
    state = json.loads((house.folder / "state.json").read_text())
    assert state["broker"]["unsettled"]
    unwanted = state["broker"]["unwanted"]
    assert unwanted, "the last snapshot is of a time before the wish"
    house.work.VENUE.silent = lambda _what: False
    assert house.resume().status == "completed"
    ended = {one["order_id"]: one["reason"] for one in events(house, "cancelled")}
    assert [[number, ended[number]] for number, _ in unwanted] == unwanted
    shown = {one["order_id"] for one in events(house, "venue_request", "fill")}
    assert not shown & {number for number, _ in unwanted}
    assert house.verify().differences == ()


def test_what_is_unknown_at_the_end_stays_so_and_is_told(house) -> None:
    house.lay()
    die_at(house, 3)
    house.work.VENUE.silent = lambda what: what == "find"
    assert house.resume().status == "completed"
    assert ",unknown," in (house.folder / "orders.csv").read_text()
    assert "is of unknown outcome: look for it at shown:file" in (house.folder / "session.md").read_text()
    assert house.verify().differences == ()
    assert audit(house.folder).agrees


def test_an_intent_that_is_not_decided_again_is_asked_for_and_told_as_lost(house) -> None:
    house.lay()
    die_at(house, 3)
    intents = {one["client_order_id"] for one in events(house, "intent")}
    kill = house.workspace / "runs" / "live" / "KILL"
    kill.touch()
    assert house.resume().status == "halted"
    lost = events(house, "lost_intent")
    assert {one["client_order_id"] for one in lost} == intents
    assert {one["found"] for one in lost} == {"shown:file has never seen it"}
    summary = (house.folder / "session.md").read_text()
    assert all(f"{one['client_order_id']} ({one['side']}" in summary for one in lost)
    assert house.verify().differences == ()
    kill.unlink()
    house.work.VENUE.said.clear()
    assert house.resume(clear_halt=True).status == "completed"
    again = [one for one in events(house, "intent") if one["client_order_id"] in intents]
    assert again
    assert house.work.VENUE.said.count("recover") == len(again), "a lost order was submitted without a question"
    assert len(events(house, "survey")) == len(events(house, "reconciled")) == 3
    assert house.verify().differences == ()


def test_a_failed_finding_refuses_the_start_with_all_of_them_and_leaves_no_folder(house) -> None:
    house.lay()
    house.work.VENUE.checks = (
        HealthCheck(name="key", verdict=Verdict.FAILED, text="it was revoked", hint="Make a new one"),
        HealthCheck(name="clock", verdict=Verdict.WARNING, text="2 s behind"),
        HealthCheck(name="markets", verdict=Verdict.FAILED, text="AAA-USD is not traded"),
    )
    with pytest.raises(SurveyError) as caught:
        house.start()
    assert [(one.path, one.message, one.hint) for one in caught.value.problems] == [
        ("broker", "key: it was revoked", "Make a new one"),
        ("broker", "markets: AAA-USD is not traded", ""),
    ]
    assert not (house.workspace / "runs").exists()


def test_a_broker_that_fails_in_its_survey_is_named_and_no_session_was_begun(house) -> None:
    house.lay()
    house.work.VENUE.silent = lambda what: what == "survey" and 1 // 0
    with pytest.raises(PartFailedError, match="the broker failed: ZeroDivisionError") as raised:
        house.start()
    assert raised.value.hint.startswith("No session was begun")
    assert not house.folder.parent.exists()


@pytest.mark.parametrize("fails", ["restore", "_warm_up", "_mark_running"])
def test_a_resume_that_fails_leaves_no_file_open(house, monkeypatch, fails) -> None:
    class Counting(Disk):
        opened: ClassVar[set[int]] = set()

        def open_append(self, path):
            found = super().open_append(path)
            self.opened.add(found)
            return found

        def close(self, descriptor):
            self.opened.discard(descriptor)
            super().close(descriptor)

    house.lay()
    house.work.VENUE.dies_at = 4
    with pytest.raises(house.work.Killed):
        house.start()
    house.work.VENUE.dies_at = 0

    def fail(*_arguments):
        assert Counting.opened
        raise RuntimeError("it fails")

    with monkeypatch.context() as patch:
        patch.setattr(f"logos.live.resume.{fails}", fail)
        with pytest.raises(RuntimeError, match="it fails"):
            house.resume(disk=Counting())
    assert Counting.opened == set()
    assert house.resume().status == "completed"


def test_a_failed_finding_refuses_a_resume_and_changes_nothing(house) -> None:
    house.lay()
    die_at(house, 3)
    before = {path: path.read_bytes() for path in house.folder.rglob("*.*") if path.parent.name != "logs"}
    house.work.VENUE.checks = (HealthCheck(name="key", verdict=Verdict.FAILED, text="it was revoked"),)
    with pytest.raises(SurveyError, match="shown:file cannot be traded on"):
        house.resume()
    assert {path: path.read_bytes() for path in before} == before


def test_the_terms_of_the_venue_fill_what_the_config_leaves_open(house) -> None:
    terms = MarketTerms(
        symbol="AAA-USD",
        market="AAA/USD",
        tick=Decimal("0.01"),
        lot=Decimal("0.01"),
        min_notional=Decimal(5),
        taker_bps=Decimal("7.5"),
    )
    house.lay()
    house.work.VENUE.terms = {"AAA-USD": terms}
    house.start()
    config = load_session_config(house.folder / "config.yaml", house.registry)
    assert config.instruments["AAA-USD"].min_notional == 5
    assert config.instruments["AAA-USD"].lot == Decimal("0.001"), "what the config writes stays"
    assert config.resolved["broker"]["fees"] == {"maker_bps": "0", "taker_bps": "7.5"}
    summary = (house.folder / "session.md").read_text()
    assert "the config writes the lot 0.001 of AAA-USD, and shown:file wants a multiple of 0.01" in summary
    assert house.verify().differences == ()


def test_changed_rules_are_told_at_a_resume(house) -> None:
    house.lay()
    house.work.VENUE.terms = {"AAA-USD": MarketTerms(symbol="AAA-USD", market="AAA/USD", tick=Decimal("0.01"))}
    die_at(house, 3)
    house.work.VENUE.terms = {"AAA-USD": MarketTerms(symbol="AAA-USD", market="AAA/USD", tick=Decimal("0.05"))}
    house.resume()
    summary = (house.folder / "session.md").read_text()
    assert "shown:file has changed tick of AAA-USD from 0.01 to 0.05" in summary
    assert "the config writes" not in summary, "the venue gave the tick itself when the session started"
    assert house.verify().differences == ()


def test_what_the_config_writes_against_the_changed_rules_is_told_at_a_resume(house) -> None:
    house.lay()
    before = MarketTerms(symbol="AAA-USD", market="AAA/USD", tick=Decimal("0.005"), taker_bps=Decimal(1))
    house.work.VENUE.terms = {"AAA-USD": before}
    die_at(house, 3)
    now = MarketTerms(symbol="AAA-USD", market="AAA/USD", tick=Decimal("0.05"), taker_bps=Decimal(2))
    house.work.VENUE.terms = {"AAA-USD": now}
    house.resume()
    summary = (house.folder / "session.md").read_text()
    assert "the config writes the tick 0.01 of AAA-USD, and shown:file wants a multiple of 0.05" in summary
    assert "shown:file has changed taker_bps of AAA-USD from 1 to 2" in summary
    assert "the config writes a taker_bps" not in summary


def foreign(**changes):
    values = {
        "place": "shown:file",
        "client_order_id": "somebody-1",
        "symbol": "AAA-USD",
        "side": Side.BUY,
        "quantity": Decimal("1.5"),
        "filled": Decimal(0),
        "status": OrderStatus.ACCEPTED,
    }
    return OutsideOrder(**{**values, **changes})


def test_what_is_foreign_at_the_venue_is_told_and_left_alone(house) -> None:
    house.lay()
    house.work.VENUE.orders = (foreign(),)
    house.work.VENUE.positions = (OutsidePosition(place="shown:file", symbol="AAA-USD", quantity=Decimal(3)),)
    assert house.start().status == "completed"
    (told,) = events(house, "reconciled")
    assert told["counts"] == {"foreign": 1, "position foreign": 1}
    summary = (house.folder / "session.md").read_text()
    assert "## Reconciliation" in summary
    assert "`somebody-1`" in summary
    assert house.verify().differences == ()


def test_an_order_of_a_dry_run_session_at_the_venue_stops_it(house) -> None:
    house.lay()
    die_at(house, 3)
    name = events(house, "intent")[0]["client_order_id"]
    house.work.VENUE.orders = (foreign(client_order_id=name),)
    with pytest.raises(ReconciliationError) as caught:
        house.resume()
    assert caught.value.problems[0].message.startswith("misplaced at shown:file")
    house.work.VENUE.orders = ()
    assert house.resume().status == "completed"


def test_a_damaged_venue_file_is_found(house) -> None:
    house.lay()
    house.start()
    first = events(house)[0]
    path = house.folder / "venue.json"
    assert first["venue_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes().replace(b"valid", b"VALID"))
    with pytest.raises(IntegrityError, match=r"venue\.json"):
        house.verify()
    assert not audit(house.folder).agrees


class CountingDisk(Disk):
    """A disk that remembers what was synced last, and how often anything was."""

    def __init__(self) -> None:
        super().__init__()
        self.synced: list[str] = []

    def append(self, descriptor, data, path):
        super().append(descriptor, data, path)
        self.synced.append(f"written {path.name}")

    def sync(self, descriptor, path):
        super().sync(descriptor, path)
        self.synced.append(path.name)


def test_every_intent_is_safe_before_the_broker_is_called(house) -> None:
    house.lay()
    disk, seen = CountingDisk(), []

    def submits(intent):
        last = json.loads((house.folder / "state.jsonl").read_text().splitlines()[-1])
        seen.append((last["type"], last["order_id"], disk.synced[-1]) == ("intent", intent.order_id, "state.jsonl"))

    house.work.VENUE.submits = submits
    orders = house.start(disk=disk, cadence=Cadence(flush=1e9, snapshot=1e9)).orders
    assert seen == [True] * orders


def test_a_broker_within_the_process_is_asked_nothing_and_costs_nothing(house) -> None:
    house.lay(broker="plain")
    disk = CountingDisk()
    outcome = house.start(disk=disk, cadence=Cadence(flush=1e9, snapshot=1e9))
    assert outcome.orders > 5
    assert house.work.VENUE.said == ["close"], "only a broker that could be connected is let go of"
    assert not (house.folder / "venue.json").exists()
    assert (house.folder / "orders.csv").read_text().splitlines()[0] == ",".join(schemas.ORDER_COLUMNS)
    assert {one["type"] for one in events(house)} & {"survey", "reconciled", "venue_request"} == set()
    assert "outside" not in json.loads((house.folder / "state.json").read_text())
    assert disk.synced.count("state.jsonl") <= 3, "an intent waited for the disk"


def test_the_currency_of_the_venue_is_taken_where_the_account_can_value_it_and_told_elsewhere(house) -> None:
    house.lay(
        feed={"plugin": "replay", "path": "data", "symbols": ["AAA-USD", "DEMO"]},
        strategies=[{"plugin": "coins", "symbols": ["AAA-USD"]}],
    )
    (house.workspace / "data" / "crypto" / "DEMO-1m.csv").write_bytes(
        (house.workspace / "data" / "crypto" / "AAA-USD-1m.csv").read_bytes()
    )
    house.work.VENUE.terms = {
        "DEMO": MarketTerms(symbol="DEMO", market="DEMO/USDT", currency="USDT", min_notional=Decimal(25)),
    }
    house.start()
    config = load_session_config(house.folder / "config.yaml", house.registry)
    assert (config.instruments["DEMO"].currency, config.instruments["DEMO"].min_notional) == ("USD", 25)
    assert "quotes DEMO (DEMO/USDT) in USDT, and the session counts in USD" in (house.folder / "session.md").read_text()
