"""What all probes work with: the plain run, workspaces for changed ones, and the findings so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from logos.backtest.leaks.altering import Alteration
from logos.backtest.leaks.meanings import meaning_of
from logos.backtest.leaks.report import Coverage, Finding
from logos.backtest.leaks.running import Conditions, play, play_strategies
from logos.backtest.leaks.trace import Divergence, Trace, divergences
from logos.backtest.leaks.workspaces import Place, Workspaces
from logos.config.records import SessionConfig, StrategyEntry
from logos.domain.bars import Bar, Slice
from logos.domain.errors import ConfigError, DataError
from logos.session.seats import Pair

Progress = Callable[[int, int, str], None]
"""Is told how many steps are done, how many there are about, and what is done next."""


@attrs.define(kw_only=True, eq=False)
class Bench:
    """A config under check.

    Attributes
    ----------
    plain:
        The trace of the plain run.
    strategies:
        The trace of the strategies alone, over all bars; it goes on where the plain run was halted.
    slices:
        All slices that are looked at.
    lookbacks:
        How many bars each pair's strategy looks back.
    """

    config: SessionConfig
    spaces: Workspaces
    plain: Trace
    strategies: Trace
    slices: Sequence[Slice]
    lookbacks: Mapping[Pair, int]
    coverage: list[Coverage] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    _findings: dict[tuple[str, str], Finding] = attrs.field(factory=dict)

    @property
    def feed(self) -> str:
        """How the feed is called."""
        return f"feed {self.config.feed.name}"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every part that moved, once for each probe, the earliest first."""
        found = self._findings.values()
        return tuple(sorted(found, key=lambda each: (each.clock is not None, each.clock or 0, each.probe, each.part)))

    def pairs(self) -> Iterator[tuple[Pair, StrategyEntry]]:
        """Yield every pair with its entry of the config, by symbol and strategy."""
        found = [
            (Pair(strategy=entry.name, symbol=symbol), entry)
            for entry in self.config.strategies
            for symbol in entry.symbols
        ]
        yield from sorted(found, key=lambda each: (each[0].symbol, each[0].strategy))

    def bars_of(self, symbol: str) -> list[Bar]:
        """Return a symbol's bars among all that are looked at."""
        return [bar for _, bars in self.slices for bar in bars if bar[0].symbol == symbol]

    def conditions(self, place: Place, **changes: Any) -> Conditions:
        """Return the conditions of the plain run in a workspace, with some of them changed."""
        window = self.config.backtest
        start = None if window is None else window.start
        return attrs.evolve(Conditions(start=start, end=self.spaces.end, change=place.change), **changes)

    def run(self, alteration: Alteration, probe: str, how: str, **changes: Any) -> Trace | None:
        """Run the config over altered bars; ``None`` where it could not be assembled over them."""
        return self.attempt(
            alteration,
            probe,
            how,
            lambda place: play(place.config, place.workspace, self.conditions(place, **changes)),
        )

    def run_strategies(self, alteration: Alteration, probe: str, how: str, **changes: Any) -> Trace | None:
        """Ask the strategies alone over altered bars; ``None`` where they could not be built over them."""
        return self.attempt(
            alteration,
            probe,
            how,
            lambda place: play_strategies(place.config, place.workspace, self.conditions(place, **changes)),
        )

    def attempt(self, alteration: Alteration, probe: str, how: str, run: Callable[[Place], Trace]) -> Trace | None:
        """Make a run; where a part cannot be built any more, that is a finding, and there is no trace.

        A feed that refuses the altered bars is no finding: it is told in the notes.
        """
        try:
            with self.spaces.open(alteration) as place:
                return run(place)
        except ConfigError as error:
            for problem in error.problems:
                if problem.path.startswith("feed"):
                    self._impossible(probe, how, problem.message)
                else:
                    self.add(probe, self._part_at(problem.path), "it could be built", problem.message, how)
        except DataError as error:
            self._impossible(probe, how, error.message)
        return None

    def _impossible(self, probe: str, how: str, message: str) -> None:
        self.notes.append(f"{probe}: a run {how} was not possible: {message}.")

    def compare(
        self, probe: str, trace: Trace, how: str, *, until: int | None = None, plain: Trace | None = None
    ) -> None:
        """Note where a run parts ways with the plain one, or with another that stands for it."""
        for each in divergences(plain or self.plain, trace, feed=self.feed, until=until):
            self.note(probe, each, how)

    def note(self, probe: str, divergence: Divergence, how: str) -> None:
        """Note that a part moved; only the earliest clock of each part is kept."""
        self.add(
            probe,
            divergence.part,
            divergence.expected,
            divergence.found,
            how,
            clock=divergence.clock,
            subject=divergence.subject,
        )

    def add(
        self,
        probe: str,
        part: str,
        expected: str,
        found: str,
        how: str,
        *,
        clock: int | None = None,
        subject: str = "",
    ) -> None:
        """Note a finding, unless an earlier one of the same part and probe is known."""
        known = self._findings.get((probe, part))
        if known is not None and (known.clock is None or (clock is not None and known.clock <= clock)):
            return
        self._findings[probe, part] = Finding(
            probe=probe,
            part=part,
            clock=clock,
            subject=subject,
            expected=expected,
            found=found,
            how=how,
            meaning=meaning_of(probe, part),
        )

    def cover(self, probe: str, runs: int, compared: int, note: str) -> None:
        """Say how much a probe compared."""
        self.coverage.append(Coverage(probe=probe, runs=runs, compared=compared, note=note))

    def found_by(self, probe: str) -> bool:
        """Return whether a probe has found anything."""
        return any(each == probe for each, _ in self._findings)

    def _part_at(self, path: str) -> str:
        sections: Iterable[tuple[str, str]] = (
            (self.config.allocator.path, f"allocator {self.config.allocator.name}"),
            (self.config.broker.path, f"broker {self.config.broker.name}"),
            (self.config.position_manager.path, f"position manager {self.config.position_manager.name}"),
            *((guard.path, f"guard {guard.name}") for guard in self.config.guards),
            *((entry.path, f"strategy {entry.name}") for entry in self.config.strategies),
        )
        return dict(sections).get(path, path)
