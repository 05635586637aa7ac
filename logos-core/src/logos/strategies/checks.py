"""The checks that a strategy can be put to: its signals depend on the last ``lookback`` bars and on nothing else.

Each check runs fresh instances over the same bars in another way, and any difference from a plain run is a defect:

``answers``
    Every answer is ``None`` or a ``Signal`` of whole numbers, and ``lookback`` is a whole number of bars.
``determinism``
    A second run gives the same answers.
``shared_state``
    So does a run beside another instance that sees other bars.
``look_ahead``
    The answers up to a bar stay when the bars after it are missing, or replaced by others.
``hidden_recursion``
    The answer at a bar stays when only the last ``lookback`` bars were ever seen.
``restart``
    An instance warmed up with ``lookback`` bars goes on like one that has seen them all.
``array_form``
    Where the strategy has ``signals`` for whole columns, they are the answers of ``on_bar`` at every bar: of all bars,
    of the first ones alone, and from a later bar on; and asking for them changes nothing. ``None`` is allowed.

In ``hidden_recursion`` and ``restart``, an order's type and prices count where the signal's value changes: a session
acts only there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs

from logos.context.seed import Seed
from logos.domain.bars import Bar
from logos.domain.columns import BarColumns
from logos.domain.money import RATIO_DECIMALS, text_of
from logos.domain.orders import OrderType, Signal, TimeInForce
from logos.domain.times import time_text
from logos.session.seats import ArrayStrategy, Strategy

CHECKS = ("answers", "determinism", "shared_state", "look_ahead", "hidden_recursion", "restart", "array_form")
FOLLOWED = 16
"""How many bars a restarted instance is compared for."""
CALLS = 120_000
"""About how many bars the restarted instances see, all together."""

_FIELDS = ("value", "order_type", "limit_price", "stop_price", "time_in_force")
_CUTS = 6

Factory = Callable[[], Strategy]
Answer = tuple[object, ...]
"""What a strategy said at a bar: the signal's fields; one text for ``None``, an error or a wrong type."""

NO_SIGNAL: Answer = ("no signal",)


@attrs.frozen(kw_only=True)
class Difference:
    """The first bar at which a check found a defect.

    Attributes
    ----------
    bar:
        The bar's place in the series, from 0.
    timestamp:
        The bar's open time, in seconds since the epoch, UTC.
    field:
        The field of the signal that differs, or ``signal`` where there is none on one side.
    expected, found:
        What the plain run (or the rule) says, and what the check saw.
    how:
        What was done otherwise than in the plain run.
    """

    check: str
    series: str
    bar: int
    timestamp: int
    field: str
    expected: str
    found: str
    how: str

    @property
    def time(self) -> str:
        """The bar's open time as ISO-8601 text in UTC."""
        return time_text(self.timestamp)

    def __str__(self) -> str:
        place = f"{self.series}, bar {self.bar} at {self.time}"
        return f"{self.check}: {place}: {self.field} is {self.found} {self.how}, and must be {self.expected}"


@attrs.frozen(kw_only=True)
class CheckReport:
    """What the checks of one strategy found on one series.

    Attributes
    ----------
    bars:
        How many bars the series has.
    compared:
        For each check that ran, how many bars it compared; 0 where the series is shorter than the look-back, and where
        the array form always said that the numbers are too large. Without an array form, its check does not run.
    differences:
        The first difference of each check that failed, in the order of the checks.
    """

    series: str
    bars: int
    lookback: int
    compared: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """Whether no check found a difference."""
        return not self.differences


def check_strategy(
    factory: Factory,
    bars: Sequence[Bar],
    *,
    series: str = "",
    seed: Seed | None = None,
    source: list[Bar] | None = None,
    calls: int = CALLS,
) -> CheckReport:
    """Put a strategy to every check on one series of bars.

    Parameters
    ----------
    factory:
        Gives a fresh instance at each call.
    bars:
        The bars of one instrument in time order, at least one.
    series:
        What to call the series in the report; the symbol by default.
    seed:
        Picks the bars to compare where the series is too long to compare them all.
    source:
        A list that the strategy can read bars from besides ``on_bar``, if there is one: before every run
        it is filled with the bars of that run.
    calls:
        About how many bars the restarted instances may see, all together: more finds more, and takes longer.
    """
    bench = _Bench(factory, tuple(bars), series or bars[0].symbol, seed=seed or Seed(0), source=source, calls=calls)
    return bench.report()


