"""Runs a sweep: trials through an executor, their records to the disk, the summary at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs

from logos.backtest.resources import Stopwatch
from logos.backtest.sweep import folder as places
from logos.backtest.sweep.candidates import candidates_of
from logos.backtest.sweep.evaluations import Evaluation, Key, Record, key_of, was_made
from logos.backtest.sweep.executing import open_executor
from logos.backtest.sweep.naming import with_values
from logos.backtest.sweep.progress import PROGRESS_FILE, Progress
from logos.backtest.sweep.request import HALVING, SweepRequest
from logos.backtest.sweep.search import Search
from logos.backtest.sweep.setup import Found, SweepOutcome, SweepSetup
from logos.backtest.sweep.splits import Split, rungs_of, splits_of
from logos.backtest.sweep.work import BARS_FOLDER, job_of, lend
from logos.backtest.sweep.writing import Finished, write_all
from logos.backtest.trial import Trials, Window
from logos.backtest.trial_ledger import Trial, TrialLedger, trial_digest, trials_path
from logos.config.records import SessionConfig
from logos.config.session import load_session_config
from logos.context.seed import Seed
from logos.domain.errors import InputError, ResumeError, StorageError
from logos.domain.times import time_text
from logos.live.setup import plugins_of
from logos.session.jobs import Executor

_LARGEST_CHUNK = 16
_CHUNKS = 16
"""A stage is handed out in about so many tasks: enough to share, and little is lost in a crash."""

_SCHEMA = 1


def run_sweep(setup: SweepSetup, config: SessionConfig, request: SweepRequest) -> SweepOutcome:
    """Run a new sweep.

    Raises
    ------
    InputError
        Where it cannot be done as asked, or every combination is refused.
    ConfigError, DataError
        Where a part or the bars cannot be used.
    """
    request.check()
    watch = Stopwatch(setup.clock)
    found = setup.bars_of(config)
    splits = splits_of(found[0], window_of(config), request.walk_forward, anchored=request.anchored)
    with _opened_executor(setup, config) as executor:  # before there is a folder, for a library may be missing
        folder = _begun(setup, config, request, found, splits)
        return _Sweep(setup, config, request, folder, found, watch).run(executor)


def _begun(
    setup: SweepSetup, config: SessionConfig, request: SweepRequest, found: Found, splits: Sequence[Split]
) -> Path:
    """Make the folder of a new sweep, with what a resume needs."""
    folder = places.claim(setup.root, config.session.name, setup.clock.now(), setup.disk)
    asked = {
        "schema": _SCHEMA,
        "sweep_id": folder.name,
        "started_at": time_text(setup.clock.now()),
        **request.as_object(),
        "combinations": request.size,
        "seed": config.session.seed,
        "splits": [attrs.asdict(split) for split in splits],
        "config_digest": config.digest,
        "data_digest": found[1],
        "plugins": plugins_of(config),
    }
    places.put(folder / places.CONFIG_FILE, config.to_yaml().encode())
    # A folder is a sweep once this file is there.
    places.put_json(folder / places.SWEEP_FILE, asked)
    return folder


@contextmanager
def _opened_executor(setup: SweepSetup, config: SessionConfig) -> Iterator[tuple[Executor, bool]]:
    """Open the executor; it comes with whether it works in this very process."""
    executor, here = open_executor(setup, config)
    with closing(executor):
        yield executor, here


def resume_sweep(setup: SweepSetup, wanted: str) -> SweepOutcome:
    """Go on with a sweep: what its journal holds is not run again.

    Raises
    ------
    InputError
        Where there is no such sweep.
    ResumeError
        Where its plugins or bars are no longer the same, or another program runs it.
    """
    watch = Stopwatch(setup.clock)
    folder = places.find_sweep(setup.root, wanted)
    asked = places.read_sweep(folder)
    config = load_session_config(folder / places.CONFIG_FILE, setup.registry, workspace=setup.workspace)
    found = setup.bars_of(config)
    now = {"config": config.digest, "data": found[1], "plugins": plugins_of(config)}
    then = {"config": asked["config_digest"], "data": asked["data_digest"], "plugins": asked["plugins"]}
    for what, value in now.items():
        if value != then[what]:
            raise ResumeError(
                f"sweep {folder.name} cannot go on: its {what} changed since it began",
                hint="Put back what it began with, or begin a new sweep",
            )
    request = SweepRequest.from_object(asked)
    with _opened_executor(setup, config) as executor:
        return _Sweep(setup, config, request, folder, found, watch).run(executor)


def window_of(config: SessionConfig) -> Window:
    """Return the part of the bars that a config trades on."""
    asked = config.backtest
    return Window() if asked is None else Window(start=asked.start, end=asked.end)


class _Sweep:
    """One run of a sweep, from the beginning or from where it was left."""

    def __init__(
        self,
        setup: SweepSetup,
        config: SessionConfig,
        request: SweepRequest,
        folder: Path,
        found: Found,
        watch: Stopwatch,
    ) -> None:
        self._setup = setup
        self._config = config
        self._request = request
        self._folder = folder
        self._bars, self._data_digest, self._data_notes = found
        self._ledger = TrialLedger(trials_path(setup.root), setup.clock)
        self._digests: dict[int, str] = {}
        self._watch = watch
        self._told = False

    def run(self, executor: tuple[Executor, bool]) -> SweepOutcome:
        """Run what is missing, and write the tables."""
        for note in self._data_notes:
            self._setup.tell(note)
        try:
            return self._run(executor)
        except StorageError as error:
            hint = f"Mend the disk and go on with: logos sweep --resume {self._folder.name}"
            raise StorageError(error.message, hint=hint) from error

    def _run(self, executor: tuple[Executor, bool]) -> SweepOutcome:
        with places.hold(self._folder), Progress(self._folder / PROGRESS_FILE, self._setup.disk) as progress:
            search = self._search(progress.records)
            known = len(progress.records)
            self._counted = set(self._ledger.keys_of(self._folder.name)) if known else set()
            interrupted = False
            try:
                self._work(search, progress, executor)
            except KeyboardInterrupt:
                interrupted = True
            self._ledger.sync()
            if not interrupted:  # else the trials to come may be taken
                self._refuse_all_refused(progress)
            return self._finish(search, progress, known, interrupted=interrupted)

    def _search(self, records: Mapping[Key, Record]) -> Search:
        window = window_of(self._config)
        splits = splits_of(self._bars, window, self._request.walk_forward, anchored=self._request.anchored)
        candidates = candidates_of(self._request, Seed(self._config.session.seed))
        halving = self._request.method == HALVING
        rungs = [rungs_of(self._bars, one.train, len(candidates)) if halving else (one.train,) for one in splits]
        return Search(self._request, candidates, splits, rungs, records)

    def _work(self, search: Search, progress: Progress, opened: tuple[Executor, bool]) -> None:
        executor, here = opened
        with self._shared_bars(here=here):
            job = job_of(self._folder, self._setup.workspace, self._config.to_yaml(), self._request.engine)
            for stage in search.stages():
                missing = [one for one in stage if one.key not in progress.records]
                self._tell_of_compiling(missing)
                chunks = _chunks(missing)
                asked = {one.key: one for one in missing}
                tasks = [[one.as_task() for one in chunk] for chunk in chunks]
                for _, records in executor.run(job, tasks):
                    self._keep(records, asked, progress)
                    self._setup.progress(len(progress.records), max(search.planned, len(progress.records)))

    def _tell_of_compiling(self, missing: Sequence[Evaluation]) -> None:
        if missing and not self._told:
            self._told = True
            notice = self._setup.kernel_notice(self._request.engine)
            if notice:
                self._setup.tell(notice)

    def _keep(self, records: Sequence[Record], asked: Mapping[Key, Evaluation], progress: Progress) -> None:
        """Count trials first and keep their records then: a crash between both forgets none."""
        made = [(asked[key_of(one)], one) for one in records if was_made(one)]
        trials = [self._trial(evaluation, record) for evaluation, record in made]
        self._ledger.append([one for one in trials if one.key not in self._counted])
        progress.add(records)

    def _trial(self, evaluation: Evaluation, record: Record) -> Trial:
        digest = self._digests.get(evaluation.trial)
        if digest is None:
            digest = trial_digest(with_values(self._config.resolved, evaluation.values))
            self._digests[evaluation.trial] = digest
        named = " ".join(f"{axis.name}={_shown(evaluation.values[axis.path])}" for axis in self._request.axes)
        plugins = " ".join(dict.fromkeys(entry.plugin for entry in self._config.strategies))
        return Trial(
            source="sweep",
            run=self._folder.name,
            config_digest=digest,
            data_digest=self._data_digest,
            window=evaluation.window,
            strategy=f"{plugins} {named}",
            sharpe=record["sharpe"],
        )

    @contextmanager
    def _shared_bars(self, *, here: bool) -> Iterator[None]:
        """Put the bars where workers find them."""
        setup = self._setup
        if here:
            lend(self._folder, self._opened())
        elif not (self._folder / BARS_FOLDER).is_dir():
            setup.save_bars(self._bars, self._folder / BARS_FOLDER)
        try:
            yield
        finally:
            lend(self._folder, None)

    def _opened(self) -> Trials:
        return self._setup.trials_of(self._config, self._bars, self._request.engine)

    def _refuse_all_refused(self, progress: Progress) -> None:
        records = progress.records
        if records and not any(map(was_made, records.values())):
            first = records[min(records)]
            shutil.rmtree(self._folder, ignore_errors=True)
            raise InputError(
                f"every combination is refused; the first one: {first['refusal']}",
                hint="Choose values that the strategy and the config take",
            )

    def _finish(self, search: Search, progress: Progress, known: int, *, interrupted: bool) -> SweepOutcome:
        setup = self._setup
        finished = Finished(
            folder=self._folder,
            config=self._config,
            request=self._request,
            search=search,
            records=[progress.records[key] for key in sorted(progress.records)],
            count=self._ledger.count(data_digest=self._data_digest),
            status="interrupted" if interrupted else "completed",
            data_digest=self._data_digest,
            data_notes=self._data_notes,
            executor=setup.executor,
            resumed=known,
            seconds=self._watch.seconds,
            peak_memory=self._watch.peak_memory,
        )
        summary = write_all(finished, setup.tell, plots=setup.plots and not interrupted)
        if not interrupted:
            shutil.rmtree(self._folder / BARS_FOLDER, ignore_errors=True)
        return SweepOutcome(folder=self._folder, root=setup.root, summary=summary, watch=self._watch)


def _chunks(stage: Sequence[Evaluation]) -> list[Sequence[Evaluation]]:
    size = max(1, min(_LARGEST_CHUNK, len(stage) // _CHUNKS))
    return [stage[start : start + size] for start in range(0, len(stage), size)]


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
