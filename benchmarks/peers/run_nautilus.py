"""nautilus_trader: ``BacktestEngine`` on bars, with its own averages and market orders from a strategy."""

from decimal import Decimal
from typing import Any

import nautilus_trader
import pandas as pd
from job import CASH, FAST, FEE, QUANTITY, SLOW, arguments, clock, frame, report, symbols
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, CurrencyType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("BENCH")


class CrossConfig(StrategyConfig, frozen=True):
    """What one symbol's strategy looks at."""

    instrument_id: InstrumentId
    bar_type: BarType


class Cross(Strategy):
    """Long while the fast average is above the slow one."""

    def __init__(self, config: CrossConfig) -> None:
        super().__init__(config)
        self.fast, self.slow = SimpleMovingAverage(FAST), SimpleMovingAverage(SLOW)
        self.held = False
        self.size = Quantity(QUANTITY, 0)

    def on_start(self) -> None:
        """Let the engine feed the averages before each bar."""
        for average in (self.fast, self.slow):
            self.register_indicator_for_bars(self.config.bar_type, average)
        self.subscribe_bars(self.config.bar_type)

    def on_bar(self, _bar: Bar) -> None:
        """Trade where the position differs."""
        if not self.slow.initialized:
            return
        wanted = self.fast.value > self.slow.value
        if wanted != self.held:
            self.held = wanted
            side = OrderSide.BUY if wanted else OrderSide.SELL
            self.submit_order(self.order_factory.market(self.config.instrument_id, side, self.size))


def instrument(symbol: str) -> CurrencyPair:
    """Return a pair of a made-up coin and USDT with four decimals of price and whole units."""
    coin = Currency(symbol, precision=0, iso4217=0, name=symbol, currency_type=CurrencyType.CRYPTO)
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol(f"{symbol}/USDT"), VENUE),
        raw_symbol=Symbol(f"{symbol}USDT"),
        base_currency=coin,
        quote_currency=USDT,
        price_precision=4,
        size_precision=0,
        price_increment=Price.from_str("0.0001"),
        size_increment=Quantity.from_int(1),
        maker_fee=Decimal(str(FEE)),
        taker_fee=Decimal(str(FEE)),
        ts_event=0,
        ts_init=0,
    )


def equity(engine: BacktestEngine, pairs: list[CurrencyPair], last: dict[str, float]) -> float:
    """Return the cash and what is held at its last price."""
    account = engine.cache.account_for_venue(VENUE)
    total = account.balance_total(USDT).as_double()
    for pair in pairs:
        held = account.balance_total(pair.base_currency)
        total += held.as_double() * last[pair.base_currency.code] if held else 0.0
    return total


def load(folder: Any, names: list[str]) -> tuple[list[CurrencyPair], list[list[Bar]], dict[str, float]]:
    """Return instruments, bars and last prices."""
    pairs, series, last = [], [], {}
    for symbol in names:
        table = frame(folder, symbol)
        table.index = pd.DatetimeIndex(table.index).tz_localize("UTC")
        pair = instrument(symbol)
        kind = BarType.from_str(f"{pair.id}-1-MINUTE-LAST-EXTERNAL")
        series.append(BarDataWrangler(kind, pair).process(table))
        pairs.append(pair)
        last[symbol] = float(table["close"].iloc[-1])
    return pairs, series, last


def main() -> None:
    """Run once."""
    mode, folder, bars = arguments()
    begin = clock()
    pairs, series, last = load(folder, symbols(mode, bars))
    loading = clock() - begin
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.CASH, starting_balances=[Money(CASH, USDT)])
    for pair, part in zip(pairs, series, strict=True):
        engine.add_instrument(pair)
        config = CrossConfig(instrument_id=pair.id, bar_type=part[0].bar_type, order_id_tag=pair.base_currency.code)
        engine.add_strategy(Cross(config))
    merged = (
        series[0] if len(series) == 1 else sorted((bar for part in series for bar in part), key=lambda b: b.ts_init)
    )
    engine.add_data(merged, sort=False, validate=len(series) == 1)
    begin = clock()
    engine.run()
    seconds = clock() - begin
    report(
        version=nautilus_trader.__version__,
        bars=len(merged),
        load=loading,
        seconds=seconds,
        fills=sum(order.is_closed for order in engine.cache.orders()),
        equity=equity(engine, pairs, last),
    )
    engine.dispose()


main()
