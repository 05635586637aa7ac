"""The audit of one small session that is written by hand, so that every expected figure can be worked out on paper."""

from __future__ import annotations

import hashlib
import json

import pytest

from logos.artifacts import schemas
from logos.domain.errors import InputError, IntegrityError
from logos.proofs.audit_files import DisagreementError
from logos.proofs.audit_journal import read_chain
from logos.proofs.auditor import audit

AT = "2026-01-05T10:0{}:00Z".format

CONFIG = """
instruments:
  X: {tick: "0.01", lot: "1", currency: USD}
broker:
  plugin: paper
  cash: "1000"
  currency: USD
  conversions: {}
  fees: {maker_bps: "0", taker_bps: "10"}
"""
CONFIG_SHA256 = hashlib.sha256(CONFIG.encode()).hexdigest()

# Three bought in two fills, then five sold: three of them close the lots, two open a short position.
# Value 10.05 x 2 = 20.10 and 10.07; the sale brings 50.55, of which 3/5 = 30.33 against a cost of 30.17.
TABLES = {
    schemas.ORDERS_FILE: f"""\
1,{AT(1)},{AT(3)},s,X,buy,market,gtc,3,,,filled,3,10.06,0.03,
2,{AT(3)},{AT(4)},s,X,sell,limit,gtc,6,10.11,,cancelled,5,10.11,0.05,end_of_data
3,{AT(4)},{AT(4)},s,X,sell,market,gtc,9,,,blocked,0,,0.00,max_notional: too much
""",
    schemas.TRADES_FILE: f"""\
1,1,{AT(1)},X,buy,2,10.05,taker,0.02,0.00,20.10,
2,1,{AT(2)},X,buy,1,10.07,taker,0.01,0.00,10.07,
3,2,{AT(4)},X,sell,5,10.11,taker,0.05,0.16,50.55,
""",
    schemas.POSITIONS_FILE: f"""\
{AT(2)},X,2,10.05,10.06,20.12,0.02,0.00
{AT(3)},X,3,10.06,10.00,30.00,-0.17,0.00
{AT(4)},X,-2,10.11,10.10,-20.20,0.02,0.16
""",
    schemas.ACCOUNT_FILE: f"""\
{AT(1)},1000.00,0.00,1000.00,0.00,0.00,0.00,0.00000000,0.00000000,0.00000000
{AT(2)},979.88,20.12,1000.00,0.00,0.02,0.02,0.00000000,0.02012000,0.02012000
{AT(3)},969.80,30.00,999.80,0.00,-0.17,0.03,0.00020000,0.03000600,0.03000600
{AT(4)},1020.30,-20.20,1000.10,0.16,0.02,0.08,0.00000000,0.02019798,-0.02019798
""",
    schemas.DECISIONS_FILE: f"""\
{AT(1)},s,X,1.00000000,0.03000000,3,ordered,1,,
{AT(2)},s,X,1.00000000,0.03000000,3,unchanged,,at_target,"position 3, as wanted"
{AT(3)},s,X,-1.00000000,-0.03000000,-3,ordered,2,,
{AT(4)},s,X,-1.00000000,,-9,blocked,,max_notional,max_notional: too much
""",
}


def intent(number, side, kind, quantity, **more):
    return {
        "order_id": number,
        "strategy": "s",
        "symbol": "X",
        "side": side,
        "order_type": kind,
        "time_in_force": "gtc",
        "quantity": quantity,
        **more,
    }


def fill(row):
    names = dict(zip(schemas.TRADE_COLUMNS, row.split(","), strict=True))
    numbers = {name: int(names.pop(name)) for name in ("trade_id", "order_id")}
    return numbers | {name: value for name, value in names.items() if name not in {"symbol", "side"}}


def decision(row, **answer):
    timestamp, strategy, symbol, signal, _, target, outcome, *_ = row.split(",")
    return (
        timestamp,
        "decision",
        {
            "strategy": strategy,
            "symbol": symbol,
            "signal": signal,
            "target_quantity": target,
            "outcome": outcome,
            **answer,
        },
    )