class _Bench:
    """The runs over one series, and the plain run that they are compared with."""

    def __init__(
        self,
        factory: Factory,
        bars: tuple[Bar, ...],
        series: str,
        *,
        seed: Seed,
        source: list[Bar] | None,
        calls: int,
    ) -> None:
        self._factory = factory
        self._bars = bars
        self._series = series
        self._seed = seed
        self._source = source
        self._calls = calls
        self._compared: dict[str, int] = {}
        self._differences: list[Difference] = []
        self._lookback = 0
        self._plain: list[Answer] = []

    def report(self) -> CheckReport:
        """Run everything; after a failure of ``answers`` the rest would mean nothing, and is left out."""
        if self._answers():
            self._determinism()
            self._shared_state()
            self._look_ahead()
            self._cut_off()
            self._array_form()
        return CheckReport(
            series=self._series,
            bars=len(self._bars),
            lookback=self._lookback,
            compared=self._compared,
            differences=tuple(sorted(self._differences, key=lambda each: CHECKS.index(each.check))),
        )

    def _run(self, bars: Sequence[Bar]) -> list[Answer]:
        if self._source is not None:
            self._source[:] = bars
        strategy = self._factory()
        return list(_answers_of(strategy, bars))

    def _answers(self) -> bool:
        lookback: object = self._factory().lookback
        if type(lookback) is not int or lookback < 1:
            self._note("answers", 0, ("lookback", "a whole number above 0", repr(lookback)), "as declared")
            return False
        self._lookback = lookback
        self._plain = self._run(self._bars)
        self._compared["answers"] = len(self._plain)
        begun = False
        for index, answer in enumerate(self._plain):
            fault = _fault_of(answer)
            if fault is None and begun and answer is NO_SIGNAL:
                fault = ("answer", "a Signal, as after earlier bars", "None")
            begun = begun or answer is not NO_SIGNAL
            if fault:
                self._note("answers", index, fault, "in a plain run")
                return False
        return True

    def _determinism(self) -> None:
        self._compare("determinism", 0, self._run(self._bars), "in a second run")

    def _shared_state(self) -> None:
        if self._source is not None:
            self._source[:] = self._bars
        strategy, other = self._factory(), self._factory()
        disturbed = _interleaved(strategy, self._bars, other, _altered(self._bars))
        self._compare("shared_state", 0, disturbed, "beside another instance that sees other bars")

    def _look_ahead(self) -> None:
        for cut in self._cuts():
            kept = self._bars[:cut]
            self._compare("look_ahead", 0, self._run(kept), "where the later bars are missing")
            poisoned = self._run((*kept, *_altered(self._bars[cut:])))[:cut]
            self._compare("look_ahead", 0, poisoned, "where the later bars are others")

    def _cuts(self) -> Sequence[int]:
        """Return where to end the series: evenly spread, and right after bars where the value changes."""
        count = len(self._bars)
        even = {max(1, count * part // (_CUTS + 1)) for part in range(1, _CUTS + 1)}
        changes = [index + 1 for index in range(count) if self._acts(index)]
        return sorted(even.union(changes[:: 1 + len(changes) // _CUTS]))

    def _cut_off(self) -> None:
        self._compared |= {"hidden_recursion": 0, "restart": 0}
        how = f"for an instance that saw its first bar {self._lookback - 1} bars before"
        for index in self._sampled():
            start = index - self._lookback + 1
            answers = self._run(self._bars[start : index + 1 + FOLLOWED])[self._lookback - 1 :]
            self._compare("hidden_recursion", index, answers[:1], how, acting=True)
            if answers[:1] == [self._plain[index]]:
                later = f"for an instance warmed up with the {self._lookback} bars to bar {index}"
                self._compare("restart", index + 1, answers[1:], later, acting=True)

    def _sampled(self) -> Iterable[int]:
        """Return the bars to cut before: all, or those where the value changes and some drawn by the seed."""
        first, count = self._lookback - 1, len(self._bars)
        room = max(32, self._calls // (self._lookback + FOLLOWED))
        if count - first <= room:
            return range(first, count)
        changes = [index for index in range(max(1, first), count) if self._acts(index)]
        step = max(1, 2 * len(changes) // room)
        drawn = (first + self._seed.number("checks", number) % (count - first) for number in range(room // 2))
        return sorted({*changes[::step], *drawn})

    def _array_form(self) -> None:
        """Ask the array form for all bars, for the first ones, for later ones, and in the middle of a run."""
        strategy = self._factory()
        if not isinstance(strategy, ArrayStrategy):
            return
        from logos.strategies.array_form import columns_of  # noqa: PLC0415 - loads numpy, which bars alone do not need

        count = len(self._bars)
        columns = columns_of(self._bars)
        self._compared["array_form"] = 0
        self._compare_columns(strategy, columns, 0, "over all bars")
        for cut in self._cuts():
            self._compare_columns(self._fresh(), columns.part(0, cut), 0, f"over the first {cut} bars alone")
        for start in sorted({1, min(self._lookback, count), count // 3} - {0, count}):
            self._compare_columns(self._fresh(), columns.part(start, count), start, f"over the bars from {start} on")
        half, strategy = count // 2, self._fresh()
        before = list(_answers_of(strategy, self._bars[:half]))
        self._compare_columns(strategy, columns, 0, f"when asked after {half} bars")
        answers = [*before, *_answers_of(strategy, self._bars[half:])]
        self._compare("array_form", 0, answers, f"bar by bar where it was asked after {half} bars")

    def _fresh(self) -> ArrayStrategy:
        strategy = self._factory()
        assert isinstance(strategy, ArrayStrategy)  # as the first instance was
        return strategy

    def _compare_columns(self, strategy: ArrayStrategy, columns: BarColumns, start: int, how: str) -> None:
        """Compare the array form over bars from ``start`` on with ``on_bar`` over the same bars."""
        found = _array_answers(strategy, columns)
        if found is not None:
            expected = self._run(self._bars[start:]) if start else self._plain
            self._compare("array_form", start, found, f"as column {how}", expected=expected)

    def _acts(self, index: int) -> bool:
        return index == 0 or self._plain[index][0] != self._plain[index - 1][0]

    def _compare(
        self,
        check: str,
        offset: int,
        found: Sequence[Answer],
        how: str,
        *,
        acting: bool = False,
        expected: Sequence[Answer] | None = None,
    ) -> None:
        """Compare answers from bar ``offset`` on with others, the plain run's by default; keep the first difference."""
        self._compared[check] = self._compared.get(check, 0) + len(found)
        if any(each.check == check for each in self._differences):
            return
        for index, answer in enumerate(found, start=offset):
            plain = self._plain[index] if expected is None else expected[index - offset]
            fields = 1 if acting and not self._acts(index) else len(_FIELDS)
            if plain[:fields] != answer[:fields]:
                self._note(check, index, _first_field(plain, answer), how)
                return

    def _note(self, check: str, index: int, fault: tuple[str, str, str], how: str) -> None:
        field, expected, found = fault
        self._differences.append(
            Difference(
                check=check,
                series=self._series,
                bar=index,
                timestamp=self._bars[index].timestamp,
                field=field,
                expected=expected,
                found=found,
                how=how,
            )
        )


def _answers_of(strategy: Strategy, bars: Iterable[Bar]) -> Iterator[Answer]:
    """Yield what a strategy says at each bar; the last answer is the error if it raises one."""
    for bar in bars:
        answer = _answer(strategy, bar)
        yield answer
        if len(answer) == 1 and answer is not NO_SIGNAL:
            return


def _interleaved(strategy: Strategy, bars: Sequence[Bar], other: Strategy, others: Sequence[Bar]) -> list[Answer]:
    answers = []
    for bar, disturbing in zip(bars, others, strict=True):
        _answer(other, disturbing)
        answers.append(_answer(strategy, bar))
    return answers


def _answer(strategy: Strategy, bar: Bar) -> Answer:
    try:
        signal: object = strategy.on_bar(bar)
    except Exception as error:  # noqa: BLE001 - it becomes a finding of the report, whatever a strategy raises
        return (f"{type(error).__name__}: {error}",)
    if signal is None:
        return NO_SIGNAL
    if not isinstance(signal, Signal):
        return (f"a {type(signal).__name__}",)
    return (signal.value, signal.order_type, signal.limit_price, signal.stop_price, signal.time_in_force)


def _array_answers(strategy: ArrayStrategy, columns: BarColumns) -> list[Answer] | None:
    """Return the array form's answers as ``on_bar`` would give them; ``None`` where the numbers are too large."""
    from logos.strategies.array_form import values_of  # noqa: PLC0415 - loads numpy, which bars alone do not need

    try:
        values = values_of(strategy, columns)
    except Exception as error:  # noqa: BLE001 - it becomes a finding of the report, whatever a strategy raises
        return [(f"{type(error).__name__}: {error}",)]
    if values is None:
        return None
    answers: dict[int | None, Answer] = {
        value: (value, OrderType.MARKET, None, None, TimeInForce.GTC) for value in set(values) if value is not None
    }
    answers[None] = NO_SIGNAL
    return [answers[value] for value in values]


def _fault_of(answer: Answer) -> tuple[str, str, str] | None:
    """Return field, rule and finding where an answer breaks the rules of ``answers``."""
    if answer is NO_SIGNAL:
        return None
    if len(answer) == 1:
        return "signal", "a Signal or None", str(answer[0])
    kinds: tuple[tuple[type, ...], ...] = ((int,), (OrderType,), (int, type(None)), (int, type(None)), (TimeInForce,))
    for field, value, allowed in zip(_FIELDS, answer, kinds, strict=True):
        if type(value) not in allowed:
            return field, f"a {allowed[0].__name__}", repr(value)
    return None


def _first_field(plain: Answer, found: Answer) -> tuple[str, str, str]:
    """Return the first field in which two answers differ, and both its values."""
    if len(plain) != len(found):
        return "signal", _text(plain[0]), _text(found[0])
    field = next(place for place, (one, other) in enumerate(zip(plain, found, strict=True)) if one != other)
    name = _FIELDS[field] if len(plain) > 1 else "signal"
    return name, _text(plain[field], name), _text(found[field], name)


def _text(value: object, field: str = "value") -> str:
    return text_of(value, RATIO_DECIMALS) if isinstance(value, int) and field == "value" else str(value)


def _altered(bars: Sequence[Bar]) -> tuple[Bar, ...]:
    """Return bars of the same times whose prices are others, and still prices."""
    return tuple(_scaled(bar, 2 + index * index % 7) for index, bar in enumerate(bars))


def _scaled(bar: Bar, factor: int) -> Bar:
    return bar._replace(open=bar.open * factor, high=bar.high * factor, low=bar.low * factor, close=bar.close * factor)
