"""The course of a sweep: which trials run on which windows, stage by stage, each decided by the records before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from logos.backtest.sweep.candidates import Candidate
from logos.backtest.sweep.evaluations import TEST, TRAIN, Evaluation, Key, Record
from logos.backtest.sweep.plateau import Plateau, plateau_of
from logos.backtest.sweep.request import SweepRequest, rising
from logos.backtest.sweep.splits import ETA, Split
from logos.backtest.trial import Window


@attrs.frozen(kw_only=True)
class Pick:
    """A trial that a split has chosen in its training window, and what became of it behind that window.

    Attributes
    ----------
    test:
        ``None`` while it has not been run.
    """

    trial: int
    train: Record
    test: Record | None


class Search:
    """Says what to run next.

    Parameters
    ----------
    rungs:
        For each split the windows of its halving, the whole training window last; just that one for other methods.
    records:
        What has come back so far, by key; filled by whoever runs the stages.
    """

    def __init__(
        self,
        request: SweepRequest,
        candidates: Sequence[Candidate],
        splits: Sequence[Split],
        rungs: Sequence[Sequence[Window]],
        records: Mapping[Key, Record],
    ) -> None:
        self.request = request
        self.candidates = candidates
        self.splits = splits
        self.records = records
        self._rungs = rungs
        self._by_number = {one.number: one for one in candidates}

    @property
    def planned(self) -> int:
        """How many evaluations there will be, about."""
        sizes: list[int] = [
            -(-len(self.candidates) // ETA**rung) for windows in self._rungs for rung in range(len(windows))
        ]
        return sum(sizes) + 2 * sum(split.test is not None for split in self.splits)

    def stages(self) -> Iterator[list[Evaluation]]:
        """Yield what can be run at once; the records of a stage must be there before the next is asked for."""
        alive = [list(self.candidates) for _ in self.splits]
        for rung in range(max(map(len, self._rungs))):
            stage = []
            for place, split in enumerate(self.splits):
                windows = self._rungs[place]
                if rung >= len(windows):
                    continue
                if rung:
                    alive[place] = self._promoted(split, rung, alive[place])
                stage += [self._evaluation(one, split, TRAIN, rung, windows[rung]) for one in alive[place]]
            yield stage
        tests = []
        for split in self.splits:
            if split.test is not None:
                found = self.plateau(split)
                chosen = sorted({one.trial for one in (found.peak, found.recommended) if one is not None})
                tests += [self._evaluation(self._by_number[one], split, TEST, 0, split.test) for one in chosen]
        if tests:
            yield tests

    def judged(self, split: Split) -> list[Record]:
        """Return the records of a split's whole training window, refused ones too, by trial."""
        last = len(self._rungs[split.number - 1]) - 1
        return self._at(split, last)

    def spread(self, split: Split) -> list[Record]:
        """Return the records of all trials on the one window that every trial of the split has run on."""
        return self._at(split, 0)

    def first_window(self, split: Split) -> Window:
        """Return that window: shorter than the training window where there is halving."""
        return self._rungs[split.number - 1][0]

    def plateau(self, split: Split) -> Plateau:
        """Judge the trials of one split."""
        return plateau_of(self.request, self.candidates, self._scores(split))

    def overall(self) -> Plateau:
        """Judge the trials by their mean objective over all splits; a trial needs one in each."""
        by_split = [self._scores(split) for split in self.splits]
        common = set(by_split[0]).intersection(*by_split[1:])
        means = {trial: sum(scores[trial] for scores in by_split) / len(by_split) for trial in common}
        return plateau_of(self.request, self.candidates, means)

    def picks(self, split: Split) -> tuple[Pick | None, Pick | None]:
        """Return the peak and the recommended trial of a split with how they did behind it."""
        found = self.plateau(split)
        last = len(self._rungs[split.number - 1]) - 1
        return tuple(  # type: ignore[return-value]  # two go in
            None
            if one is None
            else Pick(
                trial=one.trial,
                train=self.records[split.number, TRAIN, last, one.trial],
                test=self.records.get((split.number, TEST, 0, one.trial)),
            )
            for one in (found.peak, found.recommended)
        )

    def _scores(self, split: Split) -> dict[int, float]:
        name = self.request.objective
        return {one["trial"]: one[name] for one in self.judged(split) if one.get(name) is not None}

    def _promoted(self, split: Split, rung: int, alive: Sequence[Candidate]) -> list[Candidate]:
        """Return the best third of a rung, in number order; equal ones by number, undefined ones never."""
        name = self.request.objective
        scored = [
            (-rising(name, record[name]), one.number)
            for one in alive
            if (record := self.records[split.number, TRAIN, rung - 1, one.number]).get(name) is not None
        ]
        kept = {number for _, number in sorted(scored)[: -(-len(alive) // ETA)]}
        return [one for one in alive if one.number in kept]

    def _at(self, split: Split, rung: int) -> list[Record]:
        keys = ((split.number, TRAIN, rung, one.number) for one in self.candidates)
        return [self.records[key] for key in keys if key in self.records]

    def _evaluation(self, one: Candidate, split: Split, part: str, rung: int, window: Window) -> Evaluation:
        values = one.values(self.request.axes)
        return Evaluation(trial=one.number, split=split.number, part=part, rung=rung, window=window, values=values)