def events():
    fills = [fill(row) for row in TABLES[schemas.TRADES_FILE].splitlines()]
    rows = TABLES[schemas.DECISIONS_FILE].splitlines()
    too_much = [{"guard": "max_notional", "reason": "too much"}]
    return [
        (AT(0), "session_started", {"session_id": "s1", "name": "s", "seed": 0, "config_sha256": CONFIG_SHA256}),
        decision(rows[0], order_id=1),
        (AT(1), "intent", intent(1, "buy", "market", "3")),
        (AT(1), "accepted", {"order_id": 1}),
        (AT(2), "fill", fills[0]),
        decision(rows[1], reason_code="at_target", detail="position 3, as wanted"),
        (AT(3), "fill", fills[1]),
        decision(rows[2], order_id=2),
        (AT(3), "intent", intent(2, "sell", "limit", "6", limit_price="10.11")),
        (AT(3), "accepted", {"order_id": 2}),
        (AT(4), "fill", fills[2]),
        (AT(4), "blocked", intent(3, "sell", "market", "9", causes=too_much)),
        decision(rows[3], reason_code="max_notional", detail="max_notional: too much"),
        (AT(4), "cancelled", {"order_id": 2, "reason": "end_of_data"}),
        (AT(4), "session_finished", {"status": "completed"}),
    ]


def chained(told):
    lines, before = [], "0" * 64
    for number, (clock, kind, values) in enumerate(told, start=1):
        event = {"seq": number, "ts": clock, "type": kind, **values, "prev": before}
        body = json.dumps(event, separators=(",", ":"))[:-1]
        before = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body},"hash":"{before}"}}\n'.encode())
    return lines, before


def sealed(state):
    """Return the text of a snapshot: the digest of everything before it stands last."""
    body = json.dumps({**state, "seal": None}, indent=1).rpartition(',\n "seal"')[0]
    return f'{body},\n "seal": "{hashlib.sha256(body.encode()).hexdigest()}"\n}}\n'


def snapshot(lines, head, **changes):
    account = {
        "starting_cash": "1000.00",
        "cash": "1020.30",
        "market_value": "-20.20",
        "equity": "1000.10",
        "realized_pnl": "0.16",
        "unrealized_pnl": "0.02",
        "fees": "0.08",
        "peak_equity": "1000.10",
        "currency": "USD",
        "decimals": 2,
    }
    position = {
        "symbol": "X",
        "quantity": "-2",
        "mark_price": "10.10",
        "market_value": "-20.20",
        "realized_pnl": "0.16",
        "lots": [{"quantity": "-2", "cost": "-20.22"}],
    }
    return {
        "session_id": "s1",
        "name": "s",
        "seed": 0,
        "status": "completed",
        "clock": AT(4),
        "sequence": len(lines),
        "journal": {"length": sum(map(len, lines)), "head": head},
        "account": account,
        "positions": [position],
        "orders": [],
        "counts": {"slices": 4, "orders": 3, "fills": 3, "blocked": 1, "rejected": 0, "decisions": 4},
        "last_trade_id": 3,
        "files": {},
        **changes,
    }


@pytest.fixture
def folder(tmp_path):
    lines, head = chained(events())
    (tmp_path / schemas.JOURNAL_FILE).write_bytes(b"".join(lines))
    (tmp_path / schemas.STATE_FILE).write_text(sealed(snapshot(lines, head)))
    (tmp_path / schemas.CONFIG_FILE).write_text(CONFIG)
    for name, rows in TABLES.items():
        (tmp_path / name).write_text(schemas.header(schemas.TABLES[name]) + rows)
    return tmp_path


def faults(report):
    return {check.name: check.fault for check in report.checks if check.fault is not None}


def replace(folder, name, old, new):
    text = (folder / name).read_text()
    assert text.count(old) == 1, text
    (folder / name).write_text(text.replace(old, new))


def test_a_session_worked_out_by_hand_agrees(folder):
    report = audit(folder)
    assert faults(report) == {}
    assert {check.name: check.records for check in report.checks} == {
        "journal": 15,
        "trades": 3,
        "orders": 3,
        "account": 4,
        "positions": 3,
        "decisions": 4,
        "state": 1,
    }


class TestChain:
    def journal_fault(self, folder, content):
        (folder / schemas.JOURNAL_FILE).write_bytes(content)
        return faults(audit(folder)).get("journal")

    @pytest.fixture
    def lines(self, folder):
        return (folder / schemas.JOURNAL_FILE).read_bytes().splitlines(keepends=True)

    @pytest.fixture
    def chain_fault(self, tmp_path):
        """Return a function that follows the chain of the first three lines and returns its fault."""
        lines, head = chained(events()[:3])
        state = snapshot(lines, head)

        def follow(content):
            (tmp_path / schemas.JOURNAL_FILE).write_bytes(content)
            try:
                for _ in read_chain(tmp_path, state):
                    pass
            except DisagreementError as error:
                return error.fault
            return None

        assert follow(b"".join(lines)) is None
        return follow

    def test_any_flipped_bit_is_found_in_its_line(self, chain_fault):
        content = b"".join(chained(events()[:3])[0])
        for place in range(len(content)):
            line = content[:place].count(b"\n") + 1
            for flip in (*(1 << bit for bit in range(8)), 0xFF):
                changed = bytearray(content)
                changed[place] ^= flip
                fault = chain_fault(changed)
                assert fault is not None, (place, flip)
                assert (fault.file, fault.line) == (schemas.JOURNAL_FILE, line)

    def test_the_end_cut_off_anywhere_is_found(self, chain_fault):
        content = b"".join(chained(events()[:3])[0])
        for length in range(len(content)):
            fault = chain_fault(content[:length])
            assert fault is not None, length
            assert fault.line == content[:length].count(b"\n") + 1

    def test_a_line_missing_doubled_or_out_of_place_is_found(self, folder, lines):
        for index in range(len(lines)):
            missing = [*lines[:index], *lines[index + 1 :]]
            doubled = [*lines[: index + 1], *lines[index:]]
            swapped = [*lines[:index], *lines[index : index + 2][::-1], *lines[index + 2 :]]
            for changed in (missing, doubled, swapped):
                if changed != lines:
                    assert self.journal_fault(folder, b"".join(changed)) is not None

    def test_a_whole_chain_forged_anew_does_not_fit_the_snapshot(self, folder):
        told = events()
        told[4][2]["price"] = "10.04"
        fault = self.journal_fault(folder, b"".join(chained(told)[0]))
        assert (fault.file, fault.field) == (schemas.STATE_FILE, "journal.head")

    def test_a_clock_that_goes_back_is_found(self, folder):
        told = events()
        told[6] = (AT(1), *told[6][1:])
        lines, head = chained(told)
        (folder / schemas.STATE_FILE).write_text(sealed(snapshot(lines, head)))
        fault = self.journal_fault(folder, b"".join(lines))
        assert (fault.line, fault.field) == (7, "ts")

    @pytest.mark.parametrize("status", ["completed", "halted", "paused"])
    def test_more_behind_the_head_is_found_once_a_session_has_stopped(self, folder, lines, status):
        state = snapshot(lines, json.loads(lines[-1])["hash"], status=status)
        (folder / schemas.STATE_FILE).write_text(sealed(state))
        assert self.journal_fault(folder, b"".join([*lines, b"\n"])).found == "1 bytes more"


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "field"),
    [
        (schemas.TRADES_FILE, "10.05,taker", "10.06,taker", 2, "value"),
        (schemas.TRADES_FILE, "10.05,taker", "10.055,taker", 2, "price"),
        (schemas.TRADES_FILE, "10.05,taker", "1e1,taker", 2, "price"),
        (schemas.TRADES_FILE, "taker,0.01", "taker,0.02", 3, "fee"),
        (schemas.TRADES_FILE, "0.16", "0.17", 4, "realized_pnl"),
        (schemas.TRADES_FILE, "0.16", "0.160", 4, "realized_pnl"),
        (schemas.TRADES_FILE, "X,sell", "Y,sell", 4, "symbol"),
        (schemas.TRADES_FILE, "X,sell", "X,hold", 4, "side"),
        (schemas.TRADES_FILE, "20.10,", "20.10,1.00", 2, "conversion_price"),
        (schemas.ORDERS_FILE, "filled,3", "filled,4", 2, "filled_quantity"),
        (schemas.ORDERS_FILE, "10.06,0.03", "10.05,0.03", 2, "average_price"),
        (schemas.ORDERS_FILE, "10.06,0.03", "10.06,0.04", 2, "fees"),
        (schemas.ORDERS_FILE, "cancelled", "filled", 3, "status"),
        (schemas.ORDERS_FILE, "blocked", "rejected", 4, "status"),
        (schemas.ORDERS_FILE, "6,10.11,,", "6,10.12,,", 3, "limit_price"),
        (schemas.ORDERS_FILE, "end_of_data", "target changed", 3, "reason"),
        (schemas.ACCOUNT_FILE, "979.88", "979.89", 3, "cash"),
        (schemas.ACCOUNT_FILE, "979.88,20.12", "979.88,20.13", 3, "equity"),
        (schemas.ACCOUNT_FILE, "0.00020000", "0.00020001", 4, "drawdown"),
        (schemas.ACCOUNT_FILE, ",-0.02019798", ",0.02019798", 5, "net_exposure"),
        (schemas.ACCOUNT_FILE, "0.03000600,0.03000600", "0.03000601,0.03000600", 4, "gross_exposure"),
        (schemas.ACCOUNT_FILE, f"{AT(3)},969.80", f"{AT(2)},969.80", 4, "timestamp"),
        (schemas.ACCOUNT_FILE, f"{AT(3)},969.80", f"{AT(3)[:-3]}30Z,969.80", 4, "timestamp"),
        (schemas.POSITIONS_FILE, "X,2,10.05", "X,3,10.05", 2, "quantity"),
        (schemas.POSITIONS_FILE, "10.06,20.12", "10.07,20.12", 2, "market_value"),
        (schemas.POSITIONS_FILE, "-0.17", "-0.18", 3, "unrealized_pnl"),
        (schemas.POSITIONS_FILE, "-2,10.11", "-2,10.10", 4, "average_cost"),
        (schemas.DECISIONS_FILE, "ordered,2,,", "ordered,1,,", 4, "order_id"),
        (schemas.DECISIONS_FILE, "position 3, as wanted", "position 2, as wanted", 3, "detail"),
        (schemas.DECISIONS_FILE, "blocked,,", "refused,,", 5, "outcome"),
        (schemas.DECISIONS_FILE, "\n", "\r\n", 1, ""),
    ],
)
def test_the_first_record_that_disagrees_is_named(folder, name, old, new, line, field):
    if old == "\n":
        (folder / name).write_text("\n" + (folder / name).read_text())
    else:
        replace(folder, name, old, new)
    fault = next(iter(faults(audit(folder)).values()))
    assert (fault.file, fault.line, fault.field) == (name, line, field)


def test_a_reason_forged_in_one_table_is_found_by_the_other(folder):
    replace(folder, schemas.ORDERS_FILE, "10.06,0.03,\n", "10.06,0.03,forged by hand\n")
    fault = faults(audit(folder))["decisions"]
    assert (fault.file, fault.line, fault.field) == (schemas.DECISIONS_FILE, 2, "detail")


@pytest.mark.parametrize("forged", ["xend_of_data", "clipped end_of_data", "clipped; end_of_date"])
def test_a_reason_that_does_not_end_with_that_of_the_journal_is_found(folder, forged):
    replace(folder, schemas.ORDERS_FILE, "end_of_data", forged)
    fault = faults(audit(folder))["orders"]
    assert (fault.file, fault.line, fault.field) == (schemas.ORDERS_FILE, 3, "reason")


def test_a_note_that_both_tables_tell_stands_before_the_reason(folder):
    replace(folder, schemas.ORDERS_FILE, "end_of_data", "target clipped; end_of_data")
    replace(folder, schemas.DECISIONS_FILE, "ordered,2,,", "ordered,2,,target clipped")
    assert faults(audit(folder)) == {}


def test_a_fault_says_what_was_found_and_what_is_expected(folder):
    replace(folder, schemas.TRADES_FILE, "taker,0.01", "taker,0.02")
    assert str(faults(audit(folder))["trades"]) == "trades.csv line 3 (trade 2), fee: found 0.02, expected 0.01"


def test_a_fault_in_a_trade_does_not_hide_the_books_behind_it(folder):
    replace(folder, schemas.TRADES_FILE, "taker,0.01", "taker,0.02")
    assert set(faults(audit(folder))) == {"trades"}


def test_a_trade_that_cannot_be_booked_leaves_later_checks_without_a_basis(folder):
    replace(folder, schemas.TRADES_FILE, "10.05,taker", "ten,taker")
    found = faults(audit(folder))
    assert found["trades"].field == "price"
    assert found["account"].expected == "books without a fault"


def test_without_a_journal_the_books_are_still_compared_with_the_snapshot(folder):
    (folder / schemas.JOURNAL_FILE).unlink()
    found = faults(audit(folder))
    assert found["journal"].found == "No such file or directory"
    assert set(found) == {"journal", "orders", "account", "positions", "decisions"}


def test_columns_added_at_the_end_are_no_fault(folder):
    path = folder / schemas.ORDERS_FILE
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},venue_outcome", *(f"{row},none" for row in rows)]) + "\n")
    assert audit(folder).agrees


@pytest.mark.parametrize(
    ("old", "new"), [("tick", "tack"), ('"0.01"', '"none"'), ('"1000"', '"NaN"'), ("USD}", "EUR}")]
)
def test_a_config_without_what_the_books_need_is_refused(folder, old, new):
    replace(folder, schemas.CONFIG_FILE, old, new)
    with pytest.raises(IntegrityError, match=r"config\.yaml lacks what the books need"):
        audit(folder)


@pytest.mark.parametrize("changes", [{"journal": None}, {"journal": {}}, {"positions": [3]}, {"sequence": "15"}])
def test_a_snapshot_that_is_not_whole_is_refused(folder, changes):
    lines, head = chained(events())
    (folder / schemas.STATE_FILE).write_text(sealed(snapshot(lines, head, **changes)))
    with pytest.raises(IntegrityError, match="not a whole snapshot"):
        audit(folder)


def test_a_folder_that_is_no_session_is_refused(tmp_path):
    with pytest.raises(InputError, match="no session"):
        audit(tmp_path)
